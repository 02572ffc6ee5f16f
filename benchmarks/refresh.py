"""Import and refresh, as commands, at growing sizes; and communities by number of users."""

import json
import tempfile
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks import million
from benchmarks.processes import playbill
from gnn.neighbours import nearest
from graph import communities
from graph.write_back import SIMILAR

TARGETS = {"100K": "import 20 s, refresh 30 s", "1M": "refresh 180 s, 4,096 MB"}  # at most
console = Console()


def main(
    sizes: Annotated[str, typer.Option(help="Of 100K and 1M; empty for none.")] = "100K,1M",
    users: Annotated[
        str, typer.Option(help="Numbers of users to find communities among; empty for none.")
    ] = "1000,10000,100000",
) -> None:
    """Each size in a Neo4j of its own, started and stopped here."""
    table = Table(title="import and refresh (seconds of the whole command)")
    for heading in ("ratings", "import", "refresh", "again, unchanged", "peak MB", "at most"):
        table.add_column(heading, justify="right")
    for size in filter(None, sizes.split(",")):
        table.add_row(size, *_measure(size), TARGETS[size])
    console.print(table)
    if users:
        console.print(_communities([int(n) for n in users.split(",")]))


def _measure(size: str) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="playbill-bench-") as folder:
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
    report = json.loads(refreshed.output)
    assert json.loads(again.output)["status"] == "unchanged"
    steps = ", ".join(f"{step} {seconds}" for step, seconds in report["seconds"].items())
    console.print(f"{size}: refresh steps in seconds: {steps}")
    return [
        f"{imported.seconds:.1f}",
        f"{refreshed.seconds:.1f}",
        f"{again.seconds:.1f}",
        f"{refreshed.peak_mb:,.0f}",
    ]


def _communities(sizes: list[int]) -> Table:
    table = Table(title="communities in the similar-user graph (20 nearest each)")
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
    """The 20 nearest of n users around 12 tastes, each a mixture of two."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(12, 64)).astype(np.float32)
    mixture = random.dirichlet(np.full(12, 0.15), n).astype(np.float32)
    vectors = mixture @ centres + 0.4 * random.normal(size=(n, 64)).astype(np.float32)
    return nearest(vectors, SIMILAR)


if __name__ == "__main__":
    typer.run(main)
