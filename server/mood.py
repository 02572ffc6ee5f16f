"""What lighter and negative signals say now, within bounds: which titles are cooler than the model
thinks, which rows' themes are warmer or cooler, and what is watched at such an hour."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from graph import behaviour, moments
from graph.behaviour import WORTH, Kind
from server.catalogue import Catalogue
from server.member import HALF_YEAR, PASSED, Member

COOLING = 0.5  # standard deviations, of a title just like one that was thumbed down
COOLEST = -1.0  # standard deviations, of all that is said together
TIMES = 10.0  # times the first, that a card's unclicked impressions can come to
LIFTED = 0.5  # standard deviations that the hour and the device add or take, at most
THEME = 0.25  # standard deviations that the titles of a theme as warm as can be gain


def adjustments(catalogue: Catalogue, member: Member, *, now: float) -> NDArray[np.float32]:
    """[n titles] standard deviations to add to the scores, `COOLEST` to 0."""
    cooler = np.zeros(len(catalogue.ids), np.float32)
    near = member.cooled  # titles thumbed down, hidden or left early cool those like them
    left = 0.5 ** (max(now - near.newest, 0) / HALF_YEAR)
    cooler[near.titles] -= np.float32(COOLING * left) * near.said
    shown = member.unclicked
    if len(shown.titles):
        at = shown.titles  # some of them once a week, all with the same sum
        left = np.bincount(at, shown.times * behaviour.light(now - shown.at))[at]
        worn = TIMES * (1 - (1 - 1 / TIMES) ** left)  # the first counts 1, the next a little less
        cooler[at] += (WORTH[Kind.IMPRESSION] * worn).astype(np.float32)
    return np.maximum(cooler, COOLEST)


def lift(catalogue: Catalogue, *, local: int, device: str) -> NDArray[np.float32]:
    """[n titles] standard deviations to add to the scores, at most LIFTED up or down, by what is
    watched at that time of a member's own day, `local` seconds since 1970, and on that device."""
    lifts = catalogue.lifts_of(moments.moment(local), device)
    return np.clip(lifts, -LIFTED, LIFTED)


def warmth(member: Member, *, now: float) -> dict[str, float]:
    """By row id, how warm its theme is, -0.2 to 1: a click there is worth 1 at most, as is a search
    that names it, and a row scrolled past never costs more than a fifth of that. What is 0 is left
    out."""
    rows = member.rows
    left = rows.worth * behaviour.light(now - rows.at)
    warm = np.bincount(rows.row, left, len(rows.ids)).clip(WORTH[Kind.ROW_SCROLLED_PAST], 1)
    return {row: w for row, w in zip(rows.ids, warm.tolist(), strict=True) if w}


def sought(member: Member, *, now: float) -> dict[str, float]:
    """By row id, what is left of the newest search of the last week that named it without a choice,
    0 to 1: half after an hour, and less where the row was scrolled past since. The newest first,
    and of one search in the order of its words."""
    newest: dict[str, int] = {}
    for search in sorted(member.sought, key=lambda search: -search.at):
        newest.setdefault(search.of, search.at)
    left = {
        row: 0.5 ** (max(now - at, 0) / behaviour.HOUR)
        for row, at in newest.items()
        if now < at + behaviour.WEEK
    }
    for count in member.passed:
        past = count.kind == Kind.ROW_SCROLLED_PAST
        if past and count.of in left and count.at >= newest[count.of]:
            left[count.of] *= PASSED**count.times
    return left


def themes(
    catalogue: Catalogue, member: Member, warmth: Mapping[str, float], *, now: float
) -> NDArray[np.float32]:
    """[n titles] standard deviations to add to the scores for the themes that are warm or cool. A
    title's themes add up, within what one theme alone can give. One that was on screen just now and
    not chosen gains nothing: who passes it by wants another of its theme."""
    facets, together = catalogue.facets, np.zeros(len(catalogue.ids), np.float32)
    for row, warm in warmth.items():
        if (at := facets.row_of.get(row)) is not None:
            np.add.at(together, facets.all[at].titles, np.float32(warm))
    together = np.clip(together, WORTH[Kind.ROW_SCROLLED_PAST], 1)
    shown, seen = member.unclicked, np.zeros(len(together), np.float32)
    np.maximum.at(seen, shown.titles, behaviour.light(now - shown.at))
    return THEME * np.where(together > 0, together * (1 - seen), together)
