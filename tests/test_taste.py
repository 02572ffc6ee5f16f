"""A history added up by clocks scores as the history itself does."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import scorer
from graph.behaviour import HOUR, WEEK, WORTH, Event, Kind, freshness, light
from graph.snapshot import Weights
from graph.taste import Evidence, taste
from tests.live import members
from tests.snapshots import NOW, Shape, build, title_id, user_id

built = build(Shape(titles=30, users=1, dimensions=8, near=6)).weights
ages = st.one_of(
    st.integers(0, int(3 * HOUR)), st.integers(0, int(3 * WEEK)), st.integers(0, 10**8)
)
strengths = st.one_of(st.just(0.0), st.floats(0.0625, 2, width=32))
deeds = st.lists(st.tuples(st.integers(0, 29), strengths, ages), max_size=12)
clocks = st.sampled_from([0.0, 7.0 * 86_400, 180.0 * 86_400])


def fading(half_life: float, away: float) -> Weights:
    blend = scorer.blend(built)._replace(half_life=half_life, away=away)
    return replace(built, blend=blend.array())


def evidence(done: list[tuple[int, float, int]]) -> Evidence:
    """Of (title, weight, age) each."""
    titles, weight, age = zip(*done, strict=True) if done else ((), (), ())
    at = NOW - np.array(age, np.int64)
    return Evidence(np.array(titles, np.int32), np.array(weight, np.float32), at)


def history(done: Evidence, touched: Evidence, now: float) -> scorer.History:
    weight = done.weight * freshness(now - done.at), touched.weight * light(now - touched.at)
    return scorer.History(
        np.concatenate([done.titles, touched.titles]),
        np.concatenate(weight),
        now - np.concatenate([done.at, touched.at]),
    )


@given(deeds, deeds, clocks, clocks, st.sampled_from([0, 60, int(HOUR), int(WEEK), 10**7]))
def test_scores_are_those_of_the_history_at_any_moment(
    lasting: list, passing: list, half_life: float, away: float, later: int
):
    done, touched, weights = evidence(lasting), evidence(passing), fading(half_life, away)
    told = history(done, touched, NOW + later)
    if told.weight.sum() < 0.05:  # nothing but what is light, and that is over
        told = replace(told, weight=np.zeros_like(told.weight))
    scores = taste(weights, done, touched).scores(weights, now=NOW + later)
    assert scores.dtype == np.float32
    near = 0.02 if told.weight.any() else 0.2
    assert scores == pytest.approx(scorer.score(weights, told), abs=near)


@pytest.mark.parametrize("later", [0, int(HOUR), int(WEEK)])
def test_what_speaks_against_titles_adds_up_too_and_is_no_reason_for_trust(later: int):
    """Liked ten days ago and twenty, passed by just now: the older of those liked is faded beside
    the newer, whatever was passed by since."""
    weights, days = fading(7 * 86_400.0, 0.0), 86_400
    done, passed = evidence([(3, 1.0, 10 * days), (8, 0.5, 20 * days)]), evidence([(5, -0.4, 0)])
    liked = done.weight * freshness(NOW + later - done.at)
    left = scorer.aged(liked, np.array([0, 10 * days]), 7 * 86_400.0)
    against = passed.weight * light(NOW + later - passed.at)
    sums = scorer.add_up(
        weights,
        np.concatenate([done.titles, passed.titles]),
        np.concatenate([left, against]).astype(np.float32),
    )
    known = float(liked.sum())
    expected = scorer.score_sums(weights, sums, evidence=known, known=known)
    found = taste(weights, done, passed)
    assert found.scores(weights, now=NOW + later) == pytest.approx(expected, abs=1e-3)
    assert found.known(now=NOW + later) == pytest.approx(known)


def test_a_member_scores_by_all_they_did_so_far():
    with members(build(Shape(titles=60, users=3), seed=2)) as (derived, known, log):
        user, weights = user_id(1), derived.snapshot.weights
        for at, kind in enumerate((Kind.FINISHED, Kind.DETAIL_OPENED, Kind.TWO_THUMBS_UP)):
            log.append([Event(str(at), user, title_id(40 + at), kind, NOW + at)])
            member = known.get(user)
            done = Evidence(member.titles, member.past.speaks, member.past.last_at)
            opened = [(41, WORTH[Kind.DETAIL_OPENED], -1)] if at else []
            expected = scorer.score(weights, history(done, evidence(opened), NOW + 60))
            assert 40 in member.titles
            scores = member.taste.scores(weights, now=NOW + 60)
            assert scores == pytest.approx(expected, abs=1e-3)


def test_of_nothing_the_scores_are_what_is_popular_now():
    nothing = evidence([])
    expected = (scorer.blend(built).recent + 1) * built.recent
    assert taste(built, nothing, nothing).scores(built, now=NOW) == pytest.approx(expected)


def test_a_clock_that_runs_behind_changes_nothing():
    done = evidence([(3, 1.0, 0), (5, 0.5, 100)])
    known = taste(built, done, evidence([]))
    assert (known.scores(built, now=NOW - 50) == known.scores(built, now=NOW)).all()
