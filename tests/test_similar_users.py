"""Users' embeddings as they are stored and as the server finds them, and how alike is judged."""

import numpy as np
import pytest

from benchmarks import similar_users
from gnn import build
from gnn.tensors import Interactions
from graph import scorer
from graph.arrays import Ragged
from graph.snapshot import Weights
from tests.snapshots import Shape
from tests.snapshots import build as made


def faded(weights: Weights, half_life: float) -> Weights:
    weights.blend[scorer.Blend._fields.index("half_life")] = half_life
    return weights


def test_stored_embeddings_are_those_the_server_finds() -> None:
    """Of users with rows of no weight, older and newer than all others, and of none at all."""
    weights = faded(made(Shape(titles=30, users=1, dimensions=8, near=6)).weights, 1000)
    random = np.random.default_rng(0)
    rows = Ragged.of([np.sort(random.permutation(30)[:n]) for n in (5, 1, 0, 7, 3)])
    told = Interactions(
        rows,
        random.choice([0, 0.5, 1], 16).astype(np.float32),
        random.integers(1, 10_000, 16),
        np.ones(16, bool),
    )
    told.weight[:6] = 1, 0, 1, 0, 0.5, 0
    told.at[:6] = 500, 9000, 100, 20, 800, 50
    stored = build.user_embeddings(told, weights)
    for user in range(5):
        span = slice(*rows.offsets[user : user + 2])
        age = 20_000 - told.at[span]
        history = scorer.History(rows.values[span], told.weight[span], age)
        assert stored[user] == pytest.approx(scorer.user_vector(weights, history), abs=1e-5)
    assert np.linalg.norm(stored, axis=1)[:3] == pytest.approx([1, 0, 0])


def test_shared_later_watches_counted_by_hand(monkeypatch) -> None:
    monkeypatch.setattr(similar_users, "NEAREST", 1)
    # All watched the last title. Members 0 and 1 are alike and share 3, members 2 and 3 are alike
    # and share 2; by activity 0 goes with 2 (1 shared) and 1 with 3 (2 shared). 4 has no past, 5
    # no later.
    later = np.array(
        [[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]]
    )
    later = np.column_stack([later, [1, 1, 1, 1, 1, 0]])
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 0], [0, 1]], np.float32)
    activity = np.array([10, 20, 11, 21, 0, 10])
    found = similar_users.compared(activity, later, vectors, seed=0)
    assert (found.members, found.nearest, found.matched) == (4, 2.5, 1.5)
    assert found.hindsight == 2.5
    assert found.ratio == pytest.approx(5 / 3)
    assert found.low < found.ratio < found.high


def test_the_newest_fifth_of_each_history() -> None:
    rows = Ragged.of([list(range(10)), [1, 2], [0, 1, 2, 3, 4]])
    at = np.array([9, 3, 5, 1, 2, 10, 4, 6, 7, 8, 1, 2, 5, 4, 9, 2, 1])
    told = Interactions.positives(rows, at)
    newest = told.where(similar_users._newest(told)).titles
    assert [row.tolist() for row in map(newest.__getitem__, range(3))] == [[0, 5], [], [2]]
