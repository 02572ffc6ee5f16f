"""What each thing a member does is worth, and how it folds into one interaction with a title.

The fold (into Neo4j) and the server (into live state) both call `fold`. An interaction is a
function of the set of its events: counts are sums, what was reached a maximum, and what can change
back (thumb, My list, hidden, where playback stands) is what was said last, to the millisecond. So
events may come late, out of order and in any number of parts, and end in the same state.

What is light (a card on screen, a title's view opened, a row scrolled past) is no interaction: the
event log counts it, it fades within about a week, and it never goes to the graph.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # the server's supervisor, which only opens the event log, does without numpy
    import numpy as np
    from numpy.typing import NDArray


class Kind(IntEnum):
    """What happened; the numbers are those of `playbill.v1.EventKind`."""

    IMPRESSION = 1
    PLAY_STARTED = 2
    PROGRESS = 3
    FINISHED = 4
    ABANDONED = 5
    THUMB_UP = 6
    TWO_THUMBS_UP = 7
    THUMB_DOWN = 8
    THUMB_CLEARED = 9
    DETAIL_OPENED = 10
    PAUSED = 11
    REWOUND = 12
    SEARCHED = 13
    LIST_ADDED = 14
    LIST_REMOVED = 15
    HIDDEN = 16
    UNHIDDEN = 17
    ROW_SCROLLED_PAST = 18
    ROW_SWIPED = 19


OF_ROWS = (Kind.ROW_SCROLLED_PAST, Kind.ROW_SWIPED)  # with a row, and no title
LIGHT = (Kind.IMPRESSION, Kind.DETAIL_OPENED, Kind.SEARCHED, *OF_ROWS)  # never on an edge
CLICKS = (Kind.PLAY_STARTED, Kind.DETAIL_OPENED, Kind.SEARCHED)  # a card of a row was chosen


@dataclass(frozen=True)
class Event:
    """One thing one member did, with one title or one row. `at` in seconds since 1970, `millis`
    past it."""

    id: str
    user: str
    title: str  # "" where it was with a row, or a search that led to none
    kind: Kind
    at: int
    completion: float | None = None
    row: str = ""
    position: int | None = None
    device: str = ""
    page: str = ""
    row_position: int | None = None
    duration: float | None = None  # seconds on screen
    query: str = ""
    cards_shown: int | None = None
    utc_offset: int = 0  # minutes
    millis: int = 0


@dataclass(frozen=True)
class Interaction:
    """All that one user did with one title; the properties of an INTERACTED edge."""

    plays: int = 0  # times started
    completion: float = 0.0
    thumb: int = 0
    first_at: int = 0
    last_at: int = 0
    thumb_at: float = 0.0  # when that was said, to the millisecond; 0 never
    listed: bool = False
    listed_at: float = 0.0  # when it was put on My list or taken off; 0 never
    hidden: bool = False
    hidden_at: float = 0.0
    abandons: int = 0
    playhead: float = 0.0  # where playback stands, as a share of the runtime
    playhead_at: float = 0.0  # when that was told; 0 never

    @property
    def weight(self) -> float:
        if self.hidden:
            return 0.0
        return weight(self.completion, self.thumb, self.plays, self.abandons, self.listed)


class Worth(NamedTuple):
    """A line of the table: what one such event is worth as evidence of taste, where 1 is one title
    watched to its end."""

    kind: Kind
    worth: float
    fades: str  # "lasting": by the half-life that the refresh chose; "week"; "never"
    reason: str


# Of the figures below; raise it with every change, so that snapshots can be told apart, and edges
# are weighed anew.
VERSION = 4

WATCHED = 0.8  # of a title, from its start to its end
TABLE = (
    Worth(Kind.PLAY_STARTED, 0.2, "lasting", "Pressing play is some interest, whatever follows."),
    Worth(Kind.PROGRESS, WATCHED, "lasting",
          "Times the share reached: time is what members pay."),
    Worth(Kind.FINISHED, WATCHED, "lasting", "Progress to the very end: with the start it is 1."),
    Worth(Kind.ABANDONED, -0.3, "lasting",
          "Before 15%, and never watched further: looked at and left. Later it is progress."),
    Worth(Kind.THUMB_UP, 1.5, "lasting", "Times what was watched: said, and not only done."),
    Worth(Kind.TWO_THUMBS_UP, 2.0, "lasting", "Times what was watched: nothing can say more."),
    Worth(Kind.THUMB_DOWN, -1.0, "lasting",
          "Against what is near it. A quarter of what was watched still teaches what is chosen "
          "together, and says nothing for what the member likes."),
    Worth(Kind.THUMB_CLEARED, 0.0, "lasting", "Takes back what was said before it."),
    Worth(Kind.LIST_ADDED, 0.3, "lasting", "Meant to be watched; many listed titles never are."),
    Worth(Kind.LIST_REMOVED, 0.0, "lasting", "Takes that back, and says no more: perhaps watched."),
    Worth(Kind.HIDDEN, -1.0, "lasting", "Not for me: as plain as a thumb down."),
    Worth(Kind.UNHIDDEN, 0.0, "lasting", "Takes that back."),
    Worth(Kind.SEARCHED, 0.5, "week",
          "For the title chosen: they came with it in mind. Else for the rows it names."),
    Worth(Kind.DETAIL_OPENED, 0.15, "week", "Worth a closer look; half of all looks end there."),
    Worth(Kind.REWOUND, 0.0, "never", "Seen again, or missed for a call: no more than that."),
    Worth(Kind.PAUSED, 0.0, "never", "The doorbell rang: it says nothing but how far they came."),
    Worth(Kind.IMPRESSION, -0.04, "week",
          "On screen and not chosen: next to nothing once, more each time, tenfold at most. What "
          "is like it loses a little too, as much as refreshes learn from what is chosen."),
    Worth(Kind.ROW_SCROLLED_PAST, -0.2, "week",
          "Against the row's theme, at most a fifth of what a click is worth for it."),
    Worth(Kind.ROW_SWIPED, 0.3, "week",
          "For the row's theme. Cards that it passed are told as impressions and cool: what was on "
          "screen just now is lifted by no warm row."),
)  # fmt: skip
WORTH = {line.kind: line.worth for line in TABLE}

HOUR, WEEK = 3600.0, 7 * 86_400.0  # half-lives of the two quicker clocks, in seconds


class Clock(NamedTuple):
    """One of those by which what was done fades, beside the half-lives that a refresh chooses."""

    half_life: float  # seconds
    lasting: float  # what something counts by it just now
    light: float  # likewise, of what is light


CLOCKS = (Clock(math.inf, 1.0, 0.0), Clock(HOUR, 0.5, 0.5), Clock(WEEK, 0.5, 0.5))

# What a card on screen that was not chosen says against what is like it, where a title watched to
# its end says 1 for it: what tops a page is what a model is surest of, and there it was wrong. A
# refresh learns it (`gnn.passed_by`); this is what is believed before. All of them together say no
# more than PASSED_BY_MOST times that of what a member's titles say for themselves.
PASSED_BY, PASSED_BY_MOST = 0.4, 5.0

FINISHED_AT = 0.95  # credits are rarely watched
EARLY = 0.15  # an abandon before this share counts against
LATE = 1 - EARLY  # after this share nobody has begun to watch again
VISIBLE = 0.3  # seconds; a card that is known to have been there for less was not seen
STARTED = WORTH[Kind.PLAY_STARTED]
THUMB_FACTOR = {-1: 0.25, 0: 1.0, 1: WORTH[Kind.THUMB_UP], 2: WORTH[Kind.TWO_THUMBS_UP]}
# What can be taken back, and what each kind says of it, the graver after the others: taking back is
# the gravest.
SAYS: dict[Kind, tuple[str, int | bool]] = {
    Kind.THUMB_UP: ("thumb", 1),
    Kind.TWO_THUMBS_UP: ("thumb", 2),
    Kind.THUMB_DOWN: ("thumb", -1),
    Kind.THUMB_CLEARED: ("thumb", 0),
    Kind.LIST_ADDED: ("listed", True),
    Kind.LIST_REMOVED: ("listed", False),
    Kind.HIDDEN: ("hidden", True),
    Kind.UNHIDDEN: ("hidden", False),
}
_GRAVITY = {kind: place for place, kind in enumerate(SAYS)}


def weight(
    completion: float, thumb: int, plays: int, abandons: int = 0, listed: bool = False
) -> float:
    """Strength as evidence of taste, 0..2; 1 is one title watched to its end without a thumb.

    A thumb up alone, without a play, counts as if the title had been watched elsewhere; a thumb
    down alone was no choice, and speaks for nothing.
    """
    on_list = WORTH[Kind.LIST_ADDED] if listed and thumb >= 0 else 0.0
    if not plays and not completion:
        return THUMB_FACTOR[thumb] if thumb > 0 else on_list
    if abandons and completion < EARLY and thumb <= 0:
        return 0.0
    watched = STARTED + WATCHED * completion
    return max(watched * THUMB_FACTOR[thumb], on_list)


def freshness(age: "NDArray") -> "NDArray[np.float32]":
    """[m] how much more what was done so many seconds ago counts than what is older: twice just
    now, half as much more within the week."""
    age = age.clip(min=0)
    return (1 + sum(c.lasting * 0.5 ** (age / c.half_life) for c in CLOCKS[1:])).astype("f4")


def light(age: "NDArray") -> "NDArray[np.float32]":
    """[m] what is left of something light after so many seconds: half of it within the session, the
    rest over about a week."""
    age = age.clip(min=0)
    return (0 + sum(c.light * 0.5 ** (age / c.half_life) for c in CLOCKS[1:])).astype("f4")


def begun(plays: "NDArray[np.int32]", completion: "NDArray[np.float32]") -> "NDArray[np.bool_]":
    """[n] which were watched at all: started, or known to have been watched so far."""
    return (plays > 0) | (completion > 0)


def finished(
    completion: "NDArray[np.float32]", playhead: "NDArray[np.float32]"
) -> "NDArray[np.bool_]":
    """[n] which of those that were watched so far are at their end, both as shares of the runtime:
    those that were there once, and are not in the midst of being watched again. A player that says
    where it is as it closes, near the end, does not begin anew."""
    again = (playhead >= EARLY) & (playhead <= LATE)
    return (completion >= FINISHED_AT) & ~again


def thumb_of_rating(stars: float) -> int:
    """The thumb that a rating of half to five stars stands for."""
    return 2 if stars >= 5 else 1 if stars >= 4 else -1 if stars <= 2 else 0


def fold(before: Interaction | None, events: Iterable[Event]) -> Interaction | None:
    """The interaction after `events` with the same title, in whatever order they come.

    None while all that happened was light.
    """
    state = before
    for event in events:
        if event.kind not in LIGHT:
            state = _with(state or Interaction(first_at=event.at, last_at=event.at), event)
    return state


def _with(state: Interaction, event: Event) -> Interaction:
    """The state after an event, which may be older than what is there."""
    kind, at, reached = event.kind, event.at, _reached(event)
    state = replace(state, first_at=min(state.first_at, at), last_at=max(state.last_at, at))
    if kind in SAYS:
        name, value = SAYS[kind]
        there = next(k for k, says in SAYS.items() if says == (name, getattr(state, name)))
        return _said_last(state, event, name, value, graver=_GRAVITY[kind] > _GRAVITY[there])
    state = replace(
        state,
        plays=state.plays + (kind is Kind.PLAY_STARTED),
        completion=max(state.completion, reached or 0.0),
        abandons=state.abandons + (kind is Kind.ABANDONED),
    )
    if reached is None or kind is Kind.REWOUND:  # where that leads is told by what follows
        return state
    return _said_last(state, event, "playhead", reached, graver=reached > state.playhead)


def _said_last(
    state: Interaction, event: Event, name: str, value: float, *, graver: bool
) -> Interaction:
    """The state with what the event says of one property, unless something else was said later or,
    in the very same millisecond, something graver."""
    at, before = event.at + event.millis / 1000, getattr(state, f"{name}_at")
    if at < before or (at == before and not graver):
        return state
    return replace(state, **{name: value, f"{name}_at": at})


def _reached(event: Event) -> float | None:
    """The share of the runtime at which playback stood, where that is told."""
    return 1.0 if event.kind is Kind.FINISHED else event.completion
