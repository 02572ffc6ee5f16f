"""The order of titles, and the first of each kind."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from server.ranking import SAMPLE, SORTED, best_of, best_where, first_of_each, ranking


def test_the_first_of_each_kind_worked_by_hand() -> None:
    kind = np.array([3, 1, 3, 3, 1, 2], np.int32)
    assert first_of_each(kind, 1).tolist() == [True, True, False, False, False, True]
    assert first_of_each(kind, 2).tolist() == [True, True, True, False, True, True]
    assert first_of_each(kind[:0], 2).tolist() == []


@given(st.integers(0, 3 * SORTED), st.integers(1, 50), st.integers(0, 10**6))
def test_a_ranking_is_the_order_of_all_however_deep_it_is_asked(n: int, alike: int, seed: int):
    random = np.random.default_rng(seed)
    scores = random.integers(alike, size=n).astype(np.float32)  # few different ones: many ties
    scores[scores == 1] = -0.0  # equal to 0
    candidates, members = random.random((2, n)) < 0.7
    order = [row for row in np.argsort(-scores, kind="stable").tolist() if candidates[row]]
    ranked = ranking(scores, candidates)
    for k in (0, 1, SORTED - 1, SORTED, SORTED + 1, n):
        assert ranked.best(k).tolist() == order[:k]
        among = [row for row in order if members[row]]
        assert ranked.best_among(np.flatnonzero(members), k).tolist() == among[:k]


def scattered(n: int, how: str, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    if how == "ascending":
        return np.arange(n, dtype=np.float32)
    if how == "few":
        return random.integers(4, size=n).astype(np.float32)
    scores = random.random(n).astype(np.float32)
    if how == "misleading":  # of those that are looked at all are among the best, or none
        scores[::SAMPLE] += random.choice([-1, 1])
    return scores


@given(
    st.integers(0, 2_000),
    st.sampled_from(["ascending", "few", "random", "misleading"]),
    st.integers(0, 10**6),
)
def test_the_best_are_those_of_all_in_order(n: int, how: str, seed: int):
    scores = scattered(n, how, seed)
    for rows in (np.arange(n), np.flatnonzero(np.random.default_rng(seed).random(n) < 0.8)):
        m = len(rows)
        order = rows[np.argsort(-scores[rows], kind="stable")].tolist()
        near = m // (2 * SAMPLE)  # up to where a sample tells
        for k in {0, 1, 2, 3, 4, 5, 8, 40, near, near + 1, max(near - 1, 0), m, m + 1}:
            assert best_of(scores, rows, k).tolist() == order[:k]
            assert best_where(scores, np.isin(np.arange(n), rows), k).tolist() == order[:k]
