"""A history added up by clocks scores as the history itself does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import scorer
from graph.behaviour import HOUR, WEEK, freshness, light
from server.taste import Evidence, taste
from tests.snapshots import Shape, build

NOW = 1_700_000_000
weights = build(Shape(titles=30, users=1, dimensions=8, near=6)).weights
ages = st.one_of(
    st.integers(0, int(3 * HOUR)), st.integers(0, int(3 * WEEK)), st.integers(0, 10**8)
)
deeds = st.lists(st.tuples(st.integers(0, 29), st.floats(0, 2, width=32), ages), max_size=12)


def evidence(done: list[tuple[int, float, int]]) -> Evidence:
    """Of (title, weight, age) each."""
    titles, weight, age = zip(*done, strict=True) if done else ((), (), ())
    at = NOW - np.array(age, np.int64)
    return Evidence(np.array(titles, np.int32), np.array(weight, np.float32), at)


@given(deeds, deeds, st.sampled_from([0, 60, int(HOUR), int(WEEK), 10**8]))
def test_scores_are_those_of_the_history_at_any_moment(lasting: list, passing: list, later: int):
    done, touched = evidence(lasting), evidence(passing)
    now = NOW + later
    history = scorer.History(
        np.concatenate([done.titles, touched.titles]),
        np.concatenate(
            [
                done.weight * freshness(now - done.at),
                touched.weight * light(now - touched.at),
            ]
        ),
        now - np.concatenate([done.at, touched.at]),
    )
    scores = taste(weights, done, touched).scores(weights, now=now)
    assert scores.dtype == np.float32
    if history.weight.max(initial=0) > 0.05:  # of next to nothing, what is left out would be much
        assert scores == pytest.approx(scorer.score(weights, history), abs=5e-3)


def test_of_nothing_the_scores_are_what_is_popular_now():
    nothing = evidence([])
    blend = scorer.Blend(*weights.blend.tolist())
    expected = (blend.recent + 1) * weights.recent
    assert taste(weights, nothing, nothing).scores(weights, now=NOW) == pytest.approx(expected)


def test_a_clock_that_runs_behind_changes_nothing():
    done = evidence([(3, 1.0, 0), (5, 0.5, 100)])
    known = taste(weights, done, evidence([]))
    assert (known.scores(weights, now=NOW - 50) == known.scores(weights, now=NOW)).all()
