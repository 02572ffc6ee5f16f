"""The inverse of a large positive definite matrix, a block at a time.

To sweep block k of A (in the symmetric form of Dempster 1969), with P the inverse of its own square
A_kk and C its columns A_·k, is

    A_kk → -P        A_ik → C_i P        A_ij → A_ij - C_i P C_jᵀ

and once all blocks are swept A is the negative of its inverse. Nearly all of it are products of
matrices, in threads of which each computes alone: the same bytes come out with any number of them,
and none spins while it waits for another, which is what makes a factorisation by OpenMP's threads
slow on a busy machine.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

BLOCK = 256  # rows

Floats = NDArray[np.float32]


def invert(matrix: Floats, *, threads: int | None = None) -> None:
    """Makes of a positive definite `matrix` [n, n] its inverse, where it stands; what is above the
    diagonal is of no account. By so many threads, or as many as there are cores; BLAS has one to
    itself meanwhile, in the whole process. Raises LinAlgError where it is not positive definite."""
    n = len(matrix)
    blocks = [slice(start, min(start + BLOCK, n)) for start in range(0, n, BLOCK)]
    pool = ThreadPoolExecutor(threads or os.cpu_count())
    with threadpool_limits(1, user_api="blas"), pool:
        for block in blocks:
            _sweep(matrix, block, blocks, pool)
    for rows in reversed(blocks):  # those below are done
        matrix[rows, : rows.stop] *= -1
        _mirror_own(matrix, rows)
        matrix[rows, rows.stop :] = matrix[rows.stop :, rows].T


def _sweep(matrix: Floats, block: slice, blocks: list[slice], pool: ThreadPoolExecutor) -> None:
    """Of the lower triangle."""
    _mirror_own(matrix, block)
    columns = np.concatenate([matrix[block, : block.start].T, matrix[block.start :, block]])
    half = np.linalg.inv(np.linalg.cholesky(columns[block]))
    inverse = half.T @ half
    moved = np.empty_like(columns)

    def sweep(rows: slice) -> None:
        np.matmul(columns[rows], inverse, out=moved[rows])
        matrix[rows, : rows.stop] -= moved[rows] @ columns[: rows.stop].T

    # the longest rows first
    list(pool.map(sweep, (rows for rows in reversed(blocks) if rows != block)))
    matrix[block, : block.start] = moved[: block.start].T
    matrix[block.stop :, block] = moved[block.stop :]
    matrix[block, block] = -inverse


def _mirror_own(matrix: Floats, block: slice) -> None:
    """Of the square on the diagonal."""
    own = matrix[block, block]
    own[:] = np.tril(own) + np.tril(own, -1).T
