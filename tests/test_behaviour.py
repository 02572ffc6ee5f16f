import itertools

import numpy as np
import pytest

from graph.behaviour import Event, Interaction, Kind, finished, fold, thumb_of_rating, weight


def event(kind: Kind, at: int, completion: float | None = None) -> Event:
    return Event(f"e{at}", "u", "t", kind, at, completion)


def test_an_evening_worked_by_hand():
    happened = [
        event(Kind.PLAY_STARTED, 100),
        event(Kind.PROGRESS, 200, 0.4),
        event(Kind.PLAY_STARTED, 300),
        event(Kind.FINISHED, 400),
        event(Kind.THUMB_UP, 500),
    ]
    state = fold(None, happened)
    assert state == Interaction(plays=2, completion=1.0, thumb=1, first_at=100, last_at=500)
    assert state.weight == pytest.approx(1.5)


def test_credits_need_not_be_watched():
    reached = np.array([0.0, 0.9499, 0.95, 1.0], np.float32)
    assert finished(reached).tolist() == [False, False, True, True]


def test_any_order_ends_in_the_same_state():
    happened = [
        event(Kind.PLAY_STARTED, 1),
        event(Kind.PROGRESS, 2, 0.3),
        event(Kind.THUMB_DOWN, 3),
        event(Kind.THUMB_CLEARED, 4),
    ]
    states = {fold(None, order) for order in itertools.permutations(happened)}
    assert len(states) == 1


def test_an_impression_alone_is_no_interaction():
    assert fold(None, [event(Kind.IMPRESSION, 1)]) is None
    before = Interaction(plays=1, completion=0.5, thumb=0, first_at=1, last_at=2)
    assert fold(before, [event(Kind.IMPRESSION, 9)]) == before


def test_a_thumb_without_a_play_counts_as_watched_elsewhere():
    assert weight(0.0, 2, plays=0) == 2 * weight(1.0, 0, plays=1)
    assert weight(0.0, 0, plays=0) == 0


def test_more_watched_and_better_liked_weighs_more():
    watched = [weight(c, 0, plays=1) for c in (0.0, 0.2, 0.9, 1.0)]
    assert watched == sorted(watched)
    liked = [weight(1.0, thumb, plays=1) for thumb in (-1, 0, 1, 2)]
    assert liked == sorted(liked)


@pytest.mark.parametrize(
    ("stars", "thumb"), [(0.5, -1), (2, -1), (2.5, 0), (3.5, 0), (4, 1), (4.5, 1), (5, 2)]
)
def test_ratings_as_thumbs(stars, thumb):
    assert thumb_of_rating(stars) == thumb
