"""How well each title fits a user: the one function that the judge and the server both call.

The user side is inductive. A user's vector is computed from their weighted history alone, so a user
who was never trained on, or an event a second old, needs no training.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.snapshot import Weights


@dataclass(frozen=True)
class History:
    """What one user did, one row a title. All [n]."""

    titles: NDArray[np.int32]  # rows of titles, distinct
    weight: NDArray[np.float32]  # strength as evidence of taste; 0 says nothing, good or bad


def user_vector(weights: Weights, history: History) -> NDArray[np.float32]:
    """The user's embedding [d], of length 1; all 0 where the history holds no evidence of taste."""
    vector = history.weight @ weights.history[history.titles]
    length = np.linalg.norm(vector)
    return vector / length if length > 0 else vector


def score(weights: Weights, vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores [n titles] for a user's vector [d], higher is better, within one user only."""
    return weights.title @ vector + weights.bias


def standardise(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores [n titles] in standard deviations from their mean, comparable between users."""
    return (scores - scores.mean()) / max(float(scores.std()), 1e-6)


def match_percent(
    weights: Weights, scores: NDArray[np.float32], titles: NDArray[np.int32]
) -> NDArray[np.int32]:
    """How well `titles` fit, 1..99, of a user whose scores [n titles] are given.

    The share of held-out watches whose standardised score was lower: were the member to watch one
    more title, as members like them did, it would fit less well than this with that probability.
    """
    standardised = standardise(scores)[titles]
    below = np.searchsorted(weights.match_quantiles, standardised, side="right") - 1
    return np.clip(below, 1, 99).astype(np.int32)
