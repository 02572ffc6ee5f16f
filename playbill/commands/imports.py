"""`playbill import`: the ways into the graph."""

import json
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from playbill import settings
from playbill.errors import SomeLinesRefused

if TYPE_CHECKING:
    from graph.imports import Imported
    from graph.load import Progress as Hear
    from graph.sources.refusal import Refusal

    class Source(Protocol):
        @property
        def refused(self) -> tuple[Refusal, ...]: ...


app = typer.Typer(help="Bring films, members and what they watch into the graph.",
                  no_args_is_help=True)  # fmt: skip
stderr = Console(stderr=True, highlight=False)

Strict = Annotated[bool, typer.Option("--strict", help="Write nothing unless every line is right.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")]
File = Annotated[Path, typer.Argument(show_default=False)]


@app.command()
def movielens(
    path: Annotated[
        Path | None,
        typer.Argument(help="Folder or zip as GroupLens ships it.", show_default="100K of recbole"),
    ] = None,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Import MovieLens: 100K, 1M, 10M, or one of the CSV sets (latest, 20M, 25M, 32M)."""
    from graph import imports
    from graph.sources import movielens

    stderr.print(Text(movielens.NOTICE, "dim"), soft_wrap=True)
    config = settings.load()
    write = partial(imports.of_movielens, artwork_dir=config.artwork_dir, strict=strict)
    _run(config, "MovieLens", lambda: movielens.read(path, now=time.time()), write, strict, as_json)


@app.command()
def catalogue(file: File, strict: Strict = False, as_json: Json = False) -> None:
    """Import titles, genres, tags, people, artwork and members from a .jsonl FILE.

    The format is documented in docs/records.md.
    """
    from graph import imports
    from graph.sources import catalogue_file

    config = settings.load()
    write = partial(imports.of_catalogue, artwork_dir=config.artwork_dir, strict=strict)
    _run(config, file.name, lambda: catalogue_file.read(file), write, strict, as_json)


@app.command()
def interactions(file: File, strict: Strict = False, as_json: Json = False) -> None:
    """Import what members did with titles from a .jsonl, .csv or .parquet FILE.

    The format is documented in docs/records.md.
    """
    from graph import imports
    from graph.sources import interaction_file

    config = settings.load()
    write = partial(imports.of_interactions, strict=strict)
    _run(
        config,
        file.name,
        lambda: interaction_file.read(file, now=time.time()),
        write,
        strict,
        as_json,
    )


def _run(
    config: settings.Settings,
    name: str,
    read: Callable[[], "Source"],
    write: Callable[..., "Imported"],
    strict: bool,
    as_json: bool,
) -> None:
    """Reads all of the source before Neo4j is even started, then writes it."""
    from graph import imports
    from graph.store import opened

    started = time.monotonic()
    with _shown() as (tell, hear):
        tell(f"Reading {name}")
        source = read()
        if strict:
            imports.only_if_right(source.refused)
        with opened(config, progress=tell) as store:
            done = write(store, source, progress=hear)
    _tell(name, done, time.monotonic() - started, as_json)


@contextmanager
def _shown() -> Generator[tuple[Callable[[str], None], "Hear"]]:
    """Progress on a terminal: what is waited for, and a bar for each thing that is written."""
    columns = (TextColumn("{task.description:<30}"), BarColumn(), MofNCompleteColumn(),
               TimeElapsedColumn())  # fmt: skip
    with Progress(*columns, console=stderr, transient=True) as progress:
        waiting = progress.add_task("", total=None)
        tasks: dict[str, TaskID] = {}

        def tell(what: str) -> None:
            progress.update(waiting, description=what)

        def hear(what: str, done: int, total: int) -> None:
            progress.update(waiting, visible=False)
            if what not in tasks:
                tasks[what] = progress.add_task(f"Writing {what}", total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield tell, hear


def _tell(name: str, done: "Imported", seconds: float, as_json: bool) -> None:
    """The summary on stdout, refused lines on stderr. Raises SomeLinesRefused."""
    from graph.sources.refusal import in_order, shown

    counts = {what: count for what, count in done.counts.items() if count}
    landed = counts.keys() - {"key_art"}  # which hangs wherever there is no other art
    for line in shown(done.refused):
        stderr.print(line, style="yellow", markup=False, soft_wrap=True)
    if as_json:
        refused = [asdict(refusal) for refusal in in_order(done.refused)]
        print(json.dumps({"counts": counts, "refused": refused, "seconds": round(seconds, 1)}))
    else:
        out = Console(highlight=False)
        did = "[bold green]Imported[/]" if landed else "Nothing imported of"
        out.print(f"{did} {escape(name)} in {seconds:.1f} s")
        for what, count in counts.items() if landed else ():
            out.print(f"  {what.replace('_', ' '):14}{count:>12,}")
    if done.refused:
        n = len(done.refused)
        lines = "1 line" if n == 1 else f"{n:,} lines"
        rest = "The rest is in the graph" if landed else "Nothing came into the graph"
        raise SomeLinesRefused(
            f"{lines} of {name} refused; why stands above (--json names each). {rest}: "
            "mend those lines and import again."
        )
