"""The inverse of a large symmetric matrix, a block at a time.

To sweep block k of A (the sweep operator: Goodnight 1979), with P the inverse of its own square
A_kk and C its columns A_·k, is

    A_kk → -P        A_ik → C_i P        A_ij → A_ij - C_i P C_jᵀ

and once all blocks are swept A is the negative of its inverse. Nearly all of it are products of
matrices, in threads of which each computes alone: the same bytes come out with any number of them,
and on a busy machine none spins while another waits for its turn, as those of a factorisation by
LAPACK do.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

BLOCK = 256  # rows; of 128 and 512 products are slower

Floats = NDArray[np.float32]


def invert(matrix: Floats, *, threads: int) -> None:
    """Makes of a positive definite `matrix` [n, n], whose lower triangle alone is read, its
    inverse, where it stands."""
    blocks = [slice(i, min(i + BLOCK, len(matrix))) for i in range(0, len(matrix), BLOCK)]
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        for block in blocks:
            _sweep(matrix, block, blocks, pool)
        list(pool.map(lambda rows: _negate(matrix, rows), blocks))
        list(pool.map(lambda rows: _mirror(matrix, rows), blocks))


def _sweep(matrix: Floats, block: slice, blocks: list[slice], pool: ThreadPoolExecutor) -> None:
    """Of the lower triangle."""
    _mirror_own(matrix, block)
    columns = np.concatenate([matrix[block, : block.start].T, matrix[block.start :, block]])
    inverse = np.linalg.inv(columns[block])
    moved = np.empty_like(columns)

    def sweep(rows: slice) -> None:
        np.matmul(columns[rows], inverse, out=moved[rows])
        if rows != block:
            matrix[rows, : rows.stop] -= moved[rows] @ columns[: rows.stop].T

    list(pool.map(sweep, reversed(blocks)))  # the longest rows first
    matrix[block, : block.start] = moved[: block.start].T
    matrix[block.stop :, block] = moved[block.stop :]
    matrix[block, block] = -inverse


def _negate(matrix: Floats, rows: slice) -> None:
    matrix[rows, : rows.stop] *= -1
    _mirror_own(matrix, rows)


def _mirror(matrix: Floats, rows: slice) -> None:
    matrix[rows, rows.stop :] = matrix[rows.stop :, rows].T


def _mirror_own(matrix: Floats, block: slice) -> None:
    own = matrix[block, block]
    own[:] = np.tril(own) + np.tril(own, -1).T
