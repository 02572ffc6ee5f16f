"""Import and refresh, as commands, at growing sizes: MovieLens, and synthetic services on which a
second refresh follows after 1% more interactions; and communities by number of users."""

import json
import math
import os
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks import million, synthetic
from benchmarks.processes import Cost, playbill, python
from gnn.build import NEIGHBOURS
from gnn.neighbours import nearest
from graph import communities

TARGETS = {"100K": "import 20 s, refresh 30 s", "1M": "refresh 180 s, 4,096 MB"}  # at most
MORE = 0.01  # interactions that come between two refreshes, as a share
console = Console()


@dataclass(frozen=True)
class Size:
    """Of a synthetic service."""

    users: int
    titles: int
    watches: int


SIZES = {
    "100K": Size(5_000, 2_000, 100_000),
    "1M": Size(50_000, 8_000, 1_000_000),
    "10M": Size(500_000, 20_000, 10_000_000),
}


@dataclass(frozen=True)
class Measured:
    """Two refreshes of a synthetic service, the second after MORE interactions."""

    first: dict  # their reports
    second: dict
    seconds: tuple[float, float]  # of the job
    peak_mb: float  # of the dearer process


def main(
    sizes: Annotated[str, typer.Option(help="MovieLens: of 100K and 1M; empty for none.")] = (
        "100K,1M"
    ),
    growth: Annotated[
        str, typer.Option(help="Synthetic, with Neo4j: of 100K, 1M and 10M; empty for none.")
    ] = "100K,1M",
    alone: Annotated[
        str, typer.Option(help="Synthetic, all of a refresh but Neo4j: the same.")
    ] = "100K,1M,10M",
    users: Annotated[
        str, typer.Option(help="Numbers of users to find communities among; empty for none.")
    ] = "1000,10000,100000",
) -> None:
    """Each size in a Neo4j of its own, started and stopped here."""
    console.print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if sizes:
        console.print(_movielens(sizes.split(",")))
    if growth:
        measured = {size: _with_neo4j(size) for size in growth.split(",")}
        console.print(_growth("refresh of a synthetic service", measured))
    if alone:
        measured = {size: _alone(size) for size in alone.split(",")}
        console.print(_growth("the same WITHOUT Neo4j: nothing read or written back", measured))
    if users:
        console.print(_communities([int(n) for n in users.split(",")]))
    console.print(f"load after: {os.getloadavg()[0]:.1f}")


def _movielens(sizes: list[str]) -> Table:
    table = Table(title="import and refresh (seconds of the whole command)")
    for heading in ("ratings", "import", "refresh", "again, unchanged", "peak MB", "at most"):
        table.add_column(heading, justify="right")
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="playbill-bench-") as folder:
            table.add_row(size, *_of_movielens(size, folder), TARGETS[size])
    return table


def _of_movielens(size: str, folder: str) -> list[str]:
    env = {"PLAYBILL_DATA_DIR": folder, "PLAYBILL_NEO4J_URI": ""}
    source: list[str] = []
    if size == "1M":
        ml1m = Path(folder, "ml-1m")
        console.print(f"1M: {million.write(ml1m)}")
        source = [str(ml1m)]
    playbill("neo4j", "start", env=env)
    try:
        imported = playbill("import", "movielens", *source, env=env)
        refreshed = playbill("refresh", "--json", env=env)
        again = playbill("refresh", "--json", env=env)
    finally:
        playbill("neo4j", "stop", env=env)
    assert json.loads(again.output)["status"] == "unchanged"
    console.print(f"{size}: {_steps(json.loads(refreshed.output))}")
    return [
        f"{imported.seconds:.1f}",
        f"{refreshed.seconds:.1f}",
        f"{again.seconds:.1f}",
        f"{refreshed.peak_mb:,.0f}",
    ]


def _with_neo4j(size: str) -> Measured:
    of = SIZES[size]
    with tempfile.TemporaryDirectory(prefix="playbill-bench-") as folder:
        env = {"PLAYBILL_DATA_DIR": folder, "PLAYBILL_NEO4J_URI": ""}
        world = _world(of)
        synthetic.write(world.between(0, of.watches), Path(folder, "first"))
        synthetic.write(world.between(of.watches, len(world.at)), Path(folder, "more"))
        del world
        playbill("neo4j", "start", env=env)
        try:
            refreshed = []
            for part in ("first", "more"):
                imported = playbill("import", "movielens", str(Path(folder, part)), env=env)
                console.print(f"{size}: import of {part} {imported.seconds:.1f} s")
                refreshed.append(playbill("refresh", "--json", env=env))
        finally:
            playbill("neo4j", "stop", env=env)
    return _measured(size, *refreshed)


def _alone(size: str) -> Measured:
    of = SIZES[size]
    total = int(of.watches * (1 + MORE))
    with tempfile.TemporaryDirectory(prefix="playbill-bench-") as folder:
        first, second = (
            python("benchmarks.learning", folder, *map(str, (of.users, of.titles, n, total)))
            for n in (of.watches, total)
        )
    return _measured(f"{size} without Neo4j", first, second)


def _world(of: Size) -> synthetic.World:
    watches = int(of.watches * (1 + MORE))
    return synthetic.world(users=of.users, titles=of.titles, watches=watches)


def _measured(size: str, *costs: Cost) -> Measured:
    reports = [json.loads(cost.output) for cost in costs]
    for name, cost, report in zip(("first", "after 1% more"), costs, reports, strict=True):
        console.print(
            f"{size}, {name}: {report['status']}; CPU {cost.cpu_seconds:.0f} s; {_steps(report)}"
        )
    first, second = (sum(report["seconds"].values()) for report in reports)
    return Measured(*reports, (first, second), max(cost.peak_mb for cost in costs))


def _growth(title: str, measured: dict[str, Measured]) -> Table:
    table = Table(title=f"{title} (seconds of the job)")
    for heading in ("edges", "users", "first", "grows as", "after 1% more", "ratio", "peak MB"):
        table.add_column(heading, justify="right")
    exponents = [""] + [
        f"edges^{math.log(b.seconds[0] / a.seconds[0]) / math.log(_edges(b) / _edges(a)):.2f}"
        for a, b in pairwise(measured.values())
    ]
    for (size, of), exponent in zip(measured.items(), exponents, strict=True):
        first, second = of.seconds
        table.add_row(
            size, f"{of.first['counts']['User']:,}", f"{first:,.1f}", exponent, f"{second:,.1f}",
            f"{second / first:.2f}", f"{of.peak_mb:,.0f}",
        )  # fmt: skip
    return table


def _edges(of: Measured) -> int:
    return of.first["counts"]["interactions"]


def _steps(report: dict) -> str:
    return ", ".join(f"{step} {seconds}" for step, seconds in report["seconds"].items())


def _communities(sizes: list[int]) -> Table:
    table = Table(title="communities in the similar-user graph")
    for heading in ("users", "seconds", "communities"):
        table.add_column(heading, justify="right")
    for n in sizes:
        similar, similarity = _tastes(n)
        started = time.perf_counter()
        found = communities.find(similar, similarity, seed=0)
        seconds = time.perf_counter() - started
        table.add_row(f"{n:,}", f"{seconds:.1f}", str(found.max() + 1))
    return table


def _tastes(n: int) -> tuple[np.ndarray, np.ndarray]:
    """The nearest of n users around 12 tastes, each a mixture of two."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(12, 64)).astype(np.float32)
    mixture = random.dirichlet(np.full(12, 0.15), n).astype(np.float32)
    vectors = mixture @ centres + 0.4 * random.normal(size=(n, 64)).astype(np.float32)
    return nearest(vectors, NEIGHBOURS)


if __name__ == "__main__":
    typer.run(main)
