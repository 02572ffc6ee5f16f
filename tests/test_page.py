"""The rules of the page, over random catalogues, members and moments."""

import weakref
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import scorer
from graph.behaviour import OF_ROWS, Event, Kind
from playbill.errors import NotFound
from playbill.v1 import page_pb2
from server import answers, candidates, cards, compose, facets, rows
from server.artwork import choose
from server.asked import Asked
from server.candidates import find
from server.catalogue import catalogue
from server.compose import Above, Placed
from server.view import View, look
from server.views import Views
from tests.live import deeds, members
from tests.rules import broken, whole
from tests.snapshots import BLEND, DAY, NOW, Shape, build, title_id, user_id

ENOUGH = 10**6

shapes = st.builds(
    Shape,
    titles=st.integers(2, 150),
    users=st.just(12),
    per_user=st.integers(0, 20),
    dimensions=st.just(8),
    genres=st.integers(1, 18),
    restricted=st.booleans(),
)


@dataclass(frozen=True)
class Case:
    shape: Shape
    seed: int
    user: int  # 12 is a newcomer
    deeds: list
    country: str
    days: int
    maturity_ceiling: int = -1
    kids: bool = False


cases = st.builds(
    Case,
    shape=shapes,
    seed=st.integers(0, 10**6),
    user=st.integers(0, 12),
    deeds=deeds,
    country=st.sampled_from(["", "DE", "US", "XX"]),
    days=st.integers(-40, 80),
    maturity_ceiling=st.sampled_from([-1, -1, 0, 12, 18]),
    kids=st.sampled_from([False, False, True]),
)


def asked(case: Case) -> Asked:
    moment = NOW + case.days * DAY
    return Asked(case.country, moment, maturity_ceiling=case.maturity_ceiling, kids=case.kids)


def seen(case: Case) -> View:
    """What the member of a case sees, after what they did there."""
    with members(build(case.shape, seed=case.seed)) as (derived, known, log):
        user = user_id(case.user)
        log.append([_event(user, i, *deed) for i, deed in enumerate(case.deeds)])
        return look(derived, known.get(user), asked(case))


def _event(user: str, i: int, title: int, kind: Kind, at: int, reached: float, row: str) -> Event:
    """A search names a genre where the row is one of a genre, and leads to no choice."""
    sought = kind is Kind.SEARCHED and row.startswith("genre/")
    return Event(
        str(i), user, "" if kind in OF_ROWS or sought else title_id(title), kind, NOW + at,
        completion=reached, row=row, cards_shown=title % 7,
        query=row.removeprefix("genre/") if sought else "",
    )  # fmt: skip


def all_rows(view: View) -> list[rows.Row]:
    offered = candidates.candidates(view)
    return [offered.row(at) for at in range(len(offered.kind))]


@settings(max_examples=150, deadline=None)
@given(cases, st.integers(1, 40), st.integers(1, 40))
def test_the_rules_hold_for_everybody(case: Case, size: int, cards: int) -> None:
    view = seen(case)
    assert not broken(view, asked(case), whole(view, cards=cards, size=size), cards=cards)


@settings(max_examples=60, deadline=None)
@given(cases, st.integers(compose.SCREEN_ROWS, 9))
def test_pages_asked_for_one_by_one_are_the_long_page(case: Case, size: int) -> None:
    view = seen(case)

    def told(placed: list[Placed]) -> list:
        return [(p.row.id, p.row.heading, p.titles.tolist()) for p in placed]

    assert told(whole(view, cards=10, size=size)) == told(whole(view, cards=10, size=40))
    assert told(whole(seen(case), cards=10, size=40)) == told(whole(view, cards=10, size=40))


@settings(max_examples=60, deadline=None)
@given(cases)
def test_a_row_by_its_name_is_the_row_on_the_page(case: Case) -> None:
    view = seen(case)
    for row in all_rows(view):
        again = find(view, row.id)
        assert (again.heading, again.kind, again.subject) == (row.heading, row.kind, row.subject)
        assert again.best(ENOUGH).tolist() == row.best(ENOUGH).tolist()
        assert len(set(row.best(ENOUGH).tolist())) == len(row.best(ENOUGH))
        assert row.heading
        assert row.reason.endswith(".")


def tall(titles: int = 400) -> Case:
    shape = Shape(titles=titles, users=12, per_user=20, restricted=False)
    return Case(shape, seed=1, user=1, deeds=[], country="", days=0)


def after(case: Case, *deeds: tuple) -> View:
    done = [(*each, "") for each in deeds]  # on no row
    return seen(Case(case.shape, case.seed, case.user, done, case.country, case.days))


def titles_of(view: View) -> dict[str, list[int]]:
    return {row.id: row.best(ENOUGH).tolist() for row in all_rows(view)}


def test_with_room_enough_there_is_something_of_everything() -> None:
    begun = titles_of(seen(tall()))["top-picks"][30]
    view = after(tall(), (begun, Kind.PROGRESS, 5, 0.4))
    placed = whole(view, cards=20, size=40)[:40]
    order = [p.row.kind for p in placed]
    assert order[0] == rows.CONTINUE
    assert order[compose.SCREEN_ROWS] == rows.TOP_10
    assert {rows.TOP_PICKS, facets.GENRE, facets.THEME, facets.DECADE} <= set(order)
    assert all(len(p.titles) == 20 for p in placed if p.row.kind in (rows.TOP_PICKS, facets.GENRE))


def test_what_is_begun_leads_continue_watching_and_leaves_it_when_finished() -> None:
    case, fresh = tall(), titles_of(seen(tall()))["top-picks"][0]
    begun = titles_of(after(case, (fresh, Kind.PROGRESS, 5, 0.4)))
    assert begun["continue-watching"][0] == fresh
    assert fresh not in begun["top-picks"]
    finished = titles_of(
        after(case, (fresh, Kind.PROGRESS, 5, 0.4), (fresh, Kind.FINISHED, 9, 0.0))
    )
    assert [id for id, titles in finished.items() if fresh in titles] == ["watch-again"]
    assert f"because/{title_id(fresh)}" in finished


@pytest.mark.parametrize(
    ("row", "kind", "completion"),
    [("continue-watching", Kind.PROGRESS, 0.4), ("my-list", Kind.LIST_ADDED, 0.0)],
)
def test_one_title_of_their_own_is_joined_by_those_nearest_to_it(
    row: str, kind: Kind, completion: float
) -> None:
    case = replace(tall(), user=12)  # a newcomer, who began nothing else
    fresh, other = titles_of(seen(case))["popular-now"][:2]
    view = after(case, (fresh, kind, 5, completion))
    first, *joined = titles_of(view)[row]
    near = view.catalogue.snapshot.titles.similar[fresh]
    nearest = [title for title in near.tolist() if title != fresh and view.fresh[title]]
    assert first == fresh
    assert joined
    assert set(joined) <= set(nearest[: rows.NEAREST])
    two = titles_of(after(case, (fresh, kind, 5, completion), (other, kind, 6, completion)))[row]
    assert two == [other, fresh]


def test_what_was_begun_long_ago_is_gone_on_with_by_those_who_go_on_with_anything() -> None:
    case = tall()
    lately, old = titles_of(seen(case))["top-picks"][:2]
    begun = [(old, Kind.PROGRESS, -50 * DAY, 0.5)]
    assert "continue-watching" not in titles_of(after(case, *begun))
    begun.append((lately, Kind.PROGRESS, -DAY, 0.5))
    first, *others = titles_of(after(case, *begun))["continue-watching"]
    assert first == lately
    assert old in others


def best_match(view: View) -> int:
    titles = view.ranking.best(1)
    return cards.card(view, int(titles[0])).match_percent


def test_who_did_one_thing_is_promised_less_than_who_did_much() -> None:
    case = tall()
    stranger = Case(case.shape, case.seed, 12, [], case.country, case.days)
    done = [(title, Kind.FINISHED, -DAY - title, 1.0) for title in range(10)]
    looked = [(title, Kind.DETAIL_OPENED, -title, 0.0) for title in range(20)]
    assert best_match(seen(stranger)) == 0
    assert 50 < best_match(after(stranger, *done[:1])) < 75
    assert best_match(after(stranger, *done)) > 80
    assert best_match(after(stranger, *looked)) > 50


def test_what_a_member_saw_before_they_did_something_is_not_kept() -> None:
    with members(build(tall().shape)) as (derived, known, log):
        views, here, user = Views(derived, most=2), Asked("", NOW), user_id(1)
        first = views.look(known.get(user), here)
        assert views.look(known.get(user), here) is first
        before = weakref.ref(first.view)
        del first
        log.append([Event("1", user, title_id(3), Kind.FINISHED, NOW)])
        after = views.look(known.get(user), here)
        assert before() is None
        for other in (2, 3):
            views.look(known.get(user_id(other)), here)
        assert views.look(known.get(user), here) is not after  # those of two members are kept


def test_a_thumb_down_takes_a_title_off_every_row_and_clearing_it_brings_it_back() -> None:
    case, title = tall(), titles_of(seen(tall()))["top-picks"][0]
    down = titles_of(after(case, (title, Kind.THUMB_DOWN, 5, 0.0)))
    assert not any(title in titles for titles in down.values())
    cleared = after(case, (title, Kind.THUMB_DOWN, 5, 0.0), (title, Kind.THUMB_CLEARED, 6, 0.0))
    assert title in titles_of(cleared)["top-picks"]


def test_a_title_that_was_only_thumbed_is_not_said_to_be_watched() -> None:
    case, title = tall(), titles_of(seen(tall()))["top-picks"][0]
    row_id, liked = f"because/{title_id(title)}", (title, Kind.TWO_THUMBS_UP, 5, 0.0)
    assert row_id not in titles_of(after(case, liked))
    with pytest.raises(NotFound):
        find(after(case, liked), row_id)
    assert row_id in titles_of(after(case, liked, (title, Kind.FINISHED, 6, 0.0)))


def test_all_rows_of_a_newcomer_follow_what_is_popular_in_their_country() -> None:
    built = build(Shape(titles=400, users=12, restricted=False, lifted=False), seed=3)
    with members(built) as (derived, known, _):
        titles = {}
        for country in ("DE", "JP"):
            view = look(derived, known.get("new"), Asked(country, NOW))
            order = derived.by_popularity(derived.countries[country])
            for id, row in titles_of(view).items():
                if id.startswith(("genre/", "decade/")):
                    assert row == [title for title in order.tolist() if title in set(row)]
            titles[country] = titles_of(view)
        both = titles["DE"].keys() & titles["JP"].keys()
        differ = [id for id in both if titles["DE"][id] != titles["JP"][id]]
        assert len(differ) > len(both) / 2


def test_a_newcomer_sees_what_is_popular_spread_over_genres() -> None:
    view = seen(Case(tall().shape, seed=1, user=12, deeds=[], country="", days=0))
    placed = whole(view, cards=20, size=10)
    assert placed[0].row.kind == rows.POPULAR
    assert rows.TOP_PICKS not in {p.row.kind for p in placed}
    popular = view.catalogue.snapshot.titles.popularity
    first = placed[0].titles
    assert popular[first].min() > np.median(popular)

    def crowding(titles: np.ndarray) -> int:
        of = [g for t in titles for g in view.catalogue.snapshot.titles.genres[t].tolist()]
        return sum(times**2 for times in Counter(of).values())

    assert crowding(first) < crowding(view.catalogue.by_popularity(view.country)[: len(first)])
    assert rows.BECAUSE not in {p.row.kind for p in placed}


def test_of_somebody_who_stays_away_less_and_less_is_known() -> None:
    def away_from_popular(case: Case) -> float:
        view = seen(case)
        popular = (1 + BLEND.recent) * view.catalogue.snapshot.weights.recent
        return float(np.abs(view.scores - popular).mean())

    plain = replace(tall(), shape=replace(tall().shape, lifted=False))
    years = [away_from_popular(replace(plain, days=365 * n)) for n in (0, 1, 3, 30)]
    assert years[0] > years[1]
    assert years[1:] == pytest.approx([years[3]] * 3, rel=0.02)  # but a taste is never forgotten
    assert years[3] > scorer.LEAST / 2 * years[0]
    assert years[0] > 0.3
    assert away_from_popular(replace(plain, user=12)) == 0


def test_work_stops_when_nobody_waits_any_more() -> None:
    view, looked = seen(tall()), []

    def gone() -> None:
        looked.append(1)
        if len(looked) == 3:
            raise TimeoutError

    above = answers.above((np.zeros(0, np.uint32),) * 4, view.catalogue)
    offered = candidates.candidates(view)
    with pytest.raises(TimeoutError):
        compose.compose(offered, size=40, cards=40, above=above, still_wanted=gone)
    assert len(looked) == 3


def test_one_title_is_no_choice_and_two_are() -> None:
    def page_of(titles: int) -> list[list[int]]:
        shape = Shape(titles=titles, users=1, per_user=0, restricted=False)
        case = Case(shape, seed=0, user=12, deeds=[], country="", days=0)
        return [sorted(p.titles.tolist()) for p in whole(seen(case), cards=20, size=10)]

    assert page_of(1) == []
    assert page_of(2) == [[0, 1]]


def test_a_row_nobody_has_is_not_found() -> None:
    view = seen(Case(tall().shape, seed=1, user=12, deeds=[], country="", days=0))
    for row_id in ("top-picks", "genre/none", "because/t000001", "", "nonsense/1"):
        with pytest.raises(NotFound, match="GetPage names"):
            find(view, row_id)


def test_titles_that_all_score_alike_stand_by_how_near_they_are():
    shape = Shape(titles=400, users=8, per_user=30, restricted=False)
    with members(build(shape, seed=4)) as (derived, known, _):
        view = look(derived, known.get(user_id(3)), Asked("", NOW))
        for level in (0.0, -1.2, 3.1):
            alike = replace(view, scores=np.full(400, level, np.float32))
            found = rows.because(alike)
            assert found
            for row in found:
                near = derived.snapshot.titles.similar[derived.row_of[row.subject]]
                fresh = near[(near >= 0) & view.fresh[near]]
                assert row.best(ENOUGH).tolist() == fresh.tolist()


def test_the_artwork_that_fits_is_worn() -> None:
    built = build(Shape(titles=40, users=1, per_user=0))
    titles, artworks = built.titles, built.artworks
    vector = artworks.embedding[titles.artworks[7][-1]] * 3
    for title, chosen in enumerate(choose(built, np.arange(40, dtype=np.int32), vector).tolist()):
        own = titles.artworks[title].tolist()
        fits = [float(artworks.embedding[a] @ vector) for a in own]
        assert chosen in own
        assert fits[own.index(chosen)] == pytest.approx(max(fits))
    nobody = np.zeros_like(vector)
    assert choose(built, np.array([7, 7], np.int32), nobody).tolist() == [titles.artworks[7][0]] * 2


def test_a_card_wears_the_picture_that_was_chosen() -> None:
    built = build(Shape(titles=40, users=1, per_user=0))
    derived = catalogue(built, artwork_root="")
    title = next(t for t in range(40) if len(built.titles.artworks[t]) > 1)
    pictures = built.titles.artworks[title][:2].tolist()
    for picture in (*pictures, -1, *pictures):
        card = page_pb2.Card.FromString(derived.card(title, picture))
        worn = built.artworks.vocabulary[picture] if picture >= 0 else ""
        assert (card.title_id, card.artwork.artwork_id) == (title_id(title), worn)
        assert card.HasField("artwork") == (picture >= 0)


def test_above_an_empty_token_is_nothing() -> None:
    derived = catalogue(build(Shape(titles=5, users=1)), artwork_root="")
    above = answers.above((np.zeros(0, np.uint32),) * 4, derived)
    assert isinstance(above, Above)
    assert above.heads == []
    assert above.last is None


def test_one_card_a_row_is_still_a_page_of_rows() -> None:
    placed = whole(seen(tall()), cards=1, size=10)
    assert len(placed) >= 6
    assert {len(p.titles) for p in placed} == {1}
