"""What simulated and replayed members ask of the service, over gRPC: a page, all scores, and that
what they did is taken down."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import grpc

from benchmarks.visits import Act, Row
from benchmarks.world import title_id
from playbill.v1 import event_pb2
from playbill.v1 import playbill_service_pb2 as pb

DEEPEST = 20  # calls for the scores of one member: GetRow gives 100 titles at most
BATCH = 1_000


@dataclass(frozen=True)
class Where:
    """Whom is asked for, and what their client says of itself."""

    user: str
    device: str = ""
    utc_offset: int = 0  # minutes
    seed: int = 0


def page(stub: Any, where: Where, *, rows: int, cards: int) -> tuple[str, list[Row]]:
    """Its id and its rows, whose titles are rows of the catalogue."""
    answer = stub.GetPage(
        pb.GetPageRequest(
            user_id=where.user,
            page_size=rows,
            cards_per_row=cards,
            device=where.device,
            utc_offset_minutes=where.utc_offset,
            seed=where.seed,
        )
    )
    return answer.page_id, [Row(row.row_id, _numbers(row.cards)) for row in answer.rows]


def by_score(stub: Any, where: Where) -> list[int]:
    """The titles that fit best, as deep as the row of top picks goes; none without history."""
    titles: list[int] = []
    token = ""
    for _ in range(DEEPEST):
        try:
            answer = stub.GetRow(
                pb.GetRowRequest(
                    user_id=where.user,
                    row_id="top-picks",
                    page_size=100,
                    page_token=token,
                    device=where.device,
                    utc_offset_minutes=where.utc_offset,
                    seed=where.seed,
                )
            )
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:  # ty: ignore[missing-attribute]
                break
            raise
        titles += _numbers(answer.row.cards)
        token = answer.row.next_page_token
        if not token:
            break
    return titles


def record(stub: Any, events: Iterable[event_pb2.Event]) -> list[str]:
    """Sends the events; the reason of each that was refused."""
    sent = list(events)
    return [
        refused.reason
        for at in range(0, len(sent), BATCH)
        for refused in stub.RecordEvents(
            pb.RecordEventsRequest(events=sent[at : at + BATCH])
        ).refused
    ]


def event(act: Act, where: Where, *, id: str, begun: int, page: str) -> event_pb2.Event:
    """`act` of a visit that began at `begun`, seconds since 1970, to the page of that id."""
    made = event_pb2.Event(
        event_id=id,
        user_id=where.user,
        title_id="" if act.title is None else title_id(act.title),
        kind=event_pb2.EventKind.Value(f"EVENT_KIND_{act.kind}"),
        completion=act.completion,
        row_id=act.row,
        row_position=act.row_position,
        position=act.position,
        device=where.device,
        page_id=page if act.row else "",
        query=act.query,
        cards_shown=act.cards_shown,
        utc_offset_minutes=where.utc_offset,
    )
    made.time.FromMilliseconds(round((begun + act.seconds) * 1000))
    if act.duration is not None:
        made.duration.FromMilliseconds(round(act.duration * 1000))
    return made


def _numbers(cards: Iterable[Any]) -> list[int]:
    return [int(card.title_id.removeprefix("t")) for card in cards]
