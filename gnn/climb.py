"""Coordinate ascent: each number moved along its grid as long as judges gain for sure."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

SURE = 1.0  # standard errors that a gain must reach; less is taken for chance


def climb(
    begin: T,
    grids: Mapping[str, Sequence[float]],
    found: Callable[[T], NDArray],
    with_: Callable[..., T],
    *,
    together: Sequence[tuple[str, ...]] = (),
) -> tuple[T, NDArray]:
    """Coordinate ascent along ascending grids, until a round gains nothing: the best setting, and
    what each judge found [judges] with it. Numbers named `together` also move at once, a step of
    each and all the same way, where none is at its end."""
    best, value = begin, found(begin)
    tried = {best}
    gained = True
    while gained:
        gained = False
        for names in (*((name,) for name in grids), *together):
            for direction in (1, -1):
                while True:
                    onward = {n: _further(grids[n], getattr(best, n), direction) for n in names}
                    if None in onward.values():
                        break
                    candidate = with_(best, **onward)
                    if candidate in tried:
                        break
                    tried.add(candidate)
                    figures = found(candidate)
                    if not gains(figures, value):
                        break
                    best, value, gained = candidate, figures, True
    return best, value


def gains(figures: NDArray, before: NDArray) -> bool:
    """Whether what judges find [judges] has grown by more than chance explains."""
    gain = figures - before
    if len(gain) < 2:  # of one judge nothing is known for sure
        return False
    return bool(gain.mean() > SURE * gain.std(ddof=1) / np.sqrt(len(gain)))


def _further(grid: Sequence[float], here: float, direction: int) -> float | None:
    """The next value of an ascending grid, up (1) or down (-1); None at its end."""
    further = [value for value in grid if (value - here) * direction > 0]
    return further[::direction][0] if further else None
