"""Whether members who are alike go on to watch the same titles.

Each member's 20 nearest by cosine of the published embeddings are compared with the 20 members who
had done most nearly as much before. Counted is the mean number of titles that the member and the
other both watched later, over the 20 and then over all members. Members, nearest and compared are
all of those with behaviour both before and later. Two cuts tell later from before: one moment for
everybody (the 80th percentile of time), and the newest fifth of each history.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Timed
from gnn import build, learn
from gnn.tensors import Interactions
from gnn.train import Parameters
from gnn.trial import LATER, oldest_first, time_cut

NEAREST = 20
DRAWS = 10_000  # of the bootstrap


@dataclass(frozen=True)
class Likeness:
    """Titles watched later by a member and another, on average."""

    members: int
    nearest: float  # the 20 nearest
    matched: float  # 20 who had done as much
    hindsight: float  # the 20 who in the end shared most: no model can do better
    low: float  # of the ratio, 95% by bootstrap over members (Efron 1979)
    high: float

    @property
    def ratio(self) -> float:
        return self.nearest / self.matched


def figures(data: Timed, parameters: Parameters, *, seed: int) -> Iterator[tuple[str, Likeness]]:
    """Of either cut."""
    everything = data.interactions
    cuts = {
        "one moment": time_cut(everything, seed=seed).learn,
        "newest fifth": everything.where(~_newest(everything)),
    }
    for name, before in cuts.items():
        learned = learn.from_nothing(data.surroundings, before, parameters, seed=seed)
        vectors = build.user_embeddings(before, learn.weights(learned))
        watched = everything.matrix(data.titles) - before.matrix(data.titles)
        yield name, compared(before.titles.lengths(), watched.toarray(), vectors, seed=seed)


def compared(
    activity: NDArray[np.int64], later: NDArray, vectors: NDArray[np.float32], *, seed: int
) -> Likeness:
    """`activity` [users] before, `later` [users, titles] 1 where watched later, `vectors`
    [users, d] of length 1."""
    members = np.flatnonzero((activity > 0) & later.any(axis=1))
    activity, later, vectors = activity[members], later[members], vectors[members]
    shared, random = later @ later.T, np.random.default_rng(seed)
    near = _of_first(shared, vectors @ vectors.T, random)
    matched = _of_first(shared, -np.abs(np.subtract.outer(activity, activity)), random)
    hindsight = _of_first(shared, shared, random)
    drawn = random.integers(len(members), size=(DRAWS, len(members)))
    low, high = np.quantile(near[drawn].mean(axis=1) / matched[drawn].mean(axis=1), [0.025, 0.975])
    means = (float(figure.mean()) for figure in (near, matched, hindsight))
    return Likeness(len(members), *means, float(low), float(high))


def _of_first(shared: NDArray, likeness: NDArray, random: np.random.Generator) -> NDArray:
    """[members] mean of `shared` over the others of the highest likeness, both [members, members];
    ties at random."""
    distance = -likeness.astype(np.float64)
    np.fill_diagonal(distance, np.inf)
    order = np.lexsort((random.random(distance.shape), distance))
    first = order[:, : min(NEAREST, len(shared) - 1)]
    return np.take_along_axis(shared, first, axis=1).mean(axis=1)


def _newest(interactions: Interactions) -> NDArray[np.bool_]:
    """[m] whether it is of the newest fifth of its history."""
    user, length = interactions.user, interactions.titles.lengths()
    order = np.lexsort((oldest_first(interactions), user))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) - interactions.titles.offsets[user[order]]
    return place >= (length - (length * LATER).astype(np.int64))[user]
