import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from playbill.v1 import event_pb2 as _event_pb2
from playbill.v1 import page_pb2 as _page_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NoSimilarUsersReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NO_SIMILAR_USERS_REASON_UNSPECIFIED: _ClassVar[NoSimilarUsersReason]
    NO_SIMILAR_USERS_REASON_NOT_ENOUGH_HISTORY: _ClassVar[NoSimilarUsersReason]
NO_SIMILAR_USERS_REASON_UNSPECIFIED: NoSimilarUsersReason
NO_SIMILAR_USERS_REASON_NOT_ENOUGH_HISTORY: NoSimilarUsersReason

class GetPageRequest(_message.Message):
    __slots__ = ("user_id", "page_size", "cards_per_row", "page_token", "country", "device", "utc_offset_minutes", "seed", "maturity_ceiling", "kids")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    CARDS_PER_ROW_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    UTC_OFFSET_MINUTES_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    MATURITY_CEILING_FIELD_NUMBER: _ClassVar[int]
    KIDS_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    page_size: int
    cards_per_row: int
    page_token: str
    country: str
    device: str
    utc_offset_minutes: int
    seed: int
    maturity_ceiling: int
    kids: bool
    def __init__(self, user_id: _Optional[str] = ..., page_size: _Optional[int] = ..., cards_per_row: _Optional[int] = ..., page_token: _Optional[str] = ..., country: _Optional[str] = ..., device: _Optional[str] = ..., utc_offset_minutes: _Optional[int] = ..., seed: _Optional[int] = ..., maturity_ceiling: _Optional[int] = ..., kids: _Optional[bool] = ...) -> None: ...

class GetPageResponse(_message.Message):
    __slots__ = ("rows", "next_page_token", "model_version", "page_id")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    PAGE_ID_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[_page_pb2.Row]
    next_page_token: str
    model_version: str
    page_id: str
    def __init__(self, rows: _Optional[_Iterable[_Union[_page_pb2.Row, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., model_version: _Optional[str] = ..., page_id: _Optional[str] = ...) -> None: ...

class GetRowRequest(_message.Message):
    __slots__ = ("user_id", "row_id", "page_size", "page_token", "country", "device", "utc_offset_minutes", "seed", "maturity_ceiling", "kids")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ROW_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    UTC_OFFSET_MINUTES_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    MATURITY_CEILING_FIELD_NUMBER: _ClassVar[int]
    KIDS_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    row_id: str
    page_size: int
    page_token: str
    country: str
    device: str
    utc_offset_minutes: int
    seed: int
    maturity_ceiling: int
    kids: bool
    def __init__(self, user_id: _Optional[str] = ..., row_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., country: _Optional[str] = ..., device: _Optional[str] = ..., utc_offset_minutes: _Optional[int] = ..., seed: _Optional[int] = ..., maturity_ceiling: _Optional[int] = ..., kids: _Optional[bool] = ...) -> None: ...

class GetRowResponse(_message.Message):
    __slots__ = ("row", "model_version")
    ROW_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    row: _page_pb2.Row
    model_version: str
    def __init__(self, row: _Optional[_Union[_page_pb2.Row, _Mapping]] = ..., model_version: _Optional[str] = ...) -> None: ...

class ListSimilarUsersRequest(_message.Message):
    __slots__ = ("user_id", "page_size", "page_token", "country", "maturity_ceiling", "kids")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    MATURITY_CEILING_FIELD_NUMBER: _ClassVar[int]
    KIDS_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    page_size: int
    page_token: str
    country: str
    maturity_ceiling: int
    kids: bool
    def __init__(self, user_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., country: _Optional[str] = ..., maturity_ceiling: _Optional[int] = ..., kids: _Optional[bool] = ...) -> None: ...

class SimilarUser(_message.Message):
    __slots__ = ("user_id", "similarity", "shared_titles", "shared_title_count")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    SHARED_TITLES_FIELD_NUMBER: _ClassVar[int]
    SHARED_TITLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    similarity: float
    shared_titles: _containers.RepeatedCompositeFieldContainer[SharedTitle]
    shared_title_count: int
    def __init__(self, user_id: _Optional[str] = ..., similarity: _Optional[float] = ..., shared_titles: _Optional[_Iterable[_Union[SharedTitle, _Mapping]]] = ..., shared_title_count: _Optional[int] = ...) -> None: ...

class SharedTitle(_message.Message):
    __slots__ = ("title_id", "name", "year")
    TITLE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    YEAR_FIELD_NUMBER: _ClassVar[int]
    title_id: str
    name: str
    year: int
    def __init__(self, title_id: _Optional[str] = ..., name: _Optional[str] = ..., year: _Optional[int] = ...) -> None: ...

class ListSimilarUsersResponse(_message.Message):
    __slots__ = ("similar_users", "reason", "next_page_token", "model_version")
    SIMILAR_USERS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    similar_users: _containers.RepeatedCompositeFieldContainer[SimilarUser]
    reason: NoSimilarUsersReason
    next_page_token: str
    model_version: str
    def __init__(self, similar_users: _Optional[_Iterable[_Union[SimilarUser, _Mapping]]] = ..., reason: _Optional[_Union[NoSimilarUsersReason, str]] = ..., next_page_token: _Optional[str] = ..., model_version: _Optional[str] = ...) -> None: ...

class ListSimilarTitlesRequest(_message.Message):
    __slots__ = ("title_id", "page_size", "page_token", "user_id", "country", "maturity_ceiling", "kids")
    TITLE_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    MATURITY_CEILING_FIELD_NUMBER: _ClassVar[int]
    KIDS_FIELD_NUMBER: _ClassVar[int]
    title_id: str
    page_size: int
    page_token: str
    user_id: str
    country: str
    maturity_ceiling: int
    kids: bool
    def __init__(self, title_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., user_id: _Optional[str] = ..., country: _Optional[str] = ..., maturity_ceiling: _Optional[int] = ..., kids: _Optional[bool] = ...) -> None: ...

class SimilarTitle(_message.Message):
    __slots__ = ("title_id", "name", "year", "similarity")
    TITLE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    YEAR_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    title_id: str
    name: str
    year: int
    similarity: float
    def __init__(self, title_id: _Optional[str] = ..., name: _Optional[str] = ..., year: _Optional[int] = ..., similarity: _Optional[float] = ...) -> None: ...

class ListSimilarTitlesResponse(_message.Message):
    __slots__ = ("similar_titles", "next_page_token", "model_version")
    SIMILAR_TITLES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    similar_titles: _containers.RepeatedCompositeFieldContainer[SimilarTitle]
    next_page_token: str
    model_version: str
    def __init__(self, similar_titles: _Optional[_Iterable[_Union[SimilarTitle, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., model_version: _Optional[str] = ...) -> None: ...

class GetTitleRequest(_message.Message):
    __slots__ = ("title_id", "user_id", "country", "device", "utc_offset_minutes", "maturity_ceiling", "kids")
    TITLE_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    UTC_OFFSET_MINUTES_FIELD_NUMBER: _ClassVar[int]
    MATURITY_CEILING_FIELD_NUMBER: _ClassVar[int]
    KIDS_FIELD_NUMBER: _ClassVar[int]
    title_id: str
    user_id: str
    country: str
    device: str
    utc_offset_minutes: int
    maturity_ceiling: int
    kids: bool
    def __init__(self, title_id: _Optional[str] = ..., user_id: _Optional[str] = ..., country: _Optional[str] = ..., device: _Optional[str] = ..., utc_offset_minutes: _Optional[int] = ..., maturity_ceiling: _Optional[int] = ..., kids: _Optional[bool] = ...) -> None: ...

class GetTitleResponse(_message.Message):
    __slots__ = ("card", "genres", "runtime_minutes", "model_version")
    CARD_FIELD_NUMBER: _ClassVar[int]
    GENRES_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_MINUTES_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    card: _page_pb2.Card
    genres: _containers.RepeatedScalarFieldContainer[str]
    runtime_minutes: int
    model_version: str
    def __init__(self, card: _Optional[_Union[_page_pb2.Card, _Mapping]] = ..., genres: _Optional[_Iterable[str]] = ..., runtime_minutes: _Optional[int] = ..., model_version: _Optional[str] = ...) -> None: ...

class RecordEventsRequest(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[_event_pb2.Event]
    def __init__(self, events: _Optional[_Iterable[_Union[_event_pb2.Event, _Mapping]]] = ...) -> None: ...

class RecordEventsResponse(_message.Message):
    __slots__ = ("refused", "stored", "duplicates")
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    STORED_FIELD_NUMBER: _ClassVar[int]
    DUPLICATES_FIELD_NUMBER: _ClassVar[int]
    refused: _containers.RepeatedCompositeFieldContainer[_event_pb2.RefusedEvent]
    stored: int
    duplicates: int
    def __init__(self, refused: _Optional[_Iterable[_Union[_event_pb2.RefusedEvent, _Mapping]]] = ..., stored: _Optional[int] = ..., duplicates: _Optional[int] = ...) -> None: ...

class GetModelRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetModelResponse(_message.Message):
    __slots__ = ("version", "published_at", "data_until", "metrics", "counts", "code_version")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class CountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    DATA_UNTIL_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    CODE_VERSION_FIELD_NUMBER: _ClassVar[int]
    version: str
    published_at: _timestamp_pb2.Timestamp
    data_until: _timestamp_pb2.Timestamp
    metrics: _containers.ScalarMap[str, float]
    counts: _containers.ScalarMap[str, int]
    code_version: str
    def __init__(self, version: _Optional[str] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., data_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., metrics: _Optional[_Mapping[str, float]] = ..., counts: _Optional[_Mapping[str, int]] = ..., code_version: _Optional[str] = ...) -> None: ...
