"""The rules of the page, said once more and in the plainest way, for tests and the fuzzer."""

from collections import Counter
from itertools import pairwise

import numpy as np

from server import answers, candidates, compose, requests, rows, tokens
from server.asked import Asked
from server.compose import Placed
from server.view import View

SCREEN = 6  # rows, and cards of each
EVERYTHING = 10**6


def may_see(view: View, asked: Asked, title: int) -> bool:
    """The gate, one title at a time."""
    snapshot, member = view.catalogue.snapshot, view.member
    titles = snapshot.titles
    account = snapshot.countries[member.country] if member.country >= 0 else ""
    country = asked.country or account
    shown_in = [snapshot.countries[c] for c in titles.countries[title]]
    from_, until = titles.available_from[title], titles.available_until[title]
    maturity = titles.maturity[title]
    return bool(
        (not shown_in or country in shown_in)
        and from_ <= asked.now
        and (not until or asked.now < until)
        and (member.maturity_ceiling < 0 or maturity <= member.maturity_ceiling)
        and (asked.maturity_ceiling < 0 or maturity <= asked.maturity_ceiling)
        and (not (member.kids or asked.kids) or 0 <= maturity <= 7)
    )


def whole(view: View, *, cards: int, size: int) -> list[Placed]:
    """All pages of a member, each asked for with the token of the one before."""
    token, placed = (np.zeros(0, np.uint32),) * 4, []
    scope = requests.token_scope(requests.GetPage, view.member.id)
    offered = candidates.candidates(view)
    while True:
        above = answers.above(token, view.catalogue)
        page = compose.compose(offered, size=size, cards=cards, above=above)
        placed += page.rows
        text = answers.page_token(view, token, page)
        if not text:
            return placed
        assert page.rows
        token = tuple(tokens.decode(scope, text, lists=4))


def broken(view: View, asked: Asked, placed: list[Placed], *, cards: int) -> list[str]:
    """What is wrong with a whole page, from its top to where no more rows follow."""
    return [
        *_of_rows(placed, cards=cards),
        *_of_neighbours(placed),
        *_of_my_list(view, placed),
        *(fault for each in placed for fault in _of_gate(view, asked, each)),
    ]


def _of_rows(placed: list[Placed], *, cards: int) -> list[str]:
    faults = []
    screen = Counter(t for each in placed[:SCREEN] for t in each.titles[:SCREEN].tolist())
    twice = [title for title, times in screen.items() if times > 1]
    if twice:
        faults.append(f"titles twice on the first screen: {twice}")
    for each in placed:
        shown = each.titles.tolist()
        if len(shown) < min(cards, 2) or len(shown) > cards:
            faults.append(f"{each.row.id}: {len(shown)} cards, {cards} asked for")
        if len(set(shown)) < len(shown):
            faults.append(f"{each.row.id}: a title twice")
    ids = Counter(each.row.id for each in placed)
    return faults + [f"{id}: {times} times" for id, times in ids.items() if times > 1]


def _of_neighbours(placed: list[Placed]) -> list[str]:
    order = [each.row.kind for each in placed]
    faults = [f"row {at}: kind {a} twice" for at, (a, b) in enumerate(pairwise(order)) if a == b]
    if rows.CONTINUE in order[1:]:
        faults.append("Continue watching is not first")
    if rows.TOP_10 in order and not _in_place(placed, order.index(rows.TOP_10)):
        faults.append(f"Top 10 is row {order.index(rows.TOP_10)} of {len(order)}")
    return faults


def _of_my_list(view: View, placed: list[Placed]) -> list[str]:
    """It stands next to Top 10 at the latest; one title with nothing near it is no row."""
    mine = rows.my_list(view)
    listed = 0 if mine is None else len(mine.best(2))
    above = [each.row.kind for each in placed[: SCREEN + 2]]
    late = listed > 1 and len(placed) > SCREEN + 2 and rows.MY_LIST not in above
    return ["My list is not next to Top 10"] if late else []


def _in_place(placed: list[Placed], at: int) -> bool:
    """Whether Top 10 is the first row below the first screen, or what follows could not have stood
    in its stead: it is of the kind of the row above, or has nothing new to show there."""
    above = {t for each in placed[:at] for t in each.titles[: each.head].tolist()}
    return at == SCREEN or (
        at < SCREEN
        and all(
            each.row.kind == placed[at - 1].row.kind
            or len(set(each.row.best(EVERYTHING).tolist()) - above) < 2
            for each in placed[at + 1 :]
        )
    )


def _of_gate(view: View, asked: Asked, each: Placed) -> list[str]:
    member = view.member
    at = {title: i for i, title in enumerate(member.titles.tolist())}
    faults = []
    subject = view.catalogue.row_of.get(each.row.subject) if each.row.kind == rows.BECAUSE else None
    if subject in at and member.hidden[at[subject]]:
        faults.append(f"{each.row.id}: the title that it is about was hidden")
    for title in each.titles.tolist():
        if not may_see(view, asked, title):
            faults.append(f"{each.row.id}: title {title} must not be seen")
        if (i := at.get(title)) is None:
            continue
        if member.hidden[i] or (member.past.thumb[i] < 0):
            faults.append(f"{each.row.id}: title {title} was hidden or thumbed down")
        if member.finished[i] and each.row.kind != rows.WATCH_AGAIN:
            faults.append(f"{each.row.id}: title {title} is finished")
    return faults
