"""The gate that every surface passes: which titles a member may be shown, and which are still of
use to them. All masks are [n titles]."""

import numpy as np
from numpy.typing import NDArray

from server.asked import Asked
from server.catalogue import Catalogue
from server.member import Member

KIDS_UP_TO = 7  # years

Mask = NDArray[np.bool_]


def available(catalogue: Catalogue, *, now: float) -> Mask:
    """Inside its availability window. `now` in seconds since 1970."""
    if not len(catalogue.boundaries):
        return np.ones(len(catalogue.ids), bool)
    titles = catalogue.snapshot.titles
    until = titles.available_until
    return (titles.available_from <= now) & ((until == 0) | (now < until))


def country(catalogue: Catalogue, member: Member | None, asked: Asked) -> int:
    """The row of `Snapshot.countries` that is asked for, or that of the account; -1 one that no
    title names."""
    if asked.country or member is None:
        return catalogue.countries.get(asked.country, -1)
    return member.country


def permitted(catalogue: Catalogue, member: Member | None, asked: Asked) -> Mask:
    """May be shown to this member, here and now; or, where there is none, to nobody in particular:
    then titles of all countries may, unless one is named.

    In a country that no title names is shown what is shown everywhere. An unrated title is under
    every ceiling, but not for children.
    """
    mask = available(catalogue, now=asked.now)
    if member is not None or asked.country:
        mask &= catalogue.shown_in(country(catalogue, member, asked))
    maturity = catalogue.snapshot.titles.maturity
    for ceiling in (asked.maturity_ceiling, member.maturity_ceiling if member else -1):
        if ceiling >= 0:
            mask &= maturity <= ceiling
    if asked.kids or (member is not None and member.kids):
        mask &= (maturity >= 0) & (maturity <= KIDS_UP_TO)
    return mask


def wanted(permitted: Mask, member: Member) -> Mask:
    """Of the permitted, those that are neither finished, hidden nor thumbed down."""
    mask = permitted.copy()
    mask[member.titles[member.finished | member.hidden | (member.past.thumb < 0)]] = False
    return mask


def fresh(wanted: Mask, member: Member) -> Mask:
    """Of the wanted, those that the member has not begun nor given a thumb: what is left to
    recommend."""
    mask = wanted.copy()
    mask[member.titles[member.begun | (member.past.thumb != 0)]] = False
    return mask
