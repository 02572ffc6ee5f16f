"""Builds snapshots of any size for tests and benchmarks: random, but shaped like a real service.

Titles and users live in a small space of tastes around a few genres; popularity is skewed; a user
watches what is popular and near them. All arrays are consistent with each other: similar users and
titles are the true nearest, embeddings follow from the histories.
"""

from dataclasses import dataclass, replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnn.neighbours import nearest
from graph import publishing, scorer
from graph.arrays import Ragged, Strings, Vocabulary
from graph.behaviour import PASSED_BY, weight
from graph.moments import MOMENTS, RUNTIMES
from graph.past import Past
from graph.publishing import Manifest
from graph.snapshot import (
    Artworks,
    Charts,
    Entities,
    Lifts,
    Reading,
    Snapshot,
    Titles,
    Users,
    Weights,
)

NOW = 1_750_000_000  # seconds since 1970
DAY = 86400
GENRES = (
    "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
    "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War",
    "Western",
)  # fmt: skip
COUNTRIES = ("DE", "FR", "JP", "US")
MATURITIES = (-1, 0, 6, 7, 12, 16, 18)
WORDS = (
    "Amber", "Broken", "City", "Dawn", "Echo", "Falling", "Garden", "Harbour", "Iron", "June",
    "Kingdom", "Last", "Midnight", "North", "Ocean", "Paper", "Quiet", "River", "Silent", "Tower",
)  # fmt: skip
BLEND = scorer.Blend(
    filter=0.5, embedding=0.5, recent=0.2, doubt=2.0, half_life=180 * DAY, away=90 * DAY
)


@dataclass(frozen=True)
class Shape:
    """How large, and how restricted."""

    titles: int = 120
    users: int = 60
    per_user: int = 20
    heavy: int = 0  # the first so many users watched ten times as much, to the title
    dimensions: int = 16
    neighbours: int = 20  # of a user
    near: int = 20  # titles that the filter connects a title with
    genres: int = len(GENRES)
    tags: int = 24
    people: int = 30
    lifted: bool = True  # more of some genres at some hours and on some devices
    restricted: bool = True  # countries, windows and maturity on some titles


def build(shape: Shape = Shape(), *, seed: int = 0, now: int = NOW) -> Snapshot:
    rng = np.random.default_rng(seed)
    genre_vectors = _unit(rng.normal(size=(shape.genres, shape.dimensions)))
    genres = _genres(shape, rng)
    title_vectors = _unit(
        np.stack([genre_vectors[g].mean(axis=0) for g in genres])
        + rng.normal(scale=0.15, size=(shape.titles, shape.dimensions))
    )
    popularity = (rng.pareto(1.2, shape.titles) + 0.01).astype(np.float32)
    near, nearness = nearest(title_vectors, min(shape.near, shape.titles - 1))
    weights = Weights(
        near=near,
        nearness=nearness,
        near_evidence=popularity,
        history=title_vectors,
        title=title_vectors,
        bias=(0.05 * np.log1p(popularity)).astype(np.float32),
        recent=scorer.standardise(np.log1p(popularity)),
        blend=BLEND.array(),
        match_quantiles=np.linspace(-2, 3, 101).astype(np.float32),
    )
    titles = _titles(shape, rng, genres=genres, weights=weights, popularity=popularity, now=now)
    names = Vocabulary.of(GENRES[: shape.genres])
    return Snapshot(
        titles=titles,
        genres=Entities(names, names.ids, genre_vectors),
        tags=_named([f"tag{i:02}" for i in range(shape.tags)], shape),
        people=_named([f"person{i:02}" for i in range(shape.people)], shape),
        artworks=_artworks(genres, genre_vectors),
        users=_users(shape, rng, weights=weights, popularity=popularity, now=now),
        countries=Strings.of(COUNTRIES),
        communities=Strings.of(["Everyone"]),
        charts=_charts(rng, popularity),
        reading=Reading(
            attention=np.array([0.85, 0.9], np.float32),
            passed_by=np.array([PASSED_BY], np.float32),
            lifts=_lifts(shape),
        ),
        weights=weights,
    )


def _lifts(shape: Shape) -> Lifts:
    size, scale = (MOMENTS + 2, shape.genres + len(RUNTIMES)), 0.2 if shape.lifted else 0.0
    drawn = np.round(np.random.default_rng(0).normal(scale=scale, size=size), 2).astype(np.float32)
    return Lifts(drawn[:MOMENTS], Strings.of(["phone", "tv"]), drawn[MOMENTS:])


def manifest(
    built: Snapshot, *, version: str = "v1", log_id: str = "", log_position: int = 0
) -> Manifest:
    return Manifest(
        format_version=publishing.FORMAT_VERSION,
        version=version,
        code_version="0.1.0",
        counts={"Title": len(built.titles.vocabulary), "User": len(built.users.vocabulary)},
        metrics={"candidate/ndcg@20": 0.4, "popularity/ndcg@20": 0.2},
        parameters={"seed": 0},
        data_until=NOW - DAY,
        log_id=log_id,
        log_position=log_position,
        files={},
    )


def publish(
    built: Snapshot,
    folder: Path,
    *,
    version: str = "v1",
    log_id: str = "",
    log_position: int = 0,
    now: int = NOW,
) -> Path:
    """Writes the snapshot and makes it the one that serves."""
    about = manifest(built, version=version, log_id=log_id, log_position=log_position)
    path = publishing.write(built, about, folder)
    publishing.make_current(folder, version, now=now)
    return path


def title_id(row: int) -> str:
    return f"t{row:06}"


def user_id(row: int) -> str:
    return f"u{row:06}"


def _genres(shape: Shape, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    popular = rng.dirichlet(np.full(shape.genres, 2.0))
    counts = rng.integers(1, min(3, shape.genres) + 1, shape.titles)
    return [np.sort(rng.choice(shape.genres, n, replace=False, p=popular)) for n in counts]


def _artworks(genres: list[NDArray[np.int64]], genre_vectors: NDArray[np.float32]) -> Artworks:
    """One picture for each genre of each title."""
    pictures = np.concatenate(genres)
    return Artworks(
        Vocabulary.of(f"art/{i:07}" for i in range(len(pictures))),
        Strings.of(f"file:///artwork/{i:07}.svg" for i in range(len(pictures))),
        genre_vectors[pictures],
    )


def _titles(
    shape: Shape,
    rng: np.random.Generator,
    *,
    genres: list[NDArray[np.int64]],
    weights: Weights,
    popularity: NDArray[np.float32],
    now: int,
) -> Titles:
    n = shape.titles
    some = rng.random(n) < (0.2 if shape.restricted else 0)
    from_, until = np.zeros(n, np.int64), np.zeros(n, np.int64)
    from_[some] = now + rng.integers(-30, 10, some.sum()) * DAY
    until[some] = from_[some] + 90 * DAY
    similar, similarity = nearest(weights.title, min(100, n - 1))
    first = np.cumsum([0, *map(len, genres)])
    titles = Titles(
        vocabulary=Vocabulary.of(title_id(row) for row in range(n)),
        name=Strings.of(f"{' '.join(rng.choice(WORDS, 2))} {row}" for row in range(n)),
        kind=rng.choice([1, 1, 1, 2], n).astype(np.int8),
        year=rng.integers(1940, 2025, n).astype(np.int32),
        maturity=(rng.choice(MATURITIES, n) if shape.restricted else np.full(n, 0)).astype(np.int8),
        runtime=rng.integers(20, 200, n).astype(np.int32),
        countries=Ragged.of(
            [
                np.sort(rng.choice(len(COUNTRIES), 2, replace=False)) if yes else []
                for yes in rng.random(n) < (0.2 if shape.restricted else 0)
            ]
        ),
        available_from=from_,
        available_until=until,
        genres=Ragged.of(genres),
        tags=_some(rng, shape.tags, n, most=5),
        makers=_some(rng, shape.people, n, most=1),
        directors=Ragged.of([[]] * n),
        cast=_some(rng, shape.people, n, most=3),
        artworks=Ragged.of([np.arange(start, end) for start, end in pairwise(first)]),
        popularity=popularity,
        similar=similar,
        similarity=similarity,
    )
    directors = [titles.makers[row] if titles.kind[row] == 1 else [] for row in range(n)]
    return replace(titles, directors=Ragged.of(directors))


def _users(
    shape: Shape,
    rng: np.random.Generator,
    *,
    weights: Weights,
    popularity: NDArray[np.float32],
    now: int,
) -> Users:
    n = shape.users
    tastes = _unit(rng.normal(size=(n, shape.dimensions)))
    reach = np.cumsum(popularity) / popularity.sum()
    history = Ragged.of(
        [_watched(shape, rng, taste, weights, reach, row) for row, taste in enumerate(tastes)]
    )
    total = len(history.values)
    completion = rng.choice([0.1, 0.5, 0.8, 1.0, 1.0, 1.0], total).astype(np.float32)
    thumb = rng.choice([-1, 0, 0, 0, 1, 2], total).astype(np.int8)
    worth = _worth(completion, thumb)
    last_at = (now - rng.integers(2 * DAY, 900 * DAY, total)).astype(np.int64)
    past = Past(
        weight=worth,
        plays=np.ones(total, np.int32),
        completion=completion,
        thumb=thumb,
        first_at=last_at,
        last_at=last_at,
        thumb_at=np.where(thumb != 0, last_at, 0.0),
        listed_at=np.zeros(total),
        hidden_at=np.zeros(total),
        abandons=np.zeros(total, np.int32),
        playhead=completion,
        playhead_at=last_at.astype(np.float64),
    )
    embedding = _embeddings(weights, history, past.speaks, age=now - last_at)
    similar, similarity = nearest(embedding, min(shape.neighbours, n - 1))
    return Users(
        vocabulary=Vocabulary.of(user_id(row) for row in range(n)),
        country=rng.integers(-1, len(COUNTRIES), n).astype(np.int32),
        maturity_ceiling=rng.choice([-1, -1, 12, 18], n).astype(np.int8),
        kids=(rng.random(n) < 0.1).astype(np.int8),
        history=history,
        past=past,
        embedding=embedding,
        similar=similar,
        similarity=similarity,
        community=np.zeros(n, np.int32),
    )


def _worth(completion: NDArray[np.float32], thumb: NDArray[np.int8]) -> NDArray[np.float32]:
    worth = np.zeros(len(completion), np.float32)
    for c, t in product(np.unique(completion), np.unique(thumb)):
        worth[(completion == c) & (thumb == t)] = weight(float(c), int(t), 1)
    return worth


def _embeddings(
    weights: Weights, history: Ragged, worth: NDArray[np.float32], *, age: NDArray[np.int64]
) -> NDArray[np.float32]:
    embedding = np.zeros((len(history), weights.title.shape[1]), np.float32)
    for row in range(len(history)):
        part = slice(history.offsets[row], history.offsets[row + 1])
        embedding[row] = scorer.user_vector(
            weights, scorer.History(history.values[part], worth[part], age[part])
        )
    return embedding


def _watched(
    shape: Shape,
    rng: np.random.Generator,
    taste: NDArray[np.float32],
    weights: Weights,
    reach: NDArray[np.float32],
    row: int,
) -> NDArray[np.int64]:
    """Titles drawn by popularity, of which the ones nearest to the taste are watched. `reach` [n]
    is the cumulated popularity."""
    count = int(rng.integers(0, 2 * shape.per_user + 1))
    count = min(10 * shape.per_user if row < shape.heavy else count, shape.titles // 2)
    pool = np.unique(np.searchsorted(reach, rng.random(3 * count)).clip(max=shape.titles - 1))
    return np.sort(pool[np.argsort(-(weights.title[pool] @ taste))][:count])


def _unit(vectors: NDArray) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)


def _named(names: list[str], shape: Shape) -> Entities:
    return Entities(
        Vocabulary.of(names),
        Strings.of(names),
        np.zeros((len(names), shape.dimensions), np.float32),
    )


def _some(rng: np.random.Generator, of: int, n: int, *, most: int) -> Ragged:
    """[n] lists of up to `most` of so many."""
    counts = rng.integers(0, min(most, of) + 1, n)
    return Ragged.of([np.sort(rng.choice(of, count, replace=False)) for count in counts])


def _charts(rng: np.random.Generator, popularity: NDArray[np.float32]) -> Charts:
    """By popularity, but in each country a little differently."""
    places = len(COUNTRIES) + 1
    noise = rng.lognormal(0, 0.5, (2 * places + 2, len(popularity)))
    listed = np.argsort(-popularity * noise, axis=1, kind="stable")[:, :200].astype(np.int32)
    return Charts(
        top=listed[:places], popular=listed[places:-2], trending=listed[-2], community=listed[-1:]
    )
