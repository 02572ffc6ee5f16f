"""What a member's evidence of taste adds up to, computed once and told for any moment after.

Evidence fades by three clocks (`graph.behaviour`). By each of them a history fades as a whole, so
its sums are kept by clock, and a moment only says how much each counts by now: that gives the score
of the history as `scorer.score` has it, added up in another order.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph import scorer
from graph.behaviour import CLOCKS
from graph.scorer import Sums
from graph.snapshot import Weights

HALF_LIVES = np.array([clock.half_life for clock in CLOCKS])  # [clocks] seconds
GONE = 1e-5  # of a weight of 1; what less is left of adds nothing that could be seen


class Evidence(NamedTuple):
    """A line for each thing done with a title. All [m]."""

    titles: NDArray[np.int32]
    weight: NDArray[np.float32]  # below 0 against what is like it
    at: NDArray[np.int64]  # seconds since 1970


@dataclass(frozen=True, eq=False)
class Taste:
    """c clocks."""

    newest: int  # the last moment at which anything was done, in seconds since 1970
    sums: Sums  # each [c, ...]
    evidence: scorer.Floats  # [c] as in `scorer.Parts`
    ever: scorer.Floats  # [c] what was ever told

    def scores(self, weights: Weights, *, now: float) -> scorer.Floats:
        """[n titles] for a moment after `newest`; `weights` those it was added up with."""
        age, left = self._left(now)
        told = scorer.faded(self.evidence * left, np.array(age), scorer.blend(weights).away)
        return scorer.score_sums(
            weights,
            Sums(*(left @ part for part in self.sums)),
            evidence=float(told.sum()),
            known=self.known(now=now),
        )

    def known(self, *, now: float) -> float:
        """What was ever told, as in `scorer.Parts`."""
        return float(self.ever @ self._left(now)[1])

    def _left(self, now: float) -> tuple[float, scorer.Floats]:
        """(seconds since the newest, [c] the share that is left by each clock)."""
        age = max(now - self.newest, 0.0)
        return age, (0.5 ** (age / HALF_LIVES)).astype(np.float32)


def taste(weights: Weights, lasting: Evidence, light: Evidence) -> Taste:
    """Of what lasts, and of what is light, with its worth for a weight."""
    titles, worth, at = map(np.concatenate, zip(lasting, light, strict=True))
    newest, liked = (int(at[some].max(initial=0)) for some in (worth != 0, worth > 0))
    age = np.maximum(newest - at, 0)
    sizes = len(lasting.titles), len(light.titles)
    counts = np.repeat([(clock.lasting, clock.light) for clock in CLOCKS], sizes, axis=1)
    by_clock = (counts * worth * 0.5 ** (age / HALF_LIVES[:, None])).astype(np.float32)  # [c, m]
    # Of a history grows old what came before the newest that speaks for a title; what speaks
    # against one is no reason for trust.
    blend, speaks_for = scorer.blend(weights), by_clock.clip(min=0)
    left = scorer.aged(by_clock, np.maximum(liked - at, 0), blend.half_life)
    left[np.abs(left) <= GONE] = 0
    return Taste(
        newest,
        scorer.add_up(weights, titles, left),
        scorer.faded(speaks_for, age, blend.away).sum(axis=1),
        speaks_for.sum(axis=1),
    )
