import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnn.metrics import rank, top
from graph.arrays import Ragged


def test_worked_by_hand():
    # One user has seen title 0 and later watched 2 and 4; the ranking of the rest is 3, 2, 1, 4.
    scores = np.array([[9.0, 2.0, 3.0, 4.0, 1.0]], np.float32)
    ranking = rank(
        lambda rows: scores[rows], seen=Ragged.of([[0]]), held_out=Ragged.of([[2, 4]]), k=3
    )
    assert ranking.recall == pytest.approx([1 / 2])
    dcg = 1 / np.log2(3)  # title 2 stands second
    assert ranking.ndcg == pytest.approx([dcg / (1 + 1 / np.log2(3))])


def test_the_ideal_is_cut_at_k():
    scores = np.array([[3.0, 2.0, 1.0]], np.float32)
    ranking = rank(
        lambda rows: scores[rows], seen=Ragged.of([[]]), held_out=Ragged.of([[0, 1, 2]]), k=2
    )
    assert ranking.ndcg == pytest.approx([1.0])
    assert ranking.recall == pytest.approx([2 / 3])


def test_users_with_nothing_held_out_do_not_count():
    scores = np.zeros((3, 4), np.float32)
    held_out = Ragged.of([[], [1], []])
    ranking = rank(lambda rows: scores[rows], seen=Ragged.of([[], [], []]), held_out=held_out)
    assert ranking.recall.shape == (1,)


@given(
    st.lists(st.integers(-5, 5), min_size=1, max_size=40),
    st.integers(1, 50),
)
def test_top_is_the_head_of_a_stable_sort(scores, k):
    array = np.array(scores, np.float32)
    expected = sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:k]
    assert top(array, k).tolist() == expected


@given(st.permutations(range(6)))
def test_the_order_of_users_changes_nothing(order):
    scores = np.random.default_rng(7).normal(size=(6, 30)).astype(np.float32)
    held_out = [[i, i + 6, i + 12] for i in range(6)]
    seen = [[i + 18] for i in range(6)]

    def figures(users):
        return rank(
            lambda rows: scores[np.array(users)[rows]],
            seen=Ragged.of([seen[u] for u in users]),
            held_out=Ragged.of([held_out[u] for u in users]),
            k=5,
        )

    straight, shuffled = figures(range(6)), figures(order)
    assert shuffled.ndcg.tolist() == straight.ndcg[list(order)].tolist()
    assert shuffled.recall.tolist() == straight.recall[list(order)].tolist()
