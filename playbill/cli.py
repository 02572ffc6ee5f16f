"""The command line. Each command imports what it needs when it runs, so that a serving host needs
neither torch nor neo4j."""

import sys

import typer
from rich.console import Console

from playbill.commands import ask, neo4j
from playbill.commands.query import query
from playbill.commands.serve import serve
from playbill.errors import MissingExtra, PlaybillError, exit_code

app = typer.Typer(
    name="playbill",
    help="A recommendation engine for streaming services.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
stderr = Console(stderr=True)

app.add_typer(neo4j.app, name="neo4j")
app.command()(query)
app.command()(serve)
for command in (ask.page, ask.similar, ask.title, ask.watch, ask.model):
    app.command()(command)


def main() -> None:
    """Runs the command line; an error a user can cause is one clear message and its exit code."""
    try:
        app()
    except ModuleNotFoundError as error:
        fail(MissingExtra(f"{error}; install playbill with the extra that brings it."))
    except PlaybillError as error:
        fail(error)


def fail(error: PlaybillError) -> None:
    stderr.print(f"[bold red]error:[/] {error}", markup=True, highlight=False)
    sys.exit(exit_code(error))


if __name__ == "__main__":
    main()
