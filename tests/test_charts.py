"""Charts worked by hand: four titles, five users in two countries, two communities."""

from dataclasses import replace

import numpy as np
import pytest

from gnn import charts
from gnn.attention import LEAST, MOST, PRIOR, fit
from graph.arrays import Ragged, Strings, Vocabulary
from graph.behaviour import Interaction
from graph.columns import Columns
from graph.past import Past
from tests.test_warm import graph

NOW = 2_000_000_000
DAY = 86_400


def watched(*deeds: tuple[int, int, float]) -> Columns:
    """Of (user, title, days ago). Users 0, 1 and 2 live in country 0, user 3 in country 1, user 4
    nowhere."""
    by_user = [sorted((t, days) for u, t, days in deeds if u == user) for user in range(5)]
    flat = [each for user in by_user for each in user]
    base = graph()
    users = replace(
        base.users,
        vocabulary=Vocabulary.of("abcde"),
        country=np.array([0, 0, 0, 1, -1], np.int32),
        history=Ragged.of([[t for t, _ in user] for user in by_user]),
        past=Past.of(
            [
                Interaction(plays=1, completion=1.0, last_at=int(NOW - days * DAY))
                for _, days in flat
            ]
        ),
    )
    return replace(base, users=users, countries=Strings.of(["DE", "FR"]))


def listed(chart: np.ndarray) -> list[int]:
    return chart[chart >= 0].tolist()


def test_the_week_of_each_country_and_of_all():
    seen = watched((0, 2, 1), (1, 2, 2), (2, 1, 3), (3, 1, 1), (4, 1, 1), (0, 3, 30))
    made = charts.charts(seen, np.full(5, -1, np.int32), now=NOW)
    assert [listed(chart) for chart in made.top] == [[2, 1], [1], [1, 2]]


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


def test_what_trends_has_more_viewers_than_it_is_used_to():
    many = [(user, 0, 1) for user in range(5)] + [(user, 1, 1) for user in range(3)]
    seen = watched(*many, *[(user, 2, 10) for user in range(4)])
    made = charts.charts(seen, np.full(5, -1, np.int32), now=NOW)
    assert listed(made.trending) == [0, 1]


def test_a_community_is_known_by_what_others_leave():
    seen = watched((0, 0, 1), (1, 0, 1), (0, 3, 1), (3, 1, 1), (4, 1, 1), (3, 3, 1))
    made = charts.charts(seen, np.array([0, 0, 0, 1, 1], np.int32), now=NOW)
    assert listed(made.community[0])[0] == 0
    assert listed(made.community[1])[0] == 1


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
