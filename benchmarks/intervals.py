"""Means with 95% intervals, by resampling members (percentile bootstrap, Efron 1979)."""

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
    """Of one value a member [n]; for a paired difference, give the differences."""
    array = np.asarray(values, np.float64)
    return _interval(array.mean(), array[_resampled(len(array), seed)].mean(axis=1), level)


def ratio(above: ArrayLike, below: ArrayLike, *, seed: int = 0) -> Interval:
    """Of the two means, one value of each a member [n]; not finite where the lower can be 0."""
    over, under = np.asarray(above, np.float64), np.asarray(below, np.float64)
    rows = _resampled(len(over), seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = over[rows].mean(axis=1) / under[rows].mean(axis=1)
        return _interval(over.mean() / under.mean(), drawn, LEVEL)


def _resampled(n: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(n, size=(RESAMPLES, n))


def _interval(value: float, drawn: NDArray[np.float64], level: float) -> Interval:
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(value), float(low), float(high))
