"""Interactions in columns, folded to one of each (user, title), ready to be written."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph import behaviour

NO_THUMB = -2  # of a record that says nothing about a thumb; 0 says that there is none (any more)


@dataclass(frozen=True)
class Interactions:
    """One row a record or, after `folded`, one row a (user, title). The arrays are all [n]."""

    users: Sequence[str]
    titles: Sequence[str]
    user: NDArray[np.int32]  # rows of users
    title: NDArray[np.int32]  # rows of titles
    plays: NDArray[np.int32]
    completion: NDArray[np.float64]  # 0..1
    thumb: NDArray[np.int8]  # -1..2, or NO_THUMB
    first_at: NDArray[np.int64]  # seconds since 1970, UTC
    last_at: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.user)

    def taken(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> "Interactions":
        """Some of the rows, over the same users and titles."""
        return Interactions(
            self.users, self.titles, self.user[rows], self.title[rows], self.plays[rows],
            self.completion[rows], self.thumb[rows], self.first_at[rows], self.last_at[rows],
        )  # fmt: skip


def of_ratings(
    *,
    users: Sequence[str],
    titles: Sequence[str],
    user: NDArray[np.int32],
    title: NDArray[np.int32],
    stars: NDArray[np.float32],
    at: NDArray[np.int64],
) -> Interactions:
    """Each rating (half to five stars) as one watch to the end, with the thumb it stands for."""
    levels, level = np.unique(stars, return_inverse=True)
    thumbs = np.array([behaviour.thumb_of_rating(float(s)) for s in levels], np.int8)
    ones = np.ones(len(user))
    return Interactions(
        users, titles, user, title, ones.astype(np.int32), ones, thumbs[level], at, at
    )


def folded(records: Interactions) -> Interactions:
    """One row a (user, title), by user: plays added up, completion the furthest, the newest thumb
    (NO_THUMB where none of them says).

    Records that are alike in every field count once, for logs are often exported twice.
    """
    if not len(records):
        return records
    keys = (records.thumb, records.completion, records.plays, records.first_at, records.last_at,
            records.title, records.user)  # fmt: skip
    order = np.lexsort(keys)
    r = records.taken(order[_ends(*(key[order] for key in keys))])
    ends = _ends(r.user, r.title)
    starts = _starts(ends)
    says = np.where(r.thumb == NO_THUMB, -1, np.arange(len(r)))
    newest = np.maximum.reduceat(says, starts)  # the last row of each pair that has a thumb
    plays = np.add.reduceat(r.plays.astype(np.int64), starts)
    return Interactions(
        r.users, r.titles, r.user[ends], r.title[ends],
        plays.clip(max=1_000_000).astype(np.int32),
        np.maximum.reduceat(r.completion, starts),
        np.where(newest < 0, NO_THUMB, r.thumb[newest]).astype(np.int8),
        np.minimum.reduceat(r.first_at, starts),
        np.maximum.reduceat(r.last_at, starts),
    )  # fmt: skip


def _ends(*sorted_keys: NDArray) -> NDArray[np.intp]:
    """The last row of each run of rows that are alike in all keys."""
    if not len(sorted_keys[0]):
        return np.zeros(0, np.intp)
    differs = np.logical_or.reduce([key[1:] != key[:-1] for key in sorted_keys])
    return np.flatnonzero(np.append(differs, True))


def _starts(ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """The first row of each of those runs."""
    return np.append(np.zeros(1, np.intp), ends[:-1] + 1)
