"""What any model has to beat: popularity, the linear filter, and EASE.

Each learns from `histories` and scores users by what is `told` of them (default: the same).
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gnn.metrics import ScoreUsers
from graph.arrays import Ragged

EASE_TITLES = 12_000  # above that its inverse takes too long and too much memory


def popularity(histories: Ragged, titles: int) -> ScoreUsers:
    """Each title's number of users, for everybody alike."""
    counts = np.bincount(histories.values, minlength=titles).astype(np.float32)
    return lambda users: np.broadcast_to(counts, (len(users), titles))


def ease(histories: Ragged, titles: int, *, ridge: float, told: Ragged | None = None) -> ScoreUsers:
    """Ridge regression of each title on all others (Steck 2019): B = I - P diag(1 / diag P) with
    P = (XᵀX + ridge I)⁻¹. Dense in the titles."""
    x = _ones(histories, titles)
    gram = (x.T @ x).toarray().astype(np.float64)
    gram[np.diag_indices(titles)] += ridge
    inverse = np.linalg.inv(gram)
    weights: NDArray = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    seen = x if told is None else _ones(told, titles)
    return lambda users: np.asarray(seen[users] @ weights, np.float32)


def linear_filter(histories: Ragged, titles: int, *, told: Ragged | None = None) -> ScoreUsers:
    """The title-to-title part of GF-CF (Shen et al. 2021): Dt^-1/2 G Dt^1/2, G = AᵀA of the
    normalised A = Du^-1/2 X Dt^-1/2. Sparse, so for catalogues of any size."""
    x = _ones(histories, titles)
    of_user = np.maximum(np.asarray(x.sum(axis=1)).ravel(), 1) ** -0.5
    of_title = np.maximum(np.asarray(x.sum(axis=0)).ravel(), 1) ** -0.5
    normalised = sp.csr_matrix(sp.diags_array(of_user) @ x @ sp.diags_array(of_title))
    seen = x if told is None else _ones(told, titles)

    def score(users: NDArray[np.int64]) -> NDArray[np.float32]:
        signal = sp.csr_matrix(seen[users].multiply(of_title[None]))
        passed = ((signal @ normalised.T) @ normalised).toarray()
        return np.asarray(passed / of_title[None], np.float32)

    return score


def _ones(histories: Ragged, titles: int) -> sp.csr_matrix:
    ones = np.ones(len(histories.values), np.float32)
    return sp.csr_matrix((ones, histories.values, histories.offsets), (len(histories), titles))
