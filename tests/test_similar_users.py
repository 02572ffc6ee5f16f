"""Users' embeddings as they are stored and as the server finds them, and how alike is judged."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import similar_users
from gnn import build
from gnn.tensors import Interactions
from graph import scorer
from graph.arrays import Ragged
from graph.behaviour import Event, Kind
from graph.events import EventLog
from graph.snapshot import Weights
from server import similar
from server.catalogue import catalogue
from server.member import Members
from tests.snapshots import NOW, Shape, manifest, title_id, user_id
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


def test_a_walk_finds_nearly_all_of_the_nearest_and_reads_few() -> None:
    users = made(Shape(titles=400, users=4_000, per_user=12, neighbours=20)).users
    random = np.random.default_rng(0)
    asked = random.permutation(4_000)[:200]
    found = 0
    for user in asked.tolist():
        moved = users.embedding[user] + random.normal(scale=0.05, size=users.embedding.shape[1])
        vector = np.asarray(moved / np.linalg.norm(moved), np.float32)
        exact = np.argsort(-(users.embedding @ vector), kind="stable")[:20]
        for row in (user, -1):
            rows, cosines = similar.walk(users.embedding, users.similar, vector, 20, row=row)
            assert cosines == pytest.approx(users.embedding[rows] @ vector, abs=1e-6)
            assert (np.diff(cosines) <= 0).all()
            assert len(np.unique(rows)) == len(rows)
            found += len(np.intersect1d(rows[:20], exact))
    assert found >= 0.98 * 20 * 2 * len(asked)


def test_a_walk_is_over_where_nobody_else_is() -> None:
    alone = np.eye(1, 4, dtype=np.float32)
    none = np.full((1, 3), -1, np.int32)
    for row in (0, -1):
        rows, cosines = similar.walk(alone, none, alone[0], 5, row=row)
        assert (rows.tolist(), cosines.tolist()) == ([0], [1.0])


def test_a_live_member_has_the_same_nearest_whichever_way_they_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = made(Shape(titles=120, users=600, neighbours=40))
    log = EventLog.open(tmp_path / "events.sqlite")
    for row in range(0, 600, 40):
        log.append([Event(f"{row}", user_id(row), title_id(row % 120), Kind.FINISHED, NOW - 60)])
    log.append([Event("new", "somebody new", title_id(3), Kind.FINISHED, NOW - 60)])
    members = Members(catalogue(snapshot, artwork_root=""), manifest(snapshot), log)
    for user in (*(user_id(row) for row in range(0, 600, 40)), "somebody new"):
        member = members.get(user)
        assert member.live
        answers = []
        for exact in (10_000, 0):
            monkeypatch.setattr(similar, "EXACT", exact)
            nothing = np.zeros(0, np.uint32)
            answers.append(similar.users(member.catalogue, member, size=20, shown=nothing))
        assert answers[0].more is answers[1].more is True
        compared, walked = ({n.row for n in answer.found} for answer in answers)
        assert member.row not in walked
        assert len(compared & walked) >= 19
    log.close()
