"""Whether a history's titles answer for each other, and holding out what is alike together.

A title drawn at random from a history stands beside those most like it. Where all of a history
vouches for each of its titles, as in dense data, that hardly matters. Where people have many small
interests, or little is known of anybody, few titles do: one drawn at random is found by its
nearest, but the newest interest of somebody has left no such traces yet, and a model chosen by
random titles looks too near. There half of the judges look for a title and those most like it, held
out together (blocked cross-validation: Roberts et al. 2017), the others for titles at random as
before: interests old and new. What is alike is told by cosines of who watched.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gnn.tensors import Interactions

BROAD = 2 / 3  # share of a history that vouches for a title in it: less is narrow
ASKED = 20  # titles of a history, at most, of which that is asked


@dataclass(frozen=True, eq=False)
class Likeness:
    """Of titles, by who watched them (cosine similarity of items: Sarwar et al. 2001)."""

    told: Interactions  # that speak for their title
    watched: sp.csc_matrix  # [users, titles] 1 for each of those
    watchers: NDArray[np.float32]  # [titles]

    @classmethod
    def of(cls, interactions: Interactions) -> "Likeness":
        titles, told = int(interactions.titles.values.max(initial=-1)) + 1, interactions.telling
        watched = sp.csc_matrix(told.matrix(titles, np.ones(len(told.weight), np.float32)))
        return cls(told, watched, np.asarray(watched.sum(axis=0)).ravel())

    def cosines(
        self, these: NDArray[np.integer], titles: NDArray[np.integer], *, without: int = 0
    ) -> NDArray[np.float32]:
        """[these, titles] who watched both, over the root of the product of who watched each;
        `without` so many who watched both."""
        both = (self.watched[:, these].T @ self.watched[:, titles]).toarray() - without
        either = np.sqrt(np.outer(self.watchers[these], self.watchers[titles]))
        return np.maximum(both, 0) / np.maximum(either, 1)


def breadth(likeness: Likeness, users: NDArray[np.integer], *, seed: int) -> float:
    """The share of these users' histories that vouches for each title in them, on average.

    Of a title whose cosines with the n others of the history are c, the user not among those who
    watched both, it is (Σc)² / (n Σc²), the participation ratio: 1 where all are the same, 1 / n
    where all but one are 0. Titles for which nothing vouches do not count; 1 where none does."""
    random = np.random.default_rng(seed)
    shares = [np.ones(0)]
    for user in users:
        titles = likeness.told.titles[user]
        asked = random.permutation(len(titles))[:ASKED]
        vouching = likeness.cosines(titles[asked], titles, without=1)
        vouching[np.arange(len(asked)), asked] = 0
        total = vouching.sum(axis=1)
        some = total > 0
        squares = np.square(vouching[some]).sum(axis=1)
        shares.append(total[some] ** 2 / squares / (len(titles) - 1))
    known = np.concatenate(shares)
    return float(known.mean()) if len(known) else 1.0


def blocks(
    likeness: Likeness,
    interactions: Interactions,
    users: NDArray[np.integer],
    order: NDArray[np.float64],
    *,
    seed: int,
) -> NDArray[np.float64]:
    """An `order` [m] of interactions, but that each of these users' histories ends with a title of
    it, drawn at random, before that what is most like it, and so on; ties as they were. The user
    counts as one who watched both: then what few others did is alike for sure, and held out."""
    random, order = np.random.default_rng(seed), order.copy()
    for user in users:
        span = np.arange(*interactions.titles.offsets[user : user + 2])
        titles = interactions.titles.values[span]
        drawn = random.integers(len(span))
        [like] = likeness.cosines(titles[[drawn]], titles)
        like[drawn] = np.inf
        order[span[np.lexsort((order[span], like))]] = np.arange(len(span))
    return order
