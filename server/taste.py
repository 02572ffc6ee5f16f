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

GONE = 1e-5  # of a weight of 1; what less is left of adds nothing that could be seen


class Evidence(NamedTuple):
    """A line for each thing done with a title. All [m]."""

    titles: NDArray[np.int32]
    weight: NDArray[np.float32]
    at: NDArray[np.int64]  # seconds since 1970


class _ByClock(NamedTuple):
    half_life: float  # seconds
    sums: Sums
    evidence: float
    known: float


@dataclass(frozen=True, eq=False)
class Taste:
    """As of `newest`, the last moment at which they did something that speaks for a title, in
    seconds since 1970."""

    newest: int
    clocks: list[_ByClock]

    def scores(self, weights: Weights, *, now: float) -> scorer.Floats:
        """[n titles] for a moment after `newest`; `weights` those it was added up with."""
        age, left = self._left(now)
        sums = Sums(
            *(
                sum(part * share for part, share in zip(parts, left, strict=True))
                for parts in zip(*(clock.sums for clock in self.clocks), strict=True)
            )
        )
        told = np.array([clock.evidence for clock in self.clocks], np.float32) * left
        evidence = scorer.faded(told, np.array(age), scorer.blend(weights).away).sum()
        return scorer.score_sums(
            weights,
            sums,
            evidence=float(evidence),
            known=self.known(now=now),
        )

    def known(self, *, now: float) -> float:
        """What was ever told, as in `scorer.Parts`."""
        return float(np.dot([clock.known for clock in self.clocks], self._left(now)[1]))

    def _left(self, now: float) -> tuple[float, list[np.float32]]:
        """(seconds since the newest, by each clock the share that is left)."""
        age = max(now - self.newest, 0.0)
        return age, [np.float32(0.5 ** (age / clock.half_life)) for clock in self.clocks]


def taste(weights: Weights, lasting: Evidence, light: Evidence) -> Taste:
    """Of what lasts, and of what is light, with its worth for a weight."""
    newest = int(max(done.at[done.weight > 0].max(initial=0) for done in (lasting, light)))
    return Taste(
        newest,
        [
            _added_up(
                weights, newest, clock.half_life, (lasting, clock.lasting), (light, clock.light)
            )
            for clock in CLOCKS
        ],
    )


def _added_up(
    weights: Weights, newest: int, half_life: float, *told: tuple[Evidence, float]
) -> _ByClock:
    blend = scorer.blend(weights)
    titles, left, evidence, known = [], [], 0.0, 0.0
    for done, counts in told:
        age = np.maximum(newest - done.at, 0)
        weight = (counts * done.weight * 0.5 ** (age / half_life)).astype(np.float32)
        known += float(weight.sum())
        evidence += float(scorer.faded(weight, age, blend.away).sum())
        faded = scorer.aged(weight, age, blend.half_life)
        kept = faded > GONE
        titles.append(done.titles[kept])
        left.append(faded[kept])
    sums = scorer.add_up(weights, np.concatenate(titles), np.concatenate(left))
    return _ByClock(half_life, sums, evidence, known)
