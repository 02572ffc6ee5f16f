"""Means with 95% intervals, by resampling members (percentile bootstrap, Efron 1979).

Members of one world have more in common than members of several: where there are several, worlds
are drawn with replacement, and then members within each (Davison & Hinkley 1997, Bootstrap Methods
and their Application, section 3.8). Of few worlds the interval is wider than need be where they
hardly differ, and too narrow where they differ a lot: of two or three nobody can tell how much.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 2_000
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    value: float
    low: float
    high: float

    @property
    def has_zero(self) -> bool:
        return self.low <= 0 <= self.high

    def shown(self, digits: int = 2) -> str:
        return f"{self.value:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"


def mean(values: ArrayLike, *, seed: int = 0, level: float = LEVEL) -> Interval:
    """Of one value a member, [members] or [worlds, members]; for a paired difference, give the
    differences."""
    array = np.asarray(values, np.float64)
    drawn = array.ravel()[_resampled(array.shape, seed)].mean(axis=1)
    return _interval(array.mean(), drawn, level)


def ratio(above: ArrayLike, below: ArrayLike, *, seed: int = 0) -> Interval:
    """Of the two means, one value of each a member, as in `mean`; not finite where the lower can be
    0."""
    over, under = np.asarray(above, np.float64), np.asarray(below, np.float64)
    rows = _resampled(over.shape, seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = over.ravel()[rows].mean(axis=1) / under.ravel()[rows].mean(axis=1)
        return _interval(over.mean() / under.mean(), drawn, LEVEL)


def _resampled(shape: tuple[int, ...], seed: int) -> NDArray[np.int64]:
    """[RESAMPLES, all members] places in the flattened values."""
    *worlds, members = shape
    random = np.random.default_rng(seed)
    rows = random.integers(members, size=(RESAMPLES, *worlds, members))
    if worlds:
        rows += members * random.integers(*worlds, size=(RESAMPLES, *worlds, 1))
    return rows.reshape(RESAMPLES, -1)


def _interval(value: float, drawn: NDArray[np.float64], level: float) -> Interval:
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(value), float(low), float(high))
