"""Which picture each title wears for one member: the one whose embedding fits them best."""

import numpy as np
from numpy.typing import NDArray

from graph.snapshot import Snapshot


def choose(
    snapshot: Snapshot, titles: NDArray[np.int32], vector: NDArray[np.float32]
) -> NDArray[np.int32]:
    """Rows of artworks for `titles` [n], -1 for a title that has none, by the cosine to a user's
    vector [d]. Of equal ones the first in the catalogue's order is worn, which is also what a
    member without history sees."""
    ragged = snapshot.titles.artworks
    start, end = ragged.offsets[titles], ragged.offsets[titles + 1]
    counts = end - start
    first = np.cumsum(counts) - counts  # where each title's pictures begin among all of them
    chosen = np.full(len(titles), -1, np.int32)
    has = counts > 0
    if not has.any():
        return chosen
    within = np.arange(int(counts.sum())) - np.repeat(first, counts)
    pictures = ragged.values[np.repeat(start, counts) + within]
    fits = _cosine(snapshot.artworks.embedding[pictures], vector)
    best = np.maximum.reduceat(fits, first[has])
    winners = np.flatnonzero(fits == np.repeat(best, counts[has]))
    chosen[has] = pictures[winners[np.searchsorted(winners, first[has])]]
    return chosen


def _cosine(embeddings: NDArray[np.float32], vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """[n] cosines of [n, d] with [d], up to the length of `vector`, which is the same for all."""
    lengths = np.sqrt(np.einsum("nd,nd->n", embeddings, embeddings))
    return (embeddings @ vector) / np.maximum(lengths, 1e-12)
