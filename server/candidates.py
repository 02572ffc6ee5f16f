"""Every row a member could be shown, as arrays that a page is composed from.

r rows, w titles each: the few that could stand at its head. A facet's row is made only when it is
chosen, since there are hundreds.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playbill.errors import NotFound
from server import facets, headings, rows
from server.ranking import Titles, first_of_each
from server.rows import Row
from server.view import View

WIDTH = 16  # titles of each row that are looked at; some stand in rows above
SMALL = 200  # titles to choose from, up to which so many are looked at
DEEP = 38  # that rows are told apart even where five others above took all but two
SCREEN_CARDS = 6  # of a row, before the member swipes
LOOKED_AT = 512  # of the best titles, grouped by what a row can be about
OF_A_KIND = 40  # rows of one kind that are considered: the best

TASTE = 0.1  # of e times the usual share of a facet, in a reader's readiness to stop at its row
BOUND = 0.2  # of that readiness, up or down
PRIOR = 0.02  # share of a facet that is taken for granted, so that one title does not decide
WARMTH = 0.5  # of a theme as warm as can be
# How far a row that was searched for just now is taken for what it is to those who come for nothing
# else, and the tastes of genres for its own.
SOUGHT = 0.5
SOUGHT_ROWS = 4  # that were named last
# How readily a reader stops at a row for its heading's sake, against any other.
APPEAL = {
    rows.MY_LIST: 1.3,  # they chose these themselves
    rows.TOP_PICKS: 1.25,  # made for them, and says so
    rows.WATCH_AGAIN: 0.1,  # once seen, most are never seen again, however well they fit
    rows.DIFFERENT_KIND: 0.8,  # a guess, by design
}
NEWCOMER = {rows.POPULAR: 1.5}  # of whom nothing is known yet, the best guess is what all watch


@dataclass(frozen=True, eq=False)
class Candidates:
    view: View
    made: list[Row]  # the first rows
    grouped: "Grouped"  # what the others are about
    kind: NDArray[np.int32]  # [r]
    heads: NDArray[np.int32]  # [r, w] titles, best first, -1 none
    worth: NDArray[np.float32]  # [r, w] expected satisfaction of each, 0..1
    appeal: NDArray[np.float32]  # [r] how readily a reader stops there
    genre_taste: NDArray[np.float32]  # [g] shares of genres that they want just now

    def row(self, at: int) -> Row:
        if at < len(self.made):
            return self.made[at]
        at -= len(self.made)
        return _facet(self.view, int(self.grouped.facet[at]), self.grouped.best(at))

    def ids(self) -> list[str]:
        all_facets = self.view.catalogue.facets.all
        return [r.id for r in self.made] + [all_facets[f].id for f in self.grouped.facet.tolist()]


def candidates(view: View) -> Candidates:
    sought = _sought(view)
    made = [*rows.singles(view), *rows.because(view), *sought.values()]
    width = DEEP if view.ranking.count <= SMALL else WIDTH
    grouped = _grouped(view, width)
    if sought:
        grouped = grouped.taken(np.flatnonzero(~np.isin(grouped.facet, list(sought))))
    appeal = _appeal(view, grouped.facet)
    on_screen = view.satisfaction(grouped.heads[:, :SCREEN_CARDS])
    kinds = view.catalogue.facets.kinds[grouped.facet]
    order = np.argsort(-on_screen.sum(axis=1) * appeal, kind="stable")
    kept = np.sort(order[first_of_each(kinds[order], OF_A_KIND)])
    grouped, appeal = grouped.taken(kept), appeal[kept]
    titled = np.full((len(made), width), -1, np.int32)
    for at, row in enumerate(made):
        first = row.best(width)
        titled[at, : len(first)] = first
    made_kinds = np.array([row.kind for row in made], np.int32)
    warmth = np.array([view.warmth.get(row.id, 0.0) for row in made])
    appeals = APPEAL if view.member.known else NEWCOMER
    made_appeal = np.array([appeals.get(row.kind, 1.0) for row in made]) + WARMTH * warmth
    made_appeal[len(made) - len(sought) :] = _appeal(view, np.array([*sought], np.int64))
    heads = np.concatenate([titled, grouped.heads])
    worth, taste = _came_for(view, list(sought.values()), heads, at=len(made) - len(sought))
    return Candidates(
        view=view,
        made=made,
        grouped=grouped,
        kind=np.concatenate([made_kinds, kinds[kept]]),
        heads=heads,
        worth=worth,
        appeal=np.concatenate([made_appeal, appeal]).astype(np.float32),
        genre_taste=taste,
    )


def find(view: View, row_id: str) -> Row:
    """The row of this name. Raises NotFound where the member has no such row."""
    row = None
    if row_id in rows.SINGLES:
        row = rows.SINGLES[row_id](view)
    elif row_id.startswith("because/"):
        row = rows.because_named(view, row_id.removeprefix("because/"))
    elif (facet := view.catalogue.facets.row_of.get(row_id)) is not None:
        row = _facet(view, facet)
        row = row if len(row.best(1)) else None
    if row is None:
        raise NotFound(
            f"row {row_id!r}: user {view.member.id!r} has no such row now; GetPage names those "
            "there are."
        )
    return row


def _sought(view: View) -> dict[int, Row]:
    """The rows that were searched for lately, by facet. They are among the rows whether or not
    their titles are among the best: who searches wants what they do not find."""
    at = [view.catalogue.facets.row_of[row_id] for row_id in view.sought][:SOUGHT_ROWS]
    return {facet: _facet(view, facet) for facet in at}


def _came_for(
    view: View, sought: list[Row], heads: NDArray[np.int32], *, at: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(worth of `heads` [r, w], shares of genres [g]) for somebody who came for the rows `sought`,
    which begin at `at`; the newest counts most."""
    worth, taste = view.satisfaction(heads), view.member.genre_taste
    for place, row in reversed([*enumerate(sought, at)]):
        came, titles = SOUGHT * view.sought[row.id], heads[place][heads[place] >= 0]
        if len(titles):  # who came for these wants no other, and the best of them is the best
            own = view.satisfaction(heads[place], best=int(titles[0]))
            worth[place] += came * (own - worth[place])
            taste = taste + came * (view.catalogue.genre_mix[titles].mean(axis=0) - taste)
    return worth, taste


def _facet(view: View, at: int, first: Titles | None = None) -> Row:
    """The row of a facet, of which the first titles may be known already."""
    facet = view.catalogue.facets.all[at]

    def best(k: int) -> Titles:
        if first is not None and k <= len(first):
            return first[:k]
        return view.ranking.best_among(facet.titles, k)

    return Row(
        facet.id, facet.kind, facet.heading, _reason(view, at), best, facet.subject, facet.second
    )


def _reason(view: View, at: int) -> str:
    facet = view.catalogue.facets.all[at]
    if facet.id in view.sought:
        return "You searched for this lately."
    if not view.member.known:
        return "Many members watch these."
    what = headings.inside(facet.heading)
    seen = int(view.member.facet_watched[at])
    if facet.kind == facets.PERSON and seen:
        titles = "a title" if seen == 1 else f"{seen} titles"
        return f"You watched {titles} {what}; of the others these fit you best."
    if seen > 1 and view.member.facet_taste[at] > 1.2 * view.catalogue.facets.share[at]:
        return f"You watch {what} more than most do."
    if facet.kind == facets.PERSON:
        return f"Those {what} that fit you best."
    return f"Of all {what}, these fit you best."


class Grouped(NamedTuple):
    """The best titles by what a row can be about, of whatever enough of them have."""

    facet: NDArray[np.int64]  # [f] rows of `Facets`
    heads: NDArray[np.int32]  # [f, w] titles, best first, -1 none
    titles: Titles  # of one facet after the other, best first
    first: NDArray[np.int64]  # [f] where in `titles` those of each facet begin
    sizes: NDArray[np.int64]  # [f] how many there are

    def taken(self, some: NDArray[np.int64]) -> "Grouped":
        return Grouped(
            self.facet[some], self.heads[some], self.titles, self.first[some], self.sizes[some]
        )

    def best(self, at: int) -> Titles:
        return self.titles[self.first[at] : self.first[at] + self.sizes[at]]


def _grouped(view: View, width: int) -> Grouped:
    best = view.ranking.best(LOOKED_AT)
    facet, counts = view.catalogue.facets.of(best)
    order = np.argsort(facet, kind="stable")
    facet, titles = facet[order], np.repeat(best, counts)[order]
    first = np.flatnonzero(np.append(True, facet[1:] != facet[:-1])[: len(facet)])
    sizes = np.diff(np.append(first, len(facet)))
    enough = sizes >= facets.WORTH_A_ROW
    first, sizes = first[enough], sizes[enough]
    column = np.arange(width)
    heads = titles[np.minimum(first[:, None] + column, len(titles) - 1)]
    heads[column >= sizes[:, None]] = -1
    return Grouped(facet[first].astype(np.int64), heads, titles, first, sizes)


def _appeal(view: View, facet: NDArray[np.int64]) -> NDArray[np.float32]:
    """[f] by how much more of each facet the member watches than is watched in general: the log of
    the ratio of the two shares, so that twice as much and half as much weigh alike."""
    appeal = np.ones(len(facet), np.float32)
    if view.member.known:
        share = view.catalogue.facets.share[facet]
        more = np.log((view.member.facet_taste[facet] + PRIOR) / (share + PRIOR))
        appeal += np.clip(TASTE * more, -BOUND, BOUND)
    warmth = np.zeros(len(view.catalogue.facets.all), np.float32)
    for row_id, warm in view.warmth.items():
        if (at := view.catalogue.facets.row_of.get(row_id)) is not None:
            warmth[at] = warm
    appeal += WARMTH * warmth[facet]
    return appeal
