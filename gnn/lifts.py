"""How much more of each genre and runtime is watched at a time of day, at the weekend or on a
device, than at all times: learned from plays, bounded, and nothing where there is no evidence.

    lift(trait | circumstance) = log of (c + PLAYS) / (n * share + PLAYS)

for c plays of titles with the trait among n in the circumstance, and the trait's share of all
plays: the logarithm of how often it was seen over how often it would be if nothing mattered, both
with so many plays more (a Gamma prior on the ratio, of mean 1; Gelman et al., Bayesian Data
Analysis, ch. 2).
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from graph import moments
from graph.arrays import Strings
from graph.columns import Columns
from graph.snapshot import Lifts

PLAYS = 50.0  # plays of a trait that what is usual weighs as much as
MOST = 0.7  # of a lift, up or down: twice as much, or half
DEVICES = 16  # the most used; others have no lift


def fit(watched: Iterable[tuple[str, int, str, int]], graph: Columns) -> Lifts:
    """`watched` as in `EventLog.watched`; titles that are gone are left out."""
    titles = graph.titles
    traits = moments.traits(titles.genres, titles.runtime, len(graph.genres.vocabulary))
    row_of = {id: row for row, id in enumerate(titles.vocabulary.ids)}
    at_moment = np.zeros((moments.MOMENTS, traits.shape[1]))
    on_device: dict[str, NDArray[np.float64]] = {}
    for title, moment, device, plays in watched:
        if title not in row_of:
            continue
        seen = plays * traits[row_of[title]].astype(np.float64)
        at_moment[moment] += seen
        if device:
            on_device[device] = on_device.get(device, 0.0) + seen
    often = sorted(on_device, key=lambda device: (-on_device[device].sum(), device))[:DEVICES]
    names = sorted(often)
    by_device = np.array([on_device[name] for name in names]).reshape(-1, traits.shape[1])
    genres = len(graph.genres.vocabulary)
    usual = at_moment.sum(axis=0)
    return Lifts(
        _lifts(at_moment, usual, genres), Strings.of(names), _lifts(by_device, usual, genres)
    )


def _lifts(
    counts: NDArray[np.float64], usual: NDArray[np.float64], genres: int
) -> NDArray[np.float32]:
    """Of counts [circumstances, traits], and those of all plays [traits]; genres and runtimes are
    shares of their own."""
    lifts = np.zeros(counts.shape, np.float32)
    for part in (slice(0, genres), slice(genres, None)):
        of, n = counts[:, part], counts[:, part].sum(axis=1, keepdims=True)
        share = usual[part] / max(usual[part].sum(), 1)
        lifts[:, part] = np.log((of + PLAYS) / (n * share + PLAYS))
    return np.clip(lifts, -MOST, MOST)
