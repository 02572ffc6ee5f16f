"""What a member did lightly with titles: cards on screen, views opened, searches that led there.
What that says for a title, and what cards that were not chosen say against what is like them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph import behaviour
from graph.arrays import positions
from graph.behaviour import WEEK, Kind
from graph.past import Past
from graph.taste import Evidence

# [kinds] what each speaks for a title, where it does
_GOOD = np.zeros(max(Kind) + 1, np.float32)
_GOOD[list(behaviour.WORTH)] = np.maximum(list(behaviour.WORTH.values()), 0)


class Touched(NamedTuple):
    """A line for each title, kind and week. All [m]."""

    titles: NDArray[np.int32]
    kind: NDArray[np.int32]
    times: NDArray[np.int32]
    at: NDArray[np.int64]  # seconds since 1970, the last time

    @classmethod
    def counted(
        cls, titles: NDArray[np.integer], kind: NDArray[np.integer], at: NDArray[np.integer]
    ) -> "Touched":
        """Of single times, as the event log counts them."""
        week = at // WEEK
        code = (titles * np.int64(len(_GOOD)) + kind) * (week.max(initial=0) + 1) + week
        _, first, line, times = np.unique(
            code, return_index=True, return_inverse=True, return_counts=True
        )
        last = np.zeros(len(times), np.int64)
        np.maximum.at(last, line, at)
        narrow = (of.astype(np.int32) for of in (titles[first], kind[first], times))
        return cls(*narrow, last)

    def of(self, some: NDArray[np.bool_]) -> "Touched":
        return Touched(self.titles[some], self.kind[some], self.times[some], self.at[some])

    def heeded(self, titles: NDArray[np.int32], past: Past) -> "Touched":
        """Without what was done with titles that were refused since: a look that ended in a no is
        no sign of taste. `titles` [n] ascending, of which `past` tells."""
        at = positions(titles, self.titles)
        return self.since(np.append(past.refused_at, 0)[at])  # at the end, -1, that of all others

    def since(self, moment: NDArray) -> "Touched":
        """Those after a moment, [m] of each. They are counted by the week: of the week in which
        that was, only the newest is sure to be later, and counts."""
        sure = np.where(moment // WEEK == self.at // WEEK, 1, self.times)
        return self._replace(times=sure.astype(np.int32)).of(self.at > moment)

    @property
    def often(self) -> NDArray[np.float32]:
        """[m] what each line counts: 1 for the first time, more each time, up to twice as much."""
        return (2 * (1 - 0.5**self.times)).astype(np.float32)

    @property
    def worth(self) -> NDArray[np.float32]:
        """[m] what each line is worth as evidence for its title."""
        return _GOOD[self.kind] * self.often

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.titles, self.worth, self.at)


def unclicked(touched: Touched, titles: NDArray[np.int32], past: Past) -> Touched:
    """The cards on screen that nothing was done with: those since the title was last opened,
    searched for, played or said anything of. `titles` [n], of which `past` tells."""
    shown = touched.kind == Kind.IMPRESSION
    most = max(touched.titles.max(initial=-1), titles.max(initial=-1))
    clicked = np.zeros(most + 1, np.int64)
    clicked[titles] = past.last_at
    np.maximum.at(clicked, touched.titles, np.where(shown, 0, touched.at))
    return touched.of(shown).since(clicked[touched.titles[shown]])


def passed_by(
    shown: Touched, touched: Touched, titles: NDArray[np.int32], past: Past, *, strength: float
) -> Evidence:
    """What cards on screen that nothing was done with, `shown`, say against what is like them, each
    as much as `strength`, of titles with which nothing was ever done but to look: one that was
    watched or listed, and is not chosen today, is no mistake. `titles` [n] ascending, of which
    `past` tells."""
    shown = shown.of(positions(titles, shown.titles) < 0)
    told = float(shown.often @ behaviour.light(shown.at.max(initial=0) - shown.at))
    most = behaviour.PASSED_BY_MOST * float(past.speaks.sum() + touched.worth.sum())
    each = np.float32(strength * min(1, most / max(told, 1e-9)))
    return Evidence(shown.titles, -each * shown.often, shown.at)
