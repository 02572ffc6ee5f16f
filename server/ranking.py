"""The titles of one request in order of their scores, without sorting all of them.

A page needs a few hundred of 20,000 titles: the best 512 are sorted, which answers nearly every
question, and one that reaches past them is answered by sorting all that it is about, with the same
order.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SORTED = 512

Titles = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Candidates among n titles, best first."""

    scores: NDArray[np.float32]  # [n]
    candidates: NDArray[np.bool_]  # [n]
    head: Titles  # the best candidates, in order
    count: int  # candidates

    def best(self, k: int) -> Titles:
        """The first `k`, fewer where there are fewer."""
        if k <= len(self.head) or len(self.head) == self.count:
            return self.head[:k]
        return _in_order(self.scores, self.candidates)[:k]

    def best_among(self, members: NDArray[np.bool_], k: int) -> Titles:
        """The first `k` of those in the mask [n]."""
        found = self.head[members[self.head]][:k]
        if len(found) == k or len(self.head) == self.count:
            return found
        return _in_order(self.scores, self.candidates & members)[:k]


def ranking(scores: NDArray[np.float32], candidates: NDArray[np.bool_]) -> Ranking:
    """Ranks the candidates by score; of equal scores the lower row comes first.

    scores [n] finite, candidates [n].
    """
    count, some = int(np.count_nonzero(candidates)), candidates
    if count > SORTED:
        at = len(scores) - SORTED
        floor = np.partition(np.where(candidates, scores, -np.inf), at)[at]
        some = candidates & (scores >= floor)  # those of equal scores may be a few more
    return Ranking(scores, candidates, _in_order(scores, some)[:SORTED], count)


def _in_order(scores: NDArray[np.float32], some: NDArray[np.bool_]) -> Titles:
    rows = np.flatnonzero(some).astype(np.int32)
    return rows[np.argsort(-scores[rows], kind="stable")]


def first_of_each(kind: NDArray[np.int32], most: int) -> NDArray[np.bool_]:
    """[m] whether each is among the first so many of its kind; `kind` [m]."""
    by_kind = np.argsort(kind, kind="stable")
    together = kind[by_kind]
    first = np.empty(len(kind), bool)
    first[by_kind] = np.arange(len(kind)) - np.searchsorted(together, together) < most
    return first
