"""What many watch: the lists that are the same for everybody in a country or a community.

Watching counts when it was watched, whatever was said of the title since, and what is hidden or has
a thumb down counts for nothing.
"""

import numpy as np
from numpy.typing import NDArray

from graph import behaviour
from graph.columns import Columns
from graph.past import Past
from graph.snapshot import Charts

LISTED = 200  # titles a list; a row shows 40, and some are not for everybody
WEEK = 7 * 86_400
HALF_LIFE = 30 * 86_400  # seconds, of popularity
LASTING = 500.0  # weight of interactions that count for all-time popularity in that of now
BEFORE = 4  # weeks that this week's audience is compared with
FEW = 5.0  # viewers that are taken for granted, so that a handful makes no trend
ELSEWHERE = 50.0  # weight that what is popular everywhere has in a country beside its own


def charts(columns: Columns, community: NDArray[np.int32], *, now: int) -> Charts:
    """`community` [users] -1 none. Of equal titles the lower row comes first."""
    users = columns.users
    titles, places = len(columns.titles.vocabulary), len(columns.countries) + 1
    user = np.repeat(np.arange(len(users.history)), users.history.lengths())
    weight, at = users.past.speaks, _watched_at(users.past)
    age = np.maximum(now - at, 0)
    begun = behaviour.begun(users.past.plays, users.past.completion)
    watched = (begun & (weight > 0)).astype(np.float64)
    faded = lately(weight, at, now=now, half_life=HALF_LIFE)
    week = watched * (age < WEEK)
    before = watched * ((age >= WEEK) & (age < (1 + BEFORE) * WEEK)) / BEFORE

    def by_place(values: NDArray) -> NDArray:
        """[places, titles]"""
        place = users.country[user].astype(np.int64)
        cell = np.where(place < 0, places - 1, place) * titles + users.history.values
        sums = np.bincount(cell, values, places * titles).reshape(places, titles)
        sums[-1] = sums.sum(axis=0)
        return sums

    this_week, usual = (np.bincount(users.history.values, w, titles) for w in (week, before))
    return Charts(
        top=_listed(by_place(week)),
        popular=_listed(_here(by_place(faded))),
        trending=_listed(_growth(this_week, usual)[None])[0],
        community=_listed(_preferred(users.history.values, watched, community, user, titles)),
    )


def popularity(columns: Columns, *, now: int) -> NDArray[np.float32]:
    """[titles] weight of interactions as `lately` counts it, with a half-life of 30 days."""
    users = columns.users
    weight, at = users.past.speaks, _watched_at(users.past)
    faded = lately(weight, at, now=now, half_life=HALF_LIFE)
    return np.bincount(users.history.values, faded, len(columns.titles.vocabulary)).astype("f4")


def lately(
    weight: NDArray[np.float32], at: NDArray, *, now: int, half_life: float
) -> NDArray[np.float64]:
    """[m] what each interaction says of what is popular `now`: it halves once a half-life. All of
    them together go on to count as LASTING, so that where little is left it is popularity of all
    times, and not the few things that somebody did last."""
    faded = 0.5 ** (np.maximum(now - at, 0) / half_life)
    return weight * (faded + LASTING / max(float(weight.sum()), 1e-9))


def _watched_at(past: Past) -> NDArray[np.float64]:
    """[n] when each was last watched, as far as that is known: at the newest event, unless it was
    then that something was said of the title (a thumb, My list, hidden). If so, when playback was
    last told to stand somewhere; where it never was, at the first event, which is never too late.
    """
    said = np.maximum(past.thumb_at, np.maximum(np.abs(past.listed_at), np.abs(past.hidden_at)))
    told = np.where(past.playhead_at > 0, past.playhead_at, past.first_at)
    return np.where(past.last_at > said, past.last_at, told)


def _here(by_place: NDArray) -> NDArray:
    """[places, titles] what is popular in each place: what it watched itself, and a little of what
    all did, in the last row, so that a few members' taste is not taken for a country's."""
    everywhere = by_place[-1] / max(by_place[-1].sum(), 1e-9)
    return np.concatenate([by_place[:-1] + ELSEWHERE * everywhere, by_place[-1:]])


def _growth(now: NDArray, usual: NDArray) -> NDArray:
    """[..., titles] standard deviations of a Poisson count by which audiences are above their usual
    ones."""
    return (now - usual) / np.sqrt(usual + FEW)


def _preferred(
    title: NDArray, watched: NDArray, community: NDArray, user: NDArray, titles: int
) -> NDArray:
    """[communities, titles] the same of how many members watched it, against all users' habits."""
    of, communities = community[user], int(community.max(initial=-1)) + 1
    inside = of >= 0
    cell = of[inside].astype(np.int64) * titles + title[inside]
    counts = np.bincount(cell, watched[inside], communities * titles).reshape(communities, titles)
    total = np.bincount(title, watched, titles)
    share = total / max(total.sum(), 1)
    return _growth(counts, counts.sum(axis=1, keepdims=True) * share)


def _listed(figures: NDArray) -> NDArray[np.int32]:
    """[rows, c] the titles with the largest figures [rows, titles] above 0."""
    order = np.argsort(-figures, axis=1, kind="stable")[:, :LISTED]
    return np.where(np.take_along_axis(figures, order, 1) > 0, order, -1).astype(np.int32)
