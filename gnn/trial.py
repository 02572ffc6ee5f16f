"""Behaviour held out for choosing and judging: judges are told of a part of a history, and models
must find the rest."""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnn.tensors import Interactions
from graph.arrays import Ragged, Vocabulary

AT_MOST = 2_000  # judges; more would only cost time
ENOUGH = 5  # titles in a history that can be parted
LATER = 0.2  # share of all interactions, or of a history, that is held out
WITHHELD = 10  # one user in ten is never learned from


@dataclass(frozen=True)
class Trial:
    """j judges."""

    learn: Interactions  # what models may learn from
    told: Interactions  # one row a judge: what models are told of
    held_out: Ragged  # one row a judge: the titles that models must find
    now: NDArray[np.int64]  # [j] when each judge is recommended something
    arriving: NDArray[np.bool_]  # [j] whether models have seen nothing of them before

    @property
    def judges(self) -> int:
        return len(self.now)


def cut(interactions: Interactions, *, seed: int) -> Trial:
    """What hyperparameters are chosen on: later behaviour where times are known, else withheld
    users."""
    if interactions.timed:
        return time_cut(interactions, seed=seed)
    random = np.random.default_rng(seed)
    lengths = interactions.titles.lengths()
    able = np.flatnonzero(lengths >= ENOUGH)
    count = min(AT_MOST, -(-len(able) // 5))
    judges = np.sort(random.permutation(able)[:count])
    order = random.random(len(interactions.weight))
    return _withheld(interactions, judges, order)


def withheld(interactions: Interactions, ids: Vocabulary) -> Trial:
    """A tenth of the users, picked by a hash of their ids so that a judge stays one; of each the
    newest fifth of the history is held out, the rest told."""
    hashes = np.array([zlib.crc32(id.encode()) for id in ids.ids], np.int64)
    chosen = np.flatnonzero(hashes % WITHHELD == 0)
    judges = np.sort(chosen[np.argsort(hashes[chosen], kind="stable")][:AT_MOST])
    return _withheld(interactions, judges, interactions.at)


def time_cut(interactions: Interactions, *, seed: int, share: float = LATER) -> Trial:
    """Models learn from all that came before a moment, after which `share` of the interactions lie.

    Returning judges were there before: they are told of all they did until then. Arriving judges
    were not: they are told of the first half of what they did since.
    """
    moment = np.quantile(interactions.at, 1 - share, method="higher")
    before = interactions.at < moment
    user = interactions.user
    came_before = np.bincount(user[before], minlength=len(interactions)) > 0
    told = before.copy()
    for row in np.flatnonzero(~came_before & (interactions.titles.lengths() >= ENOUGH)):
        span = np.arange(*interactions.titles.offsets[row : row + 2])
        first = np.argsort(interactions.at[span], kind="stable")[: len(span) // 2]
        told[span[first]] = True
    later = ~told & interactions.welcome
    able = (np.bincount(user[told], minlength=len(interactions)) > 0) & (
        np.bincount(user[later], minlength=len(interactions)) > 0
    )
    judges = np.flatnonzero(able)
    judges = np.sort(np.random.default_rng(seed).permutation(judges)[:AT_MOST])
    newest = np.zeros(len(interactions), np.int64)
    np.maximum.at(newest, user[told], interactions.at[told])
    arriving = ~came_before[judges]
    return Trial(
        learn=interactions.where(before),
        told=interactions.where(told).of_users(judges),
        held_out=interactions.where(later).of_users(judges).titles,
        now=np.where(arriving, newest[judges], moment).astype(np.int64),
        arriving=arriving,
    )


def _withheld(interactions: Interactions, judges: NDArray[np.int64], order: NDArray) -> Trial:
    """The last fifth of each judge's history by `order` [m] is held out; models learn from all
    other users."""
    mine = np.zeros(len(interactions), bool)
    mine[judges] = True
    of_judge = np.repeat(mine, interactions.titles.lengths())
    told = of_judge.copy()
    for row in judges:
        span = np.arange(*interactions.titles.offsets[row : row + 2])
        if len(span) >= ENOUGH:
            last = np.argsort(order[span], kind="stable")[len(span) - int(len(span) * LATER) :]
            told[span[last]] = False
    later = of_judge & ~told & interactions.welcome
    able = judges[np.bincount(interactions.user[later], minlength=len(interactions))[judges] > 0]
    seen = interactions.where(told).of_users(able)
    now = np.zeros(len(able), np.int64)
    np.maximum.at(now, seen.user, seen.at)
    return Trial(
        learn=interactions.where(~of_judge),
        told=seen,
        held_out=interactions.where(later).of_users(able).titles,
        now=now,
        arriving=np.ones(len(able), bool),
    )
