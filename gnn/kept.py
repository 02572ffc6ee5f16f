"""The weights that are kept of a filter, and how they are carried over from the last time.

What W[i, j] (`gnn.filters`) says of two titles rests on what all who watched either have watched. A
little more of that hardly moves it, while a title that was new may have found its public since. So
where the catalogue is large and little has changed, the rows and columns of those titles alone are
made anew.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor

from gnn import filters
from gnn.filters import Floats, Graph, Shape
from gnn.place import Placing

NEAR = 512  # titles that a title speaks for; fewer cost quality on every set (docs/quality.md)
LARGE = 10_000  # titles up to which all are made anew in seconds
CHANGED = 0.1  # share of its evidence by which a title's may differ before its own are made anew
# Titles of which that is so, as a share, beyond which all are made anew: where that is done in
# closed form, and where by conjugate gradients, a title at a time.
FEW, FEW_OF_MANY = 0.02, 0.2
MOST = 4_096  # of them, for memory
TIMES = 24  # that weights are carried over; then all are made anew, whatever changed
SOME = 1_024  # titles of which it is looked at how strong guesses are


@dataclass(frozen=True, eq=False)
class Kept:
    """Of n titles the weights [n, k] of the largest magnitude in their rows of W."""

    near: NDArray[np.int32]  # [n, k] which, -1 where there are fewer
    nearness: Floats  # [n, k]
    evidence: Floats  # [n] as of `evidence`, when a title's own were made
    carried: int = 0  # times since all were made

    @classmethod
    def of(
        cls, watched: sp.csr_matrix, shape: Shape, placing: Placing, *, last: "Kept | None" = None
    ) -> "Kept":
        """Of the filter of `watched` [users, titles]. `last` is what was kept of a filter of the
        same shape before, over the titles of today."""
        today = evidence(watched)
        n, k = len(today), min(NEAR, len(today))
        changed = None if last is None else last._changed(today)
        if last is None or changed is None:
            return cls(*strongest(Graph.of(watched, shape).rows(), n, k, placing), today)
        columns, rows = filters.some(watched, shape, changed)
        near, nearness = strongest(last._rows(changed, columns, rows), n, k, placing)
        since = last.evidence.copy()
        since[changed] = today[changed]
        return cls(near, nearness, since, last.carried + 1)

    def _changed(self, today: Floats) -> NDArray[np.int64] | None:
        """Rows of the titles whose weights are to be made anew by the evidence of `today` [n], None
        where those of all are."""
        n = len(today)
        changed = np.flatnonzero(np.abs(today - self.evidence) > CHANGED * self.evidence)
        few = min((FEW if n <= filters.DENSE else FEW_OF_MANY) * n, MOST)
        return changed if n > LARGE and len(changed) <= few and self.carried < TIMES else None

    def _rows(self, changed: NDArray[np.int64], columns: Floats, rows: Floats) -> Iterator[Tensor]:
        """W, some rows at once: what is kept, but for the `columns` [n, c] and `rows` [c, n] of
        titles that have changed."""
        w = matrix(self.near, self.nearness)
        for start in range(0, len(self.near), filters.COLUMNS):
            here = slice(start, start + filters.COLUMNS)
            part = w[here].toarray()
            part[:, changed] = columns[here]
            mine = (changed >= start) & (changed < here.stop)
            part[changed[mine] - start] = rows[mine]
            yield torch.from_numpy(part)


def evidence(watched: sp.csr_matrix) -> Floats:
    """[titles] what all who watched a title have watched in all: the sums of G, were nothing
    damped."""
    return np.asarray(watched.T @ watched.sum(axis=1), np.float32).ravel()


def matrix(near: NDArray[np.int32], nearness: Floats) -> sp.csr_matrix:
    """[n, n] of weights [n, k] as in `Kept`."""
    known = near >= 0
    offsets = np.concatenate([[0], np.cumsum(known.sum(axis=1))])
    return sp.csr_matrix((nearness[known], near[known], offsets), (len(near), len(near)))


def strongest(
    rows: Iterable[Tensor], n: int, k: int, placing: Placing | None = None
) -> tuple[NDArray[np.int32], Floats]:
    """W [n, n], some `rows` at once, and of each row the k weights of the largest magnitude: ([n,
    k] columns, -1 where there are fewer, [n, k] weights). `placing` tells what they say for titles
    nobody watched; those guesses, which are weaker, compete for the k as if they were as strong as
    what is known and stands at the same rank."""
    kept = min(k, max(n - 1, 0))
    columns, weights = np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32)
    start = 0
    for part in rows:
        stop = start + len(part)
        strength = part.abs()
        if placing is not None and len(new := np.flatnonzero(placing.trust == 0)):
            part[:, new], strength[:, new] = _guesses(part, new, kept, placing)
        _, at = strength.topk(kept, dim=1)
        found = part.gather(1, at).numpy()
        columns[start:stop, :kept] = np.where(found != 0, at.numpy(), -1)
        weights[start:stop, :kept] = found
        start = stop
    return columns, weights


def _guesses(
    rows: Tensor, new: NDArray[np.int64], k: int, placing: Placing
) -> tuple[Tensor, Tensor]:
    """([b, c] what rows [b, n] say for titles that are `new`, [b, c] how strong that is)."""
    known = np.flatnonzero(placing.trust > 0)
    some = known[:: max(len(known) // SOME, 1)]
    both = torch.from_numpy(placing.guess(rows.numpy().T, np.concatenate([new, some])).T)
    guesses, others = both[:, : len(new)], both[:, len(new) :].abs()
    weakest = rows[:, known].abs().topk(min(k, len(known)), dim=1).values[:, -1]
    rank = min(max(k * len(some) // len(rows[0]), 1), len(some))
    as_weak = others.topk(rank, dim=1).values[:, -1]
    return guesses, guesses.abs() * (weakest.clamp(min=1e-30) / as_weak.clamp(min=1e-30))[:, None]
