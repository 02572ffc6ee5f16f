"""Records of one user and title fold into one."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graph import interactions as columns
from graph.interactions import NO_THUMB, Interactions, folded

Row = st.tuples(
    st.integers(0, 2), st.integers(0, 2), st.integers(0, 3), st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([NO_THUMB, -1, 0, 1, 2]), st.integers(0, 9),
)  # fmt: skip


def table(*rows: tuple[int, int, int, float, int, int]) -> Interactions:
    """(user, title, plays, completion, thumb, at) each."""
    user, title, plays, completion, thumb, at = zip(*rows, strict=True) if rows else ([],) * 6
    when = np.array(at, np.int64)
    return Interactions(
        list("abcd"), list("wxyz"), np.array(user, np.int32), np.array(title, np.int32),
        np.array(plays, np.int32), np.array(completion, np.float64), np.array(thumb, np.int8),
        when, when,
    )  # fmt: skip


def rows(of: Interactions) -> Sequence[tuple]:
    arrays = (of.user, of.title, of.plays, of.completion, of.thumb, of.first_at, of.last_at)
    return list(zip(*(array.tolist() for array in arrays), strict=True))


def test_records_of_one_user_and_title_fold_into_one() -> None:
    found = folded(table(
        (1, 2, 1, 0.9, NO_THUMB, 50), (0, 1, 1, 0.2, 1, 10), (0, 1, 2, 0.8, NO_THUMB, 30),
        (0, 1, 0, 0.0, -1, 20), (0, 1, 2, 0.8, NO_THUMB, 30), (0, 0, 1, 1.0, 2, 5),
        (0, 0, 1, 0.5, 0, 6),
    ))  # fmt: skip
    assert rows(found) == [
        (0, 0, 2, 1.0, 0, 5, 6),  # the newest thumb took the earlier one back
        (0, 1, 3, 0.8, -1, 10, 30),  # the record that is there twice counts once
        (1, 2, 1, 0.9, NO_THUMB, 50, 50),
    ]
    assert rows(folded(table())) == []


@given(st.lists(Row, max_size=30))
def test_the_fold_is_what_a_loop_would_do(records: list[tuple]) -> None:
    pairs: dict[tuple, list] = {}
    # Of two records of the same second, the one with more of everything comes later.
    for user, title, plays, completion, thumb, at in sorted(
        set(records), key=lambda r: (r[5], r[2], r[3], r[4])
    ):
        state = pairs.setdefault((user, title), [0, 0.0, NO_THUMB, at, at])
        state[0] += plays
        state[1] = max(state[1], completion)
        state[2] = state[2] if thumb == NO_THUMB else thumb
        state[4] = at
    assert rows(folded(table(*records))) == [
        (*pair, *state) for pair, state in sorted(pairs.items())
    ]
    once = folded(table(*records))
    assert rows(folded(once)) == rows(once)


def test_ratings_are_watches_with_the_thumb_they_stand_for() -> None:
    stars = np.array([0.5, 2, 2.5, 3.5, 4, 4.5, 5], np.float32)
    zeros = np.zeros(7, np.int32)
    found = columns.of_ratings(
        users=["u"], titles=list("abcdefg"), user=zeros, title=np.arange(7, dtype=np.int32),
        stars=stars, at=np.arange(7),
    )  # fmt: skip
    assert found.thumb.tolist() == [-1, -1, 0, 0, 1, 1, 2]
    assert (found.plays.tolist(), found.completion.tolist()) == ([1] * 7, [1.0] * 7)
