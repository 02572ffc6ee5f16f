"""A refresh of a synthetic service without Neo4j, in a process of its own:
`python -m benchmarks.learning FOLDER USERS TITLES WATCHES OF`, with the first WATCHES of OF. Prints
the report as JSON.

The graph is made as columns, where a refresh reads it, and what it would write back is counted and
dropped. All else is the job itself: choose, learn, judge, find neighbours, publish. Run again with
more watches on the same folder, it starts from what was published.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from unittest import mock

import typer

from benchmarks import synthetic
from gnn.refresh import refresh
from graph.store import Run, Store, T
from playbill.settings import Settings


class Nowhere(Store):
    """Takes what is written, and holds nothing."""

    def __init__(self) -> None:
        pass

    def ensure_schema(self) -> None:
        pass

    def read(self, query: str, /, **params: object) -> list:  # noqa: ARG002
        return []

    def transaction(self, work: Callable[[Run], T]) -> T:
        return work(self.read)

    def write_batches(
        self,
        query: str,  # noqa: ARG002
        rows: Iterable[dict],
        *,
        size: int = 10_000,  # noqa: ARG002
        progress: Callable[[int], None] | None = None,  # noqa: ARG002
        **params: object,  # noqa: ARG002
    ) -> int:
        return sum(1 for _ in rows)


def learn(folder: Path, users: int, titles: int, watches: int, of: int) -> None:
    """The first `watches` of a world of `of`."""
    world = synthetic.world(users=users, titles=titles, watches=of).between(0, watches)
    graph = synthetic.columns(world)
    settings = Settings(data_dir=folder)
    with mock.patch("graph.columns.read", return_value=graph):
        report = refresh(Nowhere(), settings, seed=0, now=int(world.at[-1]))
    print(json.dumps(asdict(report)))


if __name__ == "__main__":
    typer.run(learn)
