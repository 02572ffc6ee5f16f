import hashlib
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.behaviour import (
    CLOCKS,
    EARLY,
    FINISHED_AT,
    LIGHT,
    OF_ROWS,
    PASSED_BY,
    PASSED_BY_MOST,
    TABLE,
    THUMB_FACTOR,
    VERSION,
    VISIBLE,
    WORTH,
    Event,
    Interaction,
    Kind,
    finished,
    fold,
    freshness,
    light,
    thumb_of_rating,
    weight,
)
from graph.past import Past


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
    assert state == Interaction(
        plays=2, completion=1.0, thumb=1, first_at=100, last_at=500, thumb_at=500,
        playhead=1.0, playhead_at=400,
    )  # fmt: skip
    assert state.weight == pytest.approx(1.5)


def test_credits_need_not_be_watched():
    reached = np.array([0.0, 0.9499, 0.95, 1.0], np.float32)
    assert finished(reached, reached).tolist() == [False, False, True, True]


def test_what_was_finished_is_begun_again_once_a_start_of_it_was_watched():
    reached = np.array([1.0, 1.0, 1.0, 1.0, 0.9], np.float32)
    playhead = np.array([0.0, 0.14, 0.16, 0.96, 0.2], np.float32)
    assert finished(reached, playhead).tolist() == [True, True, False, True, False]


@pytest.mark.parametrize("kind", [Kind.PAUSED, Kind.REWOUND, Kind.PROGRESS, Kind.ABANDONED])
def test_what_a_player_says_as_it_closes_near_the_end_begins_nothing_anew(kind: Kind):
    closing = [event(Kind.FINISHED, 100), event(kind, 101, 0.93)]
    ending = [event(Kind.PROGRESS, 100, 0.97), event(kind, 101, 0.94)]
    for happened in (closing, ending):
        past = Past.of([state for state in [fold(None, happened)] if state])
        assert finished(past.completion, past.playhead).tolist() == [True]


def test_playback_stands_where_it_was_last_told_to_be():
    happened = [
        event(Kind.FINISHED, 100),
        event(Kind.PLAY_STARTED, 200),
        event(Kind.PROGRESS, 300, 0.5),
        event(Kind.PAUSED, 400, 0.3),
        event(Kind.REWOUND, 450, 0.2),
        event(Kind.PAUSED, 500),
        event(Kind.THUMB_UP, 600),
    ]
    for order in (happened, happened[::-1]):
        state = None
        for each in order:
            state = fold(state, [each])
        assert state is not None
        assert (state.completion, state.playhead, state.playhead_at) == (1.0, 0.3, 400)


kinds = st.sampled_from([kind for kind in Kind if kind not in OF_ROWS])
evenings = st.lists(
    st.tuples(kinds, st.integers(1, 6), st.floats(0, 1)), min_size=1, max_size=9
).map(lambda done: [Event(str(i), "u", "t", k, at, c) for i, (k, at, c) in enumerate(done)])


@given(evenings, st.randoms(), st.data())
def test_any_order_in_any_parts_ends_in_the_same_state(happened, random, data):
    in_order = fold(None, sorted(happened, key=lambda e: e.at))
    random.shuffle(happened)
    cut = data.draw(st.integers(0, len(happened)))
    assert fold(fold(None, happened[:cut]), happened[cut:]) == in_order


BY_WAY_OF = {
    "nothing": lambda state: state,
    "an edge": lambda state: Interaction(**asdict(state)),
    "a snapshot": lambda state: Past.of([state]).interaction(0),
}
seconds = st.integers(1_999_999_998, 2_000_000_000)
quick = st.lists(
    st.tuples(kinds, seconds, st.sampled_from([0, 1, 500, 999]), st.floats(0, 1, width=32)),
    max_size=9,
).map(lambda done: [Event(str(i), "u", "t", k, at, c, millis=ms)
                    for i, (k, at, ms, c) in enumerate(done)])  # fmt: skip


@given(quick, st.randoms(), st.data())
def test_however_parted_to_the_millisecond_it_ends_as_at_once(happened, random, data):
    at_once = fold(None, happened)
    random.shuffle(happened)
    state = None
    while happened:
        size = data.draw(st.integers(1, len(happened)))
        state, happened = fold(state, happened[:size]), happened[size:]
        if state is not None:
            state = BY_WAY_OF[data.draw(st.sampled_from([*BY_WAY_OF]))](state)
    assert state == at_once


@pytest.mark.parametrize("order", [1, -1])
def test_what_was_said_last_holds_and_in_the_same_second_taking_back_wins(order):
    def after(*happened: Event) -> Interaction:
        state = fold(None, happened[::order])
        assert state is not None
        return state

    assert after(event(Kind.THUMB_UP, 5), event(Kind.THUMB_DOWN, 4)).thumb == 1
    assert after(event(Kind.THUMB_CLEARED, 5), event(Kind.TWO_THUMBS_UP, 5)).thumb == 0
    assert after(event(Kind.THUMB_UP, 5), event(Kind.THUMB_DOWN, 5)).thumb == -1
    assert after(event(Kind.LIST_ADDED, 5), event(Kind.LIST_REMOVED, 4)).listed
    assert not after(event(Kind.LIST_ADDED, 5), event(Kind.LIST_REMOVED, 5)).listed
    assert after(event(Kind.HIDDEN, 5), event(Kind.UNHIDDEN, 3)).hidden
    assert not after(event(Kind.HIDDEN, 5), event(Kind.UNHIDDEN, 5)).hidden


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("first", "then", "thumb", "listed", "hidden"),
    [
        (Kind.THUMB_CLEARED, Kind.THUMB_DOWN, -1, False, False),
        (Kind.THUMB_DOWN, Kind.THUMB_UP, 1, False, False),
        (Kind.LIST_REMOVED, Kind.LIST_ADDED, 0, True, False),
        (Kind.UNHIDDEN, Kind.HIDDEN, 0, False, True),
    ],
)
def test_within_a_second_milliseconds_tell(first, then, thumb, listed, hidden, order):
    """As from a client that takes one word back and says another at once."""
    done = [replace(event(first, 5), millis=100), replace(event(then, 5), millis=103)]
    at_once, before = fold(None, done[::order]), fold(None, done[::order][:1])
    state = fold(before, done[::order][1:])
    assert state is not None
    assert (state.thumb, state.listed, state.hidden) == (thumb, listed, hidden)
    assert at_once == state


def test_every_kind_has_a_line_in_the_table_with_its_reason():
    assert [line.kind for line in TABLE if not line.reason.endswith(".")] == []
    assert sorted(line.kind for line in TABLE) == list(Kind)


DIGESTS = {4: "0df7e6270974bf34"}  # of the figures, by version


def test_figures_that_change_have_a_version_of_their_own():
    """When this fails, raise VERSION, and put the new digest here beside the new version."""
    lines = [(line.kind.name, line.worth, line.fades) for line in TABLE]
    clocks, thumbs = [tuple(clock) for clock in CLOCKS], sorted(THUMB_FACTOR.items())
    others = PASSED_BY, PASSED_BY_MOST, FINISHED_AT, EARLY, VISIBLE
    digest = hashlib.sha256(repr((lines, clocks, thumbs, others)).encode()).hexdigest()[:16]
    assert DIGESTS.get(VERSION) == digest, f"version {VERSION} of the figures has another digest"


def test_what_each_is_worth_against_the_others():
    assert WORTH[Kind.FINISHED] > WORTH[Kind.PLAY_STARTED] > 0
    assert WORTH[Kind.SEARCHED] > WORTH[Kind.DETAIL_OPENED] > 0
    for kind in (Kind.ABANDONED, Kind.THUMB_DOWN, Kind.HIDDEN, Kind.IMPRESSION):
        assert WORTH[kind] < 0
    assert -WORTH[Kind.ROW_SCROLLED_PAST] <= 1 / 5
    assert WORTH[Kind.PAUSED] == 0


def worth(happened: list[Event]) -> float:
    state = fold(None, happened)
    assert state is not None
    return state.weight


def test_an_early_abandon_is_worth_nothing_until_more_was_watched():
    early = [event(Kind.PLAY_STARTED, 1), event(Kind.ABANDONED, 2, 0.1)]
    assert worth(early) == 0
    assert worth([*early, event(Kind.PROGRESS, 3, 0.6)]) > 0.5
    assert worth([event(Kind.PLAY_STARTED, 1), event(Kind.ABANDONED, 2, 0.4)]) > 0.4


def test_what_is_listed_is_some_evidence_and_what_is_hidden_none():
    assert worth([event(Kind.LIST_ADDED, 1)]) == WORTH[Kind.LIST_ADDED]
    assert worth([event(Kind.FINISHED, 1), event(Kind.HIDDEN, 2)]) == 0


def test_three_clocks():
    ages = np.array([0, 3600, 86_400, 7 * 86_400, 400 * 86_400])
    fresh = freshness(ages)
    assert fresh.tolist() == sorted(fresh.tolist(), reverse=True)
    assert fresh[0] == pytest.approx(2)
    assert fresh[1] == pytest.approx(1.75, abs=0.01)
    assert fresh[3] == pytest.approx(1.25, abs=0.01)
    assert fresh[4] == pytest.approx(1)
    assert light(ages)[[0, 3]] == pytest.approx([1, 0.25], abs=0.01)
    assert light(np.array([60 * 86_400]))[0] < 0.005


def test_an_impression_alone_is_no_interaction():
    assert fold(None, [event(kind, 1) for kind in LIGHT]) is None
    before = Interaction(plays=1, completion=0.5, thumb=0, first_at=1, last_at=2)
    assert fold(before, [event(Kind.IMPRESSION, 9)]) == before


def test_a_thumb_up_without_a_play_counts_as_watched_elsewhere():
    assert weight(0.0, 2, plays=0) == 2 * weight(1.0, 0, plays=1)
    assert weight(0.0, 0, plays=0) == 0


def test_a_thumb_down_without_a_play_speaks_for_nothing():
    assert weight(0.0, -1, plays=0) == 0
    assert weight(0.0, -1, plays=0, listed=True) == 0
    assert weight(1.0, -1, plays=1, listed=True) == weight(1.0, -1, plays=1)
    assert weight(1.0, -1, plays=1) > 0  # that was chosen


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
