"""What a reported event may hold: the rules of event.proto, one event at a time, so that a bad one
is refused by itself and the rest of its batch is stored."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
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

from graph.behaviour import Event, Kind
from playbill.v1 import event_pb2
from server.requests import Id, explain

OLDEST = 30 * 86400  # seconds
AHEAD = 5 * 60  # seconds; clocks of devices are rarely right
_NEEDS_COMPLETION = (Kind.PROGRESS, Kind.ABANDONED)


class Report(BaseModel):
    """One event as it was sent."""

    model_config = ConfigDict(frozen=True)

    event_id: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    user_id: Id
    title_id: Id
    kind: int
    time: int | None
    completion: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None
    row_id: Annotated[str, StringConstraints(max_length=272)]
    position: Annotated[int, Field(ge=0)] | None
    device: Annotated[str, StringConstraints(max_length=64)]

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: int) -> int:
        if kind not in Kind.__members__.values():
            raise ValueError("is not a kind of event that this server knows; set one of EventKind")
        return kind

    @model_validator(mode="after")
    def _says_how_far(self) -> "Report":
        if self.kind in _NEEDS_COMPLETION and self.completion is None:
            raise ValueError("completion is required for PROGRESS and ABANDONED; set 0 to 1")
        return self

    def event(self) -> Event:
        kind = Kind(self.kind)
        return Event(
            id=self.event_id,
            user=self.user_id,
            title=self.title_id,
            kind=kind,
            at=self.time or 0,
            completion=self.completion if kind in _NEEDS_COMPLETION else None,
            row=self.row_id,
            position=self.position,
            device=self.device,
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
    return Report(
        event_id=message.event_id,
        user_id=message.user_id,
        title_id=message.title_id,
        kind=message.kind,
        time=message.time.seconds if message.HasField("time") else None,
        completion=message.completion if message.HasField("completion") else None,
        row_id=message.row_id,
        position=message.position if message.HasField("position") else None,
        device=message.device,
    )


def _out_of_bounds(event: Event, titles: Container[str], now: float) -> str:
    if event.title not in titles:
        return f"title_id: {event.title!r} is not in the catalogue of the snapshot that serves"
    if event.at == 0:
        return "time: is required"
    if event.at < now - OLDEST:
        return f"time: {event.at} is more than 30 days ago; send events sooner"
    if event.at > now + AHEAD:
        return f"time: {event.at} is more than 5 minutes ahead; check the device's clock"
    return ""
