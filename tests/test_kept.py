"""What is kept of a filter, and what is carried over when little has changed."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray

from gnn import filters, kept
from gnn.filters import Shape
from gnn.kept import Kept
from gnn.place import Placing
from gnn.tensors import Interactions, described, years
from graph.arrays import Ragged
from tests.test_filters import expected

USERS, TITLES = 60, 12
SHAPE = Shape(user=0.25, title=0.3, appeal=-0.1, ridge=0.05, ideal=0.4, rank=3)


@pytest.fixture(autouse=True)
def _carries(monkeypatch) -> None:
    """However small the catalogue is, and however many titles changed but for one."""
    monkeypatch.setattr(kept, "LARGE", 0)
    monkeypatch.setattr(kept, "CHANGED", 0.15)
    monkeypatch.setattr(kept, "FEW", 1 - 1 / TITLES)


def watched(*, users: int = USERS, seed: int = 0) -> NDArray[np.float32]:
    """[users, titles]"""
    random = np.random.default_rng(seed)
    return (random.random((users, TITLES)) < np.linspace(0.8, 0.3, TITLES)).astype(np.float32)


def of(x: NDArray, *, last: Kept | None = None) -> Kept:
    rows = sp.csr_matrix(x)
    rows.sort_indices()
    interactions = Interactions.positives(Ragged(rows.indptr.astype(np.int64), rows.indices))
    titles = np.arange(x.shape[1])
    genres = Ragged.of([[title % 2] for title in titles])
    about = described({"genre": genres, "year": years(1990 + titles % 23)})
    return Kept.of(rows, SHAPE, Placing.of(about, interactions), last=last)


def full(found: Kept) -> NDArray[np.float32]:
    """W [titles, titles], 0 where nothing is kept."""
    assert np.array_equal(found.near < 0, found.nearness == 0)
    return kept.matrix(found.near, found.nearness).toarray()


def with_watchers(x: NDArray, title: int, more: int) -> NDArray[np.float32]:
    """Of a title so many more, or fewer."""
    y = x.copy()
    y[np.flatnonzero(y[:, title] == (more < 0))[: abs(more)], title] = more > 0
    return y


def test_all_is_made_at_first():
    x = watched()
    first = of(x)
    assert full(first) == pytest.approx(expected(x, SHAPE), abs=2e-4)
    assert first.evidence == pytest.approx((x.T @ x).sum(axis=0))
    assert first.carried == 0


def test_of_some_titles_rows_and_columns_are_those_of_all(monkeypatch):
    monkeypatch.setattr(filters, "COLUMNS", 2)
    w, some = expected(watched(), SHAPE), np.array([0, 5, 11])
    columns, rows = filters.some(sp.csr_matrix(watched()), SHAPE, some)
    assert columns == pytest.approx(w[:, some], abs=2e-4)
    assert rows == pytest.approx(w[some], abs=2e-4)
    assert (columns[some, range(3)] == 0).all()


@pytest.mark.parametrize("columns", [5, 1024])
@pytest.mark.parametrize(("title", "more"), [(10, 20), (7, -40), (5, 20)])
def test_a_title_that_found_or_lost_its_public_says_what_it_says_now_and_others_what_they_said(
    columns: int, title: int, more: int, monkeypatch
):
    monkeypatch.setattr(filters, "COLUMNS", columns)
    before = watched(users=200)
    after = with_watchers(before, title, more)
    first = of(before)
    second = of(after, last=first)
    changed = second.evidence != first.evidence
    assert changed[title]
    assert (~changed).sum() > 8  # the test needs titles that are left alone
    then, now = full(first), expected(after, SHAPE)
    assert np.abs(then - now)[title].max() > 0.01  # and one that says something else
    assert full(second)[changed] == pytest.approx(now[changed], abs=2e-4)
    assert full(second)[:, changed] == pytest.approx(now[:, changed], abs=2e-4)
    assert np.array_equal(full(second)[~changed][:, ~changed], then[~changed][:, ~changed])
    assert second.evidence[changed] == pytest.approx((after.T @ after).sum(axis=0)[changed])
    assert second.carried == 1


def test_what_speaks_for_a_title_more_than_before_takes_the_place_of_the_weakest(monkeypatch):
    monkeypatch.setattr(kept, "NEAR", 4)
    before = watched(users=200)
    after = with_watchers(before, 11, 120)
    first = of(before)
    second = of(after, last=first)
    others = np.flatnonzero(second.evidence == first.evidence)
    assert second.near.shape == (TITLES, 4)
    assert len(others) > 8
    now = np.abs(expected(after, SHAPE)[others, 11])
    knew = (first.near[others] == 11).any(axis=1)
    stronger = now > np.abs(first.nearness[others]).min(axis=1)
    assert np.array_equal((second.near[others] == 11).any(axis=1), knew | stronger)
    assert (stronger & ~knew).any()
    assert not stronger.all()
    assert (np.diff(np.abs(second.nearness), axis=1) <= 0).all()


def test_what_changes_a_little_each_time_is_made_anew_in_the_end():
    """Each time by less than CHANGED of what was known when it was made."""
    x = watched(users=200)
    last = first = of(x)
    for _ in range(40):
        x = with_watchers(x, 11, 1)
        last = of(x, last=last)
        if last.evidence[11] != first.evidence[11]:
            break
        assert np.array_equal(full(last), full(first))
    assert last.carried > 1
    assert full(last)[11] == pytest.approx(expected(x, SHAPE)[11], abs=2e-4)


def test_a_title_says_something_once_its_only_watcher_watches_others():
    before = watched()
    before[:, 11], before[0] = 0, 0
    before[0, 11] = 1
    after = before.copy()
    after[0, :4] = 1
    first, second = of(before), of(after, last=of(before))
    assert np.abs(full(first)[11]).max() < 1e-6
    assert full(second)[11] == pytest.approx(expected(after, SHAPE)[11], abs=2e-4)


@pytest.mark.parametrize(("dense", "few", "of_many"), [(TITLES, 0.5, 1), (0, 1, 0.5)])
def test_nothing_is_carried_over_where_much_has_changed(
    dense: int, few: float, of_many: float, monkeypatch
):
    """Of titles that many, or of more titles that few."""
    monkeypatch.setattr(filters, "DENSE", dense)
    monkeypatch.setattr(kept, "FEW", few)
    monkeypatch.setattr(kept, "FEW_OF_MANY", of_many)
    first = of(watched())
    another = of(np.vstack([watched(), watched(seed=1)]), last=first)
    assert another.carried == 0
    assert full(another) != pytest.approx(full(first), abs=1e-3)
    monkeypatch.setattr(kept, "FEW", 1)
    monkeypatch.setattr(kept, "FEW_OF_MANY", 1)
    assert of(np.vstack([watched(), watched(seed=1)]), last=first).carried == 1
    monkeypatch.setattr(kept, "MOST", TITLES - 1)
    assert of(np.vstack([watched(), watched(seed=1)]), last=first).carried == 0


def test_nor_where_the_catalogue_is_small(monkeypatch):
    first = of(watched())
    assert of(watched(), last=first).carried == 1
    monkeypatch.setattr(kept, "LARGE", TITLES)
    assert of(watched(), last=first).carried == 0


def test_nor_for_ever():
    """Others may have come for those who left, and all sums stayed."""
    first = of(watched())
    last = replace(first, near=np.full_like(first.near, -1), carried=kept.TIMES - 1)
    once_more = of(watched(), last=last)
    assert once_more.carried == kept.TIMES
    assert not full(once_more).any()
    anew = of(watched(), last=once_more)
    assert anew.carried == 0
    assert np.array_equal(full(anew), full(first))


def forgetting(found: Kept, title: int) -> Kept:
    """As if a title had come since."""
    nearness = np.where(found.near == title, 0, found.nearness)
    return replace(found, near=np.where(found.near == title, -1, found.near), nearness=nearness)


def test_a_title_that_came_is_guessed_and_makes_its_own_once_it_is_watched():
    before = watched()
    before[:, 6] = 0
    first = of(before)
    second = of(before, last=forgetting(first, 6))
    guessed = full(second)[:, 6]
    assert guessed[0] != 0
    assert guessed == pytest.approx(full(first)[:, 6], abs=1e-4)
    assert np.abs(full(second)[6]).max() < 1e-6
    after = before.copy()
    after[:12, 6] = 1
    third = full(of(after, last=second))
    assert third[6] == pytest.approx(expected(after, SHAPE)[6], abs=2e-4)
    assert third[:, 6] == pytest.approx(expected(after, SHAPE)[:, 6], abs=2e-4)


@pytest.mark.parametrize("carried", [False, True])
@pytest.mark.parametrize("came", [1, 20])
def test_what_is_guessed_of_titles_that_came_is_kept_as_often_as_what_is_known(
    came: int, carried: bool, monkeypatch
):
    """Of two genres that hardly mix, in a catalogue that far fewer than all are kept of; also where
    what is weak was forgotten."""
    titles, near = 400, 20
    monkeypatch.setattr(kept, "NEAR", near)
    random = np.random.default_rng(0)
    chance = np.where(np.arange(titles) % 2 == np.arange(2_000)[:, None] % 2, 0.1, 0.01)
    x = (random.random((2_000, titles)) < chance).astype(np.float32)
    new = np.arange(titles - came, titles)
    x[:, new] = 0
    found = of(x)
    if carried:
        for title in new:
            found = forgetting(found, title)
        found = of(x, last=found)
    assert found.carried == carried
    share = np.isin(found.near[: titles - came], new).mean() / (came / titles)
    assert share > 0.5
    assert share < 3 or came == 1  # all of its genre are as strong, and it may have the last place
    w = full(found)
    alike = np.arange(titles - came) % 2 == new[0] % 2
    assert w[: titles - came][alike, new[0]].mean() > w[: titles - came][~alike, new[0]].mean()
