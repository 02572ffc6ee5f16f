"""The gate that every surface passes: which titles a member may be shown, and which are still of
use to them. All masks are [n titles]."""

import numpy as np
from numpy.typing import NDArray

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


def permitted(catalogue: Catalogue, member: Member, *, country: int, now: float) -> Mask:
    """May be shown to this member, here and now.

    `country` is a row of `Snapshot.countries`; -1, one that no title names, is shown what is shown
    everywhere. An unrated title is under every ceiling, but not for children.
    """
    mask = available(catalogue, now=now) & catalogue.shown_in(country)
    maturity = catalogue.snapshot.titles.maturity
    if member.maturity_ceiling >= 0:
        mask &= maturity <= member.maturity_ceiling
    if member.kids:
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
