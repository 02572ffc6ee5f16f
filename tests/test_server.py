"""Pages, rows and events over the wire: the real server, several workers, a snapshot on disk."""

from collections import Counter

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from graph import scorer
from playbill.v1 import event_pb2, page_pb2
from playbill.v1 import playbill_service_pb2 as pb
from playbill.v1.playbill_service_pb2_grpc import PlaybillServiceStub
from tests.served import SHAPE, World, ids, named, paged, refusal, somebody
from tests.serving import event
from tests.snapshots import BLEND, DAY, title_id, user_id


def test_a_page_keeps_its_promises_over_the_wire(world: World, stub) -> None:
    user = somebody(world.snapshot)
    answer = stub.GetPage(pb.GetPageRequest(user_id=user_id(user)))
    assert answer.model_version == "v1"
    assert len(answer.rows) == 10
    screen = Counter(title for row in answer.rows[:6] for title in ids(row)[:6])
    assert set(screen.values()) == {1}
    users = world.snapshot.users
    past = slice(*users.history.offsets[user : user + 2])
    finished = users.past.completion[past] >= 0.95
    gone = {
        title_id(t) for t in users.history.values[past][finished | (users.past.thumb[past] < 0)]
    }
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


def test_a_page_is_the_same_byte_for_byte_whoever_answers(world: World) -> None:
    """One worker folds the events one by one as they come, the other all at once."""
    one, other = world.running.one_stub_a_worker().values()
    user = user_id(somebody(world.snapshot, 3))
    request = pb.GetPageRequest(user_id=user, page_size=20, seed=3)
    for n in range(4):
        kind = event_pb2.EVENT_KIND_FINISHED if n % 2 else event_pb2.EVENT_KIND_DETAIL_OPENED
        told = event(f"bytes/{n}", user, title_id(40 + n), kind, row_id="genre/Drama")
        one.RecordEvents(pb.RecordEventsRequest(events=[told]))
        one.GetPage(request)
    pages = [stub.GetPage(request).SerializeToString(deterministic=True) for stub in (one, other)]
    assert pages[0] == pages[1]


def test_another_seed_draws_something_different_and_the_same_one_the_same(world: World) -> None:
    stub, other = world.running.one_stub_a_worker().values()

    def whole(stub: PlaybillServiceStub, seed: int, user: str) -> list[pb.GetPageResponse]:
        request = pb.GetPageRequest(user_id=user, page_size=40, seed=seed)
        return list(paged(stub.GetPage, request))

    def drawn(answers: list[pb.GetPageResponse]) -> list[str]:
        return [
            id
            for a in answers
            for r in a.rows
            if r.row_id == "something-different"
            for id in ids(r)
        ]

    some = (user_id(somebody(world.snapshot, nth)) for nth in range(30))
    user = next(user for user in some if drawn(whole(stub, 1, user)))

    def told(answers: list[pb.GetPageResponse]) -> list[bytes]:
        return [answer.SerializeToString(deterministic=True) for answer in answers]

    assert told(whole(stub, 1, user)) == told(whole(other, 1, user))
    assert drawn(whole(stub, 1, user)) != drawn(whole(stub, 2, user))


def test_the_page_goes_on_by_token_without_repeating_a_row(stub) -> None:
    answers = paged(stub.GetPage, pb.GetPageRequest(user_id=user_id(3), page_size=4))
    names = [row.row_id for answer in answers for row in answer.rows]
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
    left = scorer.LEAST + (1 - scorer.LEAST) * left
    vector = left @ weights.history[[int(c.title_id[1:]) for c in clicks]]
    cosines = embedding @ (vector / np.linalg.norm(vector))
    best = np.argsort(-cosines, kind="stable")[:20]
    assert [u.user_id for u in near.similar_users] == [user_id(row) for row in best]
    assert near.similar_users[0].similarity == pytest.approx(cosines[best[0]], abs=1e-5)
