"""What each request may hold: one pydantic model a request, enforcing the rules in proto/.

`parse` reads a message into its model; a pydantic ValidationError names each bad field.
"""

import re
from typing import Annotated, Any, TypeVar

from google.protobuf.message import Message
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from playbill.v1 import page_pb2
from server import tokens


def _country(code: str) -> str:
    if code and not re.fullmatch("[A-Z]{2}", code):
        raise ValueError("must be two capital letters, as US, or empty")
    return code


def _zero_is(default: int) -> BeforeValidator:
    return BeforeValidator(lambda value: value or default)


Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]
ROW_ID = 6_400  # characters: a theme's has two ids, of which each character may be quoted as twelve
RowId = Annotated[str, StringConstraints(min_length=1, max_length=ROW_ID)]
Country = Annotated[str, AfterValidator(_country)]
Ceiling = Annotated[int, Field(ge=0, le=21)]  # years
Device = Annotated[str, StringConstraints(max_length=64)]
Offset = Annotated[int, Field(ge=-1080, le=1080)]  # minutes
Token = tuple[tokens.Checks, ...]
KINDS = set(page_pb2.RowKind.values())
PageRows = Annotated[int, _zero_is(10), Field(ge=1, le=40)]
PageCards = Annotated[int, _zero_is(20), Field(ge=1, le=40)]
ListSize = Annotated[int, _zero_is(20), Field(ge=1, le=100)]

# What is wrong with a value, by pydantic's name for it.
WORDS = {
    "string_too_short": "is required",
    "string_too_long": "must be of {max_length} characters at most",
    "too_short": "must be {min_length} or more",
    "too_long": "must be {max_length} at most; send them in parts",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} at most",
    "finite_number": "must be a number",
}

Model = TypeVar("Model", bound="Request")


class Request(BaseModel):
    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)


def _read_token(*scope: str, lists: int) -> Any:
    """Reads `page_token` against the fields that it was given out for."""

    def read(cls: type[Request], token: str, info: ValidationInfo) -> Token:
        if any(name not in info.data for name in scope):
            return ()  # those fields are refused themselves
        bound_to = token_scope(cls, *(info.data[name] for name in scope))
        return tuple(tokens.decode(bound_to, token, lists=lists))

    return field_validator("page_token", mode="before")(classmethod(read))


def token_scope(request: type[Request], *ids: str) -> str:
    """What a token of this call is bound to."""
    return "\0".join((request.__name__, *ids))


class Bounded(Request):
    """Says where, and what may be shown at most."""

    country: Country
    maturity_ceiling: Ceiling | None
    kids: bool


class GetPage(Bounded):
    user_id: Id
    page_size: PageRows
    cards_per_row: PageCards
    # ids of the rows above, titles at their heads, how many each has, kind of the last row
    page_token: Token
    device: Device
    utc_offset_minutes: Offset
    seed: int
    _read = _read_token("user_id", lists=4)

    @field_validator("page_token")
    @classmethod
    def _fits(cls, token: Token) -> Token:
        if token:
            above, heads, counts, last = token
            of_rows = len(above) == len(counts) and len(last) == min(len(above), 1)
            if not of_rows or counts.sum() != len(heads) or not set(last.tolist()) <= KINDS:
                raise ValueError("not a token this call gave out; start without one")
        return token


class GetRow(Bounded):
    user_id: Id
    row_id: RowId
    page_size: ListSize
    page_token: Token  # titles shown
    device: Device
    utc_offset_minutes: Offset
    seed: int
    _read = _read_token("user_id", "row_id", lists=1)


class ListSimilarUsers(Bounded):
    user_id: Id
    page_size: ListSize
    page_token: Token  # users shown
    _read = _read_token("user_id", lists=1)


class ListSimilarTitles(Bounded):
    title_id: Id
    user_id: Annotated[str, StringConstraints(max_length=256)]
    page_size: ListSize
    page_token: Token  # titles shown
    _read = _read_token("title_id", lists=1)


class GetTitle(Bounded):
    title_id: Id
    user_id: Id
    device: Device
    utc_offset_minutes: Offset


class RecordEvents(Request):
    """The batch as a whole; each event has a model of its own in `server.reports`."""

    events: Annotated[list, Field(min_length=1, max_length=1000)]

    @field_validator("events", mode="before")
    @classmethod
    def _as_list(cls, events: object) -> list:
        return list(events)  # ty: ignore[invalid-argument-type]


def parse(model: type[Model], message: Message) -> Model:
    """Raises pydantic's ValidationError."""
    return model.model_validate({name: given(message, name) for name in model.model_fields})


def given(message: Message, name: str) -> Any:
    """None where it is not set, of what tells that from its default."""
    assert message.DESCRIPTOR is not None
    field = message.DESCRIPTOR.fields_by_name[name]
    return getattr(message, name) if not field.has_presence or message.HasField(name) else None


def explain(error: ValidationError) -> list[tuple[str, str]]:
    """(field, what is wrong with it and what was got) for each bad field."""
    return [_explained(dict(part)) for part in error.errors(include_url=False)]


def _explained(part: dict[str, Any]) -> tuple[str, str]:
    about = part.get("ctx", {})
    own = about.get("error")  # what a rule of ours said
    words = WORDS.get(part["type"])
    message = str(own) if own else words.format(**about) if words else part["msg"]
    if part["loc"]:
        return ".".join(map(str, part["loc"])), f"{message} (got {_short(part['input'])})"
    field, _, text = message.partition(" ")  # a rule about several begins with the one to mend
    return field, text


def _short(value: object) -> str:
    if isinstance(value, list):
        return f"{len(value)} of them"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
