"""Pages of random members in random catalogues, checked against the rules of the page.

Each catalogue has its own sizes, genres, tags, people, ratings, countries and availability; in each
some members do random things, and are shown their whole page at a random moment, in parts of random
size. Prints each broken rule with the seed that shows it; the exit code is 1 where there was one.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console

from graph.behaviour import OF_ROWS, Event, Kind
from graph.events import EventLog
from server import rows
from server.asked import Asked
from server.catalogue import catalogue
from server.members import Members
from server.view import look
from tests.rules import broken, whole
from tests.snapshots import COUNTRIES, DAY, GENRES, NOW, Shape, build, manifest, title_id, user_id

MEMBERS = 200  # of each catalogue, the last few of them unknown to the snapshot
KNOWN = 180
QUERIES = (*GENRES, "romantic comedies", "tag03 dramas of the 90s", "by person07", "something good")

out = Console(width=100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--states", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    begun, done, faults = time.perf_counter(), 0, 0
    for seed in range(arguments.seed, arguments.seed + -(-arguments.states // MEMBERS)):
        for fault in check(seed):
            out.print(f"catalogue {seed}: {fault}", highlight=False)
            faults += 1
        done += MEMBERS
        if done % 10_000 == 0:
            out.print(f"{done:,} states, {faults} violations", highlight=False)
    seconds = time.perf_counter() - begun
    out.print(f"{done:,} random states, {faults} violations of the rules, in {seconds:.0f} s.")
    sys.exit(faults > 0)


def check(seed: int) -> list[str]:
    """What is wrong with the pages of one catalogue's members."""
    rng = np.random.default_rng(seed)
    shape = Shape(
        titles=int(rng.choice([1, 2, 5, 20, 60, 150, 400])),
        users=KNOWN,
        per_user=int(rng.integers(0, 40)),
        dimensions=8,
        genres=int(rng.integers(1, 19)),
        tags=int(rng.integers(0, 24)),
        people=int(rng.integers(0, 30)),
        restricted=bool(rng.random() < 0.7),
    )
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        log = EventLog.open(Path(folder) / "events.sqlite")
        log.append(_deeds(shape, rng))
        built = build(shape, seed=seed)
        derived = catalogue(built, artwork_root="")
        members = Members(derived, manifest(built), log)
        for row in range(MEMBERS):
            country = str(rng.choice(["", "XX", *COUNTRIES]))
            moment = NOW + int(rng.integers(-40, 80)) * DAY + int(rng.integers(DAY))
            device, offset = str(rng.choice(["", "tv", "watch"])), int(rng.integers(-720, 721))
            ceiling = [-1, 0, 12, 18][rng.integers(4)]
            kids = bool(rng.random() < 0.2)
            asked = Asked(country, moment, device, offset, row, ceiling, kids)
            view = look(derived, members.get(user_id(row)), asked)
            cards, size = int(rng.integers(1, 41)), int(rng.integers(1, 41))
            placed = whole(view, cards=cards, size=size)
            faults += [f"member {row}: {f}" for f in broken(view, asked, placed, cards=cards)]
        log.close()
    return faults


def _deeds(shape: Shape, rng: np.random.Generator) -> list[Event]:
    """Up to 40 random events of each member."""
    kinds, names = list(Kind), _row_ids(shape)
    events = []
    for row in range(MEMBERS):
        for number in range(int(rng.integers(0, 41))):
            kind = kinds[rng.integers(len(kinds))]
            choice = kind not in OF_ROWS and (kind is not Kind.SEARCHED or rng.random() < 0.5)
            event = Event(
                id=f"{row}/{number}",
                user=user_id(row),
                title=title_id(int(rng.integers(shape.titles))) if choice else "",
                kind=kind,
                query=str(rng.choice(QUERIES)),
                row=str(rng.choice(names)),
                cards_shown=int(rng.integers(0, 20)),
                at=NOW - int(rng.integers(0, 20 * DAY)),
                completion=float(rng.random()),
            )
            events.append(event)
    return events


def _row_ids(shape: Shape) -> list[str]:
    """Of rows that may stand on a page, and of one that never does."""
    genres = [f"genre/{name}" for name in GENRES[: shape.genres]]
    return [*rows.SINGLES, *genres, f"because/{title_id(0)}", "nowhere"]


if __name__ == "__main__":
    main()
