"""The rows that are not about a facet, each against what it says of itself."""

from dataclasses import replace

import numpy as np
import pytest

from graph.behaviour import Event, Kind
from graph.snapshot import Snapshot
from server import rows
from server.asked import Asked
from server.view import View, look
from tests.live import members
from tests.rules import whole
from tests.snapshots import COUNTRIES, DAY, NOW, Shape, build, title_id, user_id

BUILT = build(Shape(titles=400, users=12, per_user=20, restricted=False, lifted=False), seed=1)
MEMBER = user_id(3)
K = 40


def view(
    *events: Event, user: str = MEMBER, seed: int = 0, country: str = "", built: Snapshot = BUILT
) -> View:
    with members(built) as (derived, known, log):
        log.append(events)
        return look(derived, known.get(user), Asked(country, NOW, seed=seed))


def drawn(name: str = "ada", seed: int = 0) -> list[int]:
    """For a member who watched the same as any other."""
    same = [Event(f"{t}", name, title_id(t), Kind.FINISHED, NOW) for t in (7, 99, 300)]
    row = rows.something_different(view(*same, user=name, seed=seed))
    assert row is not None
    return row.best(K).tolist()


def test_something_different_is_drawn_for_each_seed_and_member():
    assert drawn() == drawn()
    assert drawn(seed=1) != drawn() != drawn("bob")
    often = np.zeros(400)
    for seed in range(60):
        often[drawn(seed=seed)] += 1
    some = often[often > 0]
    assert len(some) == rows.DIFFERENT_POOL
    assert some.sum() == 60 * rows.DIFFERENT
    assert 5 < some.min() < some.max() < 36  # 20 of 60 are usual


def test_what_is_near_what_was_liked_adds_up():
    liked = (7, 99, 300)
    events = [Event(str(t), "new", title_id(t), Kind.TWO_THUMBS_UP, NOW) for t in liked]
    events += [Event(f"{t}/seen", "new", title_id(t), Kind.FINISHED, NOW) for t in liked]
    similar, similarity = BUILT.titles.similar.copy(), BUILT.titles.similarity.copy()
    similar[99, 3:], similarity[99, 3:] = -1, 0  # few are near it
    few = replace(BUILT, titles=replace(BUILT.titles, similar=similar, similarity=similarity))
    with members(few) as (derived, known, log):
        log.append(events)
        there = look(derived, known.get("new"), Asked("", NOW))
    total = dict.fromkeys(range(400), 0.0)
    for title in liked:
        for near, likeness in zip(similar[title].tolist(), similarity[title].tolist(), strict=True):
            if near >= 0:
                total[near] += likeness
    best = sorted((t for t in total if total[t] > 0 and there.fresh[t]), key=lambda t: -total[t])
    row = rows.more_like_liked(there)
    assert row is not None
    fitting = sorted(best[: rows.CHARTED], key=lambda t: -there.scores[t])
    assert row.best(K).tolist() == fitting[:K]


def test_of_titles_as_near_the_one_that_fits_better_comes_first():
    liked = view()
    alike = replace(BUILT.titles, similarity=np.full_like(BUILT.titles.similarity, 0.5))
    snapshot = replace(BUILT, titles=alike)
    with members(snapshot) as (derived, known, _):
        there = look(derived, known.get(liked.member.id), Asked("", NOW))
    found = rows.because(there)
    assert found
    for row in found:
        scores = there.scores[row.best(K)]
        assert (np.diff(scores) <= 0).all()


def test_a_chart_of_titles_that_fit_alike_keeps_its_order():
    alike = replace(view(), scores=np.ones(400, np.float32))
    row = rows.trending(alike)
    assert row is not None
    charted = BUILT.charts.trending
    assert row.best(K).tolist() == charted[(charted >= 0) & alike.fresh[charted]][:K].tolist()


def lists(*of: range) -> np.ndarray:
    """Charts of so many titles at most, filled with -1."""
    chart = np.full((len(of), max(map(len, of))), -1, np.int32)
    for row, titles in zip(chart, of, strict=True):
        row[: len(titles)] = titles
    return chart


def on_page(there: View, kind: int) -> list[int]:
    """The titles of the one row of a kind."""
    [placed] = [p for p in whole(there, cards=K, size=K) if p.row.kind == kind]
    return placed.titles.tolist()


# What is watched in each of COUNTRIES, and everywhere; hardly anything in the last country.
WATCHED = (range(60), range(60, 120), range(120, 180), range(180, 185), range(185, 245))


@pytest.mark.parametrize("country", COUNTRIES)
def test_what_is_watched_in_a_country_is_what_its_members_are_shown(country: str):
    charts = replace(BUILT.charts, top=lists(*WATCHED), popular=lists(*WATCHED))
    there = view(country=country, built=replace(BUILT, charts=charts))
    here, everywhere = WATCHED[COUNTRIES.index(country)], WATCHED[-1]
    row, top = rows.top_10(there), here if len(here) >= rows.TOP else everywhere
    assert row is not None
    assert row.heading == f"Top 10 {'here' if top is here else 'everywhere'} this week"
    assert row.best(K).tolist() == [title for title in top if there.wanted[title]][: rows.TOP]
    assert on_page(there, rows.TOP_10) == row.best(K).tolist()
    popular = rows.popular_now(there)
    assert popular is not None
    shown = popular.best(K).tolist()
    assert len(shown) == K  # those charted here, and after them what is popular everywhere
    assert set(shown) >= {*[title for title in here if there.fresh[title]][:K]}


def test_what_is_new_or_trends_or_is_liked_by_their_community_has_a_row():
    few_rows = Shape(titles=400, users=12, restricted=False, genres=3, tags=2, people=2)
    plain = build(few_rows, seed=1)
    fitting = view(built=plain).ranking.best(100)
    lately, trend, liked, others = (fitting[at::4] for at in range(4))
    begins, community = np.zeros(400, np.int64), np.zeros(12, np.int32)
    begins[lately], begins[others] = NOW - DAY, NOW - rows.NEW_FOR - DAY
    community[int(MEMBER[1:])] = 1
    charts = replace(plain.charts, trending=trend, community=np.stack([others, liked]))
    built = replace(
        plain,
        titles=replace(plain.titles, available_from=begins),
        users=replace(plain.users, community=community),
        charts=charts,
    )
    there = view(built=built)
    assert sorted(on_page(there, rows.NEW)) == sorted(lately)
    assert sorted(on_page(there, rows.TRENDING)) == sorted(trend)
    assert sorted(on_page(there, rows.COMMUNITY)) == sorted(liked)
    assert rows.community(view(user="a newcomer", built=built)) is None
