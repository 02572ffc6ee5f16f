"""Everything a member does, told over gRPC to one worker and seen on the page of another."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest

from graph.behaviour import OF_ROWS, Event, Kind
from graph.events import EventLog
from playbill.v1 import event_pb2, page_pb2
from playbill.v1 import playbill_service_pb2 as pb
from playbill.v1.playbill_service_pb2_grpc import PlaybillServiceStub
from server.compose import SCREEN_ROWS
from tests.served import refusal
from tests.serving import Running, event, eventually, serving
from tests.snapshots import GENRES, Shape, build, publish, title_id, user_id

SHAPE = Shape(titles=400, users=60, per_user=20, restricted=False, lifted=False)
ROW = "genre/Drama"
# What each kind needs beside a title; those with None have none.
NEEDS: dict[Kind, dict[str, Any]] = {
    Kind.PROGRESS: {"completion": 0.4},
    Kind.ABANDONED: {"completion": 0.05},
    Kind.SEARCHED: {"query": "rivers"},
    Kind.ROW_SCROLLED_PAST: {"row_id": ROW, "cards_shown": 6},
    Kind.ROW_SWIPED: {"row_id": ROW, "cards_shown": 12},
}


class Client:
    """Tells one worker, and asks another."""

    def __init__(self, running: Running) -> None:
        stubs = list(running.one_stub_a_worker().values())
        self.tells, self.asks = stubs[0], stubs[-1]
        self.told = 0

    def tell(self, user: str, kind: Kind, title: str = "", *, times: int = 1, **more: Any) -> None:
        for _ in range(times):
            self.told += 1
            happened = event(f"{user}/{self.told}", user, title, kind, **more)
            answer = self.tells.RecordEvents(pb.RecordEventsRequest(events=[happened]))
            assert not answer.refused
            assert answer.stored == 1

    def page(self, user: str) -> pb.GetPageResponse:
        return self.asks.GetPage(pb.GetPageRequest(user_id=user, page_size=40, cards_per_row=40))

    def rows(self, user: str) -> dict[str, list[str]]:
        """Title ids by row id, in the order of the page."""
        return {row.row_id: [c.title_id for c in row.cards] for row in self.page(user).rows}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("deeds")
    publish(build(SHAPE, now=int(time.time())), data / "snapshots")
    with serving(data) as served:
        yield served


@pytest.fixture(scope="module")
def client(running: Running) -> Client:
    return Client(running)


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A member with a history, of each test its own."""
    tests = [item for item in request.session.items if item.path == request.node.path]
    return user_id(tests.index(request.node) % SHAPE.users)


def pick(client: Client, user: str, nth: int = 0) -> str:
    """One of their top picks."""
    return client.rows(user)["top-picks"][nth]


def test_every_kind_is_taken_and_nothing_else(client: Client, user: str) -> None:
    sent = [
        event(
            f"all/{kind}", user, "" if kind in OF_ROWS else title_id(1), kind, **NEEDS.get(kind, {})
        )
        for kind in Kind
    ]
    lacking = [bare(of) for of in sent if Kind(of.kind) in NEEDS]
    unknown = [event("all/0", user, title_id(1), 0), event("all/99", user, title_id(1), 99)]
    answer = client.tells.RecordEvents(pb.RecordEventsRequest(events=sent + lacking + unknown))
    assert answer.stored == len(Kind) == len(event_pb2.EventKind.items()) - 1
    assert [refused.index for refused in answer.refused] == list(
        range(len(sent), len(sent) + len(lacking) + len(unknown))
    )
    assert all(refused.reason for refused in answer.refused)
    again = client.tells.RecordEvents(pb.RecordEventsRequest(events=sent))
    assert (again.stored, again.duplicates) == (0, len(sent))


def bare(of: event_pb2.Event) -> event_pb2.Event:
    """The same event without what its kind needs."""
    copy = event_pb2.Event()
    copy.CopyFrom(of)
    for name in NEEDS[Kind(of.kind)]:
        copy.ClearField(name)
    return copy


def test_all_that_is_told_of_an_event_is_kept(client: Client, running: Running, user: str) -> None:
    place: dict[str, Any] = {
        "device": "tv", "page_id": "p1", "row_id": ROW, "row_position": 2, "utc_offset_minutes": -90
    }  # fmt: skip
    seen = event("kept/seen", user, title_id(5), Kind.IMPRESSION, position=7, **place)
    seen.duration.FromMilliseconds(1250)
    swiped = event("kept/swiped", user, "", Kind.ROW_SWIPED, cards_shown=12, **place)
    sought = event("kept/sought", user, title_id(6), Kind.SEARCHED, query="rivers")
    paused = event("kept/paused", user, title_id(6), Kind.PAUSED, completion=0.25)
    told = [seen, swiped, sought, paused]
    assert client.tells.RecordEvents(pb.RecordEventsRequest(events=told)).stored == len(told)

    def kept(of: event_pb2.Event, **more: Any) -> Event:
        at, millis = of.time.seconds, of.time.nanos // 1_000_000
        return Event(of.event_id, user, of.title_id, Kind(of.kind), at, millis=millis, **more)

    there = {"device": "tv", "page": "p1", "row": ROW, "row_position": 2, "utc_offset": -90}
    with closing(EventLog.open(running.data / "events.sqlite")) as log:
        found = [each for _, each in log.read(0, 10**6) if each.id.startswith("kept/")]
    assert found == [
        kept(seen, position=7, duration=1.25, **there),
        kept(swiped, cards_shown=12, **there),
        kept(sought, query="rivers"),
        kept(paused, completion=0.25),
    ]


def test_a_batch_of_a_thousand_is_taken_whole_and_a_larger_one_is_not(
    client: Client, user: str
) -> None:
    more = [event(f"batch/{n}", user, title_id(n % 400), Kind.IMPRESSION) for n in range(1_001)]
    error = refusal(client.tells.RecordEvents, pb.RecordEventsRequest(events=more))
    assert "1000" in error.details()
    answer = client.tells.RecordEvents(pb.RecordEventsRequest(events=more[:-1]))
    assert (answer.stored, answer.duplicates, len(answer.refused)) == (1_000, 0, 0)


@pytest.mark.parametrize(
    ("against", "taken_back"),
    [(Kind.THUMB_DOWN, Kind.THUMB_CLEARED), (Kind.HIDDEN, Kind.UNHIDDEN)],
)
def test_what_is_not_for_them_leaves_every_row_until_that_is_taken_back(
    client: Client, user: str, against: Kind, taken_back: Kind
) -> None:
    title = pick(client, user)
    client.tell(user, against, title)
    assert not any(title in titles for titles in client.rows(user).values())
    client.tell(user, taken_back, title)
    assert title in client.rows(user)["top-picks"]


def test_a_thumb_down_alone_makes_nobody_known(client: Client) -> None:
    popular, *_ = client.rows("nobody")["popular-now"]
    client.tell("nobody", Kind.THUMB_DOWN, popular)
    rows = client.rows("nobody")
    assert "top-picks" not in rows
    assert not any(popular in titles for titles in rows.values())
    client.tell("nobody", Kind.FINISHED, rows["popular-now"][0])
    assert "top-picks" in client.rows("nobody")


def test_who_disliked_all_that_they_watched_is_a_stranger(client: Client) -> None:
    title = client.rows("critic")["popular-now"][0]
    client.tell("critic", Kind.FINISHED, title)
    assert "top-picks" in client.rows("critic")
    client.tell("critic", Kind.THUMB_DOWN, title)
    assert "top-picks" not in client.rows("critic")
    answer = client.asks.GetTitle(pb.GetTitleRequest(title_id=title, user_id="critic"))
    assert answer.card.match_percent == 0


def test_what_was_thumbed_down_fits_nobody(client: Client, user: str) -> None:
    request = pb.GetTitleRequest(title_id=pick(client, user), user_id=user)
    assert client.asks.GetTitle(request).card.match_percent > 0
    client.tell(user, Kind.THUMB_DOWN, request.title_id)
    assert client.asks.GetTitle(request).card.match_percent == 0


def test_what_was_begun_is_gone_on_with_until_it_is_finished(client: Client, user: str) -> None:
    title = pick(client, user)
    client.tell(user, Kind.PLAY_STARTED, title)
    client.tell(user, Kind.PROGRESS, title, completion=0.4)
    client.tell(user, Kind.PAUSED, title, completion=0.5)
    client.tell(user, Kind.REWOUND, title, completion=0.2)
    rows = client.rows(user)
    assert next(iter(rows)) == "continue-watching"
    assert rows["continue-watching"][0] == title
    client.tell(user, Kind.FINISHED, title)
    rows = client.rows(user)
    assert title not in rows.get("continue-watching", [])
    assert {id for id, titles in rows.items() if title in titles} <= {"watch-again"}


def test_what_is_watched_again_is_gone_on_with_again(client: Client, user: str) -> None:
    title = pick(client, user)
    client.tell(user, Kind.FINISHED, title)
    time.sleep(1.1)
    client.tell(user, Kind.PROGRESS, title, completion=0.1)  # no more than a look
    assert title not in client.rows(user).get("continue-watching", [])
    client.tell(user, Kind.PROGRESS, title, completion=0.4)
    rows = client.rows(user)
    assert rows["continue-watching"][0] == title
    assert title not in rows.get("watch-again", [])
    request = pb.GetTitleRequest(title_id=title, user_id=user)
    assert client.asks.GetTitle(request).card.completion == 0.4
    client.tell(user, Kind.FINISHED, title)
    assert title not in client.rows(user).get("continue-watching", [])


def test_what_was_given_up_early_is_not_gone_on_with(client: Client, user: str) -> None:
    title = pick(client, user)
    client.tell(user, Kind.PLAY_STARTED, title)
    client.tell(user, Kind.ABANDONED, title, completion=0.05)
    assert title not in client.rows(user).get("continue-watching", [])


def test_my_list_is_what_was_put_there(client: Client, user: str) -> None:
    first, second = pick(client, user, 0), pick(client, user, 1)
    client.tell(user, Kind.LIST_ADDED, first)
    client.tell(user, Kind.LIST_ADDED, second)
    assert {first, second} <= set(client.rows(user)["my-list"])
    time.sleep(1.1)
    client.tell(user, Kind.LIST_REMOVED, first)
    assert first not in client.rows(user).get("my-list", [])


@pytest.mark.parametrize("kind", [Kind.THUMB_UP, Kind.TWO_THUMBS_UP])
def test_a_thumb_up_for_what_was_watched_makes_a_row_of_what_is_near(
    client: Client, user: str, kind: Kind
) -> None:
    title = pick(client, user)
    wanted = pb.GetRowRequest(user_id=user, row_id=f"because/{title}")
    client.tell(user, Kind.PROGRESS, title, completion=0.6)  # not enough to say that it was liked
    with pytest.raises(grpc.RpcError, match="has no such row"):
        client.asks.GetRow(wanted)
    client.tell(user, kind, title)
    assert client.asks.GetRow(wanted).row.cards


@pytest.mark.parametrize("kind", [Kind.DETAIL_OPENED, Kind.SEARCHED])
def test_intent_alone_makes_a_stranger_somebody(client: Client, kind: Kind) -> None:
    stranger = f"stranger/{kind}"
    before = client.rows(stranger)
    assert "top-picks" not in before
    client.tell(stranger, kind, title_id(7), **NEEDS.get(kind, {}))
    after = client.rows(stranger)
    assert "top-picks" in after
    assert title_id(7) in {title for titles in after.values() for title in titles}


def test_cards_that_were_never_visible_change_nothing_at_all(client: Client, user: str) -> None:
    before = client.rows(user)
    for title in before["top-picks"][:6]:
        client.tell(user, Kind.IMPRESSION, title, duration=duration(0.01), row_id="top-picks")
    client.tell(user, Kind.ROW_SCROLLED_PAST, row_id=ROW, cards_shown=0)
    assert client.rows(user) == before


def test_cards_seen_again_and_again_give_way(client: Client, user: str) -> None:
    shown = client.rows(user)["top-picks"][:6]
    for title in shown:
        client.tell(
            user, Kind.IMPRESSION, title, times=40, duration=duration(2), row_id="top-picks"
        )
    assert set(client.rows(user)["top-picks"][:6]) != set(shown)


def themes(client: Client, user: str) -> list[str]:
    return [id for id in client.rows(user) if id.startswith(("genre/", "tag/", "theme/"))]


def test_a_row_scrolled_past_does_not_rise(client: Client, user: str) -> None:
    past = themes(client, user)[0]
    before = list(client.rows(user)).index(past)
    client.tell(user, Kind.ROW_SCROLLED_PAST, row_id=past, cards_shown=6, times=8)
    after = list(client.rows(user))
    assert past not in after or after.index(past) >= before


def test_a_swiped_row_rises_or_its_titles_do(client: Client) -> None:
    """They rise into rows above, which may leave the row with less."""

    def depths(page: dict[str, list[str]], titles: list[str]) -> list[int]:
        """The rows in which the titles stand first."""
        return [
            next((at for at, cards in enumerate(page.values()) if title in cards), len(page))
            for title in titles
        ]

    rows_risen = titles_risen = 0
    for row in range(30, 40):
        user, before = user_id(row), client.rows(user_id(row))
        middle = themes(client, user)[len(themes(client, user)) // 2]
        client.tell(user, Kind.ROW_SWIPED, row_id=middle, cards_shown=12)
        after, order = client.rows(user), list(before)
        rows_risen += middle in after and list(after).index(middle) < order.index(middle)
        titles_risen += sum(depths(after, before[middle])) < sum(depths(before, before[middle]))
    assert titles_risen >= 9
    assert rows_risen >= 6


def test_a_search_for_a_genre_brings_its_row_onto_the_first_screen(client: Client) -> None:
    risen = 0
    for row in range(40, 50):
        user = user_id(row)
        genre = [id for id in client.rows(user) if id.startswith("genre/")][-1]
        before = list(client.rows(user)).index(genre)
        assert before > SCREEN_ROWS
        client.tell(user, Kind.SEARCHED, query=f"{genre.removeprefix('genre/').upper()}, please")
        for at, found in enumerate(client.page(user).rows):
            if found.row_id == genre:
                risen += at < SCREEN_ROWS
                assert found.reason == "You searched for this lately."
    assert risen >= 9


def test_a_page_goes_on_after_a_search_without_showing_a_row_again(client: Client) -> None:
    user = user_id(51)
    first = client.page(user)
    shown = [row.row_id for row in first.rows]
    genre = next(f"genre/{name}" for name in GENRES if f"genre/{name}" not in shown)
    client.tell(user, Kind.SEARCHED, query=genre.removeprefix("genre/"))
    more = pb.GetPageRequest(user_id=user, page_size=20, page_token=first.next_page_token)
    then = client.asks.GetPage(more).rows
    assert not {row.row_id for row in then} & set(shown)
    assert next(row.reason for row in then if row.row_id == genre).startswith("You searched")
    assert genre in list(client.rows(user))[:SCREEN_ROWS]


def test_pages_go_on_after_new_events_and_another_snapshot(tmp_path: Path) -> None:
    now = int(time.time())
    built = build(SHAPE, now=now)
    publish(built, tmp_path / "snapshots")
    with serving(tmp_path) as running:
        client, user = Client(running), user_id(3)
        request = pb.GetPageRequest(user_id=user, page_size=6, cards_per_row=6)
        pages = [client.asks.GetPage(request)]
        more = pb.GetRowRequest(user_id=user, row_id="top-picks", page_size=10)
        row = next(row for row in pages[0].rows if row.row_id == "top-picks")
        shown = [card.title_id for card in row.cards]
        more.page_token = row.next_page_token
        client.tell(user, Kind.FINISHED, shown[0])
        client.tell(user, Kind.THUMB_DOWN, title_id(9))
        publish(build(SHAPE, seed=1, now=now), tmp_path / "snapshots", version="v2")
        eventually(
            lambda: {s.GetModel(pb.GetModelRequest()).version for s in stubs(running)} == {"v2"}
        )
        while token := pages[-1].next_page_token:
            request.page_token = token
            pages.append(client.asks.GetPage(request))
        go_on = client.asks.GetRow(more)
    rows = [row.row_id for page in pages for row in page.rows]
    assert len(rows) == len(set(rows)) > 12
    heads = [card.title_id for page in pages for row in page.rows[:6] for card in row.cards]
    first_screen = heads[:36]
    assert len(first_screen) == len(set(first_screen))
    assert title_id(9) not in {c.title_id for page in pages[1:] for r in page.rows for c in r.cards}
    following = [card.title_id for card in go_on.row.cards]
    assert following
    assert not set(following) & set(shown)


def stubs(running: Running) -> list[PlaybillServiceStub]:
    return list(running.one_stub_a_worker().values())


def duration(seconds: float) -> dict:
    """As the wire has it."""
    return {"seconds": int(seconds), "nanos": int(seconds % 1 * 1e9)}


def test_a_row_names_what_it_is_and_why_it_is_there(client: Client, user: str) -> None:
    for row in client.page(user).rows:
        assert row.heading
        assert row.reason
        assert row.kind != page_pb2.ROW_KIND_UNSPECIFIED
