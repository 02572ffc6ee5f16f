"""Does the page help? Simulated members visit Playbill's page and others, over gRPC.

Each seed makes a service of its own: a catalogue, and members with hidden tastes of whom most have
a history. It is imported, refreshed and served; some visit it for a few days, and it is refreshed
from what they saw and did. Then those come who are judged, half of them new, a visit a day. Under
each policy the same members meet the same chance, and all that they do is sent before their
next visit, under a user id for each policy, so that scores learn as the page does. Under --null
what a title is worth is drawn anew at each visit, whatever the title and whoever the member: no
choice can help, and the policies do not share their draws, so that intervals mean something. Where
a difference is found nevertheless, the exit code is 1.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from benchmarks import asking, rivals, simulated, simulation_report, world
from benchmarks import visits as visiting
from benchmarks.asking import Where
from benchmarks.million import GENRES
from benchmarks.processes import learned
from benchmarks.simulated import DAY, Life, Member
from benchmarks.simulation_report import POLICIES
from benchmarks.visits import Row
from benchmarks.world import World
from gnn import baselines, judge
from gnn.metrics import rank
from graph import publishing
from graph.arrays import Ragged
from tests.serving import serving

EARLY_VISITS = 6
ROWS, CARDS = 16, 20  # as many rows as there are genres; nobody reads further in 90 seconds
LEARNED = ("Playbill", "top-N by score")  # policies whose members' histories the server has
KNOWN_SATISFACTION = (0.15, 0.85)  # in the null world a worth is uniform between them

out = Console(width=110)


@dataclass(frozen=True, eq=False)
class Played:
    """What became of the visits. p policies, m members, v visits."""

    measures: NDArray[np.float64]  # [p, m, v, 4] as in simulation_report.MEASURES
    refused: Counter[str] = field(default_factory=Counter)  # events, by reason
    kinds: Counter[str] = field(default_factory=Counter)  # events sent
    depth: list[int] = field(default_factory=list)  # titles that by_score had


def main(
    members: Annotated[int, typer.Option(min=2, help="Who visit, of each seed.")] = 60,
    visits: Annotated[int, typer.Option(min=1, max=28, help="Of each member.")] = 10,
    seeds: Annotated[int, typer.Option(min=1, help="Services that are made.")] = 2,
    seed: Annotated[int, typer.Option(help="The first of them.")] = 0,
    titles: Annotated[int, typer.Option(min=200, help="Of each service.")] = 2_000,
    history: Annotated[int, typer.Option(min=50, help="Members whose past is known.")] = 3_000,
    early: Annotated[int, typer.Option(min=0, help="Who visit Playbill's page before them.")] = 400,
    null: Annotated[bool, typer.Option("--null", help="Nothing has any effect.")] = False,
) -> None:
    """Time to something worth watching, satisfaction and return, against three other pages."""
    results = []
    for number in range(seed, seed + seeds):
        made = world.make(titles, np.random.default_rng([number, 0]))
        now = int(time.time())
        cast = _cast(made, members + early, seed=number, now=now)
        past = _past(made, cast, history, judged=members, seed=number, now=now)
        popular, ease = found_by_simple(past[1], titles)
        out.print(f"histories: of a random fifth popularity finds {popular:.3f}, EASE {ease:.3f}")
        played = Played(np.zeros((len(POLICIES), members, visits, 4)))
        results.append(played)
        with _learned(made, past) as data:
            with serving(data) as running:
                come = _Visits(running.stub, made, number, now, null, played)
                come.early(cast[members:], after=members, until=visits)
            _refreshed(data)
            with serving(data) as running:
                replace(come, stub=running.stub).judged(cast[:members])
    refused, kinds = (
        sum((getattr(r, of) for r in results), Counter()) for of in ("refused", "kinds")
    )
    depth = [titles for result in results for titles in result.depth]
    out.print(f"{kinds.total():,} events sent: {dict(kinds.most_common())}")
    out.print(f"{refused.total():,} refused: {dict(refused.most_common(5))}")
    out.print(
        f"top-N by score: {min(depth)} to {max(depth)} titles deep, "
        f"for {len(depth):,} of the visits; popularity for the others"
    )
    simulation_report.show(np.stack([r.measures for r in results], axis=1), out, null=null)


@dataclass(frozen=True, eq=False)
class Visitor:
    """A member who visits, under each policy as another user."""

    member: Member
    past: list[world.Watch]  # before the visits; empty for who is new

    def life(self) -> Life:
        """As the visits begin."""
        return Life(finished={watch.title for watch in self.past if watch.completion == 1})


def _cast(made: World, members: int, *, seed: int, now: int) -> list[Visitor]:
    """Every second of them is new."""
    cast = []
    for number in range(members):
        member = simulated.member(made, np.random.default_rng([seed, 1, number]))
        past = simulated.history(
            made, member, "", watches=40, until=now - 29 * DAY,  # the visits come after it
            random=np.random.default_rng([seed, 3, number]),
        ) if number % 2 == 0 else []  # fmt: skip
        cast.append(Visitor(member, past))
    return cast


def _user(policy: str, member: int) -> str:
    return f"{policy}/{member}"


def _past(
    made: World, cast: list[Visitor], others: int, *, judged: int, seed: int, now: int
) -> tuple[dict[str, str], list[world.Watch]]:
    """Countries by user id, and what was watched: by `others`, and by the cast, the first of whom,
    so many as are `judged`, under the ids of the policies that learn from it, the others under that
    of Playbill."""
    random = np.random.default_rng([seed, 2])
    countries: dict[str, str] = {}
    watched: list[world.Watch] = []
    for number in range(others):
        who, user = simulated.member(made, random), f"other/{number}"
        countries[user] = who.country
        watches = int(np.clip(random.lognormal(np.log(40), 0.6), 3, 200))
        watched += simulated.history(
            made, who, user, watches=watches, until=now - DAY // 2, random=random
        )
    for number, who in enumerate(cast):
        for policy in LEARNED if number < judged else LEARNED[:1]:
            user = _user(policy, number)
            countries[user] = who.member.country
            watched += [replace(watch, user=user) for watch in who.past]
    return countries, watched


def found_by_simple(watched: list[world.Watch], titles: int) -> tuple[float, float]:
    """Recall@20 of popularity and of EASE: what histories tell, a random fifth of each held out."""
    random, by_user = np.random.default_rng(0), {}
    for watch in watched:
        by_user.setdefault(watch.user, []).append(watch.title)
    mixed = [random.permutation(of) for of in by_user.values() if len(of) >= 5]
    told = Ragged.of([np.sort(of[len(of) // 5 :]) for of in mixed])
    held_out = Ragged.of([np.sort(of[: len(of) // 5]) for of in mixed])
    models = (
        baselines.popularity(told, titles),
        baselines.ease(told, titles, ridge=judge.RIDGE, told=told),
    )
    popular, ease = (rank(of, seen=told, held_out=held_out, k=20).recall.mean() for of in models)
    return float(popular), float(ease)


@contextmanager
def _learned(made: World, past: tuple[dict[str, str], list[world.Watch]]) -> Generator[Path]:
    """A folder of its own, where it has learned from the past."""
    with tempfile.TemporaryDirectory(prefix="playbill-bench-") as folder:
        data, source = Path(folder), Path(folder, "world")
        world.write(made, *past, source)
        refreshed = learned(
            data,
            ("catalogue", str(source / "catalogue.jsonl")),
            ("interactions", str(source / "interactions.csv")),
        )
        out.print(f"{len(past[1]):,} watches learned from in {refreshed.seconds:.0f} s")
        yield data


def _refreshed(data: Path) -> None:
    """From what members saw and did."""
    cost = learned(data)
    reading = publishing.current(data / "snapshots").snapshot.reading
    down, right = reading.attention
    out.print(
        f"learned from what early ones saw and did in {cost.seconds:.0f} s: {down:.2f} of readers "
        f"go on to the next row, {right:.2f} to the next card; a card that is passed by counts "
        f"{reading.strength:.1f}"
    )


@dataclass(frozen=True, eq=False)
class _Visits:
    stub: Any
    made: World
    seed: int
    now: int
    null: bool
    played: Played

    def early(self, visitors: Sequence[Visitor], *, after: int, until: int) -> None:
        """A few of each, the last so many days ago; `after` are as many as were numbered before."""
        days = range(until + EARLY_VISITS, until, -1)
        for number, visitor in enumerate(visitors, after):
            self._come("Playbill", number, visitor, days)

    def judged(self, visitors: Sequence[Visitor]) -> None:
        """Of each under each policy, the last a day ago."""
        begun = time.perf_counter()
        days = range(self.played.measures.shape[2], 0, -1)
        for number, visitor in enumerate(visitors):
            for at, policy in enumerate(POLICIES):
                self.played.measures[at, number] = self._come(policy, number, visitor, days)
        visits, seconds = len(visitors) * len(days), time.perf_counter() - begun
        out.print(f"seed {self.seed}: {visits} visits a policy in {seconds:.0f} s")

    def _come(self, policy: str, number: int, visitor: Visitor, days: Sequence[int]) -> list[tuple]:
        """A visit so many days ago each; see simulation_report.MEASURES."""
        life, measured = visitor.life(), []
        for visit, day in enumerate(days):
            hour = np.random.default_rng([self.seed, 4, number, visit]).integers(18)
            begun = self.now - day * DAY + int(hour) * 3600
            sat = self._sit(policy, number, visitor.member, life, visit=visit, begun=begun)
            measured.append(sat)
        return measured

    def _sit(
        self, policy: str, number: int, member: Member, life: Life, *, visit: int, begun: int
    ) -> tuple[float, bool, float, bool]:
        """One visit; see simulation_report.MEASURES."""
        own = (1 + POLICIES.index(policy),) if self.null else ()
        random = np.random.default_rng([self.seed, 5, number, visit, *own])
        simulated.next_visit(life, random)
        chance = visiting.draws(len(self.made.year), random)
        if self.null:
            low, high = KNOWN_SATISFACTION
            worth = random.uniform(low, high, len(self.made.year))
            life = Life(satisfied=life.satisfied)
        else:
            worth = simulated.satisfaction(self.made, member, life, at=begun)
        where = Where(_user(policy, number), member.device, member.utc_offset, visit)
        page_id, page = self._page(policy, where, life, worth)
        seen = visiting.visit(self.made, life, page, worth=worth, draws=chance)
        life.satisfied.append(seen.satisfaction)
        self._send(seen.acts, where, begun=begun, page=page_id, visit=visit)
        back = simulated.returns(life, chance.comes_back)
        return seen.seconds, seen.satisfaction > 0, seen.satisfaction, back

    def _page(
        self, policy: str, where: Where, life: Life, worth: NDArray[np.float64]
    ) -> tuple[str, list[Row]]:
        if policy == "Playbill":
            return asking.page(self.stub, where, rows=ROWS, cards=CARDS)
        best = worth if policy == "oracle" else self.made.popularity
        titles = np.argsort(-best, kind="stable").tolist()
        if policy == "top-N by score" and (scored := asking.by_score(self.stub, where)):
            self.played.depth.append(len(scored))
            titles = scored  # a member without history has none, and is shown what is popular
        gone = life.finished | life.refused
        kept = [title for title in titles if title not in gone]
        begun = [Row("continue", list(life.begun[::-1]))] if life.begun else []
        if policy == "oracle":
            return "", rivals.in_order(kept, rows=ROWS)
        genres = _genres(self.made, kept)
        return "", begun + rivals.by_genre(kept, genres, rows=ROWS - len(begun), cards=CARDS)

    def _send(
        self, acts: list[visiting.Act], where: Where, *, begun: int, page: str, visit: int
    ) -> None:
        events = [
            asking.event(act, where, id=f"{where.user}/{visit}/{n}", begun=begun, page=page)
            for n, act in enumerate(acts)
        ]
        self.played.kinds.update(act.kind for act in acts)
        self.played.refused.update(asking.record(self.stub, events))


def _genres(made: World, titles: list[int]) -> dict[int, list[str]]:
    return {title: [GENRES[g] for g in np.flatnonzero(made.genres[title])] for title in titles}


if __name__ == "__main__":
    typer.run(main)
