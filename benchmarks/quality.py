"""Recall@20 and NDCG@20 on open benchmark splits, beside popularity and EASE."""

import tarfile
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.million import SHARED
from gnn import evaluate
from gnn.evaluate import Split
from gnn.train import Parameters
from graph.arrays import Ragged
from graph.sources import movielens

MUST_REACH = {"MovieLens 100K": (0.339, 0.387)}
console = Console()


def main(seeds: Annotated[int, typer.Option(min=1)] = 3) -> None:
    """MovieLens 100K from its wheel; MovieLens 1M where ../shared/data is there."""
    hundred = evaluate.movielens_split(movielens.read(), seed=42)
    splits = {"MovieLens 100K": hundred}
    if SHARED.is_file():
        splits["ml1m_ultragcn"] = _published_split("ml1m_ultragcn", SHARED)
    table = Table(title=f"Recall@20 / NDCG@20 (Playbill: mean ± spread of {seeds} seeds)")
    for heading in ("split", "model", "Recall@20", "NDCG@20", "must reach"):
        table.add_column(heading, justify="left" if heading in ("split", "model") else "right")
    for name, split in splits.items():
        with console.status(name) as status:
            rows = evaluate.compare(
                split, Parameters(), seeds=range(seeds), progress=lambda step: status.update(step)
            )
        for row in rows:
            bar = MUST_REACH.get(name) if row.model == "Playbill" else None
            wanted = f"{bar[0]:.3f} / {bar[1]:.3f}" if bar else ""
            table.add_row(name, row.model, *row.in_words(), wanted)
    console.print(table)


def _published_split(name: str, archive: Path) -> Split:
    """A LightGCN-style split: a user, then their titles, a line; nothing is known of the titles."""
    parts = {}
    with tarfile.open(archive) as tar:
        for part in ("train", "test"):
            file = tar.extractfile(next(m for m in tar if m.name.endswith(f"{name}/{part}.txt")))
            assert file is not None
            parts[part] = {int(u): list(map(int, t)) for u, *t in map(bytes.split, file)}
    users = max(max(part) for part in parts.values()) + 1
    titles = max(max(t, default=0) for part in parts.values() for t in part.values()) + 1
    training, test = (
        Ragged.of([np.unique(parts[part].get(user, [])).astype("i4") for user in range(users)])
        for part in ("train", "test")
    )
    unknown = np.zeros(titles, np.int32)
    return Split(name, training, test, Ragged.of([[] for _ in range(titles)]), unknown)


if __name__ == "__main__":
    typer.run(main)
