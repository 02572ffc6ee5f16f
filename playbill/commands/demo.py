"""`playbill demo`: the main job on real data, from an import to a member's home page."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.rule import Rule
from rich.status import Status

from playbill import settings
from playbill.errors import ServerUnreachable
from playbill.settings import Settings

if TYPE_CHECKING:
    from graph.sources.movielens import MovieLens
    from graph.store import Store

ROWS, SIMILAR = 8, 5  # what fits a screen or two
DAY = 86_400  # seconds
out = Console(highlight=False)


def demo(
    member: Annotated[str, typer.Option(help="Whose page to show; MovieLens has 1 to 943.")] = "42",
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave Neo4j and the server running at the end.")
    ] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End what --keep left running.")] = False,
) -> None:
    """Import MovieLens 100K, learn from it, serve it, and show one member's home page."""
    from graph import private_neo4j

    # A Neo4j of the user's own is not the place for a demo.
    config = settings.load().model_copy(update={"neo4j_uri": None})
    config.data_dir.mkdir(parents=True, exist_ok=True)
    ended = _end_earlier_server(config)
    if stop:
        ended |= private_neo4j.stop(config)
        did = "The demo's server and Neo4j are stopped." if ended else "Nothing was running."
        out.print(f"{did} What they know is kept.")
        return
    _learn(config, keep=keep)
    with _serving(config, keep=keep) as address:
        _show(config, address, member)
    _say_what_next(address, keep=keep)


def _learn(config: Settings, *, keep: bool) -> None:
    """Imports and refreshes; each does nothing where it was done before."""
    from gnn.refresh import refresh
    from graph import private_neo4j
    from graph.sources import movielens
    from graph.store import opened

    with ExitStack() as stack:
        with _step("Neo4j") as step:
            if keep:
                private_neo4j.start(config, progress=step.tell)
            store = stack.enter_context(opened(config, progress=step.tell))
            step.did = "the knowledge graph is up"
        with _step("Import") as step:
            step.tell("reading MovieLens 100K")
            step.did = _import(store, of_today(movielens.read()), config, step)
        with _step("Refresh") as step:
            report = refresh(store, config, seed=0, now=int(time.time()), progress=step.tell)
            step.did = _in_words(report.status, report.metrics)


def of_today(films: "MovieLens") -> "MovieLens":
    """With the ratings, which are of 1997 and 1998, moved by whole days: the newest is of the last
    day, as in a service that runs."""
    at = films.ratings.at
    days = (int(time.time()) - int(at.max())) // DAY
    return replace(films, ratings=replace(films.ratings, at=at + days * DAY))


@dataclass
class _Step:
    """One line of what the demo did. `did` is said at its end."""

    name: str
    waiting: Status
    did: str = ""

    def tell(self, what: str) -> None:
        self.waiting.update(f"[bold]{self.name}[/]: {what} …")


@contextmanager
def _step(name: str) -> Generator[_Step]:
    """Shows that something is under way, and afterwards what it did and how long it took."""
    begun = time.perf_counter()
    with out.status(f"[bold]{name}[/] …") as waiting:
        step = _Step(name, waiting)
        yield step
    seconds = time.perf_counter() - begun
    out.print(f"[green]✓[/] [bold]{name:8}[/]{seconds:6.1f} s  {step.did}", soft_wrap=True)


def _import(store: "Store", films: "MovieLens", config: Settings, step: _Step) -> str:
    """Imports what is not there yet; what was done, in words."""
    from graph import imports
    from graph.sources.movielens import NOTICE

    [there] = store.read(
        """
        MATCH (t:Title) WHERE t.id IN $titles
        RETURN count(t) AS titles,
               sum(COUNT { (u:User)-[:INTERACTED]->(t) WHERE u.id IN $users }) AS ratings
        """,
        titles=[title.id for title in films.titles],
        users=[user.id for user in films.users],
    )
    # Ratings are written last: where they all are, everything is.
    if there["ratings"] >= len(films.ratings) and there["titles"] == len(films.titles):
        return f"nothing to do: {len(films.ratings):,} ratings of {len(films.titles):,} films"

    def hear(what: str, done: int, total: int) -> None:
        step.tell(f"{what.replace('_', ' ')} {done:,} of {total:,}")

    out.print(f"[dim]{NOTICE}[/]")
    counts = imports.of_movielens(
        store, films, artwork_dir=config.artwork_dir, progress=hear
    ).counts
    return (
        f"{counts['titles']:,} films, {counts['users']:,} members, "
        f"{counts['interactions']:,} ratings, {counts['key_art']:,} key art"
    )


def _in_words(status: str, metrics: dict[str, float]) -> str:
    from gnn import judge

    figures = judge.figures(metrics, ("candidate", "popularity"))
    judges = f"{metrics['judges']:.0f} members never trained on"
    return f"{status}; recall@20 / NDCG@20 on {judges}: {figures}"


@contextmanager
def _serving(config: Settings, *, keep: bool) -> Generator[str]:
    """The address of a running server; it ends with the block, unless it is kept."""
    with _step("Serve") as step:
        log = config.data_dir / "demo-server.log"
        address = config.address if keep else "127.0.0.1:0"
        server = _launch(config, address, log)
        assert server.stdout is not None
        line = server.stdout.readline().strip()
        if not line:
            raise ServerUnreachable(f"The server did not start:\n{log.read_text().strip()}")
        step.did = line
    try:
        yield line.split()[3]
    finally:
        if not keep:
            server.terminate()
            server.wait()
            _memory(config).unlink(missing_ok=True)


def _launch(config: Settings, address: str, log: Path) -> subprocess.Popen[str]:
    with open(log, "w") as stderr:
        server = subprocess.Popen(
            [sys.executable, "-m", "playbill", "serve", "--address", address],
            env={**os.environ, "PLAYBILL_DATA_DIR": str(config.data_dir)},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,  # Ctrl-C ends the demo, and the demo ends its server
        )
    _remember(config, server.pid)
    return server


def _memory(config: Settings) -> Path:
    return config.data_dir / "demo-server.json"


def _remember(config: Settings, pid: int) -> None:
    import psutil

    started = psutil.Process(pid).create_time()
    _memory(config).write_text(json.dumps({"pid": pid, "started": started}))


def _end_earlier_server(config: Settings) -> bool:
    """One that --keep left running, or whose demo was killed; False where there was none."""
    import psutil

    ended = False
    with suppress(FileNotFoundError, ValueError, KeyError, psutil.NoSuchProcess):
        known = json.loads(_memory(config).read_text())
        server = psutil.Process(known["pid"])
        if server.create_time() == known["started"]:  # else the number went to another process
            server.terminate()
            server.wait(timeout=30)
            ended = True
    _memory(config).unlink(missing_ok=True)
    return ended


def _show(config: Settings, address: str, member: str) -> None:
    from playbill.commands import asking, display, picture

    cards = display.fitting()
    display.page(member, asking.page(address, member, rows=ROWS, cards=cards, country=""))
    display.similar(member, asking.similar_users(address, member, count=SIMILAR))
    whole = asking.page(address, member, rows=40, cards=20, country="")
    picture.write(member, whole, config.data_dir / "page.html")
    out.print(f"The whole page, with its artwork: file://{config.data_dir / 'page.html'}")


def _say_what_next(address: str, *, keep: bool) -> None:
    out.print(Rule("What to type next"))
    if not keep:
        out.print(
            "  scripts/demo --keep   [dim]# leaves Neo4j and the server running for these:[/]"
        )
        address = settings.load().address
    call = f"""grpcurl -plaintext -d '{{"user_id": "7", "page_size": 3}}' {address}"""
    for command, why in (
        (".venv/bin/playbill page 7", "another member's page"),
        (".venv/bin/playbill watch 7 1 --completion 0.4", "… who has begun Toy Story; look again"),
        (f"{call} playbill.v1.PlaybillService/GetPage", "from any language"),
        (".venv/bin/playbill query similar-users user=7", "the same graph, in Cypher"),
        ("scripts/demo --stop", "end it all"),
    ):
        out.print(f"  {command}   [dim]# {why}[/]", soft_wrap=True)
