"""Charts worked by hand: four titles, five users in two countries, two communities."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from gnn import charts
from gnn.attention import LEAST, MOST, PRIOR, fit
from graph.arrays import Ragged, Strings, Vocabulary
from graph.behaviour import Event, Interaction, Kind, fold
from graph.columns import Columns
from graph.past import Past
from tests.test_warm import graph

NOW = 2_000_000_000
DAY = 86_400
NOBODY = np.full(5, -1, np.int32)


def watched(*deeds: tuple[int, int, float]) -> Columns:
    """Of (user, title, days ago)."""
    return of(
        *(
            (user, title, Interaction(plays=1, completion=1.0, last_at=int(NOW - days * DAY)))
            for user, title, days in deeds
        )
    )


def did(*deeds: tuple[int, int, Kind, float]) -> Columns:
    """Of (user, title, kind, days ago)."""
    of_pair = defaultdict(list)
    for user, title, kind, days in deeds:
        reached = 0.5 if kind is Kind.PROGRESS else None
        event = Event("", "", "", kind, int(NOW - days * DAY), reached)
        of_pair[user, title].append(event)
    return of(*((u, t, fold(None, done) or Interaction()) for (u, t), done in of_pair.items()))


def of(*states: tuple[int, int, Interaction]) -> Columns:
    """Of (user, title, what was done). Users 0, 1 and 2 live in country 0, user 3 in country 1,
    user 4 nowhere."""
    by_user = [sorted((each for each in states if each[0] == user), key=lambda each: each[1])
               for user in range(5)]  # fmt: skip
    base = graph()
    users = replace(
        base.users,
        vocabulary=Vocabulary.of("abcde"),
        country=np.array([0, 0, 0, 1, -1], np.int32),
        history=Ragged.of([[title for _, title, _ in user] for user in by_user]),
        past=Past.of([state for user in by_user for _, _, state in user]),
    )
    return replace(base, users=users, countries=Strings.of(["DE", "FR"]))


def listed(chart: np.ndarray) -> list[int]:
    return chart[chart >= 0].tolist()


def test_the_week_of_each_country_and_of_all():
    seen = watched((0, 2, 1), (1, 2, 2), (2, 1, 3), (3, 1, 1), (4, 1, 1), (0, 3, 30))
    made = charts.charts(seen, np.full(5, -1, np.int32), now=NOW)
    assert [listed(chart) for chart in made.top] == [[2, 1], [1], [1, 2]]


@pytest.mark.parametrize(
    ("elsewhere", "theirs"),
    [(charts.ELSEWHERE, [0, 3, 1]), (0.5, [3, 0, 1])],  # as few tell it, and as if many did
)
def test_a_few_members_taste_is_not_taken_for_their_countrys(
    monkeypatch, elsewhere: float, theirs: list[int]
):
    """In country 1 there is but user 3, who likes title 3."""
    monkeypatch.setattr(charts, "LASTING", 0.0)
    monkeypatch.setattr(charts, "ELSEWHERE", elsewhere)
    seen = watched((0, 0, 1), (1, 0, 1), (2, 0, 1), (4, 0, 1), (0, 1, 1), (3, 3, 1))
    made = charts.charts(seen, NOBODY, now=NOW)
    assert [listed(chart) for chart in made.popular] == [[0, 1, 3], theirs, [0, 1, 3]]


def test_popularity_fades_by_half_in_thirty_days(monkeypatch):
    monkeypatch.setattr(charts, "LASTING", 0.0)
    seen = watched((0, 0, 30), (1, 0, 30), (2, 1, 0), (3, 2, 60))
    assert charts.popularity(seen, now=NOW)[:4] == pytest.approx([1.0, 1.0, 0.25, 0.0])
    made = charts.charts(seen, np.full(5, -1, np.int32), now=NOW)
    assert listed(made.popular[-1]) == [0, 1, 2]


def test_after_years_of_silence_one_late_deed_is_not_all_that_is_popular():
    seen = watched((0, 0, 900), (1, 0, 900), (2, 0, 900), (3, 1, 0))
    made = charts.charts(seen, np.full(5, -1, np.int32), now=NOW)
    assert listed(made.popular[-1]) == [0, 1]


WATCHED = ((Kind.PLAY_STARTED, 400), (Kind.PROGRESS, 400))


@pytest.mark.parametrize(
    "said",
    [Kind.THUMB_UP, Kind.THUMB_DOWN, Kind.THUMB_CLEARED, Kind.LIST_ADDED, Kind.LIST_REMOVED,
     Kind.HIDDEN, Kind.UNHIDDEN],
)  # fmt: skip
@pytest.mark.parametrize("watching", [WATCHED, WATCHED[:1], WATCHED[1:]])
def test_what_is_said_of_a_film_puts_it_into_no_chart(monkeypatch, said, watching):
    """Three watched it long ago, or but began it, and say something today."""
    monkeypatch.setattr(charts, "LASTING", 0.0)
    deeds = [*watching, (said, 0)]
    by_three = [(user, 0, kind, days) for user in range(3) for kind, days in deeds]
    seen = did(*by_three, (3, 1, Kind.PLAY_STARTED, 1))
    made = charts.charts(seen, NOBODY, now=NOW)
    assert [listed(chart) for chart in made.top] == [[], [1], [1]]
    assert listed(made.trending) == [1]
    assert listed(made.popular[-1])[0] == 1
    assert charts.popularity(seen, now=NOW)[0] < 0.001


@pytest.mark.parametrize("against", [Kind.THUMB_DOWN, Kind.HIDDEN])
def test_what_is_hidden_or_has_a_thumb_down_counts_nowhere(against):
    seen = did((0, 0, Kind.PROGRESS, 2), (0, 0, against, 1), (0, 1, Kind.PROGRESS, 2))
    made = charts.charts(seen, np.array([0, 0, 0, 1, 1], np.int32), now=NOW)
    for chart in (*made.top, *made.popular, made.trending, *made.community):
        assert 0 not in listed(chart)
    assert charts.popularity(seen, now=NOW)[0] == 0


@pytest.mark.parametrize(
    "watching",
    [
        [(Kind.LIST_ADDED, 400), (Kind.PLAY_STARTED, 1)],
        [(Kind.PLAY_STARTED, 400), (Kind.LIST_ADDED, 300), (Kind.PLAY_STARTED, 1)],
        [(Kind.PROGRESS, 400), (Kind.PLAY_STARTED, 1)],
        [(Kind.PLAY_STARTED, 2), (Kind.PROGRESS, 1), (Kind.THUMB_UP, 1)],
        [(Kind.LIST_ADDED, 400), (Kind.PROGRESS, 2), (Kind.LIST_REMOVED, 1)],
        [(Kind.PLAY_STARTED, 2), (Kind.THUMB_UP, 1)],
    ],
)
def test_what_was_watched_this_week_is_in_its_charts(watching):
    seen = did(*((0, 2, kind, days) for kind, days in watching))
    made = charts.charts(seen, NOBODY, now=NOW)
    assert (listed(made.top[0]), listed(made.trending)) == ([2], [2])


def test_a_rating_counts_when_it_was_given():
    """As imported, with and without where playback stood."""
    at = NOW - DAY
    rated = Interaction(
        plays=1, completion=1.0, thumb=1, first_at=at, last_at=at, thumb_at=at, playhead_at=at
    )
    seen = of((0, 0, rated), (1, 0, replace(rated, playhead_at=0.0)))
    made = charts.charts(seen, NOBODY, now=NOW)
    assert listed(made.top[0]) == [0]
    assert charts.popularity(seen, now=NOW)[0] > 2


def test_what_trends_has_more_viewers_than_it_is_used_to():
    many = [(user, 0, 1) for user in range(5)] + [(user, 1, 1) for user in range(3)]
    seen = watched(*many, *[(user, 2, 10) for user in range(4)])
    made = charts.charts(seen, np.full(5, -1, np.int32), now=NOW)
    assert listed(made.trending) == [0, 1]


def test_a_community_is_known_by_what_others_leave():
    seen = watched((0, 0, 1), (1, 0, 1), (0, 3, 1), (3, 1, 1), (4, 2, 1), (3, 3, 1))
    made = charts.charts(seen, np.array([0, 0, 0, 1, -1], np.int32), now=NOW)
    lists = [listed(row) for row in made.community]
    assert [titles[0] for titles in lists] == [0, 1]
    assert not any(2 in titles for titles in lists)  # user 4 belongs to none


def test_attention_is_that_of_who_goes_on():
    """Of 10,000 readers half go on from row to row, and eight in ten from card to card."""
    shown = [(r, c, round(10_000 * 0.5**r * 0.8**c), 0) for r in range(8) for c in range(6)]
    assert fit(shown) == pytest.approx([0.5, 0.8], abs=0.02)


def test_who_found_something_did_not_lose_attention():
    """Of those at a card one in ten finds something; of the others nine in ten go on to the next.
    Half of who read a row and found nothing go on to the one after it."""
    shown, readers = [], 100_000.0
    for row in range(8):
        at_card = readers
        for card in range(6):
            shown.append((row, card, round(at_card), round(0.1 * at_card)))
            at_card *= 0.9 * 0.9
        readers = 0.5 * (readers - sum(plays for r, _, _, plays in shown if r == row))
    assert fit(shown) == pytest.approx([0.5, 0.9], abs=0.01)
    assert fit([(r, c, n, 0) for r, c, n, _ in shown])[0] < 0.4
    swiped = [(0, c, 1_000, 500 * (c == 8)) for c in range(9)]  # and found something there
    assert fit([*swiped, (1, 0, 500, 500)])[0] > 0.9


def test_attention_without_impressions_is_what_is_believed():
    assert fit([]) == pytest.approx(PRIOR)


def test_attention_keeps_its_bounds():
    assert fit([(0, 0, 10**7, 0)]) == pytest.approx([LEAST, LEAST])
    assert fit([(0, 0, 10, 11)]) == pytest.approx(PRIOR)  # more was played than seen
    everything = [(r, c, 10**7, 0) for r in range(40) for c in range(6)]
    assert fit(everything) == pytest.approx([MOST, MOST], abs=0.03)
