import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVENT_KIND_UNSPECIFIED: _ClassVar[EventKind]
    EVENT_KIND_IMPRESSION: _ClassVar[EventKind]
    EVENT_KIND_PLAY_STARTED: _ClassVar[EventKind]
    EVENT_KIND_PROGRESS: _ClassVar[EventKind]
    EVENT_KIND_FINISHED: _ClassVar[EventKind]
    EVENT_KIND_ABANDONED: _ClassVar[EventKind]
    EVENT_KIND_THUMB_UP: _ClassVar[EventKind]
    EVENT_KIND_TWO_THUMBS_UP: _ClassVar[EventKind]
    EVENT_KIND_THUMB_DOWN: _ClassVar[EventKind]
    EVENT_KIND_THUMB_CLEARED: _ClassVar[EventKind]
    EVENT_KIND_DETAIL_OPENED: _ClassVar[EventKind]
    EVENT_KIND_PAUSED: _ClassVar[EventKind]
    EVENT_KIND_REWOUND: _ClassVar[EventKind]
    EVENT_KIND_SEARCHED: _ClassVar[EventKind]
    EVENT_KIND_LIST_ADDED: _ClassVar[EventKind]
    EVENT_KIND_LIST_REMOVED: _ClassVar[EventKind]
    EVENT_KIND_HIDDEN: _ClassVar[EventKind]
    EVENT_KIND_UNHIDDEN: _ClassVar[EventKind]
    EVENT_KIND_ROW_SCROLLED_PAST: _ClassVar[EventKind]
    EVENT_KIND_ROW_SWIPED: _ClassVar[EventKind]
EVENT_KIND_UNSPECIFIED: EventKind
EVENT_KIND_IMPRESSION: EventKind
EVENT_KIND_PLAY_STARTED: EventKind
EVENT_KIND_PROGRESS: EventKind
EVENT_KIND_FINISHED: EventKind
EVENT_KIND_ABANDONED: EventKind
EVENT_KIND_THUMB_UP: EventKind
EVENT_KIND_TWO_THUMBS_UP: EventKind
EVENT_KIND_THUMB_DOWN: EventKind
EVENT_KIND_THUMB_CLEARED: EventKind
EVENT_KIND_DETAIL_OPENED: EventKind
EVENT_KIND_PAUSED: EventKind
EVENT_KIND_REWOUND: EventKind
EVENT_KIND_SEARCHED: EventKind
EVENT_KIND_LIST_ADDED: EventKind
EVENT_KIND_LIST_REMOVED: EventKind
EVENT_KIND_HIDDEN: EventKind
EVENT_KIND_UNHIDDEN: EventKind
EVENT_KIND_ROW_SCROLLED_PAST: EventKind
EVENT_KIND_ROW_SWIPED: EventKind

class Event(_message.Message):
    __slots__ = ("event_id", "user_id", "title_id", "kind", "time", "completion", "row_id", "position", "device", "page_id", "row_position", "duration", "query", "cards_shown", "utc_offset_minutes")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_FIELD_NUMBER: _ClassVar[int]
    ROW_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    PAGE_ID_FIELD_NUMBER: _ClassVar[int]
    ROW_POSITION_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    CARDS_SHOWN_FIELD_NUMBER: _ClassVar[int]
    UTC_OFFSET_MINUTES_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    user_id: str
    title_id: str
    kind: EventKind
    time: _timestamp_pb2.Timestamp
    completion: float
    row_id: str
    position: int
    device: str
    page_id: str
    row_position: int
    duration: _duration_pb2.Duration
    query: str
    cards_shown: int
    utc_offset_minutes: int
    def __init__(self, event_id: _Optional[str] = ..., user_id: _Optional[str] = ..., title_id: _Optional[str] = ..., kind: _Optional[_Union[EventKind, str]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., completion: _Optional[float] = ..., row_id: _Optional[str] = ..., position: _Optional[int] = ..., device: _Optional[str] = ..., page_id: _Optional[str] = ..., row_position: _Optional[int] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., query: _Optional[str] = ..., cards_shown: _Optional[int] = ..., utc_offset_minutes: _Optional[int] = ...) -> None: ...

class RefusedEvent(_message.Message):
    __slots__ = ("index", "event_id", "reason")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    index: int
    event_id: str
    reason: str
    def __init__(self, index: _Optional[int] = ..., event_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...
