"""What a reported event may hold: the rules of event.proto, one event at a time, so that a bad one
is refused by itself and the rest of its batch is stored."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from graph.behaviour import OF_ROWS, Event, Kind
from playbill.v1 import event_pb2
from server.requests import ROW_ID, Device, Id, Offset, explain, given

OLDEST = 30 * 86400  # seconds
AHEAD = 5 * 60  # seconds; clocks of devices are rarely right
_NEEDS_COMPLETION = (Kind.PROGRESS, Kind.ABANDONED)
_HEEDS_COMPLETION = (*_NEEDS_COMPLETION, Kind.PAUSED, Kind.REWOUND)
_WITHOUT_TITLE = (*OF_ROWS, Kind.SEARCHED)
Position = Annotated[int, Field(ge=0)]


class Report(BaseModel):
    """One event as it was sent."""

    model_config = ConfigDict(frozen=True)

    event_id: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    user_id: Id
    title_id: Annotated[str, StringConstraints(max_length=256)]
    kind: int
    time: int | None
    nanos: Annotated[int, Field(ge=0, le=999_999_999, alias="time.nanos")]
    completion: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None
    row_id: Annotated[str, StringConstraints(max_length=ROW_ID)]
    position: Position | None
    device: Device
    page_id: Annotated[str, StringConstraints(max_length=64)]
    row_position: Position | None
    duration: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None
    query: Annotated[str, StringConstraints(max_length=256)]
    cards_shown: Position | None
    utc_offset_minutes: Offset

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: int) -> int:
        if kind not in Kind.__members__.values():
            raise ValueError("is not a kind of event that this server knows; set one of EventKind")
        return kind

    @model_validator(mode="after")
    def _says_how_far(self) -> "Report":
        if self.kind in _NEEDS_COMPLETION and self.completion is None:
            raise ValueError("completion is required for PROGRESS and ABANDONED: a share, 0 to 1")
        return self

    @model_validator(mode="after")
    def _says_with_what(self) -> "Report":
        if self.kind in OF_ROWS:
            if not self.row_id:
                raise ValueError("row_id is required for ROW_SCROLLED_PAST and ROW_SWIPED")
            if self.title_id:
                raise ValueError("title_id must be empty for ROW_SCROLLED_PAST and ROW_SWIPED")
        elif not self.title_id and self.kind not in _WITHOUT_TITLE:
            raise ValueError("title_id is required, but for searches and what is done with a row")
        if self.kind == Kind.SEARCHED and not self.query:
            raise ValueError("query is required for SEARCHED; set what was searched for")
        return self

    def event(self) -> Event:
        return Event(
            id=self.event_id,
            user=self.user_id,
            title=self.title_id,
            kind=Kind(self.kind),
            at=self.time or 0,
            millis=self.nanos // 1_000_000,
            completion=self.completion,
            row=self.row_id,
            position=self.position,
            device=self.device,
            page=self.page_id,
            row_position=self.row_position,
            duration=self.duration,
            query=self.query,
            cards_shown=self.cards_shown,
            utc_offset=self.utc_offset_minutes,
        )


@dataclass(frozen=True)
class Sorted:
    """A batch, told apart: refused holds (index in the batch, event id, reason)."""

    good: list[Event]
    refused: list[tuple[int, str, str]]


def sort_out(messages: Iterable[event_pb2.Event], *, titles: Container[str], now: float) -> Sorted:
    """Tells the good events of a batch from the bad ones. `now` in seconds since 1970."""
    result = Sorted([], [])
    for index, message in enumerate(messages):
        try:
            event = _report(message).event()
            reason = _out_of_bounds(event, titles, now)
        except ValidationError as error:
            reason = "; ".join(f"{field}: {text}" for field, text in explain(error))
        if reason:
            result.refused.append((index, message.event_id, reason))
        else:
            result.good.append(event)
    return result


def _report(message: event_pb2.Event) -> Report:
    """What belongs to other kinds of event is ignored, whatever it is."""
    kind = message.kind
    return Report(
        event_id=message.event_id,
        user_id=message.user_id,
        title_id=message.title_id,
        kind=kind,
        time=message.time.seconds if message.HasField("time") else None,
        **{"time.nanos": message.time.nanos},
        completion=given(message, "completion") if kind in _HEEDS_COMPLETION else None,
        row_id=message.row_id,
        position=given(message, "position"),
        device=message.device,
        page_id=message.page_id,
        row_position=given(message, "row_position"),
        duration=_seconds(message) if kind == Kind.IMPRESSION else None,
        query=message.query if kind == Kind.SEARCHED else "",
        cards_shown=given(message, "cards_shown") if kind in OF_ROWS else None,
        utc_offset_minutes=message.utc_offset_minutes,
    )


def _seconds(message: event_pb2.Event) -> float | None:
    if not message.HasField("duration"):
        return None
    return message.duration.seconds + message.duration.nanos / 1e9


def _out_of_bounds(event: Event, titles: Container[str], now: float) -> str:
    if event.title and event.title not in titles:
        return f"title_id: {event.title!r} is not in the catalogue of the snapshot that serves"
    if event.at == 0:
        return "time: is required"
    if event.at < now - OLDEST:
        return f"time: {_date(event.at)} is more than 30 days ago; send events sooner"
    if event.at > now + AHEAD:
        return (
            f"time: {_date(event.at)} is more than 5 minutes ahead; is the clock right, in seconds?"
        )
    return ""


def _date(at: int) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(sep=" ")
    except (OverflowError, ValueError, OSError):  # no year that a calendar knows
        return f"{at} seconds since 1970"
