"""When and on what something is watched: the parts of a day, and what titles are told apart by.

The refresh learns from them (`gnn.lifts`) and the server asks with them.
"""

import numpy as np
from numpy.typing import NDArray

from graph.arrays import Ragged
from graph.days import DAY, QUARTER, WEEKEND

MOMENTS = 8  # quarters of a weekday from midnight, then those of a weekend's day
RUNTIMES = (1, 30, 60, 100, 140)  # minutes at which each band begins; 0 is unknown


def moment(local: int) -> int:
    """0..7 of a member's own clock, in seconds since 1970."""
    weekend = local // DAY % 7 in WEEKEND
    return local % DAY // QUARTER + 4 * weekend


def traits(genres: Ragged, runtime: NDArray[np.int32], n_genres: int) -> NDArray[np.float32]:
    """[titles, genres + bands]: each title shared out among its genres, and 1 in the band of its
    runtime; 0 where it has none."""
    titles = len(runtime)
    mix = np.zeros((titles, n_genres + len(RUNTIMES)), np.float32)
    lengths = genres.lengths()
    mix[np.repeat(np.arange(titles), lengths), genres.values] = np.repeat(
        1 / np.maximum(lengths, 1), lengths
    )
    known = np.flatnonzero(runtime > 0)
    mix[known, n_genres + np.searchsorted(RUNTIMES, runtime[known], side="right") - 1] = 1
    return mix
