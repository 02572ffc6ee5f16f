"""What lighter and negative signals do to a member's page, through the event log."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.behaviour import PASSED_BY, PASSED_BY_MOST, WORTH, Event, Kind
from server import candidates, facets, mood
from server.asked import Asked
from server.member import HALF_YEAR, NEAR, PASSED
from server.view import View, look
from tests.live import members
from tests.rules import whole
from tests.snapshots import DAY, NOW, Shape, build, title_id, user_id
from tests.test_page import titles_of

BUILT = build(Shape(titles=400, users=12, per_user=20, restricted=False, lifted=False), seed=1)
MEMBER = user_id(1)


def view(*events: Event, user: str = MEMBER, now: float = NOW) -> View:
    with members(BUILT) as (derived, known, log):
        log.append(events)
        return look(derived, known.get(user), Asked("", now))


def did(kind: Kind, title: int | None = None, *, times: int = 1, user: str = MEMBER, **more: Any):
    named = "" if title is None else title_id(title)
    return [Event(f"{kind}/{title}/{i}", user, named, kind, NOW, **more) for i in range(times)]


def change(*events: Event, now: float = NOW) -> np.ndarray:
    """[n] of the scores, in standard deviations of them."""
    before = view(now=now).scores
    return (view(*events, now=now).scores - before) / before.std()


def picked() -> int:
    return titles_of(view())["top-picks"][0]


def test_a_card_that_was_not_seen_changes_nothing_at_all():
    blink = did(Kind.IMPRESSION, 3, times=5, duration=0.1)
    past = did(Kind.ROW_SCROLLED_PAST, row="genre/Drama", cards_shown=0)
    assert titles_of(view(*blink, *past)) == titles_of(view())
    assert not change(*blink, *past).any()


def test_unclicked_impressions_cool_a_title_a_little_more_each_time_and_fade():
    title = picked()
    cooled = [change(*did(Kind.IMPRESSION, title, times=n))[title] for n in (1, 2, 5, 50)]
    assert cooled == sorted(cooled, reverse=True)
    assert -0.25 < cooled[0] < WORTH[Kind.IMPRESSION]
    assert cooled[-1] > -0.75
    later = change(*did(Kind.IMPRESSION, title, times=5), now=NOW + 14 * DAY)[title]
    assert 0 > later > cooled[2] / 5


def test_cards_passed_by_cool_what_is_like_them_a_little_until_one_is_clicked():
    title, near = picked(), BUILT.titles.similar[picked()][:10]
    shown = [e for t in (title, *near[::2].tolist()) for e in did(Kind.IMPRESSION, t)]
    cooled = change(*shown)
    assert -0.7 < cooled[near[1::2]].mean() < -0.1
    assert cooled[near[1::2]].mean() < cooled.mean() - 0.1
    later = change(*shown, now=NOW + 14 * DAY)[near[1::2]].mean()
    assert 0 > later > cooled[near[1::2]].mean() / 5
    clicked = [Event(f"c{e.id}", MEMBER, e.title, Kind.DETAIL_OPENED, NOW + 1) for e in shown]
    assert change(*shown, *clicked)[near[1::2]].mean() > 0


def test_cards_passed_by_say_so_many_times_what_was_watched_and_no_more():
    one = did(Kind.PROGRESS, 5, user="new", completion=0.5)
    few, many = ([e for t in range(n) for e in did(Kind.IMPRESSION, 20 + t, user="new")]
                 for n in (2, 300))  # fmt: skip
    said = [view(*one, *shown, user="new").member for shown in (few, many)]
    assert said[0].passed_by.weight.tolist() == pytest.approx([-PASSED_BY] * 2)
    watched = said[1].past.weight.sum()
    assert said[1].passed_by.weight.sum() == pytest.approx(-PASSED_BY * PASSED_BY_MOST * watched)
    later = Event("later", "new", title_id(5), Kind.IMPRESSION, NOW + 60)
    again = view(*one, later, user="new").member
    assert again.unclicked.titles.tolist() == [5]  # which they began, and passes none by
    assert not len(again.passed_by.titles)
    alone = view(*many, user="new").member
    assert not alone.passed_by.weight.any()
    assert not alone.known


@pytest.mark.parametrize("kind", [Kind.THUMB_DOWN, Kind.HIDDEN])
def test_a_no_takes_the_title_off_every_row_and_cools_its_neighbours(kind: Kind):
    title = picked()
    after = view(*did(kind, title))
    assert not any(title in titles for titles in titles_of(after).values())
    near = BUILT.titles.similar[title][:10]
    derived = after.catalogue
    cooler = mood.adjustments(derived, after.member, now=NOW)
    assert (cooler[near] < 0).all()
    assert cooler[near[0]] <= cooler[near[9]]
    assert cooler.min() >= mood.COOLEST


@pytest.mark.parametrize("look", [Kind.DETAIL_OPENED, Kind.SEARCHED])
@pytest.mark.parametrize("no", [Kind.THUMB_DOWN, Kind.HIDDEN, Kind.ABANDONED])
@pytest.mark.parametrize("user", ["new", MEMBER])
def test_a_look_that_ended_in_a_no_is_no_sign_of_taste(look: Kind, no: Kind, user: str):
    title = picked()
    looked = did(look, title, user=user, query="it")
    refused = did(no, title, user=user, completion=0.02)
    alone, both = view(*refused, user=user), view(*looked, *refused, user=user)
    assert both.member.known == alone.member.known == (user == MEMBER)
    assert both.scores == pytest.approx(alone.scores, abs=1e-5)


@pytest.mark.parametrize("listed", [False, True])
def test_a_look_after_a_no_is_one_again(listed: bool):
    """They gave it up a year ago, and look for it now, once."""
    long_ago = NOW - 365 * DAY
    looked = [
        Event(f"look/{i}", "new", title_id(5), Kind.DETAIL_OPENED, NOW - 1 - (i > 0) * 60)
        for i in range(5)
    ]
    given_up = Event("no", "new", title_id(5), Kind.ABANDONED, long_ago, completion=0.02)
    more = did(Kind.LIST_ADDED, 5, user="new") if listed else []
    assert not view(given_up, user="new").member.known
    after = view(given_up, *looked, *more, user="new").member
    assert after.known
    assert after.touched.times.tolist() == [5]
    again = Event("again", "new", title_id(5), Kind.ABANDONED, NOW - 30, completion=0.02)
    after = view(given_up, *looked, again, *more, user="new").member
    assert after.touched.times.tolist() == [1]  # the newest alone is sure to be later


def test_a_click_warms_its_row_though_the_title_was_refused():
    title = picked()
    looked = did(Kind.DETAIL_OPENED, title, row="genre/Drama")
    assert view(*looked, *did(Kind.THUMB_DOWN, title)).warmth == {"genre/Drama": pytest.approx(1)}


@pytest.mark.parametrize("user", ["new", MEMBER])
def test_what_was_watched_and_turned_down_leaves_its_neighbours_cooler_than_before(user: str):
    title = 5 if user == "new" else picked()
    near = BUILT.titles.similar[title][:10]
    before = view(user=user).scores[near].mean()
    watched = did(Kind.PLAY_STARTED, title, user=user) + did(Kind.FINISHED, title, user=user)
    assert view(*watched, user=user).scores[near].mean() > before
    turned_down = view(*watched, *did(Kind.THUMB_DOWN, title, user=user), user=user)
    assert turned_down.scores[near].mean() < before


@pytest.mark.parametrize("later", [0, 90])
def test_what_was_said_against_titles_fades_each_on_its_own(later: int):
    days_ago = {77: (Kind.HIDDEN, 0), 90: (Kind.THUMB_DOWN, 180), 5: (Kind.HIDDEN, 360)}
    now = NOW + later * DAY
    there = view(
        *(Event(str(title), MEMBER, title_id(title), kind, NOW - days * DAY)
          for title, (kind, days) in days_ago.items()),
        now=now,
    )  # fmt: skip
    member, expected = there.member, np.zeros(400)
    for at, title in enumerate(member.titles.tolist()):
        left = member.against[at] * 0.5 ** ((now - member.past.last_at[at]) / HALF_YEAR)
        near = zip(BUILT.titles.similar[title], BUILT.titles.similarity[title], strict=True)
        for other, likeness in list(near)[:NEAR]:
            expected[other] -= mood.COOLING * left * max(likeness, 0)
    found = mood.adjustments(there.catalogue, member, now=now)
    assert found == pytest.approx(np.maximum(expected, mood.COOLEST), abs=1e-5)
    assert np.count_nonzero(found) > 100


def test_an_early_abandon_counts_against_and_a_later_one_for():
    title, near = picked(), BUILT.titles.similar[picked()][:10]
    early = view(*did(Kind.PLAY_STARTED, title), *did(Kind.ABANDONED, title, completion=0.05))
    late = view(*did(Kind.PLAY_STARTED, title), *did(Kind.ABANDONED, title, completion=0.6))
    assert early.scores[near].mean() < view().scores[near].mean() < late.scores[near].mean()


def test_an_impression_that_was_clicked_is_no_evidence_against():
    title = picked()
    shown = did(Kind.IMPRESSION, title, times=10)
    clicked = did(Kind.DETAIL_OPENED, title)
    assert change(*shown)[title] < 0
    assert change(*shown, *clicked)[title] == pytest.approx(change(*clicked)[title])
    again = [Event("again", MEMBER, title_id(title), Kind.IMPRESSION, NOW + 1)]
    once = change(*clicked, *again)[title]
    assert once < change(*clicked)[title]
    assert change(*shown, *clicked, *again)[title] == pytest.approx(once)  # the ten are over


def test_a_glance_does_not_bring_back_what_was_passed_by_a_month_ago():
    title, long_ago = picked(), NOW - 29 * DAY
    old = [Event(f"old/{i}", MEMBER, title_id(title), Kind.IMPRESSION, long_ago) for i in range(30)]
    new = did(Kind.IMPRESSION, title)
    both = change(*old, *new)[title]
    assert both == pytest.approx(change(*old)[title] + change(*new)[title], rel=0.15)


def test_impressions_alone_leave_a_member_who_they_were():
    assert not view(*did(Kind.IMPRESSION, picked(), times=3)).member.live
    assert view(*did(Kind.DETAIL_OPENED, picked())).member.live


def test_a_title_of_many_themes_moves_no_further_than_of_one():
    after = view()
    tags = after.catalogue.facets
    title = int(np.argmax(np.diff(BUILT.titles.tags.offsets)))
    of = [f.id for f in tags.all if title in f.titles]
    assert len(of) > 3
    moved = [
        mood.themes(after.catalogue, after.member, dict.fromkeys(of, w), now=NOW)[title]
        for w in (-0.2, 1.0)
    ]
    assert moved == pytest.approx([-0.2 * mood.THEME, mood.THEME])
    both = mood.themes(after.catalogue, after.member, {of[0]: 1.0, of[1]: -0.2}, now=NOW)
    assert both[title] == pytest.approx(0.8 * mood.THEME)


def test_what_is_hidden_heads_no_row_of_what_is_near_it():
    loved = [*did(Kind.FINISHED, 5), *did(Kind.TWO_THUMBS_UP, 5)]
    because = f"because/{title_id(5)}"
    assert because in titles_of(view(*loved))
    assert because not in titles_of(view(*loved, *did(Kind.HIDDEN, 5)))


def test_a_search_says_more_than_a_look_and_both_warm_what_is_near():
    title, near = 77, BUILT.titles.similar[77][:10]
    looked = change(*did(Kind.DETAIL_OPENED, title))[near].mean()
    searched = change(*did(Kind.SEARCHED, title, query="x"))[near].mean()
    assert searched > looked > 0


@pytest.mark.parametrize("user", [MEMBER, "new"])
def test_a_search_without_a_choice_warms_what_it_names(user: str):
    sought = did(Kind.SEARCHED, query="Comedy, tonight", user=user)
    there = view(*sought, user=user)
    assert there.warmth == {"genre/Comedy": 1.0}
    assert not there.member.live
    assert mood.warmth(there.member, now=NOW + 14 * DAY)["genre/Comedy"] < 0.2
    row = candidates.find(there, "genre/Comedy")
    assert row.reason == "You searched for this lately."
    assert candidates.find(view(user=user), "genre/Comedy").reason != row.reason
    later = view(*sought, user=user, now=NOW + 14 * DAY)
    assert candidates.find(later, "genre/Comedy").reason != row.reason
    chosen = did(Kind.SEARCHED, 77, user=user, query="comedy")
    unknown = did(Kind.SEARCHED, user=user, query="comedian")
    assert view(*chosen, *unknown, user=user).warmth == {}


@pytest.mark.parametrize("user", [MEMBER, "new"])
def test_what_was_searched_for_stands_on_the_first_screen_though_it_fits_them_least(user: str):
    before = view(user=user)
    offered = candidates.candidates(before)
    genres = [f for f in before.catalogue.facets.all if f.kind == facets.GENRE]
    last = min(
        genres, key=lambda f: before.satisfaction(before.ranking.best_among(f.titles, 6)).sum()
    )
    sought = did(Kind.SEARCHED, query=f"any {last.heading}", user=user)
    there = view(*sought, user=user)
    now = candidates.candidates(there)
    assert now.ids().count(last.id) == 1
    assert now.genre_taste.sum() == pytest.approx(1)
    genre = there.catalogue.genre_mix[last.titles].mean(axis=0).argmax()
    assert now.genre_taste[genre] > offered.genre_taste[genre]
    placed = [each.row.id for each in whole(there, cards=6, size=6)][:6]
    assert last.id in placed[:3]
    assert last.id not in [each.row.id for each in whole(before, cards=6, size=6)][:3]
    week = candidates.candidates(view(*sought, user=user, now=NOW + 8 * DAY))
    assert week.genre_taste == pytest.approx(week.view.member.genre_taste)


def test_of_searches_the_newest_count():
    queries = ("drama", "comedy", "horror", "drama")
    sought = [Event(str(at), MEMBER, "", Kind.SEARCHED, NOW - (3 - at) * DAY, query=query)
              for at, query in enumerate(queries)]  # fmt: skip
    left = mood.sought(view(*sought).member, now=NOW)
    assert list(left) == ["genre/Drama", "genre/Horror", "genre/Comedy"]
    assert list(left.values()) == pytest.approx([1, 0.5**24, 0.5**48])
    assert mood.sought(view(*sought).member, now=NOW + 7 * DAY - 1) != {}
    assert mood.sought(view(*sought).member, now=NOW + 7 * DAY) == {}
    both = did(Kind.SEARCHED, query="A western, or a thriller with action of the 90s")
    named = list(mood.sought(view(*both).member, now=NOW + 3600))
    assert named[:3] == ["genre/Western", "genre/Thriller", "genre/Action"]


def test_what_was_searched_for_counts_less_where_it_was_scrolled_past_since():
    def left(passed_at: int, now: int = NOW) -> float:
        past = Event("past", MEMBER, "", Kind.ROW_SCROLLED_PAST, NOW + passed_at,
                     row="genre/Comedy", cards_shown=6)  # fmt: skip
        swiped = Event("swiped", MEMBER, "", Kind.ROW_SWIPED, NOW + 9, row="genre/Comedy",
                       cards_shown=6)  # fmt: skip
        searched = did(Kind.SEARCHED, query="comedy")
        return mood.sought(view(*searched, past, swiped).member, now=now)["genre/Comedy"]

    assert left(-60) == 1
    assert left(5) == pytest.approx(PASSED)
    assert left(5, now=NOW + 2 * 3600) == pytest.approx(PASSED / 4)


def test_clicks_alone_make_a_newcomer_somebody():
    clicks = [e for t in (3, 77, 90) for e in did(Kind.DETAIL_OPENED, t, user="new")]
    before, after = view(user="new"), view(*clicks, user="new")
    assert not before.member.known
    assert after.member.known
    assert titles_of(after) != titles_of(before)
    assert "top-picks" in titles_of(after)


def test_my_list_is_a_row_the_newest_first():
    listed = [Event(str(t), MEMBER, title_id(t), Kind.LIST_ADDED, NOW + t) for t in (5, 9, 7)]
    after = titles_of(view(*listed))
    assert after["my-list"] == [9, 7, 5]
    taken = Event("off", MEMBER, title_id(9), Kind.LIST_REMOVED, NOW + 20)
    assert titles_of(view(*listed, taken))["my-list"] == [7, 5]


def test_a_row_scrolled_past_cools_its_theme_by_a_fifth_of_a_click_at_most():
    theme: dict[str, Any] = {"row": "genre/Drama"}
    clicked = mood.warmth(view(*did(Kind.DETAIL_OPENED, 3, **theme)).member, now=NOW)
    passed = did(Kind.ROW_SCROLLED_PAST, times=40, cards_shown=6, **theme)
    cooled = mood.warmth(view(*passed).member, now=NOW)
    once = mood.warmth(view(passed[0]).member, now=NOW)
    assert clicked == {"genre/Drama": 1.0}
    assert 0 > once["genre/Drama"] > cooled["genre/Drama"] >= -1 / 5 * clicked["genre/Drama"]
    swiped = mood.warmth(view(*did(Kind.ROW_SWIPED, cards_shown=6, **theme)).member, now=NOW)
    assert 0 < swiped["genre/Drama"] < clicked["genre/Drama"]


def test_a_warm_theme_rises_and_so_do_its_titles():
    drama = next(f for f in view().catalogue.facets.all if f.id == "genre/Drama")
    swiped = did(Kind.ROW_SWIPED, row=drama.id, cards_shown=6)
    gain = change(*swiped)
    assert gain[drama.titles].min() > np.delete(gain, drama.titles).max() - 1e-6

    def appeal(of: View) -> float:
        offered = candidates.candidates(of)
        return float(offered.appeal[offered.ids().index(drama.id)])

    past = did(Kind.ROW_SCROLLED_PAST, row=drama.id, cards_shown=6)
    assert appeal(view(*swiped)) > appeal(view()) > appeal(view(*past))
    assert change(*past)[drama.titles].max() < 0


def test_a_row_swiped_without_a_choice_lifts_of_its_theme_what_it_did_not_show():
    facets_of = view().catalogue.facets
    row = next(p.row for p in whole(view(), cards=12, size=10) if p.row.kind == facets.GENRE)
    theme = facets_of.all[facets_of.row_of[row.id]].titles
    shown = row.best(12)
    others = np.setdiff1d(theme, shown)
    assert len(others) > 20
    passed = [e for title in shown.tolist() for e in did(Kind.IMPRESSION, title, row=row.id)]
    before = view(*passed)
    after = view(*passed, *did(Kind.ROW_SWIPED, row=row.id, cards_shown=12))
    assert after.warmth == {row.id: pytest.approx(WORTH[Kind.ROW_SWIPED])}
    assert after.scores[shown] == pytest.approx(before.scores[shown])
    assert (after.scores > before.scores)[others].all()
    cooler = mood.adjustments(after.catalogue, after.member, now=NOW)
    assert cooler[shown].max() == pytest.approx(WORTH[Kind.IMPRESSION])


def test_what_was_passed_by_weeks_ago_is_warm_with_its_theme_again():
    title = picked()
    row = f"genre/{BUILT.genres.vocabulary[int(BUILT.titles.genres[title][0])]}"
    shown = [Event("old", MEMBER, title_id(title), Kind.IMPRESSION, NOW - 28 * DAY)]
    swiped = did(Kind.ROW_SWIPED, row=row, cards_shown=12)
    lift = mood.THEME * WORTH[Kind.ROW_SWIPED]
    after = view(*shown, *swiped)
    found = mood.themes(after.catalogue, after.member, after.warmth, now=NOW)[title]
    assert 0.9 * lift < found < lift


kinds = st.sampled_from([Kind.DETAIL_OPENED, Kind.ROW_SCROLLED_PAST, Kind.ROW_SWIPED])


@settings(max_examples=40)
@given(st.lists(st.tuples(kinds, st.integers(0, 40 * DAY)), max_size=20))
def test_warmth_keeps_its_bounds(done):
    events = [
        Event(str(i), "x", title_id(1) if kind is Kind.DETAIL_OPENED else "", kind, NOW - age,
              row="genre/Drama", cards_shown=3)
        for i, (kind, age) in enumerate(done)
    ]  # fmt: skip
    warm = mood.warmth(view(*events, user="x").member, now=NOW)
    assert all(-0.2 <= value <= 1 for value in warm.values())


def test_what_was_finished_and_liked_can_be_watched_again():
    liked = [*did(Kind.FINISHED, 5), *did(Kind.TWO_THUMBS_UP, 5)]
    shown = titles_of(view(*liked))
    assert [id for id, titles in shown.items() if 5 in titles] == ["watch-again"]
