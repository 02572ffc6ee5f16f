"""Groups of users of like taste: found in the similar-user graph, named for what they watch."""

from collections.abc import Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray

NEAREST = 20  # with ten, communities were looser (modularity .65 for .67) and no sooner found
DRAWN = 30_000  # users among whom they are looked for; the time grows faster than their number
_ROUNDS = 10  # in which the others follow their neighbours, and then the neighbours of those
_ROWS = 10_000  # users who follow at once
# Modularity that a further level must gain: the default spends minutes on the sixth decimal.
_GAIN = 1e-4
_GENRES_IN_NAME = 3


def find(
    similar: NDArray[np.int32], similarity: NDArray[np.float32], *, seed: int
) -> NDArray[np.int32]:
    """The community of each user [n], numbered by falling size; -1 for a user similar to nobody.

    similar [n, k] holds rows of users, nearest first, -1 for none; similarity [n, k] their scores,
    of which only those above 0 count. Louvain's method (Blondel et al. 2008,
    doi:10.1088/1742-5468/2008/10/P10008) on the union of everyone's nearest NEAREST, where two who
    name each other are tied by both scores. The same arrays and seed give the same communities.

    Of more than DRAWN users so many are drawn and looked at alone, with as many of the k nearest as
    are drawn; each other user joins the community where most of their neighbours are, by score.
    """
    n = len(similar)
    drawn = np.ones(n, bool)
    if n > DRAWN:
        drawn[np.random.default_rng(seed).permutation(n)[DRAWN:]] = False
    found = nx.community.louvain_communities(
        similar_user_graph(*_among(drawn, similar, similarity)),
        weight="weight",
        threshold=_GAIN,
        seed=seed,
    )
    community = np.full(n, -1, np.int32)
    for number, members in enumerate(sorted(found, key=lambda c: (-len(c), min(c)))):
        community[list(members)] = number
    if n > DRAWN:
        community = _by_size(_followed(community, similar, similarity))
    return community


def similar_user_graph(similar: NDArray[np.int32], similarity: NDArray[np.float32]) -> nx.Graph:
    """The undirected graph `find` looks at; nodes are rows of users that have any neighbour."""
    n = len(similar)
    user = np.repeat(np.arange(n), similar[:, :NEAREST].shape[1])
    other = similar[:, :NEAREST].ravel().astype(np.int64)
    score = similarity[:, :NEAREST].ravel().astype(np.float64)
    kept = (other >= 0) & (score > 0) & (other != user)
    user, other, score = user[kept], other[kept], score[kept]
    pair = np.minimum(user, other) * n + np.maximum(user, other)
    edges, place = np.unique(pair, return_inverse=True)
    weight = np.bincount(place, score, len(edges))
    graph = nx.Graph()
    ends = zip((edges // n).tolist(), (edges % n).tolist(), weight.tolist(), strict=True)
    graph.add_weighted_edges_from(ends)
    return graph


def _among(
    drawn: NDArray[np.bool_], similar: NDArray[np.int32], similarity: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The nearest of each drawn user among the drawn, [n, NEAREST] like those given; the rows of
    others hold nobody."""
    if drawn.all():
        return similar, similarity
    near = np.full((len(similar), NEAREST), -1, np.int32)
    scores = np.zeros(near.shape, np.float32)
    rows = np.flatnonzero(drawn)
    inside = (similar[rows] >= 0) & drawn[similar[rows]]
    first = np.argsort(~inside, axis=1, kind="stable")[:, :NEAREST]
    kept = np.take_along_axis(inside, first, 1)
    width = first.shape[1]
    near[rows, :width] = np.where(kept, np.take_along_axis(similar[rows], first, 1), -1)
    scores[rows, :width] = np.where(kept, np.take_along_axis(similarity[rows], first, 1), 0)
    return near, scores


def _followed(
    community: NDArray[np.int32], similar: NDArray[np.int32], similarity: NDArray[np.float32]
) -> NDArray[np.int32]:
    """With those who have none (-1) in the one that most of their neighbours are in."""
    total = int(community.max(initial=-1)) + 1
    for _ in range(_ROUNDS):
        lost, after = np.flatnonzero(community < 0), community.copy()
        for start in range(0, len(lost), _ROWS):
            rows = lost[start : start + _ROWS]
            votes = np.zeros((len(rows), total), np.float32)
            for near, score in zip(similar[rows].T, similarity[rows].T, strict=True):
                voting = np.flatnonzero((near >= 0) & (score > 0) & (community[near] >= 0))
                votes[voting, community[near[voting]]] += score[voting]
            told = votes.any(axis=1)
            after[rows[told]] = votes[told].argmax(axis=1)
        if np.array_equal(after, community):
            break
        community = after
    return community


def _by_size(community: NDArray[np.int32]) -> NDArray[np.int32]:
    """Numbered by falling size."""
    inside = community >= 0
    sizes = np.bincount(community[inside])
    number = np.empty(len(sizes), np.int32)
    number[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return np.where(inside, number[community], -1).astype(np.int32)


def names(community: NDArray[np.int32], counts: NDArray, genres: Sequence[str]) -> list[str]:
    """A label for each community, such as "Sci-Fi, Action": the genres that make up more of what
    its members watch than of what everybody watches, by falling surplus.

    community [n] as from `find`; counts [n, len(genres)] are each user's interactions by genre. No
    two labels are the same: a later, smaller community's is numbered.
    """
    total = int(community.max(initial=-1)) + 1
    inside = community >= 0
    watched = np.zeros((total, len(genres)))
    np.add.at(watched, community[inside], counts[inside])
    share = _shares(watched)
    usual = _shares(counts.sum(axis=0, keepdims=True, dtype=np.float64))
    # Share times log of lift: lift alone would name everyone for the rarest genre they touched.
    with np.errstate(divide="ignore", invalid="ignore"):
        surplus = np.nan_to_num(share * np.log(share / usual), nan=0.0, neginf=0.0)
    labels, used = [], dict[str, int]()
    for row in surplus:
        first = np.argsort(-row, kind="stable")[:_GENRES_IN_NAME]
        label = ", ".join(genres[g] for g in first if row[g] > 0) or "A bit of everything"
        used[label] = used.get(label, 0) + 1
        labels.append(label if used[label] == 1 else f"{label} ({used[label]})")
    return labels


def _shares(watched: NDArray[np.float64]) -> NDArray[np.float64]:
    return watched / np.maximum(watched.sum(axis=1, keepdims=True), 1)
