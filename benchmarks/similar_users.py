"""Whether members who are alike go on to watch the same titles.

Each member's 20 nearest by cosine of the published embeddings are compared with the 20 members who
had done most nearly as much before. Counted is the mean number of titles that the member and the
other both watched later, over the 20 and then over all members. Members, nearest and compared are
all of those with behaviour both before and later; of more than ASKED so many, at random, are asked
for. Two cuts tell later from before: one moment for everybody (the 80th percentile of time), and
the newest fifth of each history. Of published splits, without times, it is what they hold out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from benchmarks.datasets import Timed
from gnn import build, learn
from gnn.blend import Recipe
from gnn.evaluate import Split, surroundings
from gnn.tensors import Interactions
from gnn.train import Parameters
from gnn.trial import LATER, oldest_first, time_cut

NEAREST = 20
DRAWS = 10_000  # of the bootstrap
ASKED, AT_ONCE = 2_000, 250  # members


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
        yield name, compared(before.titles.lengths(), watched, vectors, seed=seed)


def held_out(split: Split, parameters: Parameters, *, seed: int) -> Likeness:
    """Of a published split. Embeddings are learned without a choice of recipe, which has no part in
    where users of one moment stand."""
    before = Interactions.positives(split.training)
    learned = learn.learn(surroundings(split), before, parameters, Recipe(), seed=seed)
    vectors = build.user_embeddings(before, learn.weights(learned))
    watched = Interactions.positives(split.test).matrix(split.titles)
    return compared(split.training.lengths(), watched, vectors, seed=seed)


def compared(
    activity: NDArray[np.int64], later: sp.csr_matrix, vectors: NDArray[np.float32], *, seed: int
) -> Likeness:
    """`activity` [users] before, `later` [users, titles] 1 where watched later, `vectors`
    [users, d] of length 1."""
    members = np.flatnonzero((activity > 0) & (later.getnnz(axis=1) > 0))
    activity, later, vectors = activity[members], later[members], vectors[members]
    random = np.random.default_rng(seed)
    asked = np.sort(random.permutation(len(members))[:ASKED])
    parts = []
    for some in np.array_split(asked, -(-len(asked) // AT_ONCE)):
        shared = (later[some] @ later.T).toarray()
        likeness = (vectors[some] @ vectors.T, -np.abs(activity[some, None] - activity), shared)
        parts.append([_of_first(shared, like, some, random) for like in likeness])
    near, matched, hindsight = (np.concatenate(of) for of in zip(*parts, strict=True))
    drawn = random.integers(len(asked), size=(DRAWS, len(asked)))
    low, high = np.quantile(near[drawn].mean(axis=1) / matched[drawn].mean(axis=1), [0.025, 0.975])
    means = (float(figure.mean()) for figure in (near, matched, hindsight))
    return Likeness(len(members), *means, float(low), float(high))


def _of_first(
    shared: NDArray, likeness: NDArray, members: NDArray[np.int64], random: np.random.Generator
) -> NDArray:
    """[m] mean of `shared` over the others of the highest likeness to each of m `members`; both
    [m, all members]. Ties at random."""
    distance = -likeness.astype(np.float64)
    distance[np.arange(len(members)), members] = np.inf
    order = np.lexsort((random.random(distance.shape), distance))
    first = order[:, : min(NEAREST, shared.shape[1] - 1)]
    return np.take_along_axis(shared, first, axis=1).mean(axis=1)


def _newest(interactions: Interactions) -> NDArray[np.bool_]:
    """[m] whether it is of the newest fifth of its history."""
    user, length = interactions.user, interactions.titles.lengths()
    order = np.lexsort((oldest_first(interactions), user))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) - interactions.titles.offsets[user[order]]
    return place >= (length - (length * LATER).astype(np.int64))[user]
