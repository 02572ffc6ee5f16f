"""`playbill neo4j`: the private Neo4j of those who bring none of their own."""

import json
from typing import Annotated

import typer
from rich.console import Console

from playbill import settings
from playbill.errors import BadInput

app = typer.Typer(help="Start, stop and find the private Neo4j.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def start(
    port: Annotated[int | None, typer.Option(help="Bolt port; 0 chooses a free one.")] = None,
    as_json: Json = False,
) -> None:
    """Start it, and leave it running until `playbill neo4j stop`."""
    from graph import private_neo4j

    chosen = _settings(port)
    with Console(stderr=True).status("Starting Neo4j") as waiting:
        private_neo4j.start(chosen, progress=waiting.update)
    _tell(chosen, as_json)


@app.command()
def stop() -> None:
    """Stop it, once what it has in hand is on the disk."""
    from graph import private_neo4j

    with Console(stderr=True).status("Stopping Neo4j"):
        stopped = private_neo4j.stop(_settings())
    Console().print("Neo4j is stopped." if stopped else "No private Neo4j was running.")


@app.command()
def status(as_json: Json = False) -> None:
    """Tell whether it runs, at which address, and where its password, logs and data are.

    Exits 0 whether it runs or not.
    """
    _tell(_settings(), as_json)


def _settings(port: int | None = None) -> settings.Settings:
    chosen = settings.load(neo4j_port=port)
    if chosen.neo4j_uri:
        raise BadInput(
            f"PLAYBILL_NEO4J_URI names your own Neo4j, {chosen.neo4j_uri}, which Playbill does not "
            "start or stop. Unset it to use the private one."
        )
    return chosen


def _tell(chosen: settings.Settings, as_json: bool) -> None:
    from graph import neo4j_home, private_neo4j

    running = private_neo4j.status(chosen)
    facts = {
        "running": running is not None,
        "uri": running.uri if running else None,
        "user": neo4j_home.USER,
        "password_file": str(neo4j_home.password_file(chosen)),
        "pid": running.pid if running else None,
        "logs": str(neo4j_home.logs(chosen)),
        "data": str(chosen.neo4j_home),
    }
    if as_json:
        print(json.dumps(facts))
        return
    out = Console(soft_wrap=True, highlight=False)  # so that a path can be copied in one piece
    out.print("[bold green]running[/]" if running else "[bold]not running[/]")
    for name, value in list(facts.items())[1:]:
        if value is not None:
            out.print(f"  {name.replace('_', ' '):14}{value}", markup=False)
