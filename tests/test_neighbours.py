"""The nearest of many vectors, exactly and nearly."""

import numpy as np
import pytest

from gnn import neighbours
from gnn.neighbours import approximate, exact, nearest


def of_tastes(n: int, *, seed: int = 0) -> np.ndarray:
    """[n, 64] users that each mix a few of 48 tastes, as learned ones do."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(48, 64))
    vectors = random.dirichlet(np.full(48, 0.04), n) @ centres
    return (vectors + 0.1 * random.normal(size=(n, 64))).astype(np.float32)


def test_worked_by_hand() -> None:
    vectors = np.array([[1, 0], [2, 0.2], [0, 1], [0, 0]], np.float32)
    rows, cosines = exact(vectors, 3)
    assert rows.tolist() == [[1, -1, -1], [0, 2, -1], [1, -1, -1], [-1, -1, -1]]
    assert cosines[0].tolist() == pytest.approx([1 / 1.01**0.5, 0, 0], abs=1e-6)
    assert not cosines[3].any()


@pytest.mark.parametrize("search", [exact, approximate])
def test_opposites_are_not_near(search) -> None:
    vectors = np.concatenate([np.eye(20, 32) + 0.1, -np.eye(20, 32)]).astype(np.float32)
    rows, cosines = search(vectors, 39)
    assert (rows[:20] >= 0).sum() == 20 * 19
    assert (rows[:20].max(axis=1) < 20).all()  # the others have a negative cosine
    assert ((rows >= 0) == (cosines > 0)).all()


def test_who_is_not_trusted_is_farther() -> None:
    vectors = np.array([[1, 0], [1, 0.1], [1, 0.5]], np.float32)
    rows, _ = nearest(vectors, 2, trust=np.array([1, 0.1, 1], np.float32))
    assert rows[0].tolist() == [2, 1]
    rows, _ = nearest(vectors, 2, trust=np.array([1, 0, 1], np.float32))
    assert [row.tolist() for row in rows] == [[2, -1], [0, 2], [0, -1]]


def test_of_pairs_both_find_the_other_half() -> None:
    """Where the answer is plain, approximate search gives what exact search does."""
    random = np.random.default_rng(3)
    one = random.normal(size=(1_000, 32))
    vectors = np.concatenate([one, one + 0.01 * random.normal(size=one.shape)]).astype(np.float32)
    found = [search(vectors, 1) for search in (exact, approximate)]
    other = np.concatenate([np.arange(1_000, 2_000), np.arange(1_000)])
    for rows, _ in found:
        assert np.array_equal(rows[:, 0], other)
    assert found[0][1] == pytest.approx(found[1][1], abs=1e-5)


def test_approximate_search_finds_nearly_all() -> None:
    vectors = of_tastes(6_000)
    (near, cosines), (exactly, _) = approximate(vectors, 100), exact(vectors, 100)
    found = [len(np.intersect1d(a[:20], b[:20])) / 20 for a, b in zip(near, exactly, strict=True)]
    assert np.mean(found) >= 0.98
    assert (near != np.arange(len(near))[:, None]).all()
    assert (np.diff(cosines, axis=1) <= 1e-6).all()
    assert all(len(set(row)) == 100 for row in near.tolist())


def test_codes_tell_the_vectors_of_a_cell_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing ranked by the vectors themselves; codes of whole vectors find .911."""
    monkeypatch.setattr(neighbours, "REFINED", 1)
    vectors = of_tastes(6_000)
    (near, _), (exactly, _) = approximate(vectors, 100), exact(vectors, 100)
    found = [len(np.intersect1d(*pair)) / 100 for pair in zip(near, exactly, strict=True)]
    assert np.mean(found) >= 0.92


def test_approximate_search_gives_the_same_bytes_however_many_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors = of_tastes(3_000)
    one = approximate(vectors, 100)
    monkeypatch.setattr(neighbours.os, "cpu_count", lambda: 1)
    for a, b in zip(one, approximate(vectors, 100), strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("search", [exact, approximate])
def test_vectors_of_zeros_are_near_nobody(search) -> None:
    vectors = of_tastes(300)
    vectors[::3] = 0
    rows, cosines = search(vectors, 250)
    assert (rows[::3] == -1).all()
    assert not cosines[::3].any()
    assert not np.isin(rows, np.arange(0, 300, 3)).any()
    assert (rows[1, :190] >= 0).mean() > 0.5
    assert not cosines[rows < 0].any()


@pytest.mark.parametrize("search", [exact, approximate])
@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_few_vectors(search, n: int) -> None:
    rows, cosines = search(np.eye(5, 64, dtype=np.float32)[:n] + 0.1, 3)
    assert rows.shape == cosines.shape == (n, 3)
    assert ((rows >= 0).sum(axis=1) == min(max(n - 1, 0), 3)).all()


def test_search_is_exact_until_that_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = of_tastes(400)
    monkeypatch.setattr(neighbours, "approximate", lambda *_: pytest.fail("approximate"))
    assert np.array_equal(nearest(vectors, 5)[0], exact(vectors, 5)[0])
    monkeypatch.setattr(neighbours, "EXACT", 399)
    with pytest.raises(pytest.fail.Exception, match="approximate"):
        nearest(vectors, 5)
