"""`playbill refresh` and `playbill evaluate`."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from playbill import settings
from playbill.errors import CandidateRejected

if TYPE_CHECKING:
    from gnn.refresh import Report

Seed = Annotated[
    int, typer.Option(min=0, help="Same inputs and same seed: same snapshot, to the byte.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for schedulers.")]


def refresh(
    seed: Seed = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Train and judge, and publish nothing.")
    ] = False,
    anew: Annotated[
        bool,
        typer.Option("--anew", help="Choose and learn from the beginning, whatever is serving."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Learn the graph, judge the result, publish it and write it back onto the graph."""
    started = time.monotonic()
    from gnn.refresh import refresh as run
    from graph.store import opened

    config = settings.load()
    tell = Console(stderr=True)
    with tell.status("refresh") as status:

        def progress(step: str) -> None:
            status.update(f"refresh: {step} …")

        with opened(config, progress=progress) as store:
            report = run(
                store,
                config,
                seed=seed,
                now=int(time.time()),
                dry_run=dry_run,
                anew=anew,
                progress=progress,
            )
    took = time.monotonic() - started
    if as_json:
        print(json.dumps({**asdict(report), "took": round(took, 2)}))
    else:
        _tell(report, took)
    if report.rejected:
        folder = config.snapshots_dir / report.version
        kept = f"; the candidate is kept in {folder}" if folder.is_dir() else ""
        raise CandidateRejected(f"{report.rejected}. What served before goes on serving{kept}.")


def _tell(report: "Report", seconds: float) -> None:
    """What a refresh did in so many seconds, for a person."""
    from gnn import judge

    out = Console(highlight=False)
    counts = ", ".join(f"{n:,} {name}" for name, n in report.counts.items() if n)
    out.print(f"[bold]{report.status}[/] {report.version}")
    out.print(f"  learned from  {counts}")
    if report.metrics.get("judges"):
        figures = judge.figures(report.metrics, ("candidate", "popularity", "serving"))
        judges = f"{report.metrics['judges']:.0f} of the members, never trained on"
        if report.metrics["judges"] < judge.ENOUGH_JUDGES:
            judges += " (too few to turn it down)"
        out.print(f"  judged on     {judges}, recall@20 / NDCG@20: {figures}")
    elif report.metrics:
        out.print("  judged on     nobody: no member set aside has 5 titles or more")
    if report.metrics.get("later/judges"):
        simple = ("recipe", "popularity", "popular lately", "EASE", "linear filter")
        figures = judge.figures(report.metrics, [f"later/{name}" for name in simple])
        judges = f"what {report.metrics['later/judges']:.0f} of the members did later"
        out.print(f"  and on        {judges}: {figures}")
    pages = report.reading
    out.print(
        f"  of pages      of readers who found nothing {pages['next_row']:.2f} go on to the next "
        f"row, {pages['next_card']:.2f} to the next card; a card passed by counts "
        f"{pages['passed_by']}"
    )
    if report.rejected:
        out.print(f"  turned down   {report.rejected}", markup=False)
    rest = seconds - sum(report.seconds.values())  # starting and stopping, most of all
    steps = {**report.seconds, "the rest": rest}
    parts = ", ".join(f"{name} {took:.1f}" for name, took in steps.items())
    out.print(f"  took          {seconds:.1f} s ({parts})")


def evaluate(
    path: Annotated[
        Path | None, typer.Argument(help="MovieLens folder or zip; default: the 100K wheel.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds to average over.")] = 3,
    as_json: Json = False,
) -> None:
    """Recall and NDCG on a random 80/20 split by user, beside popularity and EASE."""
    from gnn import evaluate as benchmark
    from gnn.train import Parameters
    from graph.sources import movielens

    tell = Console(stderr=True)
    with tell.status("evaluate") as status:
        split = benchmark.movielens_split(movielens.read(path), seed=42)
        rows = benchmark.compare(
            split, Parameters(), seeds=range(seeds), progress=lambda step: status.update(step)
        )
    if as_json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    table = Table(title=f"{split.name}: {len(split.training):,} users, {split.titles:,} titles")
    for heading in ("model", "Recall@20", "NDCG@20"):
        table.add_column(heading, justify="left" if heading == "model" else "right")
    for row in rows:
        table.add_row(row.model, *row.in_words())
    Console().print(table)
