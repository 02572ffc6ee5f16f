"""What each thing a member does is worth, and how it folds into one interaction with a title.

The fold (into Neo4j) and the server (into live state) both call `fold`. Events of one call are
taken in the order of their times; one that arrives late, after newer ones were folded, counts as
news: a late thumb replaces a newer one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

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


@dataclass(frozen=True)
class Event:
    """One thing one member did with one title. `at` in seconds since 1970."""

    id: str
    user: str
    title: str
    kind: Kind
    at: int
    completion: float | None = None
    row: str = ""
    position: int | None = None
    device: str = ""


@dataclass(frozen=True)
class Interaction:
    """All that one user did with one title; the properties of an INTERACTED edge."""

    plays: int
    completion: float
    thumb: int
    first_at: int
    last_at: int

    @property
    def weight(self) -> float:
        return weight(self.completion, self.thumb, self.plays)


VERSION = 1  # of the figures below; raise it with every change, so that snapshots can be told apart

FINISHED_AT = 0.95  # credits are rarely watched
STARTED = 0.2  # pressing play is some interest, whatever came of it
THUMB_FACTOR = {
    -1: 0.25,  # they chose it and regret it: the choice still says a little
    0: 1.0,
    1: 1.5,
    2: 2.0,
}
THUMB_OF = {Kind.THUMB_UP: 1, Kind.TWO_THUMBS_UP: 2, Kind.THUMB_DOWN: -1, Kind.THUMB_CLEARED: 0}


def weight(completion: float, thumb: int, plays: int) -> float:
    """Strength as evidence of taste, 0..2; 1 is one title watched to its end without a thumb.

    A thumb alone, without a play, counts as if the title had been watched elsewhere.
    """
    watched = 1.0 if plays == 0 and thumb else STARTED + (1 - STARTED) * completion
    if plays == 0 and not thumb:
        return 0.0
    return watched * THUMB_FACTOR[thumb]


def finished(completion: "NDArray[np.float32]") -> "NDArray[np.bool_]":
    """[n] which of those that were watched so far, as a share of the runtime, are at their end."""
    return completion >= FINISHED_AT


def thumb_of_rating(stars: float) -> int:
    """The thumb that a rating of half to five stars stands for."""
    return 2 if stars >= 5 else 1 if stars >= 4 else -1 if stars <= 2 else 0


def fold(before: Interaction | None, events: Iterable[Event]) -> Interaction | None:
    """The interaction after `events` with the same title, given as they were recorded, taken in the
    order of their times.

    None while all that happened was that a card was shown.
    """
    state = before
    for event in sorted(events, key=lambda e: e.at):  # in the same second, as they were recorded
        if event.kind is Kind.IMPRESSION:
            continue
        state = state or Interaction(
            plays=0, completion=0.0, thumb=0, first_at=event.at, last_at=event.at
        )
        if event.kind in THUMB_OF:
            state = replace(state, thumb=THUMB_OF[event.kind])
        else:
            reached = 1.0 if event.kind is Kind.FINISHED else event.completion or 0.0
            started = event.kind is Kind.PLAY_STARTED or state.plays == 0
            state = replace(
                state,
                plays=state.plays + started,
                completion=max(state.completion, reached),
            )
        state = replace(
            state,
            first_at=min(state.first_at, event.at),
            last_at=max(state.last_at, event.at),
        )
    return state
