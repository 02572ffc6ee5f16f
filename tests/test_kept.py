"""What is kept of a filter, and what is carried over when little has changed."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray

from gnn import filters, kept
from gnn.filters import Shape
from gnn.kept import Kept
from gnn.place import Placing
from gnn.tensors import Interactions, described
from graph.arrays import Ragged
from tests.test_filters import expected

USERS, TITLES = 60, 12
SHAPE = Shape(user=0.25, title=0.3, appeal=-0.1, ridge=0.05, ideal=0.4, rank=3)


@pytest.fixture(autouse=True)
def _carries(monkeypatch) -> None:
    """However small the catalogue is, while every other title is as it was."""
    monkeypatch.setattr(kept, "LARGE", 0)
    monkeypatch.setattr(kept, "FEW", 0.5)


def watched(*, seed: int = 0) -> NDArray[np.float32]:
    """[users, titles]"""
    random = np.random.default_rng(seed)
    return (random.random((USERS, TITLES)) < np.linspace(0.8, 0.3, TITLES)).astype(np.float32)


def of(x: NDArray, *, last: Kept | None = None) -> Kept:
    rows = sp.csr_matrix(x)
    rows.sort_indices()
    interactions = Interactions.positives(Ragged(rows.indptr.astype(np.int64), rows.indices))
    genres = described({"genre": Ragged.of([[title % 2] for title in range(TITLES)])})
    return Kept.of(rows, SHAPE, Placing.of(genres, interactions), last=last)


def full(found: Kept) -> NDArray[np.float32]:
    """W [titles, titles], 0 where nothing is kept."""
    w = np.zeros((TITLES, TITLES + 1), np.float32)
    np.put_along_axis(w, found.near.astype(np.int64), found.nearness, axis=1)
    return w[:, :-1]


def seen_by_more(x: NDArray, title: int, more: int) -> NDArray[np.float32]:
    y = x.copy()
    y[np.flatnonzero(y[:, title] == 0)[:more], title] = 1
    return y


def test_all_is_made_at_first():
    x = watched()
    first = of(x)
    assert full(first) == pytest.approx(expected(x, SHAPE), abs=2e-4)
    assert first.watched.tolist() == x.sum(axis=0).tolist()


@pytest.mark.parametrize("columns", [5, 1024])
def test_a_title_that_found_its_public_says_what_it_says_now_and_others_what_they_said(
    columns: int, monkeypatch
):
    monkeypatch.setattr(filters, "COLUMNS", columns)
    before = watched()
    after = seen_by_more(before, 7, 9)
    first = of(before)
    second = of(after, last=first)
    then, now = full(first), expected(after, SHAPE)
    assert np.abs(then - now)[7].max() > 0.01  # the test needs a title that says something else
    assert full(second)[7] == pytest.approx(now[7], abs=2e-4)
    assert full(second)[:, 7] == pytest.approx(now[:, 7], abs=2e-4)
    others = np.arange(TITLES) != 7
    assert np.array_equal(full(second)[others][:, others], then[others][:, others])
    assert second.watched[others].tolist() == before.sum(axis=0)[others].tolist()
    assert second.watched[7] == after.sum(axis=0)[7]


def test_what_speaks_for_a_title_more_than_before_takes_the_place_of_the_weakest(monkeypatch):
    monkeypatch.setattr(kept, "NEAR", 4)
    before = watched()
    after = seen_by_more(before, 11, 25)
    second = of(after, last=(first := of(before)))
    assert second.near.shape == (TITLES, 4)
    now = expected(after, SHAPE)[:, 11]
    knew = (first.near[:11] == 11).any(axis=1)
    stronger = np.abs(now[:11]) > np.abs(first.nearness[:11]).min(axis=1)
    assert np.array_equal((second.near[:11] == 11).any(axis=1), knew | stronger)
    assert (stronger & ~knew).sum() > 1
    assert not stronger.all()
    assert (np.diff(np.abs(second.nearness), axis=1) <= 0).all()


def test_what_changes_a_little_each_time_is_made_anew_in_the_end():
    """Each time by less than CHANGED of what it was watched."""
    x = watched()
    last = first = of(x)
    for _ in range(2):
        x = seen_by_more(x, 0, 1)
        last = of(x, last=last)
    assert np.array_equal(full(last), full(first))
    assert last.watched[0] == first.watched[0] == x[:, 0].sum() - 2
    x = seen_by_more(x, 0, 1)
    last = of(x, last=last)
    assert last.watched[0] == first.watched[0] + 3
    assert full(last)[0] == pytest.approx(expected(x, SHAPE)[0], abs=2e-4)


def test_nothing_is_carried_over_where_much_has_changed():
    x = watched()
    other = watched(seed=1)
    assert full(of(other, last=of(x))) == pytest.approx(expected(other, SHAPE), abs=2e-4)


def test_nor_where_the_catalogue_is_small(monkeypatch):
    monkeypatch.setattr(kept, "LARGE", TITLES)
    before = watched()
    after = seen_by_more(before, 7, 9)
    assert full(of(after, last=of(before))) == pytest.approx(expected(after, SHAPE), abs=2e-4)


def test_a_title_that_came_is_guessed_and_makes_its_own_once_it_is_watched():
    before = watched()
    before[:, 6] = 0
    first = of(before)
    last = Kept(
        np.where(first.near == 6, -1, first.near),
        np.where(first.near == 6, 0, first.nearness),
        first.watched,
    )
    second = of(before, last=last)  # knew nothing of title 6
    guessed = full(second)[:, 6]
    assert guessed[0] != 0
    assert guessed == pytest.approx(full(first)[:, 6], abs=1e-4)
    assert np.abs(full(second)[6]).max() < 1e-6
    after = seen_by_more(before, 6, 1)
    third = full(of(after, last=second))
    assert third[6] == pytest.approx(expected(after, SHAPE)[6], abs=2e-4)
    assert third[:, 6] == pytest.approx(expected(after, SHAPE)[:, 6], abs=2e-4)
