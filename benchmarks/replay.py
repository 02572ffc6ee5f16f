"""Where on the page was what they watched next? MovieLens' small set of 2018, in time order.

All before the 80th percentile of time is imported and learned from. Whoever rates afterwards is
asked for at each of their next titles: which place has it on Playbill's page, on genre rows by
popularity, and on genre rows of the titles that score best, just before it is sent as watched to
the end and thumbed? MovieLens' members rate from lists and in bursts, so the next title is a hard
guess; the pages are compared with each other.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Container, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import grpc
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks import asking, intervals, rated, rivals
from benchmarks.asking import Where
from benchmarks.million import SHARED
from benchmarks.processes import learned
from benchmarks.rated import NAME, Rating
from benchmarks.visits import SCREEN, Row
from playbill.v1 import event_pb2
from playbill.v1.playbill_service_pb2_grpc import PlaybillServiceStub

CUT = 0.8  # of the ratings come before
ROWS = CARDS = 40
PLAYBILL, POPULARITY, SCORES = POLICIES = ("Playbill", "popularity", "top-N by score")
THUMBS = {5.0: "TWO_THUMBS_UP", 4.5: "THUMB_UP", 4.0: "THUMB_UP"}  # 2 or fewer is a thumb down

out = Console(width=110)


@dataclass(frozen=True)
class Place:
    """Counted from 0."""

    row: int
    card: int

    @property
    def order(self) -> int | None:
        """When a reader comes to it who reads each row as far as the screen shows."""
        return self.row * SCREEN + self.card if self.card < SCREEN else None


def main(
    members: Annotated[int, typer.Option(min=2, help="At most so many.")] = 200,
    titles: Annotated[int, typer.Option(min=1, help="Next titles of each, at most.")] = 20,
    seed: Annotated[int, typer.Option(help="Who is chosen.")] = 0,
) -> None:
    """The place of each member's next watched title on three pages."""
    if not SHARED.is_file():
        out.print(f"skipped: {NAME} is read from {SHARED}, which is not there.")
        return
    files = rated.files()
    genres = rated.genres(files["movies.csv"])
    ratings = sorted(
        (of for of in rated.ratings(files["ratings.csv"]) if of.title in genres),
        key=lambda of: (of.at, of.user, of.title),
    )
    cut = int(np.quantile([of.at for of in ratings], CUT))
    past = [of for of in ratings if of.at <= cut]
    coming = _sampled([of for of in ratings if of.at > cut], members, titles, seed=seed)
    before = {of.user for of in past} & {of.user for of in coming}
    begun = time.perf_counter()
    with _served(files, cut, genres) as (stub, clock):
        places, known = _replay(stub, clock, past, coming, genres)
    seconds = time.perf_counter() - begun
    out.print(
        f"{len(coming):,} titles of {len({of.user for of in coming})} members, {seconds:.0f} s"
    )
    who = [of.user for of in coming]
    out.print(_table("all members", who, places))
    groups = {
        "members with a history": [at for at, user in enumerate(who) if user in before],
        "members who are new": [at for at, user in enumerate(who) if user not in before],
        "of whom two to four titles are known": [at for at, n in enumerate(known) if 2 <= n <= 4],
    }
    for name, rows in groups.items():
        if rows:
            chosen = {policy: [of[at] for at in rows] for policy, of in places.items()}
            out.print(_table(name, [who[at] for at in rows], chosen))


def place(page: Sequence[Row], title: int) -> Place | None:
    """Where a reader first comes to it: on screen before off screen, higher before lower."""
    places = [
        Place(row, card)
        for row, of in enumerate(page)
        for card, stands in enumerate(of.titles)
        if stands == title
    ]
    return min(places, key=lambda p: (p.order is None, p.row, p.card), default=None)


def _sampled(coming: list[Rating], members: int, titles: int, *, seed: int) -> list[Rating]:
    """The first `titles` of so many members, in order of time."""
    users = sorted({of.user for of in coming})
    chosen = np.random.default_rng(seed).permutation(users)[:members].tolist()
    left = Counter(dict.fromkeys(chosen, titles))
    kept = []
    for of in coming:
        if left[of.user] > 0:
            left[of.user] -= 1
            kept.append(of)
    return kept


@contextmanager
def _served(files: dict[str, str], cut: int, films: Container[int]) -> Generator[tuple[Any, Path]]:
    """A stub of a server that has learned what came until `cut`, and the file with its time."""
    with tempfile.TemporaryDirectory(prefix="playbill-bench-") as folder:
        source, clock = Path(folder, "source"), Path(folder, "clock")
        source.mkdir()
        for name, text in files.items():
            timed = name in ("ratings.csv", "tags.csv")
            (source / name).write_text(rated.until(text, cut, films=films) if timed else text)
        clock.write_text(str(cut))
        learned(Path(folder), ("movielens", str(source)))
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.clocked", str(clock)],
            env={**os.environ, "PLAYBILL_DATA_DIR": folder},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdin
        assert process.stdout
        try:
            address = process.stdout.readline().split()[-1]
            with grpc.insecure_channel(address) as channel:
                yield PlaybillServiceStub(channel), clock
        finally:
            process.stdin.close()
            process.wait(20)


def _replay(
    stub: Any,
    clock: Path,
    past: list[Rating],
    coming: list[Rating],
    genres: dict[int, list[str]],
) -> tuple[dict[str, list[Place | None]], list[int]]:
    """The place of each coming title, by policy; and how many titles of the member's were known."""
    popular = [title for title, _ in Counter(of.title for of in past).most_common()]
    seen: dict[str, set[int]] = {}
    for of in past:
        seen.setdefault(of.user, set()).add(of.title)
    places: dict[str, list[Place | None]] = {policy: [] for policy in POLICIES}
    known: list[int] = []
    for of in coming:
        _tell(clock, of.at)
        gone, where = seen.setdefault(of.user, set()), Where(of.user)
        known.append(len(gone))
        scored = asking.by_score(stub, where) or popular
        pages = {
            PLAYBILL: asking.page(stub, where, rows=ROWS, cards=CARDS)[1],
            POPULARITY: _page([title for title in popular if title not in gone], genres),
            SCORES: _page([title for title in scored if title not in gone], genres),
        }
        for policy, page in pages.items():
            places[policy].append(place(page, of.title))
        refused = asking.record(stub, _events(of))
        assert not refused, refused
        gone.add(of.title)
    return places, known


def _page(titles: list[int], genres: dict[int, list[str]]) -> list[Row]:
    return rivals.by_genre(titles, genres, rows=ROWS, cards=CARDS)


def _tell(clock: Path, now: int) -> None:
    """The server may read at any moment, so never a file half written."""
    new = clock.with_suffix(".new")
    new.write_text(str(now))
    new.replace(clock)


def _events(of: Rating) -> list[event_pb2.Event]:
    thumb = THUMBS.get(of.stars, "THUMB_DOWN" if of.stars <= 2 else "")
    kinds = [kind for kind in ("PLAY_STARTED", "FINISHED", thumb) if kind]
    events = []
    for kind in kinds:
        event = event_pb2.Event(
            event_id=f"{of.user}/{of.title}/{kind}",
            user_id=of.user,
            title_id=str(of.title),
            kind=event_pb2.EventKind.Value(f"EVENT_KIND_{kind}"),
        )
        event.time.FromSeconds(of.at)
        events.append(event)
    return events


def _table(title: str, who: list[str], places: dict[str, list[Place | None]]) -> Table:
    table = Table(title=f"{title}: mean and 95% interval over members, {len(set(who))} of them")
    for heading in ("page", "on it", "first screen", "1 / (1 + order)", "less popularity's"):
        table.add_column(heading, justify="left" if heading == "page" else "right")
    table.add_column("median order")
    least = _by_member(who, [_reciprocal(of) for of in places[POPULARITY]])
    for policy, of in places.items():
        reciprocal = _by_member(who, [_reciprocal(p) for p in of])
        orders = [p.order for p in of if p is not None and p.order is not None]
        table.add_row(
            policy,
            intervals.mean(_by_member(who, [p is not None for p in of])).shown(3),
            intervals.mean(_by_member(who, [_on_first_screen(p) for p in of])).shown(3),
            intervals.mean(reciprocal).shown(4),
            intervals.mean(reciprocal - least).shown(4),
            f"{np.median(orders):.0f} of {len(orders)} on screen" if orders else "none",
        )
    return table


def _by_member(who: list[str], values: Sequence[float]) -> np.ndarray:
    """[members] the mean of each member's values."""
    _, member = np.unique(who, return_inverse=True)
    return np.bincount(member, np.asarray(values, float)) / np.bincount(member)


def _reciprocal(of: Place | None) -> float:
    """1 for the first card of the page, 0 for what is not on screen."""
    return 0.0 if of is None or of.order is None else 1 / (1 + of.order)


def _on_first_screen(of: Place | None) -> bool:
    return of is not None and of.order is not None and of.row < SCREEN


if __name__ == "__main__":
    typer.run(main)
