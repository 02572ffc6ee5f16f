"""What is watched when and on what: how it is learned, and what it does to scores."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from gnn import lifts
from gnn.lifts import MOST, PLAYS
from graph import moments
from graph.arrays import Ragged, Strings
from graph.snapshot import Lifts
from server import mood
from server.asked import Asked
from server.catalogue import catalogue
from server.view import look
from tests.live import members
from tests.snapshots import NOW, Shape, build, user_id
from tests.test_warm import graph

EVENING, MORNING = 3, 1  # quarters of the day
COMEDY, DRAMA, WAR = range(
    3
)  # genres of test_warm's graph: b and z are comedies, c is Drama and War


@pytest.mark.parametrize(
    ("when", "moment"),
    [
        ("2026-11-25 00:00", 0),  # a Wednesday
        ("2026-11-25 05:59", 0),
        ("2026-11-25 18:00", 3),
        ("2026-11-27 23:59", 3),  # Friday
        ("2026-11-28 06:00", 5),
        ("2026-11-29 23:59", 7),
        ("2026-11-30 00:00", 0),
    ],
)
def test_moments_are_quarters_of_working_days_and_of_weekends(when: str, moment: int):
    local = datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp()
    assert moments.moment(int(local)) == moment


def test_traits_are_genres_shared_out_and_a_band_of_runtime():
    mixed = moments.traits(
        Ragged.of([[0, 1], [1], []]), np.array([29, 0, 140], np.int32), n_genres=2
    )
    assert mixed.tolist() == [
        [0.5, 0.5, 1, 0, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1],
    ]


def test_a_lift_is_the_log_of_a_ratio_of_shares():
    """In the evening 900 comedies and 100 of Drama and War, in the morning the other way round."""
    found = lifts.fit(
        [
            ("b", EVENING, "", 900), ("c", EVENING, "", 100),
            ("b", MORNING, "", 100), ("c", MORNING, "", 900),
        ],
        graph(),
    )  # fmt: skip
    by_hand = np.log((900 + PLAYS) / (1000 / 2 + PLAYS))
    assert found.moment[EVENING, COMEDY] == pytest.approx(by_hand)
    assert found.moment[MORNING, COMEDY] == pytest.approx(-MOST)  # the log is below the bound
    assert found.moment[MORNING, DRAMA] == found.moment[MORNING, WAR] > 0
    assert not found.moment[[0, 2, 4, 5, 6, 7]].any()
    assert len(found.devices) == 0


def test_nothing_is_lifted_without_evidence():
    assert not lifts.fit([], graph()).moment.any()
    once = lifts.fit([("b", EVENING, "tv", 1), ("gone", EVENING, "tv", 10_000)], graph())
    assert np.abs(once.moment).max() <= 0.01
    few = lifts.fit([("b", EVENING, "", 5), ("c", MORNING, "", 5)], graph())
    assert np.abs(few.moment).max() < 0.06
    rare = lifts.fit(
        [("b", EVENING, "", 2_500), ("b", MORNING, "", 7_500), ("c", EVENING, "", 10)], graph()
    )
    assert np.abs(rare.moment[:, DRAMA]).max() < 0.15  # five plays of a thousand times as many


def test_devices_are_told_apart_and_the_rarest_left_out():
    played = [("b", EVENING, "phone", 500), ("c", EVENING, "tv", 500)]
    rare = [("b", EVENING, f"rare{i:02}", 1) for i in range(30)]
    found = lifts.fit(played + rare, graph())
    assert len(found.devices) == lifts.DEVICES
    rows = {name: row for row, name in enumerate(found.devices)}
    assert found.device[rows["phone"], COMEDY] > 0.3 > -0.3 > found.device[rows["tv"], COMEDY]
    assert np.abs(found.device[rows["rare00"]]).max() <= 0.01


def lifted(moment: int, trait: int, by: float):
    """A catalogue in which one trait is watched more at one moment."""
    built = build(Shape(titles=200, users=12, restricted=False), seed=1)
    zero = np.zeros_like(built.reading.lifts.moment)
    zero[moment, trait] = by
    none = Lifts(zero, Strings.of([]), np.zeros((0, zero.shape[1]), np.float32))
    return replace(built, reading=replace(built.reading, lifts=none))


def test_scores_move_at_that_moment_for_that_genre_alone_and_within_bounds():
    built = lifted(moment=EVENING, trait=2, by=0.6)
    at = catalogue(built, artwork_root="/")
    wednesday = int(datetime(2026, 11, 25, tzinfo=UTC).timestamp())
    evening = mood.lift(at, local=wednesday + 20 * 3600, device="tv")
    assert (evening > 0).tolist() == (at.genre_mix[:, 2] > 0).tolist()
    assert 0 < evening.max() <= mood.LIFTED
    assert not mood.lift(at, local=wednesday + 8 * 3600, device="tv").any()


def test_the_page_follows_the_clock_and_the_device_of_the_member():
    built = build(Shape(titles=200, users=12, restricted=False), seed=1)
    with members(built) as (derived, known, _):

        def scores(**asked):
            return look(derived, known.get(user_id(1)), Asked("", NOW, **asked)).scores

        plain = scores()
        assert np.array_equal(scores(device="a watch nobody has"), plain)
        assert not np.array_equal(scores(device="tv"), plain)
        assert not np.array_equal(scores(utc_offset=720), plain)
        assert np.abs(scores(device="tv") - plain).max() < 1.1 * plain.std()
