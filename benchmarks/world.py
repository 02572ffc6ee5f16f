"""A made-up service for `scripts/bench simulate`: its catalogue, and what its members watched.

Nothing here knows Playbill. Titles come in kinds (the heist comedies of one decade, say), which are
told to nobody: a kind has genres, tags, a year and a length that are usual for it. How good a title
is, partly apart from how popular it is, stands nowhere but here. Likeness of two titles falls with
a distance over their attributes:

    likeness = exp(-(.8 genres + .6 tags + .25 decades + .2 lengths))

where genres and tags are Jaccard distances, decades and lengths (half hours) are differences, and
all are at most 2.
"""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.million import GENRES

TAGS = (
    "award-winning", "based on a book", "coming of age", "conspiracy", "cosy", "dark", "ensemble",
    "family secrets", "feel-good", "female lead", "friendship", "heist", "independent", "love",
    "one night", "psychological", "revenge", "road trip", "satire", "slow", "small town",
    "true story", "underdog", "visually striking",
)  # fmt: skip
COUNTRIES = ("DE", "FR", "GB", "US")
ACTORS, DIRECTORS = 400, 120
FLAT, STEEP = 15, 0.9  # popularity of the r-th title is 1 / (r + FLAT)^STEEP
KINDS = 30
NARROW = 0.03  # concentration of a kind's genres and tags: a few of each
YEARS, MINUTES = 8, 15  # standard deviations within a kind
OWN_QUALITY = 0.5  # share of a title's rank in quality that its popularity says nothing of


@dataclass(frozen=True, eq=False)
class World:
    """t titles, g genres, k tags."""

    genres: NDArray[np.bool_]  # [t, g]
    tags: NDArray[np.bool_]  # [t, k]
    year: NDArray[np.int64]  # [t]
    runtime: NDArray[np.int64]  # [t] minutes
    quality: NDArray[np.float64]  # [t] 0..1
    popularity: NDArray[np.float64]  # [t] sums to 1
    likeness: NDArray[np.float64]  # [t, t] 0..1
    actors: NDArray[np.int64]  # [t, 3]
    director: NDArray[np.int64]  # [t]


@dataclass(frozen=True)
class Watch:
    """What a user did with a title, as an interaction of docs/records.md."""

    user: str
    title: int
    at: int  # seconds since 1970
    completion: float
    thumb: int  # -1..2


def title_id(title: int) -> str:
    return f"t{title}"


def make(titles: int, random: np.random.Generator) -> World:
    kind = random.choice(KINDS, titles, p=random.dirichlet(np.full(KINDS, 3.0)))
    genres = _several(_of_kinds(len(GENRES), random)[kind], random, at_most=3)
    tags = _several(_of_kinds(len(TAGS), random)[kind], random, at_most=4)
    age = random.geometric(0.06, KINDS)[kind] + random.normal(0, YEARS, titles)
    year = 2026 - np.clip(age, 0, 80).astype(np.int64)
    usual = random.normal(105, 20, KINDS)[kind]
    runtime = np.clip(usual + random.normal(0, MINUTES, titles), 40, 180).astype(np.int64)
    rank = random.permutation(titles)
    popularity = 1 / (rank + FLAT) ** STEEP
    mixed = OWN_QUALITY * random.random(titles) - (1 - OWN_QUALITY) * rank / titles
    quality = (np.argsort(np.argsort(mixed)) + 0.5) / titles
    distance = (
        0.8 * _jaccard_distance(genres)
        + 0.6 * _jaccard_distance(tags)
        + 0.25 * _difference(year, 10)
        + 0.2 * _difference(runtime, 30)
    )
    return World(
        genres=genres,
        tags=tags,
        year=year,
        runtime=runtime,
        quality=quality,
        popularity=popularity / popularity.sum(),
        likeness=np.exp(-distance),
        actors=random.integers(ACTORS, size=(titles, 3)),
        director=random.integers(DIRECTORS, size=titles),
    )


def write(world: World, countries: dict[str, str], watched: Iterable[Watch], folder: Path) -> None:
    """Writes catalogue.jsonl and interactions.csv; `countries` by user id."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "catalogue.jsonl", "w") as file:
        for record in _records(world, countries):
            file.write(json.dumps(record) + "\n")
    with open(folder / "interactions.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("user", "title", "at", "plays", "completion", "thumb"))
        for of in watched:
            at = datetime.fromtimestamp(of.at, UTC).isoformat()
            rows.writerow((of.user, title_id(of.title), at, 1, round(of.completion, 3), of.thumb))


def _records(world: World, countries: dict[str, str]) -> Iterable[dict]:
    for title in range(len(world.year)):
        cast = {f"a{actor}" for actor in world.actors[title].tolist()}
        yield {
            "type": "title",
            "id": title_id(title),
            "name": f"Title {title}",
            "kind": "film",
            "year": int(world.year[title]),
            "runtime": int(world.runtime[title]),
            "genres": [GENRES[g] for g in np.flatnonzero(world.genres[title])],
            "tags": [TAGS[k] for k in np.flatnonzero(world.tags[title])],
            "actors": sorted(cast),
            "directors": [f"d{world.director[title]}"],
        }
    for letter, role, count in (("a", "Actor", ACTORS), ("d", "Director", DIRECTORS)):
        for person in range(count):
            yield {"type": "person", "id": f"{letter}{person}", "name": f"{role} {person}"}
    for user, country in countries.items():
        yield {"type": "user", "id": user, "country": country}


def _of_kinds(n: int, random: np.random.Generator) -> NDArray[np.float64]:
    """[KINDS, n] the shares of n genres or tags in each kind."""
    usual = random.dirichlet(np.full(n, 2.0))
    return random.dirichlet(NARROW * n * usual, KINDS)


def _several(
    shares: NDArray[np.float64], random: np.random.Generator, *, at_most: int
) -> NDArray[np.bool_]:
    """Of shares [t, n]: one to `at_most` of the n for each of the t."""
    chosen = np.zeros(shares.shape, bool)
    for title, of in enumerate(shares):
        size = min(random.integers(1, at_most + 1), np.count_nonzero(of))
        chosen[title, random.choice(len(of), size, replace=False, p=of)] = True
    return chosen


def _jaccard_distance(sets: NDArray[np.bool_]) -> NDArray[np.float64]:
    """[n, n] of sets [n, m], none of them empty."""
    members = sets.astype(np.float64)
    both, size = members @ members.T, members.sum(axis=1)
    return 1 - both / (size[:, None] + size - both)


def _difference(values: NDArray[np.int64], unit: int) -> NDArray[np.float64]:
    """[n, n] in units, at most 2."""
    return np.minimum(np.abs(values[:, None] - values) / unit, 2.0)
