"""Composes a page: which rows, in which order, with which titles at their heads.

The rules, which hold for every page:
- the first screen, 6 rows of 6 cards, shows no title twice, and below it a title that heads a row
  above gives way where there is enough else to show;
- no row is empty, and none but Continue watching has one card, unless that is all there is;
- Continue watching comes first and Top picks second, where there are such rows; a newcomer, for
  whom nobody can pick, gets Popular now in that place;
- two neighbouring rows are of one family only where nothing else is left to part them.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server import rows, tokens
from server.ranking import Titles
from server.rows import Row

SCREEN_ROWS = 6
SCREEN_CARDS = 6
POPULAR_AT = 4  # rows above Popular now on a member's page
MEMBER_FIRST = (rows.CONTINUE, rows.TOP_PICKS)  # in this order
NEWCOMER_FIRST = (rows.CONTINUE, rows.POPULAR)
FLOWING = (rows.GENRE, rows.BECAUSE, rows.POPULAR)  # in turns, the first preferred


@dataclass(frozen=True)
class Above:
    """What earlier pages showed: n titles."""

    row_checks: tokens.Checks  # of their row ids, from the top down
    heads: NDArray[np.bool_]  # [n] titles at the heads of those rows
    last: int | None  # kind of the last row


@dataclass(frozen=True)
class Placed:
    row: Row
    titles: Titles
    head: int  # how many of them are on screen before the member swipes
    more: bool  # whether others follow


@dataclass(frozen=True)
class Page:
    rows: list[Placed]
    more: bool  # whether other rows follow


def compose(
    candidates: Iterable[Row],
    *,
    size: int,
    cards: int,
    above: Above,
    still_wanted: Callable[[], None] = lambda: None,
) -> Page:
    """The next `size` rows of up to `cards` titles.

    `still_wanted` is called between rows and may raise to stop the work.
    """
    shown = set(above.row_checks.tolist())
    every = list(candidates)
    first = MEMBER_FIRST if any(r.kind == rows.TOP_PICKS for r in every) else NEWCOMER_FIRST
    left = [row for row in every if tokens.check(row.id) not in shown]
    placed: list[Placed] = []
    for row in _flow(left, first=first, cards=cards, above=above):
        still_wanted()
        placed.append(row)
        if len(placed) > size:  # one too many, to know whether more follow
            break
    if not placed and not shown and left:
        placed = [_place(left[0], above.heads, cards, on_screen=True)]
    return Page(placed[:size], len(placed) > size)


def _flow(
    candidates: list[Row], *, first: tuple[int, ...], cards: int, above: Above
) -> Iterator[Placed]:
    """The rows below `above`, without end until all are used up."""
    queues = _queues(candidates)
    heads, last, depth = above.heads.copy(), above.last, len(above.row_checks)
    put_off: list[Row] = []  # they would repeat what the first screen shows; below it they may
    while True:
        on_screen = depth < SCREEN_ROWS
        if put_off and not on_screen:
            queues, put_off = _queues([*put_off, *(r for q in queues.values() for r in q)]), []
        kind = _next_kind(queues, last, first=first, popular_due=depth >= POPULAR_AT)
        if kind is None:
            return
        row = queues[kind].popleft()
        placed = _place(row, heads, cards, on_screen=on_screen)
        # A row of one card is no choice, unless the caller wants no more of any row.
        if len(placed.titles) < min(cards, 1 if row.kind == rows.CONTINUE else 2):
            put_off.append(row)
            continue
        heads[placed.titles[: placed.head]] = True
        last, depth = kind, depth + 1
        yield placed


def _queues(candidates: Iterable[Row]) -> dict[int, deque[Row]]:
    queues: dict[int, deque[Row]] = {}
    for row in candidates:
        queues.setdefault(row.kind, deque()).append(row)
    return queues


def _next_kind(
    queues: dict[int, deque[Row]], last: int | None, *, first: tuple[int, ...], popular_due: bool
) -> int | None:
    """The family of the next row; None when all are used up."""
    left = {kind: len(queues[kind]) for kind in (*first, *FLOWING) if queues.get(kind)}
    for kind in first:
        if kind in left:
            return kind
    ready = [kind for kind in left if kind != last] or list(left)
    # A family that is more than all others together must be used now, or it ends up in a heap.
    crowded = [kind for kind in ready if 2 * left[kind] > sum(left.values())]
    due = [rows.POPULAR] if popular_due and rows.POPULAR in ready else []
    return next(iter(crowded or due or ready), None)


def _place(row: Row, heads: NDArray[np.bool_], cards: int, *, on_screen: bool) -> Placed:
    """The row's cards, where `heads` [n] are the titles at the heads of the rows above."""
    best = row.best(cards + int(np.count_nonzero(heads)) + 1)  # enough, if all of those come first
    head = min(SCREEN_CARDS, cards)
    unseen = np.flatnonzero(~heads[best])[:head]
    if on_screen and len(unseen) < head:
        return Placed(row, best[unseen], len(unseen), len(best) > len(unseen))
    rest = np.ones(len(best), bool)
    rest[unseen] = False
    titles = np.concatenate([best[unseen], best[rest]])[:cards]
    return Placed(row, titles, min(head, len(titles)), len(best) > len(titles))
