"""The command line. Each command imports what it needs when it runs, so that a serving host needs
neither torch nor neo4j."""

import sys

import typer
from rich.console import Console
from rich.markup import escape

from playbill import disk
from playbill.commands import ask, imports, neo4j
from playbill.commands.demo import demo
from playbill.commands.fold import fold
from playbill.commands.query import query
from playbill.commands.refresh import evaluate, refresh
from playbill.commands.serve import serve
from playbill.errors import MissingExtra, PlaybillError, exit_code

app = typer.Typer(
    name="playbill",
    help="A recommendation engine for streaming services.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
stderr = Console(stderr=True)
OURS = ("playbill", "graph", "gnn", "server")

app.add_typer(neo4j.app, name="neo4j")
app.add_typer(imports.app, name="import")
for command in (demo, fold, refresh, evaluate, serve, query):
    app.command()(command)
for command in (ask.page, ask.similar, ask.title, ask.watch, ask.search, ask.model):
    app.command()(command)


def main() -> None:
    """Runs the command line; an error a user can cause is one clear message and its exit code."""
    try:
        app()
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] in OURS:
            raise  # a defect of ours, not a part that was left out on purpose
        fail(
            MissingExtra(
                f"this command needs the package {error.name!r}, which is not installed; install "
                "Playbill with the extra that brings it, such as playbill[graph] or playbill[train]"
            )
        )
    except PlaybillError as error:
        fail(error)
    except OSError as error:
        if said := disk.in_our_words(error):
            fail(said)
        raise


def fail(error: PlaybillError) -> None:
    stderr.print("[bold red]error:[/]", escape(str(error)), highlight=False, soft_wrap=True)
    sys.exit(exit_code(error))


if __name__ == "__main__":
    main()
