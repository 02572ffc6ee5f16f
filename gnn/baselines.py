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
