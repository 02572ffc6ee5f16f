"""Composes a page: which rows, in which order, with which titles at their heads.

The objective is what somebody is expected to be satisfied by, who reads down from the top and right
along each row, and of whom ever fewer get so far:

    sum over rows s, top down, of  down^s * appeal(row) * sum over its cards c of  right^c * worth
    + CALIBRATION * sum over genres g of  taste(g) * log(1 + attention on g)

A card counts where its title is met first: a title that heads a row above adds nothing. The second
part keeps the share of genres on the page close to the member's own (calibration: Steck 2018, with
the logarithm's diminishing returns in place of a divergence). Both parts are submodular in what the
page holds, so rows are chosen one by one by what each adds, which is never far from the best page
(Nemhauser, Wolsey & Fisher 1978).

The rules, which hold for every page:
- the first screen, 6 rows of 6 cards, shows no title twice, and below it a title that heads a row
  above gives way where there is enough else to show;
- no row is empty or has one card, unless one card was asked for;
- two neighbouring rows are of different kinds;
- Continue watching comes first. Top 10 is the first row below the first screen, where it need not
  leave out what stands above; it ends a page that is shorter.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server import rows, tokens
from server.candidates import Candidates
from server.ranking import Titles
from server.rows import Row

SCREEN_ROWS = 6
SCREEN_CARDS = 6
CALIBRATION = 2.0
AT_ONCE = 16  # rows whose gain is worked out together
ROUNDING = 1e-6  # by which a bound and a gain that are equal may differ


@dataclass(frozen=True)
class Above:
    """What earlier pages showed."""

    row_checks: tokens.Checks  # of their row ids, from the top down
    heads: list[Titles]  # of each, the titles at its head that are still in the catalogue
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


@dataclass(frozen=True, eq=False)
class Reader:
    """Whom a page is for. n titles, g genres."""

    attention: NDArray[np.float32]  # [2] shares who go on to the next row, and to the next card
    genre_mix: NDArray[np.float32]  # [n, g] shares of each title's genres
    taste: NDArray[np.float32]  # [g] shares of what they watch


@dataclass(frozen=True, eq=False)
class Offers:
    """What can be placed: r rows, w titles each."""

    kind: NDArray[np.int32]  # [r]
    heads: NDArray[np.int32]  # [r, w] titles, best first, -1 none
    worth: NDArray[np.float32]  # [r, w] 0..1
    appeal: NDArray[np.float32]  # [r]


class Layout:
    """A page as it grows: what was shown, and what each row would add."""

    def __init__(self, offers: Offers, reader: Reader, *, cards: int, titles: int) -> None:
        self._offers = offers
        self._reader = reader
        self._cards = cards
        self._right = reader.attention[1] ** np.arange(min(SCREEN_CARDS, cards))
        self._seen = np.zeros(titles, bool)
        self._mass = np.zeros(len(reader.taste))  # attention on each genre
        self._left = np.ones(len(offers.kind), bool)
        # [w + 1] attention on the card that is the k-th unseen one of its row; 0 past the screen
        self._right_of = np.zeros(offers.heads.shape[1] + 1)
        self._right_of[1 : len(self._right) + 1] = self._right
        self.depth = 0
        self.last: int | None = None
        _, self._bound = self._gains(np.arange(len(offers.kind)))

    @property
    def seen(self) -> NDArray[np.bool_]:
        """[n] titles at the heads of the rows so far."""
        return self._seen

    def best(self, *, apart_from: NDArray[np.bool_]) -> int | None:
        """The row that adds most, of those left that may stand here; of equal ones the first.
        `apart_from` [r] may not."""
        can = self._left & ~apart_from & (self._offers.kind != self.last)
        open_ = np.flatnonzero(can)
        order = open_[np.argsort(-self._bound[open_], kind="stable")]
        best, gain = None, 0.0
        for start in range(0, len(order), AT_ONCE):
            part = order[start : start + AT_ONCE]
            if best is not None and self._bound[part[0]] < gain:
                break
            gains, self._bound[part] = self._gains(part)
            for at, value in zip(part.tolist(), gains.tolist(), strict=True):
                if value > gain or (value == gain and best is not None and at < best):
                    best, gain = at, value
        return best

    def place(self, kind: int, heads: Titles, *, at: int | None) -> None:
        """Adds a row with these titles on screen; `at` is the offer it comes from, if any."""
        down = float(self._reader.attention[0]) ** self.depth
        self._seen[heads] = True
        self._mass += down * (self._right[: len(heads)] @ self._reader.genre_mix[heads])
        if at is not None:
            self._left[at] = False
        self.depth += 1
        self.last = kind

    def is_left(self, which: NDArray[np.bool_]) -> bool:
        """Whether any of these rows [r] can still be placed."""
        return bool((self._left & which).any())

    def drop(self, at: int) -> None:
        """A row that turned out to have too little."""
        self._left[at] = False

    def _gains(self, part: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """([part] what each row would add here, as a share of the readers who get so far, [part]
        what it can add at most, here or further down)."""
        offers, reader = self._offers, self._reader
        heads = offers.heads[part]
        unseen = (heads >= 0) & ~self._seen[heads]
        column = np.cumsum(unseen, axis=1)
        look = np.where(unseen, self._right_of[column], 0)  # [part, w]
        picks = offers.appeal[part] * np.einsum("rw,rw->r", look, offers.worth[part])
        mass = np.einsum("rw,rwg->rg", look, reader.genre_mix[heads]) / (1 + self._mass)
        down = float(reader.attention[0]) ** self.depth
        more = np.log1p(down * mass) @ reader.taste / down
        gains = picks + CALIBRATION * more
        if self.depth < SCREEN_ROWS:
            gains[column[:, -1] < min(self._cards, 2)] = 0
        return gains, picks + CALIBRATION * (mass @ reader.taste) + ROUNDING


def compose(
    offered: Candidates,
    *,
    size: int,
    cards: int,
    above: Above,
    still_wanted: Callable[[], None] = lambda: None,
) -> Page:
    """The next `size` rows of up to `cards` titles.

    `still_wanted` is called between rows and may raise to stop the work.
    """
    view = offered.view
    catalogue = view.catalogue
    reader = Reader(catalogue.snapshot.attention, catalogue.genre_mix, view.genre_taste)
    offers = Offers(offered.kind, offered.heads, offered.worth, offered.appeal)
    layout = Layout(offers, reader, cards=cards, titles=len(catalogue.ids))
    shown = set(above.row_checks.tolist())
    for heads in above.heads:
        layout.place(-1, heads, at=None)
    layout.last = above.last
    if shown:
        for at, id in enumerate(offered.ids()):
            if tokens.check(id) in shown:
                layout.drop(at)
    placed: list[Placed] = []
    while len(placed) <= size:  # one too many, to know whether more follow
        still_wanted()
        row = _next(offered, layout, cards)
        if row is None:
            break
        placed.append(row)
    return Page(placed[:size], len(placed) > size)


def _next(offered: Candidates, layout: Layout, cards: int) -> Placed | None:
    """The row that comes next; None when there is none."""
    first = _only(offered, rows.CONTINUE)
    top_10 = _only(offered, rows.TOP_10)
    while True:
        at = layout.best(apart_from=first | top_10)
        if layout.depth == 0 and layout.is_left(first):
            at = int(np.argmax(first))
        elif (layout.depth == SCREEN_ROWS or at is None) and layout.is_left(top_10):
            at = int(np.argmax(top_10))
        if at is None:
            return None
        row = offered.row(at)
        placed = place(row, layout.seen, cards, on_screen=layout.depth < SCREEN_ROWS)
        if len(placed.titles) < min(cards, 2):
            layout.drop(at)
            continue
        layout.place(row.kind, placed.titles[: placed.head], at=at)
        return placed


def _only(offered: Candidates, kind: int) -> NDArray[np.bool_]:
    return offered.kind == kind


def place(row: Row, seen: NDArray[np.bool_], cards: int, *, on_screen: bool) -> Placed:
    """The row's cards, where `seen` [n] are the titles at the heads of the rows above."""
    best = row.best(cards + int(np.count_nonzero(seen)) + 1)  # enough, if all of those come first
    head = min(SCREEN_CARDS, cards)
    if row.ordered and not on_screen:
        return Placed(row, best[:cards], min(head, len(best)), len(best) > cards)
    unseen = np.flatnonzero(~seen[best])[:head]
    if on_screen and len(unseen) < head:
        return Placed(row, best[unseen], len(unseen), len(best) > len(unseen))
    rest = np.ones(len(best), bool)
    rest[unseen] = False
    titles = np.concatenate([best[unseen], best[rest]])[:cards]
    return Placed(row, titles, min(head, len(titles)), len(best) > len(titles))
