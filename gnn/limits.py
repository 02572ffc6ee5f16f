"""What may be shown to whom, as the graph says it today, in a snapshot that goes on serving: a
lowered ceiling or a licence that ended must not wait until a better model is found. Nothing else is
changed, and accounts and titles that the snapshot does not know stay unknown."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from graph.arrays import Ragged, Strings
from graph.columns import Columns
from graph.snapshot import Charts, Snapshot, Titles, Users

GONE = 1  # seconds after 1970 until which a title was available that the graph has lost
Limits = Mapping[str, NDArray | Ragged]  # by the names of a part's properties


def renewed(snapshot: Snapshot, graph: Columns) -> Snapshot | None:
    """The snapshot within today's limits; None where they are what they were."""
    before = [*snapshot.countries]
    added = [name for name in graph.countries if name not in before]
    place = {name: row for row, name in enumerate([*before, *added])}
    there = np.array([*(place[name] for name in graph.countries), -1], np.int32)  # at the end none
    titles, users = _of_titles(snapshot, graph, there), _of_users(snapshot, graph, there)
    if _hold(titles, snapshot.titles) and _hold(users, snapshot.users):
        return None
    return replace(
        snapshot,
        titles=replace(snapshot.titles, **titles),
        users=replace(snapshot.users, **users),
        countries=Strings.of(place),
        charts=_with_places(snapshot.charts, len(added)),
    )


def _of_titles(snapshot: Snapshot, graph: Columns, there: NDArray[np.int32]) -> Limits:
    """`there` [countries of the graph + 1]: their rows in the snapshot that is made."""
    ours, today = snapshot.titles, graph.titles
    rows = ours.vocabulary.rows_in(today.vocabulary)
    until = _of_today(rows, today.available_until, ours.available_until)
    shown_in = [
        np.sort(there[today.countries[row]]) if row >= 0 else ours.countries[at]
        for at, row in enumerate(rows.tolist())
    ]
    return {
        "maturity": _of_today(rows, today.maturity, ours.maturity),
        "countries": Ragged.of(shown_in),
        "available_from": _of_today(rows, today.available_from, ours.available_from),
        "available_until": np.where(rows >= 0, until, GONE),
    }


def _of_users(snapshot: Snapshot, graph: Columns, there: NDArray[np.int32]) -> Limits:
    ours, today = snapshot.users, graph.users
    rows = ours.vocabulary.rows_in(today.vocabulary)
    return {
        "country": _of_today(rows, there[today.country], ours.country),
        "maturity_ceiling": _of_today(rows, today.maturity_ceiling, ours.maturity_ceiling),
        "kids": _of_today(rows, today.kids, ours.kids),
    }


def _of_today(rows: NDArray[np.int32], today: NDArray, before: NDArray) -> NDArray:
    """[n] of those in the graph, at `rows` [n], what it says; of the others what was said."""
    return np.where(rows >= 0, today[rows], before) if len(today) else before


def _hold(limits: Limits, of: Titles | Users) -> bool:
    """Whether a part of a snapshot says these already."""
    said = vars(of)
    return all(
        all(np.array_equal(a, b) for a, b in zip(_arrays(now), _arrays(said[name]), strict=True))
        for name, now in limits.items()
    )


def _arrays(value: NDArray | Ragged) -> list[NDArray]:
    return [value.offsets, value.values] if isinstance(value, Ragged) else [value]


def _with_places(charts: Charts, added: int) -> Charts:
    """With an empty list for each country more."""

    def longer(lists: NDArray[np.int32]) -> NDArray[np.int32]:
        empty = np.full((added, lists.shape[1]), -1, np.int32)
        return np.concatenate([lists[:-1], empty, lists[-1:]])

    return replace(charts, top=longer(charts.top), popular=longer(charts.popular))
