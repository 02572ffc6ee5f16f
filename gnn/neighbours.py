"""The nearest of many vectors by cosine: exact, or approximate where that would take too long.

Approximate search (faiss) puts the vectors in cells, looks in those nearest to each, ranks what it
finds there by compressed differences from the middle of a cell (product quantisation: Jégou et al.
2011, in registers as in André et al. 2015), and the best of that by the vectors themselves.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import faiss
import numpy as np
import torch
from numpy.typing import NDArray

Nearest = tuple[NDArray[np.int32], NDArray[np.float32]]

# Measured on users learned from synthetic behaviour (`scripts/bench neighbours`): from here on
# approximate search takes less time, and finds .98 and more of the 20 nearest.
EXACT = 25_000  # vectors up to which search is exact
CELLS = 1.4  # cells, as a multiple of the vectors' square root
PROBED = 130  # of the cells are looked at
CODE = 2  # dimensions to a code of 4 bits
REFINED = 3  # as many times k are ranked by the vectors themselves
SAMPLE = 65_536  # vectors that the cells and codes are learned from
FEW = 16  # vectors without which there is no code of 4 bits
ROUNDS = 10  # of k-means
BATCH = 1_024  # vectors at once


def nearest(
    vectors: NDArray[np.float32], k: int, *, trust: NDArray[np.float32] | None = None
) -> Nearest:
    """([n, k] rows, [n, k] cosines) of the k nearest others of each row, nearest first; -1 and 0
    where there are fewer, and for rows that are all 0. Near are rows of a cosine above 0 alone. The
    same vectors give the same answer, to the bit. Exact up to EXACT vectors, and where there is a
    trust.

    `trust` [n] 0..1 damps the cosine with each row as another's neighbour; one of 0 is nobody's.
    """
    if trust is None and len(vectors) > EXACT:
        return approximate(vectors, k)
    return exact(vectors, k, trust=trust)


def exact(
    vectors: NDArray[np.float32], k: int, *, trust: NDArray[np.float32] | None = None
) -> Nearest:
    """`nearest`, exact at any size."""
    trusted = torch.ones(len(vectors)) if trust is None else torch.from_numpy(trust)
    unit = torch.nn.functional.normalize(torch.from_numpy(vectors), dim=1)
    empty = unit.abs().sum(1) == 0
    n = len(unit)
    rows, cosines = _nothing(n, k)
    kept = min(k, max(n - 1, 0))
    if not kept:
        return rows, cosines
    for start in range(0, n, BATCH):
        stop = min(start + BATCH, n)
        cosine = (unit[start:stop] @ unit.T) * trusted
        cosine[:, empty] = -torch.inf
        cosine[torch.arange(stop - start), torch.arange(start, stop)] = -torch.inf
        best, where = cosine.topk(kept, dim=1)
        none = (best <= 0) | empty[start:stop, None]
        rows[start:stop, :kept] = where.masked_fill(none, -1)
        cosines[start:stop, :kept] = best.masked_fill(none, 0)
    return rows, cosines


def approximate(vectors: NDArray[np.float32], k: int) -> Nearest:
    """`nearest`, approximate at any size."""
    rows, cosines = _nothing(len(vectors), k)
    length = np.linalg.norm(vectors, axis=1)
    here = np.flatnonzero(length > 0)
    if len(here) < FEW:
        return exact(vectors, k)
    unit = np.ascontiguousarray(vectors[here] / length[here, None], np.float32)
    starts = range(0, len(here), BATCH)

    def search(start: int) -> Nearest:
        mine = np.arange(start, min(start + BATCH, len(here)))
        found, cosine = index.search(unit[mine], min(k + 1, len(here)))[::-1]
        return _without(mine, found, cosine, k)

    # Each thread of ours computes alone, in batches that do not depend on how many there are: so
    # the sums are always the same.
    with ThreadPoolExecutor(os.cpu_count(), initializer=_alone) as pool:
        index = pool.submit(_index, unit).result()
        for start, (near, cosine) in zip(starts, pool.map(search, starts), strict=True):
            mine = here[start : start + BATCH]
            rows[mine] = np.where(near >= 0, here[near], -1)
            cosines[mine] = cosine
    return rows, cosines


def _index(unit: NDArray[np.float32]) -> faiss.IndexRefineFlat:
    """Of vectors [n, d] of length 1."""
    n, d = unit.shape
    cells, codes = int(CELLS * n**0.5), d // CODE if d % CODE == 0 else d
    inner = faiss.index_factory(d, f"IVF{cells},PQ{codes}x4fs", faiss.METRIC_INNER_PRODUCT)
    assert isinstance(inner, faiss.IndexIVFPQFastScan)
    inner.cp.niter, inner.cp.min_points_per_centroid = ROUNDS, 1
    inner.nprobe = min(PROBED, cells)
    inner.by_residual = True
    index = faiss.IndexRefineFlat(inner)
    index.k_factor = REFINED
    index.train(unit[:: max(n // SAMPLE, 1)])
    index.add(unit)
    return index


def _without(
    mine: NDArray[np.int64], found: NDArray[np.int64], cosine: NDArray[np.float32], k: int
) -> Nearest:
    """([b, k] rows, [b, k] cosines), each row's own left out, or the last of what was found where
    that is not among it."""
    other = found != mine[:, None]
    first = np.argsort(~other, axis=1, kind="stable")[:, : found.shape[1] - 1][:, :k]
    near, cosines = _nothing(len(mine), k)
    width = first.shape[1]
    cosine = np.take_along_axis(cosine, first, 1)
    alike = cosine > 0  # nor where nothing was found
    near[:, :width] = np.where(alike, np.take_along_axis(found, first, 1), -1)
    cosines[:, :width] = np.where(alike, cosine, 0)
    return near, cosines


def _nothing(n: int, k: int) -> Nearest:
    return np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32)


def _alone() -> None:
    faiss.omp_set_num_threads(1)
