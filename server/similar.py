"""Who has the same taste, and which titles are alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server import eligibility, tokens
from server.catalogue import Catalogue
from server.member import Member

SHARED_SHOWN = 5
USERS_LISTED = 1000  # nobody reads further, and a token that carries more grows large


@dataclass(frozen=True)
class Neighbour:
    """A user or title, by its row, and the cosine of its embedding, -1 to 1."""

    row: int
    similarity: float


@dataclass(frozen=True)
class Neighbours:
    """Part of a list, and whether more follow."""

    found: list[Neighbour]
    more: bool


@dataclass(frozen=True)
class Shared:
    """What two users both watched: up to 5 titles, the ones fewest others watched first."""

    titles: list[int]
    count: int


def users(catalogue: Catalogue, member: Member, *, size: int, shown: tokens.Checks) -> Neighbours:
    """The `size` users nearest to the member, without those shown; empty for one without taste."""
    if not member.known:
        return Neighbours([], False)
    rows, cosines = _nearest_users(catalogue, member, size + len(shown) + 1)
    ids = catalogue.snapshot.users.vocabulary
    if len(shown):
        new = ~np.isin(tokens.checks(ids[row] for row in rows.tolist()), shown)
        rows, cosines = rows[new], cosines[new]
    return _cut(rows, cosines, size, more=len(rows) > size and len(shown) + size < USERS_LISTED)


def titles(
    catalogue: Catalogue, title: int, *, size: int, shown: tokens.Checks, now: float
) -> Neighbours:
    """The `size` available titles nearest to a title, without those shown."""
    rows = catalogue.snapshot.titles.similar[title]
    new = rows >= 0
    new &= eligibility.available(catalogue, now=now)[rows]
    new &= ~np.isin(catalogue.checks[rows], shown)
    cosines = catalogue.snapshot.titles.similarity[title][new]
    return _cut(rows[new], cosines, size, more=int(new.sum()) > size)


def shared(catalogue: Catalogue, member: Member, user: int) -> Shared:
    """The titles that the member and another user, by row, both watched, and neither gave a thumb
    down."""
    users = catalogue.snapshot.users
    start, end = users.history.offsets[user : user + 2]
    liked = (users.weight[start:end] > 0) & (users.thumb[start:end] >= 0)
    theirs = users.history.values[start:end][liked]
    mine = member.titles[(member.weight > 0) & (member.thumb >= 0)]
    both = theirs[_holds(mine, theirs)]
    rarest = both[np.argsort(catalogue.watchers[both], kind="stable")]
    return Shared(rarest[:SHARED_SHOWN].tolist(), len(both))


def _nearest_users(
    catalogue: Catalogue, member: Member, k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Rows and cosines of the k nearest users, nearest first: those that the refresh found, while
    the member is as it saw them and they suffice, else by comparing with every user."""
    users = catalogue.snapshot.users
    if not member.live and k <= users.similar.shape[1]:
        found = users.similar[member.row] >= 0
        return users.similar[member.row][found][:k], users.similarity[member.row][found][:k]
    cosines = users.embedding @ member.vector
    if member.row >= 0:
        cosines[member.row] = -np.inf
    k = min(k, len(cosines))
    rows = np.argpartition(-cosines, k - 1)[:k] if k else np.zeros(0, np.int64)
    rows = rows[np.lexsort((rows, -cosines[rows]))]
    # Users without evidence of taste have a vector of 0 and are like nobody.
    rows = rows[(cosines[rows] > -np.inf) & users.embedding[rows].any(axis=1)]
    return rows.astype(np.int32), cosines[rows]


def _cut(
    rows: NDArray[np.int32], cosines: NDArray[np.float32], size: int, *, more: bool
) -> Neighbours:
    pairs = zip(rows[:size].tolist(), np.clip(cosines[:size], -1, 1).tolist(), strict=True)
    return Neighbours([Neighbour(row, similarity) for row, similarity in pairs], more)


def _holds(sorted_rows: NDArray[np.int32], wanted: NDArray[np.int32]) -> NDArray[np.bool_]:
    """[n wanted] whether each stands in an ascending array."""
    if not len(sorted_rows):
        return np.zeros(len(wanted), bool)
    at = np.searchsorted(sorted_rows, wanted).clip(max=len(sorted_rows) - 1)
    return sorted_rows[at] == wanted
