"""Inverting by sweeps, against a case worked by hand and LAPACK."""

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

from gnn.sweep import BLOCK, invert


def positive(n: int, *, seed: int = 0) -> NDArray[np.float32]:
    """[n, n] symmetric, of eigenvalues from .04 to about 4: as far apart as a filter's."""
    random = np.random.default_rng(seed).normal(size=(n, n))
    return (random @ random.T / n + 0.04 * np.eye(n)).astype(np.float32)


def lower(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Its lower triangle, and above that what must not tell."""
    return np.where(np.tri(len(matrix), dtype=bool), matrix, np.float32(np.nan))


def threads_of_blas() -> set[int]:
    return {part["num_threads"] for part in threadpool_info() if part["user_api"] == "blas"}


def test_two_by_two():
    matrix = lower(np.array([[2, 1], [1, 2]], np.float32))
    invert(matrix, threads=1)
    np.testing.assert_allclose(matrix, np.array([[2, -1], [-1, 2]]) / 3, rtol=1e-6)


@pytest.mark.parametrize("n", [1, BLOCK, BLOCK + 1, 3 * BLOCK - 1])
def test_blocks_make_no_difference(n: int):
    matrix = positive(n)
    found = lower(matrix)
    invert(found, threads=2)
    exact = np.linalg.inv(matrix.astype(np.float64))
    np.testing.assert_allclose(found, exact, atol=1e-4 * np.abs(exact).max())
    assert np.array_equal(found, found.T)


def test_any_number_of_threads_gives_the_same_bytes():
    found = [lower(positive(3 * BLOCK)) for _ in range(3)]
    for threads, matrix in enumerate(found, start=1):
        invert(matrix, threads=threads)
    assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()


def test_each_thread_computes_alone(monkeypatch):
    seen, inv, before = [], np.linalg.inv, threads_of_blas()

    def watching(half: NDArray) -> NDArray:
        seen.append(threads_of_blas())
        return inv(half)

    monkeypatch.setattr(np.linalg, "inv", watching)
    invert(positive(BLOCK), threads=2)
    assert seen == [{1}]
    assert threads_of_blas() == before


def test_what_is_not_positive_definite_is_refused():
    matrix = positive(2 * BLOCK)
    matrix[-1, -1] = -1
    with pytest.raises(np.linalg.LinAlgError):
        invert(matrix, threads=2)
