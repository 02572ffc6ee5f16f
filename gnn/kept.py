"""The weights that are kept of a filter, and how they are carried over from the last time.

What W[i, j] (`gnn.filters`) says of two titles rests on all who watched either. A few more of them
hardly move it, while a title that was new may have found its public since. So where the catalogue
is large and little has changed, the rows and columns of those titles alone are made anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor

from gnn import filters
from gnn.filters import Graph, Shape, strongest
from gnn.place import Placing

NEAR = 512  # titles that a title speaks for; fewer cost quality on every set (docs/quality.md)
LARGE = 10_000  # titles up to which all are made anew in seconds
CHANGED = 0.05  # share by which a title is watched more or less, at which its weights are made anew
# Titles of which that is so, as a share, at which all are made anew: where it is done in closed
# form, and where by conjugate gradients, a title at a time.
FEW, FEW_OF_MANY = 0.02, 0.2

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Kept:
    """Of n titles the weights [n, k] of the largest magnitude in their rows of W."""

    near: NDArray[np.int32]  # [n, k] which, -1 where there are fewer
    nearness: Floats  # [n, k]
    watched: Floats  # [n] the weight that each title was watched with when its own were made

    @classmethod
    def of(
        cls, watched: sp.csr_matrix, shape: Shape, placing: Placing, *, last: "Kept | None" = None
    ) -> "Kept":
        """Of the filter of `watched` [users, titles]. `last` is what was kept of a filter of the
        same shape before, over the titles of today."""
        today = np.asarray(watched.sum(axis=0), np.float32).ravel()
        n, k = len(today), min(NEAR, len(today))
        changed = None if last is None else last._changed(today)
        if last is None or changed is None:
            return cls(*Graph.of(watched, shape).nearest(k, placing), today)
        own = np.zeros((n, 0), np.float32), np.zeros((0, n), np.float32)
        if len(changed):
            own = Graph.of(watched, shape, gradients=True).columns(changed)
        since = last.watched.copy()
        since[changed] = today[changed]
        return cls(*strongest(last._rows(changed, *own), n, k, placing), since)

    def _changed(self, today: Floats) -> NDArray[np.int64] | None:
        """Rows of the titles that are watched with so much more or less weight `today` [n] that
        theirs are to be made anew, None where all are."""
        n = len(today)
        changed = np.flatnonzero(np.abs(today - self.watched) > CHANGED * self.watched)
        few = FEW if n <= filters.DENSE else FEW_OF_MANY
        return changed if n > LARGE and len(changed) <= few * n else None

    def _rows(self, changed: NDArray[np.int64], columns: Floats, rows: Floats) -> Iterator[Tensor]:
        """W, some rows at once: what is kept, but for the `columns` [n, c] and `rows` [c, n] of
        titles that have changed."""
        n = len(self.near)
        for start in range(0, n, filters.COLUMNS):
            here = slice(start, start + filters.COLUMNS)
            near = self.near[here].astype(np.int64)
            part = np.zeros((len(near), n + 1), np.float32)  # at the end what speaks for none
            np.put_along_axis(part, near, self.nearness[here], axis=1)
            part[:, changed] = columns[here]
            mine = (changed >= start) & (changed < here.stop)
            part[changed[mine] - start, :n] = rows[mine]
            yield torch.from_numpy(part[:, :n].copy())
