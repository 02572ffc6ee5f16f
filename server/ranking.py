"""The titles of one request in order of their scores, without sorting all of them.

A page needs a few hundred of 20,000 titles: the best 512 are sorted, which answers nearly every
question, and one that reaches past them is answered from all that it is about, in the same order.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SORTED = 512
SAMPLE = 8  # of so many scores one is looked at, to tell which may be among the best

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
        return best_of(self.scores, np.flatnonzero(self.candidates), k)

    def best_among(self, members: NDArray[np.integer], k: int) -> Titles:
        """The first `k` of those among `members` [m], ascending."""
        inside = np.zeros(len(self.scores), bool)
        inside[members] = True
        found = self.head[inside[self.head]][:k]
        if len(found) == k or len(self.head) == self.count:
            return found
        return best_of(self.scores, members[self.candidates[members]], k)


def ranking(scores: NDArray[np.float32], candidates: NDArray[np.bool_]) -> Ranking:
    """Ranks the candidates by score; of equal scores the lower row comes first.

    scores [n] finite, candidates [n].
    """
    head = best_where(scores, candidates, SORTED)
    return Ranking(scores, candidates, head, int(np.count_nonzero(candidates)))


def best_where(scores: NDArray[np.floating], candidates: NDArray[np.bool_], k: int) -> Titles:
    """As `best_of`, of the rows that are `candidates` [n]."""
    some = scores[::SAMPLE][candidates[::SAMPLE]]
    if len(some) > 2 * k > 0:
        likely = candidates & (scores >= _bar(some, k))
        candidates = likely if np.count_nonzero(likely) >= k else candidates
    return best_of(scores, np.flatnonzero(candidates), k)


def best_of(scores: NDArray[np.floating], rows: NDArray[np.integer], k: int) -> Titles:
    """The best `k` of the `rows` (ascending), in order, without ordering those behind them; of
    equal scores the lower row comes first."""
    found = scores[rows]
    if len(rows) > 2 * SAMPLE * k > 0:  # most are far behind, as some of them tell
        likely = np.flatnonzero(found >= _bar(found[::SAMPLE], k))
        if len(likely) >= k:
            rows, found = rows[likely], found[likely]
    if len(rows) > k > 0:
        kept = found >= np.partition(found, len(rows) - k)[len(rows) - k]
        rows, found = rows[kept], found[kept]  # of equal scores a few more may be kept
    return rows[np.argsort(-found, kind="stable")][:k].astype(np.int32)


def _bar(some: NDArray[np.floating], k: int) -> np.floating:
    """A score that about twice as many as `k` of all reach, of which one in SAMPLE is in `some`."""
    at = len(some) - max(2 * k // SAMPLE, 1)
    return np.partition(some, at)[at]


def first_of_each(kind: NDArray[np.int32], most: int) -> NDArray[np.bool_]:
    """[m] whether each is among the first so many of its kind; `kind` [m]."""
    by_kind = np.argsort(kind, kind="stable")
    together = kind[by_kind]
    first = np.empty(len(kind), bool)
    first[by_kind] = np.arange(len(kind)) - np.searchsorted(together, together) < most
    return first
