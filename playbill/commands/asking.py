"""Questions to a running server, each in one call, whose failures are Playbill's own errors: the
one that the server names, ServerFailed where it names none, ServerUnreachable without an answer."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from playbill import settings
from playbill.errors import CODES, PlaybillError, ServerFailed, ServerUnreachable
from playbill.v1 import event_pb2, playbill_service_pb2, playbill_service_pb2_grpc
from server.address import parse

pb = playbill_service_pb2

SECONDS = 10.0  # for one answer
ERRORS = {error.__name__: error for error in CODES}
THUMBS = {
    "up": event_pb2.EVENT_KIND_THUMB_UP,
    "two": event_pb2.EVENT_KIND_TWO_THUMBS_UP,
    "down": event_pb2.EVENT_KIND_THUMB_DOWN,
}


def page(
    address: str | None, user: str, *, rows: int, cards: int, **bounds: Any
) -> pb.GetPageResponse:
    """`bounds` as in GetPageRequest: country, maturity_ceiling, kids."""
    request = pb.GetPageRequest(user_id=user, page_size=rows, cards_per_row=cards, **bounds)
    return _ask(address, lambda stub: stub.GetPage, request)


def similar_users(address: str | None, user: str, *, count: int) -> pb.ListSimilarUsersResponse:
    request = pb.ListSimilarUsersRequest(user_id=user, page_size=count)
    return _ask(address, lambda stub: stub.ListSimilarUsers, request)


def similar_titles(
    address: str | None, title: str, user: str, *, count: int
) -> pb.ListSimilarTitlesResponse:
    request = pb.ListSimilarTitlesRequest(title_id=title, user_id=user, page_size=count)
    return _ask(address, lambda stub: stub.ListSimilarTitles, request)


def title(address: str | None, title: str, user: str) -> pb.GetTitleResponse:
    request = pb.GetTitleRequest(title_id=title, user_id=user)
    return _ask(address, lambda stub: stub.GetTitle, request)


def model(address: str | None) -> pb.GetModelResponse:
    return _ask(address, lambda stub: stub.GetModel, pb.GetModelRequest())


def record(
    address: str | None,
    user: str,
    title: str = "",
    *,
    completion: float | None = None,
    thumb: str | None = None,
    query: str | None = None,
) -> pb.RecordEventsResponse:
    """Reports a search, a thumb, how far the title was watched, or that it was finished."""
    if query is not None:
        kind = event_pb2.EVENT_KIND_SEARCHED
    elif thumb is not None:
        kind = THUMBS[thumb]
    elif completion is not None:
        kind = event_pb2.EVENT_KIND_PROGRESS
    else:
        kind = event_pb2.EVENT_KIND_FINISHED
    event = event_pb2.Event(
        event_id=str(uuid.uuid4()),
        user_id=user,
        title_id=title,
        kind=kind,
        completion=completion,
        query=query,
        device="cli",
    )
    event.time.FromSeconds(int(time.time()))
    return _ask(address, lambda stub: stub.RecordEvents, pb.RecordEventsRequest(events=[event]))


def as_json(message: Message) -> str:
    plain = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return json.dumps(plain, ensure_ascii=False, indent=2)


def _ask(address: str | None, method: Callable[[Any], Any], request: Message) -> Any:
    where = settings.load(address=address).address
    parse(where)  # what is no host:port would look like a server that is away
    with grpc.insecure_channel(where) as channel:
        stub = playbill_service_pb2_grpc.PlaybillServiceStub(channel)
        try:
            return method(stub)(request, timeout=SECONDS)
        except grpc.RpcError as error:
            raise _translated(error, where) from None


def _translated(error: Any, where: str) -> PlaybillError:
    code, details = error.code(), error.details() or ""
    status = rpc_status.from_call(error)  # None where it was gRPC that failed, here or there
    if named := status and _named(status):
        return named(details)
    if status is None and code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return ServerUnreachable(
            f"{where}: no answer within {SECONDS:g} seconds. Is the server overloaded? Try again, "
            "or name another with --address."
        )
    if status is None and code is grpc.StatusCode.UNAVAILABLE:
        # Of all addresses that gRPC tried, the last one's.
        why = details.rpartition(": ")[2].rstrip("]")
        return ServerUnreachable(
            f"{where}: no server answers there ({why}). Start one with `playbill serve`, or name "
            "another with --address."
        )
    said = f"{code.name.lower().replace('_', ' ')}: {details}"
    return ServerFailed(f"{where}: the server answered {said}")


def _named(status: status_pb2.Status) -> type[PlaybillError] | None:
    """The error whose class the server's answer names, if this Playbill knows it."""
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info) and info.domain == "playbill":
            return ERRORS.get(info.reason)
    return None
