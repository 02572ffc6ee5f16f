"""What the real server says of titles, of similar titles and users, and of its model."""

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from graph.arrays import Strings
from graph.behaviour import finished
from graph.snapshot import Snapshot, Users
from playbill.v1 import playbill_service_pb2 as pb
from tests.served import SHAPE, World, ids, paged, refusal, somebody
from tests.serving import serving
from tests.snapshots import Shape, build, publish, title_id, user_id


def well_watched(users: Users, row: int) -> set[int]:
    """What a user watched without a word against it."""
    span = slice(*users.history.offsets[row : row + 2])
    good = (users.past.thumb[span] >= 0) & (users.past.weight[span] > 0)
    return set(users.history.values[span][good].tolist())


def may_be_seen(snapshot: Snapshot, user: int, *, ceiling: int = 99) -> set[int]:
    """By a user now, within a ceiling."""
    titles, users, now = snapshot.titles, snapshot.users, time.time()
    own = int(users.maturity_ceiling[user])
    lowest = ceiling if own < 0 else min(ceiling, own)
    return {
        title
        for title in range(len(titles.vocabulary))
        if titles.available_from[title] <= now
        and (not titles.available_until[title] or now < titles.available_until[title])
        and (not len(titles.countries[title]) or users.country[user] in titles.countries[title])
        and titles.maturity[title] <= lowest
        and (not users.kids[user] or 0 <= titles.maturity[title] <= 7)
    }


@pytest.mark.parametrize("size", [5, 100])  # from the refresh's own list, and past its end
def test_similar_users_are_the_nearest_and_share_what_it_says(
    world: World, stub, size: int
) -> None:
    users, user = world.snapshot.users, 42
    cosines = users.embedding @ users.embedding[user]
    cosines[user] = -np.inf
    cosines[~users.embedding.any(axis=1)] = -np.inf
    wanted = np.argsort(-cosines, kind="stable")[:size]
    answer = stub.ListSimilarUsers(
        pb.ListSimilarUsersRequest(user_id=user_id(user), page_size=size)
    )
    assert [u.user_id for u in answer.similar_users] == [user_id(row) for row in wanted]
    watchers = Counter(users.history.values.tolist())
    allowed = may_be_seen(world.snapshot, user)
    for each in answer.similar_users:
        both = well_watched(users, user) & well_watched(users, int(each.user_id[1:])) & allowed
        shown = [int(t.title_id[1:]) for t in each.shared_titles]
        assert each.shared_title_count == len(both)
        assert set(shown) <= both
        rarest = sorted(watchers[t] for t in both)[: len(shown)]
        assert [watchers[t] for t in shown] == rarest
        assert len(shown) == min(5, len(both))


def test_similar_users_go_on_by_token(stub) -> None:
    request = pb.ListSimilarUsersRequest(user_id=user_id(42), page_size=30)
    answers = paged(stub.ListSimilarUsers, request)
    found = [u.user_id for answer in answers for u in answer.similar_users]
    assert user_id(42) not in found
    assert len(found) == len(set(found)) > 150


def test_similar_titles_are_those_of_the_snapshot(world: World, stub) -> None:
    request = pb.ListSimilarTitlesRequest(title_id=title_id(7), page_size=15)
    answers = paged(stub.ListSimilarTitles, request)
    found = [t for answer in answers for t in answer.similar_titles]
    titles, now = world.snapshot.titles, time.time()
    until = titles.available_until
    open_ = (titles.available_from <= now) & ((until == 0) | (until > now))
    wanted = [t for t in titles.similar[7].tolist() if open_[t]]
    assert [t.title_id for t in found] == [title_id(t) for t in wanted]
    assert found[0].similarity == pytest.approx(titles.similarity[7][open_[titles.similar[7]]][0])


def test_a_title_fits_as_on_the_page_of_that_hour_and_device(world: World, stub) -> None:
    user = user_id(somebody(world.snapshot))
    time.sleep(max(time.time() % 60 - 50, 0) * 2)  # scores are those of a minute: not to its end
    matches = []
    elsewhere: list[dict[str, Any]] = [{}, {"device": "tv", "utc_offset_minutes": 720}]
    for here in elsewhere:
        cards = [card for row in stub.GetPage(pb.GetPageRequest(user_id=user, **here)).rows
                 for card in row.cards]  # fmt: skip
        for card in cards[:40]:
            request = pb.GetTitleRequest(user_id=user, title_id=card.title_id, **here)
            assert stub.GetTitle(request).card == card
        matches.append({card.title_id: card.match_percent for card in cards})
    both = matches[0].keys() & matches[1].keys()
    assert any(matches[0][title] != matches[1][title] for title in both)


def test_a_title_as_a_member_sees_it(world: World, stub) -> None:
    user = user_id(somebody(world.snapshot))
    page = stub.GetPage(pb.GetPageRequest(user_id=user))
    card = page.rows[1].cards[0]
    answer = stub.GetTitle(pb.GetTitleRequest(user_id=user, title_id=card.title_id))
    at = int(card.title_id[1:])
    assert answer.card == card
    names = [world.snapshot.genres.name[g] for g in world.snapshot.titles.genres[at]]
    assert list(answer.genres) == names
    assert answer.runtime_minutes == world.snapshot.titles.runtime[at]


def test_a_title_is_seen_from_the_country_asked_for(world: World, stub) -> None:
    titles, user = world.snapshot.titles, somebody(world.snapshot)
    now, until = time.time(), titles.available_until
    open_ = (titles.available_from <= now) & ((until == 0) | (until > now))
    title = int(np.flatnonzero(open_ & (titles.countries.lengths() > 0))[0])
    shown_in = {world.snapshot.countries[c] for c in titles.countries[title]}
    for country in ("DE", "FR", "JP", "US", "XX", ""):
        request = pb.GetTitleRequest(
            user_id=user_id(user), title_id=title_id(title), country=country
        )
        if country in shown_in:
            assert stub.GetTitle(request).card.title_id == title_id(title)
        else:
            assert refusal(stub.GetTitle, request).code() is grpc.StatusCode.NOT_FOUND
    request.country = "usa"
    assert refusal(stub.GetTitle, request).code() is grpc.StatusCode.INVALID_ARGUMENT


def test_an_account_that_no_refresh_has_seen_is_bounded_by_what_the_request_says(
    world: World, stub
) -> None:
    maturity = world.snapshot.titles.maturity
    stranger = "nobody has seen them"

    def ratings(**bounds: Any) -> set[int]:
        page = stub.GetPage(pb.GetPageRequest(user_id=stranger, page_size=40, **bounds))
        return {int(maturity[int(id[1:])]) for row in page.rows for id in ids(row)}

    assert max(ratings()) == 18
    assert max(ratings(maturity_ceiling=12)) == 12
    assert max(ratings(maturity_ceiling=0)) == 0
    assert ratings(kids=True) <= {0, 6, 7}
    row = stub.GetRow(pb.GetRowRequest(
        user_id=stranger, row_id="popular-now", page_size=100, maturity_ceiling=12
    )).row  # fmt: skip
    assert max(int(maturity[int(id[1:])]) for id in ids(row)) == 12
    adult = title_id(int(np.flatnonzero(maturity == 18)[0]))
    request = pb.GetTitleRequest(user_id="nobody", title_id=adult, maturity_ceiling=16)
    assert refusal(stub.GetTitle, request).code() is grpc.StatusCode.NOT_FOUND


def test_of_two_ceilings_the_lower_holds(world: World, stub) -> None:
    users, maturity = world.snapshot.users, world.snapshot.titles.maturity
    user = int(np.flatnonzero((users.maturity_ceiling == 12) & (users.kids == 0))[0])
    for asked, holds in ((7, 7), (18, 12)):
        request = pb.GetPageRequest(user_id=user_id(user), page_size=40, maturity_ceiling=asked)
        shown = {int(id[1:]) for row in stub.GetPage(request).rows for id in ids(row)}
        assert max(int(maturity[title]) for title in shown) == holds


def test_similar_titles_for_a_member_are_those_that_they_may_see_and_still_want(
    world: World, stub
) -> None:
    user, titles = somebody(world.snapshot), world.snapshot.titles
    asked: dict[str, Any] = {"title_id": title_id(7), "page_size": 100}
    for ceiling in (18, 7):
        request = pb.ListSimilarTitlesRequest(
            **asked, user_id=user_id(user), maturity_ceiling=ceiling
        )
        found = [int(t.title_id[1:]) for t in stub.ListSimilarTitles(request).similar_titles]
        near = titles.similar[7][titles.similarity[7] > 0].tolist()
        allowed = may_be_seen(world.snapshot, user, ceiling=ceiling)
        done = turned_down_or_finished(world.snapshot.users, user)
        assert found == [t for t in near if t in allowed - done]
        assert found
    anybody = pb.ListSimilarTitlesRequest(**asked, country="DE", kids=True)
    shown = [int(t.title_id[1:]) for t in stub.ListSimilarTitles(anybody).similar_titles]
    assert shown
    for title in shown:
        assert 0 <= titles.maturity[title] <= 7
        countries = {world.snapshot.countries[c] for c in titles.countries[title]}
        assert not countries or "DE" in countries


def turned_down_or_finished(users: Users, row: int) -> set[int]:
    span = slice(*users.history.offsets[row : row + 2])
    past = users.past.taken(span)
    no = finished(past.completion, past.playhead) | (past.thumb < 0) | (past.hidden_at > 0)
    return set(users.history.values[span][no].tolist())


def test_a_child_is_not_shown_what_is_not_for_children(world: World, stub) -> None:
    titles, users = world.snapshot.titles, world.snapshot.users
    child = user_id(int(np.flatnonzero(users.kids)[0]))
    page = stub.GetPage(pb.GetPageRequest(user_id=child, page_size=40, cards_per_row=40))
    shown = {int(title[1:]) for row in page.rows for title in ids(row)}
    assert shown
    assert {int(titles.maturity[t]) for t in shown} <= {0, 6, 7}
    for maturity in (18, -1):
        grown_up = title_id(int(np.flatnonzero(titles.maturity == maturity)[0]))
        error = refusal(stub.GetTitle, pb.GetTitleRequest(user_id=child, title_id=grown_up))
        assert error.code() is grpc.StatusCode.NOT_FOUND


def test_the_model_says_what_it_is(stub) -> None:
    answer = stub.GetModel(pb.GetModelRequest())
    assert answer.version == "v1"
    assert answer.metrics["candidate/ndcg@20"] == 0.4
    assert answer.counts["Title"] == SHAPE.titles
    assert answer.published_at.seconds


def test_artwork_without_a_scheme_is_sent_with_where_it_is_served(tmp_path: Path) -> None:
    built = build(Shape(restricted=False))
    uris = ["https://cdn.example/a.svg" if i % 2 else f"é:{i}.svg" for i in range(999)]
    artworks = replace(built.artworks, uri=Strings.of(uris[: len(built.artworks.uri)]))
    publish(replace(built, artworks=artworks), tmp_path / "snapshots")

    def sent(**settings: str) -> set[str]:
        with serving(tmp_path, workers=1, **settings) as running:
            page = running.stub.GetPage(pb.GetPageRequest(user_id=user_id(1), page_size=40))
            found = {card.artwork.uri for row in page.rows for card in row.cards}
        assert "https://cdn.example/a.svg" in found
        return found - {"https://cdn.example/a.svg"}

    for root, settings in (
        ("https://images.example/", {"PLAYBILL_ARTWORK_BASE": "https://images.example"}),
        (f"{(tmp_path / 'artwork').as_uri()}/", {}),
    ):
        found = sent(**settings)
        assert found
        assert found <= {root + uri for uri in uris}
