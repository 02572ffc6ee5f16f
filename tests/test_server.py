"""The real server, several workers on a socket, over a snapshot on disk."""

import json
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import psutil
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from graph.arrays import Strings
from graph.events import EventLog
from graph.snapshot import Snapshot
from playbill.v1 import event_pb2, page_pb2
from playbill.v1 import playbill_service_pb2 as pb
from playbill.v1.playbill_service_pb2_grpc import PlaybillServiceStub
from tests.serving import SECONDS, Running, event, eventually, playbill, serving
from tests.snapshots import BLEND, DAY, Shape, build, publish, title_id, user_id

NAME = "playbill.v1.PlaybillService"
SHAPE = Shape(titles=400, users=200, per_user=30)


@dataclass(frozen=True)
class World:
    running: Running
    snapshot: Snapshot
    data: Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("served")
    built = build(SHAPE, now=int(time.time()))
    publish(built, data / "snapshots")
    with serving(data) as running:
        yield World(running, built, data)


@pytest.fixture
def stub(world: World):
    return world.running.stub


def refusal(call: Callable, request: Message, *, timeout: float = SECONDS) -> Any:
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=timeout)
    return caught.value


def named(error: Any) -> str:
    """The error's class, as the server said it."""
    info = error_details_pb2.ErrorInfo()
    found = [d for d in rpc_status.from_call(error).details if d.Unpack(info)]
    assert len(found) == 1
    assert info.domain == "playbill"
    return info.reason


def ids(row: page_pb2.Row) -> list[str]:
    return [card.title_id for card in row.cards]


def somebody(snapshot: Snapshot, nth: int = 0) -> int:
    """The grown-up with the nth longest history, no ceiling and no country."""
    users = snapshot.users
    free = (users.kids == 0) & (users.maturity_ceiling < 0) & (users.country < 0)
    return int(np.argsort(-np.where(free, users.history.lengths(), 0))[nth])


def test_a_page_keeps_its_promises_over_the_wire(world: World, stub) -> None:
    user = somebody(world.snapshot)
    answer = stub.GetPage(pb.GetPageRequest(user_id=user_id(user)))
    assert answer.model_version == "v1"
    assert len(answer.rows) == 10
    screen = Counter(title for row in answer.rows[:6] for title in ids(row)[:6])
    assert set(screen.values()) == {1}
    users = world.snapshot.users
    past = slice(*users.history.offsets[user : user + 2])
    finished = users.completion[past] >= 0.95
    gone = {title_id(t) for t in users.history.values[past][finished | (users.thumb[past] < 0)]}
    assert gone
    assert not gone & {title for row in answer.rows for title in ids(row)}
    for row in answer.rows:
        assert row.heading
        assert row.kind
        for card in row.cards:
            at = int(card.title_id[1:])
            assert (card.name, card.year, card.kind) == (
                world.snapshot.titles.name[at],
                world.snapshot.titles.year[at],
                world.snapshot.titles.kind[at],
            )
            assert 1 <= card.match_percent <= 99
            own = [world.snapshot.artworks.uri[a] for a in world.snapshot.titles.artworks[at]]
            assert card.artwork.uri in own


def test_the_page_goes_on_by_token_without_repeating_a_row(stub) -> None:
    request, names = pb.GetPageRequest(user_id=user_id(3), page_size=4), []
    while True:
        answer = stub.GetPage(request)
        names += [row.row_id for row in answer.rows]
        if not answer.next_page_token:
            break
        request.page_token = answer.next_page_token
    assert len(names) == len(set(names)) > 10


def test_a_row_goes_on_where_the_page_left_it_also_after_new_events(world: World) -> None:
    stub, user = world.running.stub, user_id(somebody(world.snapshot))
    page = stub.GetPage(pb.GetPageRequest(user_id=user, cards_per_row=7))
    row = next(r for r in page.rows if r.kind == page_pb2.ROW_KIND_TOP_PICKS)
    shown, token = ids(row), row.next_page_token
    for turn in range(8):
        liked = event(f"go-on/{turn}", user, shown[turn], event_pb2.EVENT_KIND_TWO_THUMBS_UP)
        assert stub.RecordEvents(pb.RecordEventsRequest(events=[liked])).stored == 1
        answer = world.running.stub.GetRow(
            pb.GetRowRequest(user_id=user, row_id=row.row_id, page_size=10, page_token=token)
        )
        assert len(answer.row.cards) == 10
        shown, token = shown + ids(answer.row), answer.row.next_page_token
    assert len(shown) == len(set(shown))


def test_a_row_ends(stub) -> None:
    request = pb.GetRowRequest(user_id="a newcomer", row_id="popular-now", page_size=100)
    shown: list[str] = []
    while True:
        row = stub.GetRow(request).row
        shown += ids(row)
        if not row.next_page_token:
            break
        request.page_token = row.next_page_token
    assert len(shown) == len(set(shown))
    assert 200 < len(shown) <= SHAPE.titles


def test_an_event_shows_on_every_worker_as_soon_as_it_is_acknowledged(world: World) -> None:
    stubs = list(world.running.one_stub_a_worker().values())
    user = user_id(somebody(world.snapshot))
    fresh = ids(stubs[0].GetRow(pb.GetRowRequest(user_id=user, row_id="popular-now")).row)
    for turn, title in enumerate(fresh):
        write, read = stubs[turn % 2], stubs[(turn + 1) % 2]
        begun = event(f"now/{turn}", user, title, event_pb2.EVENT_KIND_PROGRESS, completion=0.4)
        begun.time.seconds += turn  # the seconds of one test are few, and the newest comes first
        assert write.RecordEvents(pb.RecordEventsRequest(events=[begun])).stored == 1
        row = read.GetPage(pb.GetPageRequest(user_id=user, page_size=1)).rows[0]
        assert row.kind == page_pb2.ROW_KIND_CONTINUE_WATCHING
        assert row.cards[0].title_id == title
        assert row.cards[0].completion == 0.4


def test_a_batch_stores_the_good_and_names_the_bad(stub) -> None:
    good = event("batch/1", "batch", title_id(1), event_pb2.EVENT_KIND_FINISHED)
    bad = event("batch/2", "batch", "nowhere", event_pb2.EVENT_KIND_FINISHED)
    other = event("batch/3", "batch", title_id(2), event_pb2.EVENT_KIND_FINISHED)
    answer = stub.RecordEvents(pb.RecordEventsRequest(events=[good, bad, other, good]))
    assert (answer.stored, answer.duplicates) == (2, 1)
    assert [(r.index, r.event_id) for r in answer.refused] == [(1, "batch/2")]
    again = stub.RecordEvents(pb.RecordEventsRequest(events=[good]))
    assert (again.stored, again.duplicates) == (0, 1)


def test_bad_fields_come_back_as_field_violations(stub) -> None:
    error = refusal(stub.GetPage, pb.GetPageRequest(page_size=99, country="usa"))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    status = rpc_status.from_call(error)
    detail = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(detail)
    assert {v.field for v in detail.field_violations} == {"user_id", "page_size", "country"}
    assert all(v.description for v in detail.field_violations)
    assert named(error) == "BadInput"


def test_a_malformed_token_is_a_bad_field(stub) -> None:
    calls = (
        (stub.GetPage, pb.GetPageRequest(user_id="a", page_token="nonsense")),
        (stub.GetRow, pb.GetRowRequest(user_id="a", row_id="popular-now", page_token="AAAA")),
        (stub.ListSimilarUsers, pb.ListSimilarUsersRequest(user_id="a", page_token="é")),
        (stub.ListSimilarTitles, pb.ListSimilarTitlesRequest(title_id="a", page_token="A" * 64)),
    )
    for call, request in calls:
        error = refusal(call, request)
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "page_token" in error.details()


def test_what_does_not_exist_is_not_found(stub) -> None:
    for call, request in (
        (stub.GetTitle, pb.GetTitleRequest(user_id="a", title_id="nowhere")),
        (stub.ListSimilarTitles, pb.ListSimilarTitlesRequest(title_id="nowhere")),
        (stub.GetRow, pb.GetRowRequest(user_id="a", row_id="genre/nowhere")),
    ):
        assert refusal(call, request).code() is grpc.StatusCode.NOT_FOUND


def test_a_newcomer_gets_a_page_and_no_similar_users(stub) -> None:
    page = stub.GetPage(pb.GetPageRequest(user_id="somebody 新しい"))
    assert len(page.rows) == 10
    assert page.rows[0].kind == page_pb2.ROW_KIND_POPULAR_NOW
    assert all(card.match_percent == 0 for row in page.rows for card in row.cards)
    near = stub.ListSimilarUsers(pb.ListSimilarUsersRequest(user_id="somebody 新しい"))
    assert not near.similar_users
    assert near.reason == pb.NO_SIMILAR_USERS_REASON_NOT_ENOUGH_HISTORY


def test_three_clicks_make_a_newcomer_somebody(world: World, stub) -> None:
    row = stub.GetRow(pb.GetRowRequest(user_id="clicker", row_id="popular-now")).row
    clicks = [
        event(f"click/{title}", "clicker", title, event_pb2.EVENT_KIND_FINISHED)
        for title in ids(row)[:3]
    ]
    for days, click in enumerate(clicks):
        click.time.seconds -= days * 9 * DAY
    stub.RecordEvents(pb.RecordEventsRequest(events=clicks))
    page = stub.GetPage(pb.GetPageRequest(user_id="clicker"))
    assert page.rows[0].kind == page_pb2.ROW_KIND_TOP_PICKS
    near = stub.ListSimilarUsers(pb.ListSimilarUsersRequest(user_id="clicker"))
    weights, embedding = world.snapshot.weights, world.snapshot.users.embedding
    left = 0.5 ** (np.array([0, 9, 18]) * DAY / BLEND.half_life)
    vector = left @ weights.history[[int(c.title_id[1:]) for c in clicks]]
    cosines = embedding @ (vector / np.linalg.norm(vector))
    best = np.argsort(-cosines, kind="stable")[:20]
    assert [u.user_id for u in near.similar_users] == [user_id(row) for row in best]
    assert near.similar_users[0].similarity == pytest.approx(cosines[best[0]], abs=1e-5)


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
    for each in answer.similar_users:
        both = set(users.history[user].tolist()) & set(users.history[int(each.user_id[1:])])
        shown = [int(t.title_id[1:]) for t in each.shared_titles]
        assert each.shared_title_count == len(both)
        assert set(shown) <= both
        rarest = sorted(watchers[t] for t in both)[: len(shown)]
        assert [watchers[t] for t in shown] == rarest
        assert len(shown) == min(5, len(both))


def test_similar_users_go_on_by_token(stub) -> None:
    request, found = pb.ListSimilarUsersRequest(user_id=user_id(42), page_size=30), []
    while True:
        answer = stub.ListSimilarUsers(request)
        found += [u.user_id for u in answer.similar_users]
        if not answer.next_page_token:
            break
        request.page_token = answer.next_page_token
    assert user_id(42) not in found
    assert len(found) == len(set(found)) > 150


def test_similar_titles_are_those_of_the_snapshot(world: World, stub) -> None:
    request, found = pb.ListSimilarTitlesRequest(title_id=title_id(7), page_size=15), []
    while True:
        answer = stub.ListSimilarTitles(request)
        found += answer.similar_titles
        if not answer.next_page_token:
            break
        request.page_token = answer.next_page_token
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


def test_health_and_reflection(world: World) -> None:
    channel = world.running.channel()
    checks = health_pb2_grpc.HealthStub(channel)
    for service in ("", NAME):
        answer = checks.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    listed = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([asked]))
    names = {s.name for s in next(listed).list_services_response.service}
    assert {NAME, "grpc.health.v1.Health"} <= names


def test_load_is_shed_at_once_and_the_rest_is_served(world: World) -> None:
    request = pb.GetPageRequest(user_id=user_id(5), page_size=40, cards_per_row=40)
    stub = world.running.stub
    calls = [stub.GetPage.future(request, timeout=60) for _ in range(400)]
    codes = Counter(call.code() for call in calls)
    assert set(codes) == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert stub.GetPage(request, timeout=SECONDS).rows


def test_streams_left_open_do_not_keep_others_from_being_answered(world: World) -> None:
    asked, done = reflection_pb2.ServerReflectionRequest(list_services=""), threading.Event()

    def and_no_more() -> Iterator[reflection_pb2.ServerReflectionRequest]:
        yield asked
        done.wait(SECONDS)

    # All on one connection, and so on one worker.
    channel = world.running.channel()
    reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
    streams = [reflection.ServerReflectionInfo(and_no_more()) for _ in range(6)]
    try:
        assert all(next(stream).list_services_response.service for stream in streams)
        stub = PlaybillServiceStub(channel)
        assert stub.GetPage(pb.GetPageRequest(user_id="a"), timeout=SECONDS).rows
    finally:
        done.set()


def test_a_writer_that_others_keep_waiting_is_told_to_try_again(world: World, stub) -> None:
    liked = event("busy/1", "busy", title_id(1), event_pb2.EVENT_KIND_FINISHED)
    request = pb.RecordEventsRequest(events=[liked])
    here = {"PLAYBILL_ADDRESS": world.running.address}
    with closing(sqlite3.connect(world.data / "events.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        error = refusal(stub.RecordEvents, request)
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert named(error) == "Locked"
        assert playbill(world.data, "watch", "busy", title_id(1), **here).returncode == 8
        refusal(stub.RecordEvents, request, timeout=0.5)
        time.sleep(1)  # past that deadline, after which the server waits no longer either
    assert stub.RecordEvents(request).stored == 1


def test_a_disk_that_fails_is_not_the_clients_fault(tmp_path: Path) -> None:
    publish(build(), tmp_path / "snapshots")
    path = tmp_path / "events.sqlite"
    EventLog.open(path).close()
    with closing(sqlite3.connect(path)) as log:
        (size,) = log.execute("PRAGMA page_size").fetchone()
        (page,) = log.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()
    with open(path, "r+b") as file:
        file.seek(size * (page - 1))
        file.write(b"\xff" * size)
    with serving(tmp_path, workers=1) as running:
        done = event("1", "a", title_id(1), event_pb2.EVENT_KIND_FINISHED)
        error = refusal(running.stub.RecordEvents, pb.RecordEventsRequest(events=[done]))
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert named(error) == "BadEventLog"
        assert str(path) in error.details()
        answer = playbill(tmp_path, "watch", "a", title_id(1), "--address", running.address)
        assert answer.returncode == 17
        assert str(path) in answer.stderr


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


def test_a_dead_worker_is_replaced(world: World) -> None:
    before = world.running.workers()
    psutil.Process(before[0]).kill()
    eventually(lambda: len(set(world.running.workers()) - set(before)) == 1)
    eventually(lambda: "worker.restarted" in world.running.log.read_text())
    eventually(lambda: len(world.running.one_stub_a_worker()) == 2)
    for stub in world.running.one_stub_a_worker().values():
        assert stub.GetPage(pb.GetPageRequest(user_id="a"), timeout=SECONDS).rows


def test_a_second_server_on_the_port_says_so_and_leaves_the_first_alone(world: World) -> None:
    second = playbill(world.data, "serve", "--address", world.running.address)
    assert second.returncode == 7
    assert world.running.address in second.stderr.replace("\n", "")
    assert world.running.stub.GetModel(pb.GetModelRequest(), timeout=SECONDS).version == "v1"


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:99999", "no.such.host.invalid:1"])
def test_a_bad_address_is_bad_input(tmp_path: Path, address: str) -> None:
    answer = playbill(tmp_path, "serve", "--address", address)
    assert answer.returncode == 3
    assert address in answer.stderr.replace("\n", "")


def test_a_damaged_event_log_is_named_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "events.sqlite").write_bytes(b"not a database, but long enough to be one" * 99)
    answer = playbill(tmp_path, "serve", "--address", "127.0.0.1:0")
    assert answer.returncode == 17
    assert "events.sqlite" in answer.stderr.replace("\n", "")


def test_without_a_snapshot_it_waits_and_then_serves(tmp_path: Path) -> None:
    with serving(tmp_path, workers=1) as running:
        stub, channel = running.stub, running.channel()
        checks = health_pb2_grpc.HealthStub(channel)

        def health() -> int:
            return checks.Check(health_pb2.HealthCheckRequest(service=NAME)).status

        assert health() == health_pb2.HealthCheckResponse.NOT_SERVING
        for call, request in (
            (stub.GetPage, pb.GetPageRequest(user_id="a")),
            (stub.GetModel, pb.GetModelRequest()),
        ):
            error = refusal(call, request)
            assert error.code() is grpc.StatusCode.UNAVAILABLE
            assert "playbill refresh" in error.details()
            assert named(error) == "NoSnapshot"
        answer = playbill(tmp_path, "model", "--address", running.address)
        assert answer.returncode == 12
        publish(build(), tmp_path / "snapshots")
        eventually(lambda: health() == health_pb2.HealthCheckResponse.SERVING)
        assert stub.GetPage(pb.GetPageRequest(user_id="a"), timeout=SECONDS).rows


def test_the_command_line_shows_a_page_and_what_was_watched(world: World) -> None:
    user = user_id(somebody(world.snapshot, 1))
    here = {"PLAYBILL_ADDRESS": world.running.address, "COLUMNS": "100"}

    def run(*arguments: str) -> str:
        done = playbill(world.data, *arguments, **here)
        assert done.returncode == 0, done.stderr
        return done.stdout

    page = run("page", user, "--rows", "3", "--cards", "5")
    assert "Top picks for you" in page
    assert "% match" in page
    assert max(map(len, page.splitlines())) <= 100
    answer = json.loads(run("page", user, "--rows", "3", "--cards", "5", "--json"))
    title = answer["rows"][1]["cards"][0]["title_id"]
    run("watch", user, title, "--completion", "0.4")
    first = json.loads(run("page", user, "--json"))["rows"][0]["cards"][0]
    assert (first["title_id"], first["completion"]) == (title, 0.4)
    assert "rarest" in run("similar", user)
    assert "likeness" in run("title", title, "--user", user)
    assert "v1" in run("model")
    for command in (["similar", user], ["title", title, "--user", user], ["model"]):
        assert json.loads(run(*command, "--json"))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["title", "nowhere", "--user", "a"], 14),
        (["page", ""], 3),
        (["watch", "a", "nowhere"], 3),
    ],
)
def test_the_command_line_fails_in_its_own_words(
    world: World, arguments: list[str], code: int
) -> None:
    answer = playbill(world.data, *arguments, PLAYBILL_ADDRESS=world.running.address)
    assert answer.returncode == code
    assert "error:" in answer.stderr


def test_no_server_is_said(tmp_path: Path) -> None:
    answer = playbill(tmp_path, "page", "a", "--address", "127.0.0.1:9")
    assert answer.returncode == 15
    assert "playbill serve" in answer.stderr.replace("\n", " ")


def test_an_answer_that_is_no_ours_is_not_called_silence(tmp_path: Path) -> None:
    server = grpc.server(ThreadPoolExecutor(1))  # one that is not Playbill's
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    answer = playbill(tmp_path, "page", "a", "--address", f"127.0.0.1:{port}")
    server.stop(None).wait()
    assert answer.returncode == 18
    assert "answered unimplemented" in answer.stderr
    assert "Is it running" not in answer.stderr
