"""What the visits of simulated members say, with intervals over paired seeds: worlds, and
members of each."""

import sys

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks import intervals

POLICIES = ("Playbill", "popularity", "top-N by score", "oracle")
# Seconds until something worth watching began, or until giving up; whether anything was found; the
# satisfaction with it, 0 for nothing; whether the member came back after the visit.
MEASURES = ("seconds", "found", "satisfaction", "came back")
PLAYBILL, POPULARITY, SCORES, ORACLE = range(4)
GAINED = {"seconds": "less time", "satisfaction": "satisfaction"}
AIM = 0.6  # of the gap


def show(measures: NDArray[np.float64], out: Console, *, null: bool) -> None:
    """`measures` [policies, worlds, members, visits, MEASURES]. Ends the benchmark, with exit code
    1, where a difference is found in a null world."""
    by_member = measures.mean(axis=3)  # [policies, worlds, members, MEASURES]
    out.print(_means(by_member), _differences(by_member))
    for measure in GAINED:
        out.print(_by_visit(measures, measure))
    if not null:
        out.print(_gap(measures))
    elif apart := _apart(by_member):
        sys.exit(
            f"Null world: a difference from popularity in {', '.join(apart)}, where none can be."
        )
    else:
        out.print(
            "Null world: no difference from popularity in any measure, at 95% for all together."
        )


def _means(by_member: NDArray[np.float64]) -> Table:
    worlds, members = by_member.shape[1:3]
    over = f"over {worlds} worlds and {members} members of each" if worlds > 1 else "over members"
    table = _table(f"a visit, mean and 95% interval {over}", ("policy", *MEASURES))
    for policy, of in zip(POLICIES, by_member, strict=True):
        table.add_row(policy, *(intervals.mean(values).shown() for values in _each(of)))
    return table


def _differences(by_member: NDArray[np.float64]) -> Table:
    table = _table("less popularity, of the same members", ("policy", *MEASURES))
    for at, policy in enumerate(POLICIES):
        if at != POPULARITY:
            less = by_member[at] - by_member[POPULARITY]
            table.add_row(policy, *(intervals.mean(values).shown() for values in _each(less)))
    return table


def _by_visit(measures: NDArray[np.float64], measure: str) -> Table:
    visits = measures.shape[3]
    table = _table(f"{measure}, by visit", ("policy", *map(str, range(1, visits + 1))))
    for policy, of in zip(POLICIES, measures[..., MEASURES.index(measure)], strict=True):
        table.add_row(policy, *(f"{value:.2f}" for value in of.mean(axis=(0, 1))))
    return table


def _gap(measures: NDArray[np.float64]) -> Table:
    table = _table(
        f"share of the gap between popularity and the oracle that is closed (aim {AIM:.2f})",
        ("policy", *(f"{gain}, {when}" for gain in GAINED.values() for when in ("all", "last"))),
    )
    for at in (PLAYBILL, SCORES):
        cells = []
        for measure in GAINED:
            of = measures[..., MEASURES.index(measure)]  # [policies, worlds, members, visits]
            for values in (of.mean(axis=3), of[..., -1]):
                closed = gap_closed(values[at], values[POPULARITY], values[ORACLE])
                cells.append(closed.shown())
        table.add_row(POLICIES[at], *cells)
    return table


def gap_closed(
    ours: NDArray[np.float64], least: NDArray[np.float64], best: NDArray[np.float64]
) -> intervals.Interval:
    """(ours - least) / (best - least), of the means; one value a member each, as in `intervals`."""
    return intervals.ratio(ours - least, best - least)


def _apart(by_member: NDArray[np.float64]) -> list[str]:
    """The measures in which Playbill differs from popularity, at 95% for all of them together, each
    at a quarter of the rest (Bonferroni)."""
    level = 1 - (1 - intervals.LEVEL) / len(MEASURES)
    less = by_member[PLAYBILL] - by_member[POPULARITY]
    return [
        measure
        for measure, values in zip(MEASURES, _each(less), strict=True)
        if not intervals.mean(values, level=level).has_zero
    ]


def _each(by_member: NDArray[np.float64]) -> NDArray[np.float64]:
    """[MEASURES, worlds, members] of [worlds, members, MEASURES]."""
    return np.moveaxis(by_member, -1, 0)


def _table(title: str, headings: tuple[str, ...]) -> Table:
    table = Table(title=title)
    for heading in headings:
        left = heading == "policy"
        table.add_column(heading, justify="left" if left else "right", no_wrap=left)
    return table
