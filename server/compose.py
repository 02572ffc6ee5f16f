"""Composes a page: which rows, in which order, with which titles at their heads.

The objective is what somebody is expected to be satisfied by, who reads down from the top and right
along each row, and of whom ever fewer get so far:

    sum over cards of  attention * worth
    + CALIBRATION * sum over genres g of  taste(g) * log(1 + attention on g)

where attention on the card in column c of row s is down^s * appeal(row) * right^c. A card counts
where its title is met first: a title that heads a row above adds nothing. The second part keeps the
share of genres on the page close to the member's own (calibration: Steck 2018, with the logarithm's
diminishing returns in place of a divergence). Both parts are submodular in what the page holds, so
rows chosen one by one, by what each adds, are never far from the best page (Nemhauser, Wolsey &
Fisher 1978). So they are chosen where many can be placed. Where few can, the first screen, which is
all that most readers see, is searched with a beam that keeps the best pages at each row.

The rules, which hold for every page:
- the first screen, 6 rows of 6 cards, shows no title twice, and below it a title that heads a row
  above gives way where there is enough else to show;
- no row is empty or has one card, unless one card was asked for;
- two neighbouring rows are of different kinds;
- Continue watching comes first. Top 10 is the first row below the first screen, where it need not
  leave out what stands above, or comes sooner where nothing else can follow the row above it. My
  list follows at the latest, in the same way.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server import rows, tokens
from server.candidates import SCREEN_CARDS, Candidates
from server.ranking import Titles
from server.rows import Row

SCREEN_ROWS = 6
CALIBRATION = 1.0
# Pages that the beam keeps where so many rows can be placed; of fewer rows more, by the cube: of
# the pages that seven rows can make none worth keeping is lost, in a few milliseconds. Of more
# fewer: of 120 rows the one best page is worth .9995 of what is found by keeping 24.
BEAM, ROWS = 4, 32
# Of the best first screen, what one that goes on further must be worth: rows below the first screen
# follow only a full one, and are not in its value.
ENOUGH = 0.995
FIXED = (rows.CONTINUE, rows.TOP_10, rows.MY_LIST)  # kinds of a fixed place, one row of each


@dataclass(frozen=True)
class Above:
    """What earlier pages showed."""

    row_checks: tokens.Checks  # of their row ids, from the top down
    heads: list[Titles]  # of each, the titles at its head that are still in the catalogue
    last: int | None  # kind of the last row


class Placed(NamedTuple):
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
    taste: NDArray  # [g] shares of genres that they want


class Offers(NamedTuple):
    """What can be placed: r rows, w titles each."""

    kind: NDArray[np.int32]  # [r]
    heads: NDArray[np.int32]  # [r, w] titles, best first, -1 none
    worth: NDArray[np.float32]  # [r, w] 0..1
    appeal: NDArray[np.float32]  # [r]


class Pages(NamedTuple):
    """b pages as they grow, of as many rows each."""

    rows: NDArray[np.int64]  # [b, rows] offers that were placed
    unseen: NDArray[np.bool_]  # [b, n + 1] titles that head no row so far; false for none, row -1
    mass: NDArray[np.float64]  # [b, g] attention on each genre
    left: NDArray[np.bool_]  # [b, r] offers that can still be placed
    last: NDArray[np.int32]  # [b] kind of the last row, 0 where there is none
    value: NDArray[np.float64]  # [b] of the objective
    depth: int  # rows, with those of earlier pages

    def without(self, some: Sequence[int]) -> "Pages":
        """The same pages, where these offers can be placed no more."""
        left = self.left.copy()
        left[:, some] = False
        return self._replace(left=left)


class Composer:
    """Adds rows to pages by what each adds to the objective."""

    def __init__(self, offers: Offers, reader: Reader, *, cards: int) -> None:
        self.offers, self.reader, self.cards = offers, reader, cards
        self._right = reader.attention[1] ** np.arange(min(SCREEN_CARDS, cards))
        width = offers.heads.shape[1]
        # [w + 1] attention on the card that is the k-th unseen one of its row; 0 past the screen
        self._right_of = np.zeros(max(width, len(self._right)) + 1, np.float32)
        self._right_of[1 : len(self._right) + 1] = self._right
        self._up_to = _up_to(width)
        # [r, w, g + 1] shares of genres and the worth of each, for a reader who stops there as
        # readily as its appeal says
        self._adds = np.empty((*offers.heads.shape, len(reader.taste) + 1), np.float32)
        mix = reader.genre_mix.take(offers.heads, axis=0)
        np.multiply(mix, offers.appeal[:, None, None], out=self._adds[..., :-1])
        np.multiply(offers.worth, offers.appeal[:, None], out=self._adds[..., -1])
        self._taste = reader.taste.astype(np.float32)

    def begin(self, titles: int) -> Pages:
        """One page without rows."""
        unseen = np.ones((1, titles + 1), bool)
        unseen[:, -1] = False
        return Pages(
            rows=np.zeros((1, 0), np.int64),
            unseen=unseen,
            mass=np.zeros((1, len(self.reader.taste))),
            left=np.ones((1, len(self.offers.kind)), bool),
            last=np.zeros(1, np.int32),
            value=np.zeros(1),
            depth=0,
        )

    def down(self, depth: int) -> float:
        """The share of readers who get to a row."""
        return float(self.reader.attention[0]) ** depth

    def placed(
        self, pages: Pages, kind: int, heads: Titles, *, appeal: float, at: int | None = None
    ) -> Pages:
        """The first of the pages with one more row, of these titles on screen: that of offer `at`,
        or of none."""
        left = pages.left[:1]
        if at is not None:
            left = left.copy()
            left[0, at] = False
        unseen = pages.unseen[:1].copy()
        unseen[0, heads] = False
        look = appeal * self.down(pages.depth) * self._right[: len(heads)]
        mass = pages.mass[:1] + look @ self.reader.genre_mix[heads]
        last = np.array([kind], np.int32)
        return Pages(pages.rows, unseen, mass, left, last, pages.value, depth=pages.depth + 1)

    def gains(self, pages: Pages) -> NDArray[np.float32]:
        """[b, r] what each offer would add to each page, as a share of the readers who get so far;
        -inf where it may not stand there."""
        return self._offered(pages)[0]

    def extended(self, pages: Pages, *, width: int) -> Pages | None:
        """The `width` best pages with one more row; None where none can stand there."""
        down = self.down(pages.depth)
        gains, look, adds = self._offered(pages)
        values = (pages.value[:, None] + down * gains).ravel()
        best = np.argsort(-values, kind="stable")[:width]
        best = best[values[best] > -np.inf]
        if not len(best):
            return None
        page, row = np.divmod(best, len(self.offers.kind))
        unseen, left, each = pages.unseen[page], pages.left[page], np.arange(len(page))
        # what nobody looks at stays as it is: of row -1 nothing is unseen anyway
        unseen[each[:, None], np.where(look[page, row] > 0, self.offers.heads[row], -1)] = False
        left[each, row] = False
        return Pages(
            rows=np.concatenate([pages.rows[page], row[:, None]], axis=1),
            unseen=unseen,
            mass=pages.mass[page] + down * adds[page, row, :-1],
            left=left,
            last=self.offers.kind[row],
            value=values[best],
            depth=pages.depth + 1,
        )

    def _offered(self, pages: Pages) -> tuple[NDArray, NDArray, NDArray]:
        """Of each offer on each page: (its gain [b, r], attention on its titles [b, r, w], what it
        adds to each genre and of worth [b, r, g + 1], of a reader who gets so far)."""
        offers = self.offers
        unseen = pages.unseen.take(offers.heads, axis=1)
        column = (unseen.astype(np.float32) @ self._up_to).astype(np.intp)
        look = self._right_of.take(column) * unseen
        adds = np.matmul(look.transpose(1, 0, 2), self._adds).transpose(1, 0, 2)
        down = self.down(pages.depth)
        share = (down / (1 + pages.mass[:, None])).astype(np.float32)
        spread = np.log1p(adds[..., :-1] * share) @ self._taste
        gains = adds[..., -1] + CALIBRATION / down * spread
        few = min(self.cards, 2) if pages.depth < SCREEN_ROWS else 1
        bad = (column[:, :, -1] < few) | ~pages.left
        gains[bad | (offers.kind == pages.last[:, None])] = -np.inf
        return gains, look, adds

    def next_rows(self, pages: Pages) -> list[int]:
        """The offers that come next: the best, or, where few were offered, those of what is left of
        the first screen, chosen together. Empty where nothing is worth showing."""
        if not len(self.offers.kind):
            return []
        width = round(BEAM * (ROWS / len(self.offers.kind)) ** 3)
        if pages.depth >= SCREEN_ROWS or width <= 1:
            gains = self.gains(pages)[0]
            best = int(np.argmax(gains))
            return [best] if gains[best] > -np.inf else []
        composer, pages = self._of_heads(pages)
        best, most = pages, 0.0
        while pages.depth < SCREEN_ROWS:
            last = pages.depth == SCREEN_ROWS - 1
            after = composer.extended(pages, width=1 if last else width)
            if after is None:
                break
            pages = after
            most = max(most, pages.value[0])
            if pages.value[0] >= ENOUGH * most:  # to go on may cost more above than it adds below
                best = pages
        return best.rows[0].tolist()

    def _of_heads(self, pages: Pages) -> tuple["Composer", Pages]:
        """The same, of the titles at the heads of offers alone, for a beam holds many pages; they
        go on with nothing of their own."""
        titles = np.append(self.offers.heads.ravel(), -1)
        renamed = np.empty(pages.unseen.shape[1], np.int32)
        renamed[titles] = np.arange(len(titles))  # of equal ones the last is used
        composer = copy(self)
        composer.offers = self.offers._replace(heads=renamed[self.offers.heads])
        return composer, pages._replace(
            rows=np.zeros((1, 0), np.int64), value=np.zeros(1), unseen=pages.unseen[:, titles]
        )


@cache
def _up_to(width: int) -> NDArray[np.float32]:
    """[w, w] by which a row's numbers, multiplied, become their sums up to each."""
    return np.triu(np.ones((width, width), np.float32))


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
    reader = Reader(catalogue.snapshot.reading.attention, catalogue.genre_mix, offered.genre_taste)
    offers = Offers(offered.kind, offered.heads, offered.worth, offered.appeal)
    composer = Composer(offers, reader, cards=cards)
    pages = _goes_on(composer, offered, above)
    fixed = _fixed(offers.kind, pages.left[0])
    # Continue watching and Top 10 are never chosen; My list may be, sooner than where it is fixed
    pages = pages.without([fixed[kind] for kind in (rows.CONTINUE, rows.TOP_10) if kind in fixed])
    placed: list[Placed] = []
    planned: list[int] = []
    while len(placed) <= size:  # one too many, to know whether more follow
        still_wanted()
        planned = planned or _planned(composer, pages, fixed)
        if not planned:
            break
        at = planned.pop(0)
        row = offered.row(at)
        made = place(row, pages.unseen[0], cards, on_screen=pages.depth < SCREEN_ROWS)
        if len(made.titles) < min(cards, 2):
            planned = []  # it turned out to have too little, so the rest may be otherwise
            pages = pages.without([at])
            continue
        placed.append(made)
        if len(placed) <= size:
            on_screen, appeal = made.titles[: made.head], float(offers.appeal[at])
            pages = composer.placed(pages, row.kind, on_screen, appeal=appeal, at=at)
    return Page(placed[:size], len(placed) > size)


def _goes_on(composer: Composer, offered: Candidates, above: Above) -> Pages:
    """The page as far as it was shown."""
    pages = composer.begin(len(offered.view.catalogue.ids))
    if not above.heads:
        return pages
    checks = tokens.checks(offered.ids())
    appeal = dict(zip(checks.tolist(), offered.appeal.tolist(), strict=True))
    for check, heads in zip(above.row_checks.tolist(), above.heads, strict=True):
        pages = composer.placed(pages, 0, heads, appeal=appeal.get(check, 1.0))
    left = ~np.isin(checks, above.row_checks)[None]
    return pages._replace(last=np.array([above.last or 0], np.int32), left=left)


def _fixed(kind: NDArray[np.int32], left: NDArray[np.bool_]) -> dict[int, int]:
    """The offers of a fixed place, by kind, of those `left` [r]."""
    found = [np.flatnonzero(left & (kind == each))[:1] for each in FIXED]
    return {int(each): int(at[0]) for each, at in zip(FIXED, found, strict=True) if len(at)}


def _planned(composer: Composer, pages: Pages, fixed: dict[int, int]) -> list[int]:
    """The offers that come next; one whose fixed place this is is taken out of `fixed`."""
    if pages.depth == 0 and rows.CONTINUE in fixed:
        return [fixed.pop(rows.CONTINUE)]
    if pages.depth == SCREEN_ROWS and rows.TOP_10 in fixed:
        return [fixed.pop(rows.TOP_10)]
    if pages.depth >= SCREEN_ROWS and rows.MY_LIST in fixed:
        my_list = fixed.pop(rows.MY_LIST)
        if pages.left[0, my_list]:
            return [my_list]
    planned = composer.next_rows(pages)
    if not planned and rows.TOP_10 in fixed:
        return [fixed.pop(rows.TOP_10)]
    return planned


def place(row: Row, unseen: NDArray[np.bool_], cards: int, *, on_screen: bool) -> Placed:
    """The row's cards; `unseen` [n + 1] as of `Pages`."""
    head = min(SCREEN_CARDS, cards)
    best = row.best(cards + 1)
    if row.ordered and not on_screen:
        return Placed(row, best[:cards], min(head, len(best)), len(best) > cards)
    new = np.flatnonzero(unseen[best])[:head]
    if len(new) < head and len(best) > cards:  # some may stand behind all that were seen
        best = row.best(cards + len(unseen) - int(np.count_nonzero(unseen)))
        new = np.flatnonzero(unseen[best])[:head]
    if on_screen and len(new) < head:
        return Placed(row, best[new], len(new), len(best) > len(new))
    rest = np.ones(len(best), bool)
    rest[new] = False
    titles = np.concatenate([best[new], best[rest]])[:cards]
    return Placed(row, titles, min(head, len(titles)), len(best) > len(titles))
