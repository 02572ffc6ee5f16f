"""Places titles that few or nobody watched by what describes them.

    F      descriptions [titles, p]: a title's genres, tags, people and years, each kind of length
           1, and products of two of these (romantic comedies are not what romances and comedies
           are): <f, f'> of two titles becomes <f, f'> + PAIRS <f, f'>^2, a polynomial kernel,
           but for the pairs that few titles share
    trust  w / (w + DOUBT)           w: the weight a title was watched with; of one that nothing
                                     describes 1, or 0 if nobody watched it either
    beta   (Fᵀ trust F + RIDGE)^-1 Fᵀ trust y
    placed trust y + (1 - trust) F beta

It is the posterior mean of y = F beta + own, seen with noise that falls with w, under Gaussian
priors: ridge regression (Hoerl & Kennard 1970) on what describes a title, and shrinkage of what is
its own (as of biases in Bell & Koren 2007). y is whatever was learned for each title: its
embedding, its bias, or what a filter's rows say for it.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch_geometric.data import HeteroData

from gnn.tensors import SURROUNDINGS, Interactions

DOUBT = 2.0  # weight of interactions at which a title counts half for itself
# With these two, of those tried, titles left out of MovieLens 100K and latest-small are told best.
RIDGE = 4.0
PAIRS = 0.16
EVERY = 15.0  # of a column that all titles have, so that their mean is hardly shrunk
MOST = 4_096  # genres, tags, people and years that count: those on most titles
MOST_PAIRS = 2_000  # likewise, of two of them together,
SHARED = 4  # titles at least

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Placing:
    """n titles, p descriptions."""

    about: sp.csr_matrix  # F [n, p] as `with_pairs` gives it
    trust: Floats  # [n]
    inverse: Floats  # (Fᵀ trust F + RIDGE)^-1 [p, p]

    @classmethod
    def of(cls, data: HeteroData, interactions: Interactions) -> "Placing":
        """From surroundings as `gnn.tensors` makes them."""
        about = with_pairs(descriptions(data))
        degree = _degree(interactions, data["title"].num_nodes)
        described = np.diff(about.indptr) > 1
        doubt = DOUBT * described  # what is watched and nothing describes stays where it is
        trust = (degree / np.maximum(degree + doubt, 1e-9)).astype(np.float32)
        gram = (about.T @ sp.diags_array(trust) @ about).toarray().astype(np.float64)
        gram[np.diag_indices_from(gram)] += RIDGE
        return cls(about, trust, np.linalg.inv(gram).astype(np.float32))

    def __call__(self, values: Floats) -> Floats:
        """values [n, k] → [n, k], each title where it belongs."""
        trust = self.trust[:, None]
        return trust * values + (1 - trust) * (self.about @ self._beta(values))

    def guess(self, values: Floats, titles: NDArray[np.int64]) -> Floats:
        """values [n, k] → [t, k] where what describes them alone puts some titles."""
        return self.about[titles] @ self._beta(values)

    def _beta(self, values: Floats) -> Floats:
        """[p, k]"""
        told = self.about.T @ (self.trust[:, None] * values)
        # by torch, whose threads `gnn.train.arithmetic` counts: on any machine the same bytes
        return (torch.from_numpy(self.inverse) @ torch.from_numpy(told)).numpy()


def _degree(interactions: Interactions, titles: int) -> NDArray[np.float64]:
    """w [titles], of users from whom something can be learned: they watched two titles or more."""
    learn = interactions.of_users(interactions.teach)
    weight = np.maximum(learn.weight, 0)
    return np.bincount(learn.titles.values, weight, titles).astype(np.float64)


def descriptions(data: HeteroData) -> sp.csr_matrix:
    """F [n, p], in its last column EVERY."""
    n = data["title"].num_nodes
    kinds = [sp.csr_matrix(np.full((n, 1), EVERY, np.float32))]
    for kind in SURROUNDINGS:
        node, title = data[kind, "describes", "title"].edge_index.numpy()
        length = np.sqrt(np.bincount(title, minlength=n))[title]
        shape = (n, data[kind].num_nodes)
        kinds.append(sp.csr_matrix((1 / length.astype(np.float32), (title, node)), shape))
    about = sp.csr_matrix(sp.hstack(kinds[1:] + kinds[:1]))
    most = np.sort(np.argsort(-about.count_nonzero(axis=0), kind="stable")[:MOST])
    return about[:, most]


def with_pairs(about: sp.csr_matrix) -> sp.csr_matrix:
    """`descriptions` [n, p], with columns of two of them together before the last one."""
    single = about[:, :-1].tocsc()
    has = (single > 0).astype(np.float32)
    both = sp.triu(has.T @ has).tocoo()
    most = np.argsort(-both.data, kind="stable")
    most = most[both.data[most] >= SHARED][:MOST_PAIRS]
    one, other = both.row[most], both.col[most]
    # in the square of a sum each product of two unlike ones comes twice
    scale = np.sqrt(np.where(one == other, PAIRS, 2 * PAIRS)).astype(np.float32)
    pairs = single[:, one].multiply(single[:, other]) @ sp.diags_array(scale)
    return sp.csr_matrix(sp.hstack([single, pairs, about[:, -1:]]))
