"""The open data that quality is measured on, as interactions and what describes the titles."""

import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from torch_geometric.data import HeteroData

from benchmarks.million import SHARED
from gnn.evaluate import Split
from gnn.tensors import Interactions, described, years
from graph.arrays import Ragged, Vocabulary
from graph.sources import movielens


@dataclass(frozen=True)
class Timed:
    """Ratings with their times, every one a positive."""

    name: str
    interactions: Interactions
    surroundings: HeteroData
    titles: int


@cache
def hundred() -> Timed:
    """MovieLens 100K, from the wheel that carries it: genres and years."""
    return _timed("MovieLens 100K", movielens.read())


@cache
def latest_small() -> Timed:
    """ml-latest-small-2018: genres, tags and years."""
    with tempfile.TemporaryDirectory(prefix="playbill-bench-") as folder:
        with tarfile.open(SHARED) as tar:
            inside = [m for m in tar if "/ml-latest-small-2018/" in f"/{m.name}"]
            tar.extractall(folder, members=inside, filter="data")
        [ratings] = Path(folder).rglob("ratings.csv")
        return _timed("ml-latest-small", movielens.read(ratings.parent))


def published(name: str) -> Split:
    """A LightGCN-style split: a user, then their titles, a line; nothing is known of the titles."""
    parts = {}
    with tarfile.open(SHARED) as tar:
        for part in ("train", "test"):
            file = tar.extractfile(next(m for m in tar if m.name.endswith(f"{name}/{part}.txt")))
            assert file is not None
            parts[part] = {int(u): list(map(int, t)) for u, *t in map(bytes.split, file)}
    users = max(max(part) for part in parts.values()) + 1
    titles = max(max(t, default=0) for part in parts.values() for t in part.values()) + 1
    training, test = (
        Ragged.of([np.unique(parts[part].get(user, [])).astype("i4") for user in range(users)])
        for part in ("train", "test")
    )
    unknown = np.zeros(titles, np.int32)
    return Split(name, training, test, Ragged.of([[] for _ in range(titles)]), unknown)


def _timed(name: str, data: movielens.MovieLens) -> Timed:
    ratings, users = data.ratings, len(data.users)
    order = np.lexsort((ratings.title, ratings.user))
    counts = np.bincount(ratings.user, minlength=users)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    watched = Ragged(offsets, ratings.title[order].astype(np.int32))
    about = {"genre": _lists(data.genres), "tag": _lists(data.tags)}
    year = np.array([title.year or 0 for title in data.titles], np.int32)
    return Timed(
        name,
        Interactions.positives(watched, ratings.at[order].astype(np.int64)),
        described({**about, "year": years(year)}),
        len(data.titles),
    )


def _lists(names: Sequence[Sequence[str]]) -> Ragged:
    vocabulary = Vocabulary.of(name for of_title in names for name in of_title)
    return Ragged.of([np.unique(vocabulary.rows(of_title)) for of_title in names])
