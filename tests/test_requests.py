"""The rules of each request, of each event, and of page tokens."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from graph.behaviour import Kind
from playbill.v1 import event_pb2
from playbill.v1 import playbill_service_pb2 as pb
from server import reports, requests, tokens
from tests.snapshots import DAY, NOW

LONG = "x" * 257
numbers = st.lists(st.integers(0, 2**32 - 1), max_size=50).map(lambda n: np.array(n, np.uint32))


def violations(model: type[requests.Request], message: object) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        requests.parse(model, message)  # ty: ignore[invalid-argument-type]
    return dict(requests.explain(caught.value))


def test_zero_is_the_default() -> None:
    page = requests.parse(requests.GetPage, pb.GetPageRequest(user_id="ada"))
    row = requests.parse(requests.GetRow, pb.GetRowRequest(user_id="ada", row_id="top-picks"))
    assert (page.page_size, page.cards_per_row, row.page_size) == (10, 20, 20)


@pytest.mark.parametrize(
    ("model", "message", "fields"),
    [
        (requests.GetPage, pb.GetPageRequest(), {"user_id"}),
        (
            requests.GetPage,
            pb.GetPageRequest(user_id=LONG, page_size=41, cards_per_row=-1, country="us"),
            {"user_id", "page_size", "cards_per_row", "country"},
        ),
        (requests.GetPage, pb.GetPageRequest(user_id="a", page_token="%"), {"page_token"}),
        (requests.GetRow, pb.GetRowRequest(user_id="a", page_size=101), {"row_id", "page_size"}),
        (requests.GetRow, pb.GetRowRequest(user_id="a", row_id="b", country="USA"), {"country"}),
        (
            requests.ListSimilarUsers,
            pb.ListSimilarUsersRequest(page_size=101),
            {"user_id", "page_size"},
        ),
        (
            requests.ListSimilarTitles,
            pb.ListSimilarTitlesRequest(title_id=LONG, page_size=-5),
            {"title_id", "page_size"},
        ),
        (requests.GetTitle, pb.GetTitleRequest(country="d"), {"title_id", "user_id", "country"}),
        (
            requests.GetTitle,
            pb.GetTitleRequest(title_id="a", user_id="b", device=LONG, utc_offset_minutes=1081),
            {"device", "utc_offset_minutes"},
        ),
        (requests.RecordEvents, pb.RecordEventsRequest(), {"events"}),
        (
            requests.RecordEvents,
            pb.RecordEventsRequest(events=[event_pb2.Event()] * 1001),
            {"events"},
        ),
    ],
)
def test_every_bad_field_is_named_and_no_other(
    model: type[requests.Request], message: object, fields: set[str]
) -> None:
    assert set(violations(model, message)) == fields


@pytest.mark.parametrize("size", [1, 40])
def test_the_ends_of_a_range_belong_to_it(size: int) -> None:
    message = pb.GetPageRequest(user_id="é" * 256, page_size=size, cards_per_row=size, country="DE")
    assert requests.parse(requests.GetPage, message).cards_per_row == size


def test_a_violation_says_what_was_got() -> None:
    found = violations(requests.GetPage, pb.GetPageRequest(user_id="a", page_size=41))
    assert "40" in found["page_size"]
    assert "41" in found["page_size"]


@given(st.lists(numbers, min_size=1, max_size=4), st.text(max_size=20))
def test_a_token_gives_back_what_went_in(lists: list, scope: str) -> None:
    read = tokens.decode(scope, tokens.encode(scope, *lists), lists=len(lists))
    assert [r.tolist() for r in read] == [given_.tolist() for given_ in lists]


@given(numbers, st.data())
def test_a_token_with_one_changed_character_is_refused(given_: np.ndarray, data) -> None:
    token = tokens.encode("ada", given_)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != token[at]))
    changed = token[:at] + other + token[at + 1 :]
    try:
        read = tokens.decode("ada", changed, lists=1)
    except ValueError:
        return
    # The last character of base64 holds bits that mean nothing: then nothing else may change.
    assert at == len(token) - 1
    assert read[0].tolist() == given_.tolist()


@given(numbers, st.integers(1, 3))
def test_a_token_of_another_call_or_cut_short_is_refused(given_: np.ndarray, cut: int) -> None:
    token = tokens.encode("ada", given_)
    for scope, text, lists in (("bob", token, 1), ("ada", token[:-cut], 1), ("ada", token, 9999)):
        with pytest.raises(ValueError, match="token"):
            tokens.decode(scope, text, lists=lists)


@pytest.mark.parametrize(
    "lists",
    [
        ([], [], [1], []),  # a count of no row
        ([7], [1, 2], [3], [1]),  # more heads than there are
        ([7], [1], [1], []),  # a row of no kind
        ([7], [1], [1], [2**32 - 1]),
    ],
)
def test_a_page_token_whose_lists_do_not_fit_together_is_a_violation(lists: tuple) -> None:
    scope = requests.token_scope(requests.GetPage, "ada")
    token = tokens.encode(scope, *(np.array(numbers, np.uint32) for numbers in lists))
    request = pb.GetPageRequest(user_id="ada", page_token=token)
    assert set(violations(requests.GetPage, request)) == {"page_token"}
    whole = tokens.encode(scope, *(np.array(n, np.uint32) for n in ([7], [1, 2], [2], [1])))
    assert requests.parse(requests.GetPage, pb.GetPageRequest(user_id="ada", page_token=whole))


def test_a_token_of_another_user_is_a_violation() -> None:
    scope = requests.token_scope(requests.ListSimilarUsers, "ada")
    token = tokens.encode(scope, tokens.checks(["bob"]))
    request = pb.ListSimilarUsersRequest(user_id="ada", page_token=token)
    assert requests.parse(requests.ListSimilarUsers, request).page_token[0].tolist() == [
        tokens.check("bob")
    ]
    request.user_id = "eve"
    assert set(violations(requests.ListSimilarUsers, request)) == {"page_token"}


def sent(at: int = NOW, **fields) -> event_pb2.Event:
    values: dict[str, Any] = {
        "event_id": "e1", "user_id": "ada", "title_id": "t1",
        "kind": event_pb2.EVENT_KIND_FINISHED, **fields,
    }  # fmt: skip
    event = event_pb2.Event(**values)
    if at:
        event.time.FromSeconds(at)
    return event


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (sent(event_id=""), "event_id"),
        (sent(event_id="x" * 129), "event_id"),
        (sent(user_id=""), "user_id"),
        (sent(title_id="nowhere"), "'nowhere' is not in the catalogue"),
        (sent(kind=0), "kind"),
        (sent(kind=99), "kind"),
        (sent(at=0), "time: is required"),
        (sent(at=NOW - 30 * DAY - 1), "30 days"),
        (sent(at=NOW + 301), "5 minutes"),
        (sent(kind=event_pb2.EVENT_KIND_PROGRESS), "completion"),
        (sent(kind=event_pb2.EVENT_KIND_ABANDONED, completion=1.01), "completion"),
        (sent(kind=event_pb2.EVENT_KIND_PROGRESS, completion=float("nan")), "completion"),
        (sent(position=-1), "position"),
        (sent(device="x" * 65), "device"),
        (sent(0, time={"seconds": NOW, "nanos": -5}), "time.nanos"),
    ],
)
def test_a_bad_event_is_refused_by_itself(event: event_pb2.Event, reason: str) -> None:
    sorted_ = reports.sort_out([sent(), event, sent()], titles={"t1"}, now=NOW)
    assert [e.id for e in sorted_.good] == ["e1", "e1"]
    ((index, id, said),) = sorted_.refused
    assert (index, id) == (1, event.event_id)
    assert reason in said


@pytest.mark.parametrize("at", [2**62, 2**63 - 1, 1_800_000_000 * 10**9, -(2**63), 2**56, 10**13])
def test_a_time_that_no_calendar_knows_is_refused_like_any_other(at: int) -> None:
    event = sent()
    event.time.seconds = at  # as a client may whose protobuf does not look
    (refused,) = reports.sort_out([event], titles={"t1"}, now=NOW).refused
    assert refused[2].startswith("time: ")


def test_what_is_wrong_is_said_without_the_words_of_a_library() -> None:
    message = pb.GetPageRequest(page_size=41, cards_per_row=-1)
    said = violations(requests.GetPage, message) | violations(
        requests.RecordEvents, pb.RecordEventsRequest()
    )
    assert said == {
        "user_id": "is required (got '')",
        "page_size": "must be 40 at most (got 41)",
        "cards_per_row": "must be 1 or more (got -1)",
        "events": "must be 1 or more (got 0 of them)",
    }
    (long,) = violations(requests.GetRow, pb.GetRowRequest(user_id=LONG, row_id="r")).values()
    assert long.startswith("must be of 256 characters at most (got 'xxx")


def test_the_ends_of_the_time_window_are_taken() -> None:
    events = [sent(at=NOW - 30 * DAY), sent(at=NOW + 300)]
    assert len(reports.sort_out(events, titles={"t1"}, now=NOW).good) == 2


def test_a_good_event_arrives_whole() -> None:
    event = sent(kind=event_pb2.EVENT_KIND_PROGRESS, completion=0, row_id="r", position=0)
    (read,) = reports.sort_out([event], titles={"t1"}, now=NOW).good
    assert (read.kind, read.completion, read.row, read.position) == (Kind.PROGRESS, 0, "r", 0)
    assert (
        reports.sort_out([sent(completion=0.5)], titles={"t1"}, now=NOW).good[0].completion is None
    )


def test_the_kinds_are_those_of_the_contract() -> None:
    contract = {name.removeprefix("EVENT_KIND_"): n for name, n in event_pb2.EventKind.items() if n}
    assert contract == {kind.name: kind.value for kind in Kind}
