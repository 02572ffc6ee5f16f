"""A running server over a snapshot, which tests share, and what they say of its answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from graph.snapshot import Snapshot
from playbill.v1 import page_pb2
from tests.serving import SECONDS, Running
from tests.snapshots import Shape

SHAPE = Shape(titles=400, users=200, per_user=30)


@dataclass(frozen=True)
class World:
    running: Running
    snapshot: Snapshot
    data: Path


def refusal(call: Callable, request: Message, *, timeout: float = SECONDS) -> Any:
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=timeout)
    return caught.value


def paged(call: Callable, request: Any) -> Iterator[Any]:
    """The answers to a request and to those that go on by its token."""
    while True:
        answer = call(request)
        yield answer
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


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
