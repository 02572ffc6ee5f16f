"""What any model has to beat: popularity, and EASE."""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gnn.metrics import ScoreUsers
from graph.arrays import Ragged


def popularity(histories: Ragged, titles: int) -> ScoreUsers:
    """Each title's number of users, for everybody alike."""
    counts = np.bincount(histories.values, minlength=titles).astype(np.float32)
    return lambda users: np.broadcast_to(counts, (len(users), titles))


def ease(histories: Ragged, titles: int, *, ridge: float) -> ScoreUsers:
    """Ridge regression of each title on all others (Steck 2019): B = I - P diag(1 / diag P) with
    P = (XᵀX + ridge I)⁻¹. Dense in the titles: for catalogues up to some 20,000."""
    ones = np.ones(len(histories.values), np.float32)
    x = sp.csr_matrix((ones, histories.values, histories.offsets), (len(histories), titles))
    gram = (x.T @ x).toarray().astype(np.float64)
    gram[np.diag_indices(titles)] += ridge
    inverse = np.linalg.inv(gram)
    weights: NDArray = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return lambda users: np.asarray(x[users] @ weights, np.float32)


def linear_filter(histories: Ragged, titles: int) -> ScoreUsers:
    """The title-to-title part of GF-CF (Shen et al. 2021): Dt^-1/2 G Dt^1/2, G = AᵀA of the
    normalised A = Du^-1/2 X Dt^-1/2. Sparse, so for catalogues of any size."""
    ones = np.ones(len(histories.values), np.float32)
    x = sp.csr_matrix((ones, histories.values, histories.offsets), (len(histories), titles))
    of_user = np.maximum(np.asarray(x.sum(axis=1)).ravel(), 1) ** -0.5
    of_title = np.maximum(np.asarray(x.sum(axis=0)).ravel(), 1) ** -0.5
    normalised = sp.csr_matrix(sp.diags_array(of_user) @ x @ sp.diags_array(of_title))

    def score(users: NDArray[np.int64]) -> NDArray[np.float32]:
        signal = x[users].multiply(of_title[None]).tocsr()
        passed = (signal @ normalised.T) @ normalised
        return np.asarray(passed.multiply(1 / of_title[None]).todense(), np.float32)

    return score
