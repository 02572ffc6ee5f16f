"""The titles of one request in order of their scores, without sorting all of them.

A page needs a few hundred of 20,000 titles: the best 1,024 are sorted, which answers nearly every
question, and a question that reaches past them is answered from the keys of all, with the same
order.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SORTED = 1024
_LAST = np.int64(2**63 - 1)

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
        return _titles(np.sort(_keys(self.scores, self.candidates))[: min(k, self.count)])

    def best_among(self, members: NDArray[np.bool_], k: int) -> Titles:
        """The first `k` of those in the mask [n]."""
        found = self.head[members[self.head]][:k]
        if len(found) == k or len(self.head) == self.count:
            return found
        keys = np.sort(_keys(self.scores, self.candidates & members)[members])
        return _titles(keys[: min(k, int(np.searchsorted(keys, _LAST)))])


def ranking(scores: NDArray[np.float32], candidates: NDArray[np.bool_]) -> Ranking:
    """Ranks the candidates by score; of equal scores the lower row comes first.

    scores [n] finite, candidates [n].
    """
    keys, count = _keys(scores, candidates), int(np.count_nonzero(candidates))
    head = np.partition(keys, SORTED)[:SORTED] if len(keys) > SORTED else keys
    return Ranking(scores, candidates, _titles(np.sort(head)[:count]), count)


def _keys(scores: NDArray[np.float32], candidates: NDArray[np.bool_]) -> NDArray[np.int64]:
    """[n] ascending is best first, _LAST where not a candidate: the score turned so, and the row
    behind it, in one whole number."""
    bits = (-scores.astype(np.float32, copy=False) + np.float32(0)).view(np.int32)
    turned = np.where(bits < 0, bits ^ np.int32(0x7FFFFFFF), bits).astype(np.int64)
    keys = (turned << 32) | np.arange(len(scores))
    keys[~candidates] = _LAST
    return keys


def _titles(keys: NDArray[np.int64]) -> Titles:
    return (keys & 0xFFFFFFFF).astype(np.int32)
