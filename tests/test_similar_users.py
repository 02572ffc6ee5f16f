"""Users' embeddings as they are stored and as the server finds them, and how alike is judged."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

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
from server.members import Members
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
    found = similar_users.compared(activity, sp.csr_matrix(later), vectors, seed=0)
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


class Counted:
    """An array that counts the rows that are read of it."""

    def __init__(self, rows: np.ndarray) -> None:
        self.rows, self.read = rows, 0

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, some: np.ndarray) -> np.ndarray:
        self.read += len(some)
        return self.rows[some]


def test_a_walk_finds_nearly_all_of_the_nearest_and_reads_few() -> None:
    users = made(Shape(titles=400, users=6_000, per_user=12, neighbours=20)).users
    random = np.random.default_rng(0)
    among, asked = np.flatnonzero(users.embedding.any(axis=1)), random.permutation(6_000)[:200]
    found, embedding = 0, Counted(users.embedding)
    counted: Any = embedding
    for user in asked.tolist():
        moved = users.embedding[user] + random.normal(scale=0.05, size=users.embedding.shape[1])
        vector = np.asarray(moved / np.linalg.norm(moved), np.float32)
        for row in (user, -1):
            exact, _ = similar.compare(users.embedding, among, vector, 20, row=row)
            assert row not in exact
            rows, cosines = similar.walk(counted, users.similar, among, vector, 20, row=row)
            assert cosines == pytest.approx(users.embedding[rows] @ vector, abs=1e-6)
            assert (np.diff(cosines) <= 0).all()
            assert row not in rows
            found += len(np.intersect1d(rows, exact))
    assert found >= 0.98 * 20 * 2 * len(asked)
    assert embedding.read < 0.25 * 2 * len(asked) * len(users.embedding)


def test_the_nearest_by_hand() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1], [0, 0], [-1, 0]], np.float32)
    near = np.array([[1, 2], [0, 2], [1, 0], [-1, -1], [2, 1]], np.int32)
    among, own = np.array([0, 1, 2, 4]), np.array([0.6, 0.8], np.float32)
    for row, wanted in ((-1, [1, 2, 0, 4]), (1, [2, 0, 4]), (3, [1, 2, 0, 4])):
        for k in (2, 9):
            compared = similar.compare(vectors, among, own, k, row=row)
            walked = similar.walk(vectors, near, among, own, k, row=row)
            assert compared[0].tolist() == walked[0].tolist() == wanted[:k]
            cosines = [vectors[at] @ own for at in wanted[:k]]
            assert compared[1] == pytest.approx(cosines, abs=1e-6)
            assert walked[1] == pytest.approx(cosines, abs=1e-6)


def test_among_many_of_whom_little_is_known_the_few_are_found() -> None:
    """Most members have watched nothing yet."""
    random = np.random.default_rng(0)
    vectors = np.zeros((5_000, 8), np.float32)
    known = np.sort(random.permutation(5_000)[:30])
    vectors[known] = random.normal(size=(30, 8))
    near = np.full((5_000, 5), -1, np.int32)
    for at in known:
        near[at] = known[np.argsort(-(vectors[known] @ vectors[at]))[1:6]]
    rows, _ = similar.walk(vectors, near, known, vectors[known[0]], 20, row=-1)
    assert len(rows) == 20


def test_a_live_member_has_nearly_the_same_nearest_whichever_way_they_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = made(Shape(titles=120, users=3_000, neighbours=40))
    log = EventLog.open(tmp_path / "events.sqlite")
    for row in range(0, 3_000, 200):
        log.append([Event(f"{row}", user_id(row), title_id(row % 120), Kind.FINISHED, NOW - 60)])
    log.append([Event("new", "somebody new", title_id(3), Kind.FINISHED, NOW - 60)])
    members = Members(catalogue(snapshot, artwork_root=""), manifest(snapshot), log)
    for user in (*(user_id(row) for row in range(0, 3_000, 200)), "somebody new"):
        member = members.get(user)
        assert member.live
        answers = []
        for exact in (10_000, 0):
            monkeypatch.setattr(similar, "EXACT", exact)
            nothing = np.zeros(0, np.uint32)
            answers.append(similar.users(member.catalogue, member, size=20, shown=nothing))
            few = [similar.users(member.catalogue, member, size=k, shown=nothing) for k in (1, 2)]
            assert [len(answer.found) for answer in few] == [1, 2]
            assert few[1].found == answers[-1].found[:2]
        assert answers[0].more is answers[1].more is True
        compared, walked = ({n.row for n in answer.found} for answer in answers)
        assert member.row not in walked
        assert len(compared & walked) >= 19
    log.close()


@pytest.mark.parametrize("exact", [10_000, 0])
def test_nobody_of_the_opposite_taste_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exact: int
) -> None:
    snapshot = made(Shape(titles=200, users=60, per_user=2))
    log = EventLog.open(tmp_path / "events.sqlite")
    log.append([Event("1", "somebody new", title_id(3), Kind.FINISHED, NOW - 60)])
    members = Members(catalogue(snapshot, artwork_root=""), manifest(snapshot), log)
    member = members.get("somebody new")
    cosines = snapshot.users.embedding @ member.vector
    assert (cosines < 0).any()
    monkeypatch.setattr(similar, "EXACT", exact)
    nothing = np.zeros(0, np.uint32)
    found = similar.users(member.catalogue, member, size=60, shown=nothing).found
    assert sorted(each.row for each in found) == np.flatnonzero(cosines > 0).tolist()
    log.close()
