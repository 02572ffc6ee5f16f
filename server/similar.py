"""Who has the same taste, and which titles are alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.arrays import positions
from server import tokens
from server.catalogue import Catalogue
from server.eligibility import Mask
from server.member import Member
from server.ranking import best_of

SHARED_SHOWN = 5
USERS_LISTED = 1000  # nobody reads further, and a token that carries more grows large
# Measured by `scripts/bench neighbours`: with more users a walk takes less time than comparing with
# all, ever less, and finds .98 and more of the 20 nearest.
EXACT = 50_000  # users with taste up to which all are compared
BEGIN = 256  # users spread over all that a walk begins at, beside the member's own list
BREADTH = 160  # nearest that it goes on from; twice as many for a member without such a list
STRIDE = 32  # of those at once


@dataclass(frozen=True)
class Neighbour:
    """A user or title, by its row, and the cosine of its embedding, above 0 and up to 1."""

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
    """The `size` users nearest to the member, without those shown and those of another
    taste altogether; empty for one without taste."""
    if not member.known:
        return Neighbours([], False)
    rows, cosines = _nearest_users(catalogue, member, size + len(shown) + 1)
    rows, cosines = rows[cosines > 0], cosines[cosines > 0]
    ids = catalogue.snapshot.users.vocabulary
    if len(shown):
        new = ~np.isin(tokens.checks(ids[row] for row in rows.tolist()), shown)
        rows, cosines = rows[new], cosines[new]
    return _cut(rows, cosines, size, more=len(rows) > size and len(shown) + size < USERS_LISTED)


def titles(
    catalogue: Catalogue, title: int, *, size: int, shown: tokens.Checks, allowed: Mask
) -> Neighbours:
    """The `size` titles of those `allowed` [n] nearest to a title, without those shown."""
    titles = catalogue.snapshot.titles
    rows, cosines = titles.similar[title], titles.similarity[title]
    new = cosines > 0
    new &= allowed[rows]
    new &= ~np.isin(catalogue.checks[rows], shown)
    return _cut(rows[new], cosines[new], size, more=int(new.sum()) > size)


def shared(catalogue: Catalogue, member: Member, user: int, permitted: Mask) -> Shared:
    """The titles that the member and another user, by row, both watched, neither gave a thumb down
    and the member may see: those `permitted` [n]."""
    users = catalogue.snapshot.users
    start, end = users.history.offsets[user : user + 2]
    # `Past.speaks`, of the two arrays that it takes: this is asked for each of a hundred users
    liked = (users.past.weight[start:end] > 0) & (users.past.thumb[start:end] >= 0)
    theirs = users.history.values[start:end][liked]
    mine = member.titles[member.past.speaks > 0]
    both = theirs[(positions(mine, theirs) >= 0) & permitted[theirs]]
    rarest = both[np.argsort(catalogue.watchers[both], kind="stable")]
    return Shared(rarest[:SHARED_SHOWN].tolist(), len(both))


def _nearest_users(
    catalogue: Catalogue, member: Member, k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Rows and cosines of the k nearest users, nearest first: those that the refresh found, while
    the member is as it saw them and they suffice, else by comparing with every user, or where those
    are many by walking to them."""
    users = catalogue.snapshot.users
    if not member.live and k <= users.similar.shape[1]:
        found = users.similar[member.row] >= 0
        return users.similar[member.row][found][:k], users.similarity[member.row][found][:k]
    among, vector, row = catalogue.with_taste, member.vector, member.row
    if len(among) <= EXACT:
        return compare(users.embedding, among, vector, k, row=row)
    return walk(users.embedding, users.similar, among, vector, k, row=row)


def compare(
    embedding: NDArray[np.float32],
    among: NDArray[np.int64],
    vector: NDArray[np.float32],
    k: int,
    *,
    row: int,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """What `walk` approaches, found by comparing with all."""
    cosines = embedding @ vector
    rows = best_of(cosines, among[among != row], k)
    return rows, cosines[rows]


def walk(
    embedding: NDArray[np.float32],
    similar: NDArray[np.int32],
    among: NDArray[np.int64],
    vector: NDArray[np.float32],
    k: int,
    *,
    row: int,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The k rows of `embedding` [n, d] with nearly the highest products with `vector` [d], and
    those products, the highest first. `among` are the rows that are not all 0, `similar` [n, m] the
    nearest of each, -1 none. `row` is the one that the vector was of a while ago, -1 none, and is
    left out.

    Best-first search over a graph of nearest neighbours, as within a layer of HNSW (Malkov and
    Yashunin 2018): on from the nearest that were seen to those near them, until nothing near is
    left to go on from.
    """
    own = similar[row][similar[row] >= 0] if row >= 0 else similar[0, :0]
    breadth = max(BREADTH if len(own) else 2 * BREADTH, 2 * k)
    spread = among[np.linspace(0, len(among) - 1, BEGIN).astype(np.int64)]
    rows = np.unique(np.concatenate([spread, own]))
    cosines = embedding[rows] @ vector
    left = np.ones(len(rows), bool)  # to go on from
    seen = np.zeros(len(embedding), bool)
    seen[rows] = True
    while True:
        order = np.lexsort((rows, -cosines))[:breadth]
        rows, cosines, left = rows[order], cosines[order], left[order]
        on = np.flatnonzero(left)[:STRIDE]
        if not len(on):
            others = np.flatnonzero(rows != row)[:k]
            return rows[others].astype(np.int32), cosines[others]
        left[on] = False
        near = np.unique(similar[rows[on]])
        new = near[(near >= 0) & ~seen[near]]
        seen[new] = True
        rows = np.concatenate([rows, new])
        cosines = np.concatenate([cosines, embedding[new] @ vector])
        left = np.concatenate([left, np.ones(len(new), bool)])


def _cut(
    rows: NDArray[np.int32], cosines: NDArray[np.float32], size: int, *, more: bool
) -> Neighbours:
    pairs = zip(rows[:size].tolist(), np.minimum(cosines[:size], 1).tolist(), strict=True)
    return Neighbours([Neighbour(row, similarity) for row, similarity in pairs], more)
