"""Known answers for the parts of `bench simulate` and `bench replay` that need no server."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from benchmarks import asking, intervals, rivals, simulated, simulation_report, visits, world
from benchmarks.asking import Where
from benchmarks.replay import Place, place
from benchmarks.simulate import found_by_simple
from benchmarks.simulated import DAY, Life, Member
from benchmarks.visits import Act, Draws, Row
from playbill.v1 import event_pb2
from server import reports

TITLES = 30
WORLD = world.make(TITLES, np.random.default_rng(0))
MONDAY = 4 * DAY  # 5 January 1970


def draws(**changed: object) -> Draws:
    """Cards that look just as they are, read to the end of the screen, and nothing done besides."""
    certain = Draws(
        noise=np.zeros((2, TITLES)),
        title=np.full((5, TITLES), 0.99),
        place=np.full((40, 40), 0.9),
        recalled=np.arange(TITLES),
        searches=0.99,
        comes_back=0.5,
        patience=60.0,
    )
    return replace(certain, **changed)


def worth(**of: float) -> np.ndarray:
    """0 but for titles such as t3=0.7."""
    values = np.zeros(TITLES)
    for title, value in of.items():
        values[int(title[1:])] = value
    return values


def test_the_time_to_a_good_title_is_the_sum_of_what_was_done_before() -> None:
    page = [Row("a", [0, 1, 2])]
    seen = visits.visit(WORLD, Life(), page, worth=worth(t1=0.9), draws=draws())
    assert seen.seconds == pytest.approx(0.8 + 1.5 + 1.5 + 5.0)  # heading, two cards, details
    assert seen.satisfaction == 0.9
    assert [act.kind for act in seen.acts] == [
        "IMPRESSION", "IMPRESSION", "DETAIL_OPENED", "PLAY_STARTED", "PROGRESS", "FINISHED",
    ]  # fmt: skip


def test_a_member_gives_up_when_their_patience_ends() -> None:
    page = [Row(str(at), list(range(at * 6, at * 6 + 6))) for at in range(5)]
    seen = visits.visit(WORLD, Life(), page, worth=worth(), draws=draws(patience=10.0))
    assert (seen.seconds, seen.satisfaction) == (10.0, 0.0)
    assert (
        len([act for act in seen.acts if act.kind == "IMPRESSION"]) == 6
    )  # .8 + 6 x 1.5 = 9.8, + .8


def test_what_disappoints_costs_time_and_is_not_looked_at_again() -> None:
    life, noise = Life(), np.zeros((2, TITLES))
    noise[:, 0] = 4.0  # looks far better than it is
    page, seems = [Row("a", [0, 1])], draws(noise=noise)
    first = visits.visit(WORLD, life, page, worth=worth(t0=0.4, t1=0.7), draws=seems)
    again = visits.visit(WORLD, life, page, worth=worth(t0=0.4, t1=0.7), draws=seems)
    assert first.seconds == pytest.approx(0.8 + 1.5 + 5 + 20 + 1.5 + 5)
    assert again.seconds == pytest.approx(0.8 + 0.3 + 1.5 + 5)
    assert "ABANDONED" in {act.kind for act in first.acts}
    assert life.refused == {0}


def test_a_row_left_is_told_with_the_cards_that_were_on_screen() -> None:
    seen = visits.visit(WORLD, Life(), [Row("a", list(range(9)))], worth=worth(), draws=draws())
    [left] = [act for act in seen.acts if act.kind == "ROW_SCROLLED_PAST"]
    assert (left.row, left.row_position, left.cards_shown, left.title) == ("a", 0, 6, None)


@given(seed=st.integers(0, 10_000))
def test_any_visit_tells_kinds_of_the_contract_in_order_of_time(seed: int) -> None:
    random = np.random.default_rng(seed)
    member, life = simulated.member(WORLD, random), Life()
    for _ in range(3):
        page = [Row(str(at), random.permutation(TITLES)[:8].tolist()) for at in range(6)]
        likes = simulated.satisfaction(WORLD, member, life, at=MONDAY)
        seen = visits.visit(WORLD, life, page, worth=likes, draws=visits.draws(TITLES, random))
        times = [act.seconds for act in seen.acts]
        assert times == sorted(times)
        assert {f"EVENT_KIND_{a.kind}" for a in seen.acts} <= set(event_pb2.EventKind.keys())
        assert 0 < seen.seconds <= 90
        assert (seen.satisfaction == 0) or (seen.satisfaction >= simulated.WORTH_IT)


def test_an_act_is_told_with_all_that_is_known_of_it() -> None:
    where = Where("ada", device="tv", utc_offset=-90)
    act = Act("IMPRESSION", 2.25, 7, "genre/Drama", 1, 4, duration=1.5)
    told = asking.event(act, where, id="ada/1", begun=MONDAY, page="p1")
    expected = event_pb2.Event(
        event_id="ada/1", user_id="ada", title_id=world.title_id(7),
        kind=event_pb2.EVENT_KIND_IMPRESSION, row_id="genre/Drama", row_position=1, position=4,
        device="tv", page_id="p1", utc_offset_minutes=-90,
    )  # fmt: skip
    expected.time.FromMilliseconds(MONDAY * 1000 + 2250)
    expected.duration.FromMilliseconds(1500)
    assert told == expected


def test_what_is_on_no_row_is_on_no_page() -> None:
    act = Act("SEARCHED", 3.0, query="something good")
    told = asking.event(act, Where("ada"), id="1", begun=MONDAY, page="p1")
    assert (told.title_id, told.page_id, told.query) == ("", "", "something good")
    optional = ("position", "row_position", "duration", "completion", "cards_shown")
    assert not any(told.HasField(field) for field in optional)


@given(seed=st.integers(0, 10_000))
def test_whatever_is_told_of_a_visit_is_taken(seed: int) -> None:
    random = np.random.default_rng(seed)
    page = [Row(f"row/{at}", random.permutation(TITLES)[:8].tolist()) for at in range(6)]
    seen = visits.visit(
        WORLD, Life(), page, worth=random.random(TITLES), draws=visits.draws(TITLES, random)
    )
    told = [
        asking.event(act, Where("ada", "tv", 60), id=str(n), begun=MONDAY, page="p1")
        for n, act in enumerate(seen.acts)
    ]
    titles = {world.title_id(title) for title in range(TITLES)}
    taken = reports.sort_out(told, titles=titles, now=MONDAY + DAY)
    assert taken.refused == []
    assert [(e.kind.name, e.row, e.cards_shown) for e in taken.good] == [
        (act.kind, act.row, act.cards_shown) for act in seen.acts
    ]


def test_a_past_tells_what_its_member_likes() -> None:
    random = np.random.default_rng(1)
    made = world.make(400, random)
    watched = [
        watch
        for number in range(300)
        for watch in simulated.history(
            made, simulated.member(made, random), str(number), watches=30, until=MONDAY,
            random=random,
        )
    ]  # fmt: skip
    popular, ease = found_by_simple(watched, 400)
    assert ease > 1.2 * popular > 0


def member(*prototypes: int) -> Member:
    weight = np.array([[1.0, 0.0], [0.0, 1.0]])  # each mood is for one prototype
    return Member(np.array(prototypes), weight, "US", "tv", 0)


def test_satisfaction_follows_the_prototype_of_the_mood() -> None:
    for mood, prototype in enumerate((3, 4)):
        likes = simulated.satisfaction(WORLD, member(3, 4), Life(mood=mood), at=MONDAY)
        by_hand = 0.9 * WORLD.likeness[prototype] + 0.3 * WORLD.quality
        np.testing.assert_allclose(likes, by_hand.clip(0, 1))


def test_the_same_genre_bores_and_recovers() -> None:
    life, who = Life(), member(3, 4)
    fresh = simulated.satisfaction(WORLD, who, life, at=MONDAY)
    shared = (WORLD.genres & WORLD.genres[3]).any(axis=1) & (np.arange(TITLES) != 3)
    simulated.watched(WORLD, 3, life)
    bored = simulated.satisfaction(WORLD, who, life, at=MONDAY)
    life.boredom = dict.fromkeys(life.boredom, 0.0)
    assert shared.any()
    assert (bored[shared] < fresh[shared]).all()
    assert simulated.satisfaction(WORLD, who, life, at=MONDAY)[3] == pytest.approx(fresh[3] / 2)


def test_late_is_from_nine_in_the_evening_before_a_working_day() -> None:
    evening = 21 * 3600
    assert simulated.is_late(MONDAY + evening, 0)
    assert not simulated.is_late(MONDAY + evening - 1, 0)
    assert simulated.is_late(MONDAY + evening - 3600, 60)  # an hour later where they are
    assert not simulated.is_late(MONDAY + 4 * DAY + evening, 0)  # Friday
    assert simulated.is_late(MONDAY + 6 * DAY + evening, 0)  # Sunday


def test_the_better_the_visits_the_surer_the_return() -> None:
    assert simulated.returns(Life(satisfied=[0.0]), 0.39)
    assert not simulated.returns(Life(satisfied=[0.0]), 0.41)
    # (.7 x 0 + 1 x .85) / 1.7 = .5, and .4 + .6 x .5 = .7
    assert simulated.returns(Life(satisfied=[0.0, 0.85]), 0.69)
    assert not simulated.returns(Life(satisfied=[0.0, 0.85]), 0.71)


def test_genre_rows_keep_the_order_and_show_a_title_once() -> None:
    genres = {1: ["Drama"], 2: ["Comedy", "Drama"], 3: ["Comedy"], 4: ["Drama"], 5: ["Comedy"]}
    page = rivals.by_genre([2, 1, 3, 4, 5], genres, rows=4, cards=20)
    # Drama holds ranks 0, 1 and 3, Comedy 0, 2 and 4: Drama is worth more, and takes title 2.
    assert page == [Row("genre/Drama", [2, 1, 4]), Row("genre/Comedy", [3, 5])]
    assert rivals.by_genre([2, 1, 3, 4], genres, rows=4, cards=20) == [
        Row("genre/Drama", [2, 1, 4])
    ]


def test_rows_in_order_are_as_wide_as_the_screen() -> None:
    page = rivals.in_order(list(range(20)), rows=2)
    assert [row.titles for row in page] == [list(range(6)), list(range(6, 12))]


def test_the_mean_of_equal_values_is_certain() -> None:
    assert intervals.mean([2.0, 2.0, 2.0]) == intervals.Interval(2.0, 2.0, 2.0)
    assert not intervals.mean([2.0, 2.0]).has_zero
    assert intervals.mean([-1.0, 1.0] * 20).has_zero


def test_an_interval_is_as_wide_as_the_normal_one() -> None:
    values = np.random.default_rng(1).normal(3, 2, 400)
    found = intervals.mean(values, seed=0)
    half = 1.96 * values.std() / 20
    assert found.low == pytest.approx(values.mean() - half, abs=0.03)
    assert found.high == pytest.approx(values.mean() + half, abs=0.03)
    wider = intervals.mean(values, seed=0, level=0.99)
    assert wider.low < found.low < found.high < wider.high


def test_members_of_worlds_that_differ_tell_less() -> None:
    random = np.random.default_rng(3)
    members, worlds = random.normal(0, 1, (20, 50)), random.normal(0, 2, (20, 1))
    found = intervals.mean(members + worlds)
    pooled = intervals.mean((members + worlds).ravel())
    half = 1.96 * (members + worlds).mean(axis=1).std() / np.sqrt(20)  # of 20 worlds as of 20 draws
    assert found.value == pytest.approx(pooled.value)
    assert found.high - found.value == pytest.approx(half, rel=0.15)
    assert found.high - found.low > 4 * (pooled.high - pooled.low)


def test_members_of_worlds_that_are_alike_tell_about_as_much() -> None:
    values = np.random.default_rng(3).normal(0, 1, (20, 50))
    found, pooled = intervals.mean(values), intervals.mean(values.ravel())
    assert 1 < (found.high - found.low) / (pooled.high - pooled.low) < 1.6  # at most the root of 2


def test_one_world_is_its_members() -> None:
    values = np.random.default_rng(3).normal(0, 1, 50)
    assert intervals.mean([values]) == intervals.mean(values)


@given(st.integers(0, 100))
def test_the_worlds_of_a_paired_difference_are_drawn_for_both(seed: int) -> None:
    random = np.random.default_rng(seed)
    least = random.normal(0, 5, (4, 1)) + random.normal(0, 1, (4, 30))
    assert intervals.mean(least + 2 - least).shown() == "2.00 (2.00 to 2.00)"
    assert simulation_report.gap_closed(least + 2, least, least + 8).shown() == (
        "0.25 (0.25 to 0.25)"
    )


def test_the_share_of_the_gap_is_that_of_the_means() -> None:
    least, best = np.array([60.0, 80.0]), np.array([10.0, 30.0])
    assert simulation_report.gap_closed(least, least, best).value == 0
    assert simulation_report.gap_closed(best, least, best).value == 1
    closed = simulation_report.gap_closed(least - 30, least, best)
    assert (closed.value, closed.low, closed.high) == pytest.approx((0.6, 0.6, 0.6))


def played(gain: float) -> np.ndarray:
    """[policies, worlds, members, visits, measures] of chance, and `gain` seconds less with
    Playbill."""
    measures = np.random.default_rng(0).normal(size=(4, 2, 25, 3, 4))
    measures[simulation_report.PLAYBILL, ..., 0] -= gain
    return measures


def test_where_nothing_can_help_a_gain_or_a_loss_ends_with_an_error() -> None:
    said = io.StringIO()
    out = Console(file=said, width=200)
    simulation_report.show(played(0.0), out, null=True)
    assert "no difference" in said.getvalue()
    for gain in (2.0, -2.0):
        with pytest.raises(SystemExit, match=r"in seconds, where none can be"):
            simulation_report.show(played(gain), out, null=True)
        simulation_report.show(played(gain), out, null=False)


def test_the_place_is_where_a_reader_first_comes_to_it() -> None:
    page = [Row("a", list(range(10))), Row("b", [20, 8])]
    assert place(page, 3) == Place(0, 3)
    assert place(page, 8) == Place(1, 1)  # off screen in the row above
    assert place(page, 9) == Place(0, 9)
    assert place(page, 99) is None
    assert (Place(1, 1).order, Place(0, 9).order) == (7, None)
