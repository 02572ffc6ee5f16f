from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RowKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROW_KIND_UNSPECIFIED: _ClassVar[RowKind]
    ROW_KIND_CONTINUE_WATCHING: _ClassVar[RowKind]
    ROW_KIND_TOP_PICKS: _ClassVar[RowKind]
    ROW_KIND_GENRE: _ClassVar[RowKind]
    ROW_KIND_BECAUSE_YOU_WATCHED: _ClassVar[RowKind]
    ROW_KIND_POPULAR_NOW: _ClassVar[RowKind]
    ROW_KIND_MY_LIST: _ClassVar[RowKind]
    ROW_KIND_TOP_10: _ClassVar[RowKind]
    ROW_KIND_TRENDING: _ClassVar[RowKind]
    ROW_KIND_NEW: _ClassVar[RowKind]
    ROW_KIND_MORE_LIKE_LIKED: _ClassVar[RowKind]
    ROW_KIND_WATCH_AGAIN: _ClassVar[RowKind]
    ROW_KIND_COMMUNITY: _ClassVar[RowKind]
    ROW_KIND_THEME: _ClassVar[RowKind]
    ROW_KIND_PERSON: _ClassVar[RowKind]
    ROW_KIND_DECADE: _ClassVar[RowKind]
    ROW_KIND_SOMETHING_DIFFERENT: _ClassVar[RowKind]

class TitleKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TITLE_KIND_UNSPECIFIED: _ClassVar[TitleKind]
    TITLE_KIND_FILM: _ClassVar[TitleKind]
    TITLE_KIND_SERIES: _ClassVar[TitleKind]
ROW_KIND_UNSPECIFIED: RowKind
ROW_KIND_CONTINUE_WATCHING: RowKind
ROW_KIND_TOP_PICKS: RowKind
ROW_KIND_GENRE: RowKind
ROW_KIND_BECAUSE_YOU_WATCHED: RowKind
ROW_KIND_POPULAR_NOW: RowKind
ROW_KIND_MY_LIST: RowKind
ROW_KIND_TOP_10: RowKind
ROW_KIND_TRENDING: RowKind
ROW_KIND_NEW: RowKind
ROW_KIND_MORE_LIKE_LIKED: RowKind
ROW_KIND_WATCH_AGAIN: RowKind
ROW_KIND_COMMUNITY: RowKind
ROW_KIND_THEME: RowKind
ROW_KIND_PERSON: RowKind
ROW_KIND_DECADE: RowKind
ROW_KIND_SOMETHING_DIFFERENT: RowKind
TITLE_KIND_UNSPECIFIED: TitleKind
TITLE_KIND_FILM: TitleKind
TITLE_KIND_SERIES: TitleKind

class Artwork(_message.Message):
    __slots__ = ("artwork_id", "uri")
    ARTWORK_ID_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    artwork_id: str
    uri: str
    def __init__(self, artwork_id: _Optional[str] = ..., uri: _Optional[str] = ...) -> None: ...

class Card(_message.Message):
    __slots__ = ("title_id", "name", "year", "kind", "match_percent", "artwork", "completion")
    TITLE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    YEAR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MATCH_PERCENT_FIELD_NUMBER: _ClassVar[int]
    ARTWORK_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_FIELD_NUMBER: _ClassVar[int]
    title_id: str
    name: str
    year: int
    kind: TitleKind
    match_percent: int
    artwork: Artwork
    completion: float
    def __init__(self, title_id: _Optional[str] = ..., name: _Optional[str] = ..., year: _Optional[int] = ..., kind: _Optional[_Union[TitleKind, str]] = ..., match_percent: _Optional[int] = ..., artwork: _Optional[_Union[Artwork, _Mapping]] = ..., completion: _Optional[float] = ...) -> None: ...

class Row(_message.Message):
    __slots__ = ("row_id", "kind", "heading", "cards", "subject_id", "next_page_token", "reason", "second_subject_id")
    ROW_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    HEADING_FIELD_NUMBER: _ClassVar[int]
    CARDS_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SECOND_SUBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    row_id: str
    kind: RowKind
    heading: str
    cards: _containers.RepeatedCompositeFieldContainer[Card]
    subject_id: str
    next_page_token: str
    reason: str
    second_subject_id: str
    def __init__(self, row_id: _Optional[str] = ..., kind: _Optional[_Union[RowKind, str]] = ..., heading: _Optional[str] = ..., cards: _Optional[_Iterable[_Union[Card, _Mapping]]] = ..., subject_id: _Optional[str] = ..., next_page_token: _Optional[str] = ..., reason: _Optional[str] = ..., second_subject_id: _Optional[str] = ...) -> None: ...
