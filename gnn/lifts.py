"""How much more of each genre and runtime is watched at a time of day, at the weekend or on a
device, than at all times: learned from plays, bounded, and nothing where there is no evidence.

    lift(trait | circumstance) = log of (c + PLAYS * share) / ((n + PLAYS) * share)

for c plays of titles with the trait among n in the circumstance, and the trait's share of all
plays: the logarithm of the ratio of two shares, the first of them drawn to the second as if it had
been seen in so many plays more (a Dirichlet prior; Gelman et al., Bayesian Data Analysis, ch. 3).
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from graph import moments
from graph.arrays import Strings
from graph.columns import Columns
from graph.snapshot import Lifts

PLAYS = 300.0  # plays that what is usual weighs as much as
MOST = 0.7  # of a lift, up or down: twice as much, or half
DEVICES = 16  # the most used; others have no lift


def fit(watched: Iterable[tuple[str, int, int, str, int]], graph: Columns) -> Lifts:
    """`watched` as in `EventLog.watched`; titles that are gone are left out."""
    titles = graph.titles
    traits = moments.traits(titles.genres, titles.runtime, len(graph.genres.vocabulary))
    row_of = {id: row for row, id in enumerate(titles.vocabulary.ids)}
    at_moment = np.zeros((moments.MOMENTS, traits.shape[1]))
    on_device: dict[str, NDArray[np.float64]] = {}
    for title, quarter, weekend, device, plays in watched:
        if title not in row_of:
            continue
        seen = plays * traits[row_of[title]].astype(np.float64)
        at_moment[quarter + 4 * weekend] += seen
        if device:
            on_device[device] = on_device.get(device, 0.0) + seen
    often = sorted(on_device, key=lambda device: (-on_device[device].sum(), device))[:DEVICES]
    names = sorted(often)
    by_device = np.array([on_device[name] for name in names]).reshape(-1, traits.shape[1])
    genres = len(graph.genres.vocabulary)
    return Lifts(_lifts(at_moment, genres), Strings.of(names), _lifts(by_device, genres))


def _lifts(counts: NDArray[np.float64], genres: int) -> NDArray[np.float32]:
    """Of counts [circumstances, traits]; genres and runtimes are shares of their own."""
    lifts = np.zeros(counts.shape)
    for part in (slice(0, genres), slice(genres, None)):
        of = counts[:, part]
        usual, n = of.sum(axis=0), of.sum(axis=1, keepdims=True)
        share = usual / max(usual.sum(), 1)
        seen = share > 0
        ratio = (of + PLAYS * share)[:, seen] / ((n + PLAYS) * share[seen])
        lifts[:, np.arange(counts.shape[1])[part][seen]] = np.log(ratio)
    # in hundredths, so that a few plays more do not make another snapshot
    return np.round(np.clip(lifts, -MOST, MOST), 2).astype(np.float32)
