"""The split of the benchmark, and the figures that must be reached on it."""

import numpy as np
import pytest

from gnn import evaluate, learn
from gnn.baselines import ease
from gnn.train import Parameters
from graph.arrays import Ragged
from graph.sources import movielens
from tests.trials import QUICK, TITLES, two_tastes


def test_the_split_worked_by_hand():
    # Users 0 and 1 alternate in the file; 1 has too few rows to be parted.
    user = np.array([0, 1, 0, 1, 0, 0, 0])
    title = np.array([9, 1, 8, 2, 7, 6, 5])
    split = evaluate.random_split("x", user, title, Ragged.of([[]] * 10), seed=42)
    generator = np.random.RandomState(42)
    first = generator.permutation(5)[0]
    watched = [9, 8, 7, 6, 5]
    assert split.test[0].tolist() == [watched[first]]
    assert split.training[0].tolist() == sorted(set(watched) - {watched[first]})
    assert split.test[1].tolist() == []
    assert split.training[1].tolist() == [1, 2]


@pytest.fixture(scope="module")
def split() -> evaluate.Split:
    return evaluate.movielens_split(movielens.read(), seed=42)


def test_the_split_of_movielens_has_the_published_size(split):
    lengths = split.test.lengths()
    assert len(split.training) == 943
    assert lengths.sum() + split.training.lengths().sum() == 100_000
    assert (lengths == (lengths + split.training.lengths()) // 5).all()


def test_figures(split):
    """The reference figures say that the split is the same. Recall of three
    seeds has a spread of .002."""
    rows = {row.model.split()[0]: row for row in evaluate.compare(
        split, Parameters(), seeds=[0], progress=lambda _: None
    )}  # fmt: skip
    assert rows["popularity"].recall == pytest.approx(0.178, abs=0.001)
    assert rows["popularity"].ndcg == pytest.approx(0.217, abs=0.001)
    assert rows["EASE"].recall == pytest.approx(0.364, abs=0.003)
    assert rows["EASE"].ndcg == pytest.approx(0.438, abs=0.003)
    assert rows["Playbill"].recall >= max(0.372, rows["EASE"].recall)
    assert rows["Playbill"].ndcg >= max(0.446, rows["EASE"].ndcg)


def test_what_fold_in_costs_is_told_by_models_that_learned_from_as_many(monkeypatch):
    """Whom the choice and each model learned from, of 50 users; 10 are judged."""
    whole = two_tastes(50)
    user, title = whole.user, whole.titles.values
    small = evaluate.random_split("x", user, title, Ragged.of([[]] * TITLES), seed=1)
    learned_from = []

    def spied(original):
        def call(data, interactions, *rest, **more):
            learned_from.append(set(np.flatnonzero(interactions.titles.lengths())))
            return original(data, interactions, *rest, **more)

        return call

    for name in ("choose", "learn"):
        monkeypatch.setattr(learn, name, spied(getattr(learn, name)))
    ridge_chosen_on, ease_told = [], []

    def spied_ridge(known, *, seed):
        ridge_chosen_on.append((set(np.flatnonzero(known.training.lengths())), seed))
        return 7.5

    def spied_ease(histories, titles, **more):
        ease_told.append((set(np.flatnonzero(histories.lengths())), more))
        return ease(histories, titles, **more)

    monkeypatch.setattr(evaluate, "_best_ridge", spied_ridge)
    monkeypatch.setattr(evaluate, "ease", spied_ease)
    rows = evaluate.fold_in(small, QUICK, seed=3, progress=lambda _: None)
    choice, everybody, as_many, folded = learned_from
    assert [len(each) for each in learned_from] == [40, 50, 40, 40]
    assert choice == folded
    assert everybody - folded <= as_many  # who is judged
    assert ridge_chosen_on == [(folded, 3)]
    assert [whom for whom, _ in ease_told] == [everybody, as_many, folded]
    assert all(how == {"ridge": 7.5, "told": small.training} for _, how in ease_told)
    for found in rows.values():
        assert list(found)[-1] == "folded in"
        assert all(0 < row.recall < 1 for row in found.values())
