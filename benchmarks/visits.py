"""One visit: a member reads a page, opens, watches, and leaves; all that they do is told.

They read rows from the top and cards from the left, with attention that falls off, and give up
after 60 to 90 seconds. A look at a card tells them roughly what the title would be worth to them,
its details tell more, and watching tells all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulated import WORTH_IT, Life, watched
from benchmarks.world import World

LOOK, AGAIN, DETAILS, SAMPLE = 1.5, 0.3, 5.0, 20.0  # seconds each takes; AGAIN of a known card
HEADING, SWIPE = 0.8, 1.0
SCREEN = 6  # cards of a row on screen at once
GOES_ON = 0.92  # chance of looking at the next card of the screen
SWIPES, SWIPES_MORE = 0.1, 0.5  # chance to see more of a row, and what a promising card adds to it
PROMISING = 0.5  # of what a card seems to be worth
NOISE = (0.15, 0.07)  # standard deviation of what a card and its details tell
OPENS, STARTS = 0.55, 0.57  # of what it seems to be worth
NOWHERE = ("", None, None)


@dataclass(frozen=True)
class Row:
    id: str
    titles: Sequence[int]


@dataclass(frozen=True)
class Act:
    """One event; `kind` as in EventKind, `seconds` since the visit began."""

    kind: str
    seconds: float
    title: int | None = None
    row: str = ""
    row_position: int | None = None
    position: int | None = None
    completion: float | None = None
    duration: float | None = None
    cards_shown: int | None = None
    query: str = ""


@dataclass(frozen=True)
class Visit:
    acts: list[Act]
    seconds: float  # until something worth watching was found, or the member gave up
    satisfaction: float  # of what was found, 0 where nothing was


@dataclass(frozen=True, eq=False)
class Draws:
    """All chance in a visit, by title and by place, so that any page meets the same."""

    noise: NDArray[np.float64]  # [2, t] of a card and of its details, standard deviations
    title: NDArray[np.float64]  # [5, t] uniform
    place: NDArray[np.float64]  # [40, 40] uniform, by row and card
    recalled: NDArray[np.int64]  # [30] titles that come to mind when searching
    searches: float  # uniform
    comes_back: float  # uniform
    patience: float  # seconds


def draws(titles: int, random: np.random.Generator) -> Draws:
    return Draws(
        noise=random.normal(size=(2, titles)),
        title=random.random((5, titles)),
        place=random.random((40, 40)),
        recalled=random.integers(titles, size=30),
        searches=random.random(),
        comes_back=random.random(),
        patience=random.uniform(60, 90),
    )


def visit(
    world: World, life: Life, page: Sequence[Row], *, worth: NDArray[np.float64], draws: Draws
) -> Visit:
    """`worth` [t] is the true satisfaction of each title today. Changes `life`."""
    reading = _Reading(world, life, worth, draws)
    for position, row in enumerate(page):
        if reading.row(position, row) or reading.clock >= draws.patience:
            break
    if reading.found is None:
        reading.search()
        return Visit(reading.acts, draws.patience, 0.0)
    return Visit(reading.acts, reading.found, reading.satisfied)


@dataclass(eq=False)
class _Reading:
    world: World
    life: Life
    worth: NDArray[np.float64]
    draws: Draws
    clock: float = 0.0
    found: float | None = None  # when
    satisfied: float = 0.0
    looked_at: set[int] = field(default_factory=set)
    acts: list[Act] = field(default_factory=list)

    def row(self, at: int, row: Row) -> bool:
        """Reads along a row; whether something worth watching was found in it."""
        chances, promising = self.draws.place[at % 40], False
        self.clock += HEADING
        shown = min(SCREEN, len(row.titles))
        for position, title in enumerate(row.titles):
            if position == shown:
                if chances[(position - 1) % 40] >= SWIPES + SWIPES_MORE * promising:
                    break
                shown, promising = min(shown + SCREEN, len(row.titles)), False
                self.clock += SWIPE
                self._tell("ROW_SWIPED", None, (row.id, at, None), cards_shown=position)
            if self.clock >= self.draws.patience:
                return False
            seems, done = self._card(title, (row.id, at, position))
            promising |= seems > PROMISING
            if done:
                return True
            if position + 1 < shown and chances[position % 40] >= GOES_ON:
                break
        self._tell("ROW_SCROLLED_PAST", None, (row.id, at, None), cards_shown=shown)
        return False

    def _card(self, title: int, place: tuple) -> tuple[float, bool]:
        """What the card seems to be worth, and whether it was watched and worth it."""
        if title in self.looked_at or title in self.life.refused:
            self.clock += AGAIN
            return 0.0, False
        self.looked_at.add(title)
        self.clock += LOOK
        self._tell("IMPRESSION", title, place, duration=LOOK)
        seems, goes_on = self._seems(title, look=0), title in self.life.begun
        if seems < OPENS and not goes_on:
            return seems, False
        self.clock += DETAILS
        self._tell("DETAIL_OPENED", title, place)
        closer = self._seems(title, look=1)
        if closer >= STARTS or goes_on:
            return seems, self._watch(title, place)
        self._set_aside(title, place, closer)
        return seems, False

    def _seems(self, title: int, *, look: int) -> float:
        return float(self.worth[title] + NOISE[look] * self.draws.noise[look, title])

    def _set_aside(self, title: int, place: tuple, seems: float) -> None:
        """Not now: perhaps another day, perhaps never."""
        chance, mind = self.draws.title[:2, title]
        if seems > 0.5 and chance < 0.3:
            self._tell("LIST_ADDED", title, place)
            self.life.listed.add(title)
        elif seems < 0.4 and chance < 0.3:
            self._tell("HIDDEN", title, place)
            self.clock += 1
            if mind < 0.05:
                self._tell("UNHIDDEN", title, NOWHERE)
            else:
                self.life.refused.add(title)

    def _watch(self, title: int, place: tuple) -> bool:
        """Whether it was worth it; else it is given up after a while."""
        self._tell("PLAY_STARTED", title, place)
        worth, chance = float(self.worth[title]), self.draws.title[2:, title]
        if worth < WORTH_IT:
            self.clock += SAMPLE
            self._tell("ABANDONED", title, place, completion=round(0.02 + 0.1 * chance[0], 3))
            self.life.refused.add(title)
            if title in self.life.begun:
                self.life.begun.remove(title)
            if chance[1] < 0.25:
                self._tell("THUMB_DOWN", title, place)
            return False
        if place[0]:  # what was searched for is no find of the page's
            self.found, self.satisfied = min(self.clock, self.draws.patience), worth
        self._see(title, place, chance)
        return True

    def _see(self, title: int, place: tuple, chance: NDArray[np.float64]) -> None:
        half = int(self.world.runtime[title]) * 30
        self.clock += half
        self._tell("PROGRESS", title, place, completion=0.5)
        if chance[0] < 0.3:
            self._tell("PAUSED", title, place, completion=0.5)
        if chance[0] < 0.1:
            self._tell("REWOUND", title, place, completion=0.4)
        if chance[2] < 0.12 and title not in self.life.begun:
            self.life.begun.append(title)  # goes on another day
            return
        self.clock += half
        self._tell("FINISHED", title, place)
        watched(self.world, title, self.life)
        if title in self.life.listed:
            self._tell("LIST_REMOVED", title, NOWHERE)
            self.life.listed.remove(title)
        if chance[1] < 0.3:
            great = self.worth[title] > 0.8
            self._tell("TWO_THUMBS_UP" if great else "THUMB_UP", title, place)
        if chance[1] < 0.01:
            self.clock += 1
            self._tell("THUMB_CLEARED", title, place)

    def search(self) -> None:
        """After giving up, some look for a title that they have heard of."""
        if self.draws.searches > 0.2:
            return
        known = self.life.finished | self.life.refused
        new = [title for title in self.draws.recalled.tolist() if title not in known]
        if not new or self.draws.searches > 0.15:
            self._tell("SEARCHED", None, NOWHERE, query="something good")
            return
        best = max(new, key=lambda title: self.worth[title])
        self._tell("SEARCHED", best, NOWHERE, query=f"Title {best}")
        self._watch(best, NOWHERE)

    def _tell(self, kind: str, title: int | None, place: tuple, **more: Any) -> None:
        row, row_position, position = place
        self.acts.append(Act(kind, self.clock, title, row, row_position, position, **more))
