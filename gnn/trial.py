"""Behaviour held out for choosing and judging: judges are told of a part of a history, and models
must find the rest."""

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gnn.blocks import BROAD, Likeness, blocks, breadth
from gnn.tensors import Interactions
from graph import behaviour
from graph.arrays import Ragged, Vocabulary

AT_MOST = 2_000  # judges of a kind; more would cost more time than they tell
ASKED = 200  # of them are asked whether histories are narrow
ENOUGH = 5  # titles in a history that can be parted
LATER = 0.2  # share of all interactions, or of a history, that is held out
JUDGES = 3  # one user in three judges where they may be learned from
WITHHELD = 10  # one user in ten is never learned from


@dataclass(frozen=True)
class Trial:
    """j judges."""

    learn: Interactions  # what models may learn from
    told: Interactions  # one row a judge: what models are told of
    held_out: Ragged  # one row a judge: the titles that models must find
    now: NDArray[np.int64]  # [j] when each judge is recommended something
    arriving: NDArray[np.bool_]  # [j] whether models have seen nothing of them before
    narrow: bool = False  # whether little of a history vouches for each of its titles

    @property
    def judges(self) -> int:
        return len(self.now)

    @cached_property
    def age(self) -> NDArray[np.int64]:
        """[m] seconds before now that each judge did each thing that is told."""
        return np.repeat(self.now, self.told.titles.lengths()) - self.told.at

    @cached_property
    def weight(self) -> NDArray[np.float32]:
        """[m] what each of those counts by now."""
        return self.told.speaks * (behaviour.freshness(self.age) if self.told.timed else 1)


def cut(interactions: Interactions, *, seed: int) -> Trial:
    """What hyperparameters are chosen on: later behaviour where times are known, else a fifth of
    some users' histories: drawn at random or, of every other judge where histories are narrow, in
    blocks (`gnn.blocks`). As in service, models have learned from what judges are told: a title
    that they are yet to watch counted as one they passed by."""
    if interactions.timed:
        return time_cut(interactions, seed=seed)
    random = np.random.default_rng(seed)
    lengths = interactions.titles.lengths()
    able = np.flatnonzero(lengths >= ENOUGH)
    drawn = random.permutation(able)[: -(-len(able) // JUDGES)]
    judges = np.sort(drawn[:AT_MOST])
    order = random.random(len(interactions.weight))
    likeness = Likeness.of(interactions)
    narrow = breadth(likeness, drawn[:ASKED], seed=seed) < BROAD
    if narrow:
        judges = np.sort(drawn[: 2 * AT_MOST])
        order = blocks(likeness, interactions, judges[::2], order, seed=seed)
    told, held_out, able = _parted(interactions, judges, order)
    return Trial(
        learn=interactions.where(~held_out),
        told=interactions.where(told).of_users(able),
        held_out=interactions.where(held_out & interactions.welcome).of_users(able).titles,
        now=_newest(interactions.where(told), able),
        arriving=np.zeros(len(able), bool),
        narrow=narrow,
    )


def withheld(interactions: Interactions, ids: Vocabulary) -> Trial:
    """A tenth of the users, picked by a hash of their ids so that a judge stays one; of each the
    newest fifth of the history is held out, the rest told."""
    hashes = np.array([zlib.crc32(id.encode()) for id in ids.ids], np.int64)
    chosen = np.flatnonzero(hashes % WITHHELD == 0)
    judges = np.sort(chosen[np.argsort(hashes[chosen], kind="stable")][:AT_MOST])
    told, held_out, able = _parted(interactions, judges, oldest_first(interactions))
    return Trial(
        learn=interactions.where(~np.isin(interactions.user, judges)),
        told=interactions.where(told).of_users(able),
        held_out=interactions.where(held_out & interactions.welcome).of_users(able).titles,
        now=_newest(interactions.where(told), able),
        arriving=np.ones(len(able), bool),
    )


def time_cut(interactions: Interactions, *, seed: int, share: float = LATER) -> Trial:
    """Models learn from all that came before a moment, after which `share` of the interactions lie.

    Returning judges were there before: they are told of all they did until then. Arriving judges
    were not: they are told of the first half of what they did since.
    """
    moment = np.quantile(interactions.at, 1 - share, method="higher")
    later = interactions.at[interactions.at > moment]
    if moment == interactions.at.min() and len(later):  # most of the graph came without times
        moment = later.min()
    before = interactions.at < moment
    user = interactions.user
    came_before = np.bincount(user[before], minlength=len(interactions)) > 0
    told, order = before.copy(), oldest_first(interactions)
    for row in np.flatnonzero(~came_before & (interactions.titles.lengths() >= ENOUGH)):
        span = np.arange(*interactions.titles.offsets[row : row + 2])
        first = np.argsort(order[span])[: len(span) // 2]
        told[span[first]] = True
    later = ~told & interactions.welcome
    able = (np.bincount(user[told], minlength=len(interactions)) > 0) & (
        np.bincount(user[later], minlength=len(interactions)) > 0
    )
    judges = np.flatnonzero(able)
    judges = np.sort(np.random.default_rng(seed).permutation(judges)[:AT_MOST])
    newest = _newest(interactions.where(told), judges)
    arriving = ~came_before[judges]
    return Trial(
        learn=interactions.where(before),
        told=interactions.where(told).of_users(judges),
        held_out=interactions.where(later).of_users(judges).titles,
        now=np.where(arriving, newest, moment).astype(np.int64),
        arriving=arriving,
    )


def oldest_first(interactions: Interactions) -> NDArray[np.int64]:
    """[m] the place of each interaction in the order of their times. Those of one moment, as bulk
    imports have them, follow a hash of their titles, whose rows are in the order of their ids."""
    hashed = interactions.titles.values.astype(np.uint64) * np.uint64(2654435761) % np.uint64(2**32)
    place = np.empty(len(hashed), np.int64)
    place[np.lexsort((hashed, interactions.at))] = np.arange(len(hashed))
    return place


def _parted(
    interactions: Interactions, judges: NDArray[np.int64], order: NDArray
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]:
    """(told [m], held out [m], able judges): of each judge's history the last fifth by `order` [m]
    is held out. Those are able who would be recommended something of it."""
    told = np.isin(interactions.user, judges)
    held_out = np.zeros(len(told), bool)
    for row in judges:
        span = np.arange(*interactions.titles.offsets[row : row + 2])
        if len(span) >= ENOUGH:
            last = np.argsort(order[span], kind="stable")[len(span) - int(len(span) * LATER) :]
            held_out[span[last]] = True
    found = np.bincount(
        interactions.user[held_out & interactions.welcome], minlength=len(interactions)
    )
    return told & ~held_out, held_out, judges[found[judges] > 0]


def _newest(told: Interactions, judges: NDArray[np.int64]) -> NDArray[np.int64]:
    """[judges] when each did the newest of what is told."""
    newest = np.zeros(len(told), np.int64)
    np.maximum.at(newest, told.user, told.at)
    return newest[judges]
