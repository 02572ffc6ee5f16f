"""`playbill query`: the analysts' named queries, from the command line."""

import json
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from playbill import settings
from playbill.errors import BadInput, NotFound

COLUMN = 10  # characters that a long value should have in a line, and
LINES = 20  # lines that it may take
BORDER = 3  # and its column's border

Json = Annotated[bool, typer.Option("--json", help="Print JSON: one object a row.")]


def query(
    name: Annotated[str | None, typer.Argument(help="Which query; none lists them all.")] = None,
    parameters: Annotated[
        list[str] | None, typer.Argument(metavar="[PARAM=VALUE]...", help="Its parameters.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask the graph a named question and print the answer."""
    from graph import queries

    if name is None:
        _list_all(as_json)
        return
    asked, given = queries.named(name), _given(parameters or [])
    queries.arguments(asked, given)  # refused before a Neo4j is started for it
    rows = _rows(asked, given)
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, default=str))
    elif rows:
        show(Console(), rows)
        Console(stderr=True).print(asked.reading, style="dim", markup=False, highlight=False)
    else:
        Console(stderr=True).print(
            f"No rows in the graph at {_where()}. See that what is asked for was imported there "
            "and that `playbill refresh` has run."
        )


def _rows(asked, given: dict[str, str]) -> list[dict]:
    from graph import neo4j_home, queries
    from graph.store import opened

    config = settings.load()
    if not config.neo4j_uri and not neo4j_home.holds_graph(config):
        raise NotFound(
            f"There is no graph in {config.data_dir} yet: `playbill import` makes one. "
            "PLAYBILL_DATA_DIR names another folder, PLAYBILL_NEO4J_URI a Neo4j of your own."
        )
    with Console(stderr=True).status("Asking Neo4j") as status:
        with opened(config, progress=status.update) as store:
            rows = [dict(record) for record in queries.run(store, asked, given)]
            status.update("Stopping Neo4j, which was started for this")
        return rows


def _where() -> str:
    config = settings.load()
    return config.neo4j_uri or str(config.neo4j_home)


def _given(parameters: list[str]) -> dict[str, str]:
    pairs = [parameter.partition("=") for parameter in parameters]
    for name, equals, _ in pairs:
        if not equals:
            raise BadInput(f"{name!r} is no parameter; write it as name=value.")
    return {name: value for name, _, value in pairs}


def _list_all(as_json: bool) -> None:
    from graph import queries

    known = [queries.named(name) for name in queries.names()]
    if as_json:
        rows = [
            {"name": q.name, "about": q.about, "parameters": [vars(p) for p in q.parameters]}
            for q in known
        ]
        print(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("query", "answers", "parameters")
    for q in known:
        table.add_row(f"[bold]{q.name}[/]", q.about, " ".join(map(_shown, q.parameters)))
    Console().print(table)
    Console().print(
        escape("What stands in [] may be left out. For example: ")
        + "playbill query find-titles text=star"
    )


def _shown(parameter) -> str:
    text = f"{parameter.name}={parameter.value}"
    return f"[dim]{escape(f'[{text}]')}[/]" if parameter.optional else escape(text)


def show(console: Console, rows: list[dict]) -> None:
    """As a table or, where its columns would be too narrow, column below column."""
    longest = [max(len(c), *(len(_cell(row[c])) for row in rows)) for c in rows[0]]
    wanted = 1 + sum(min(length, COLUMN) + BORDER for length in longest)
    if max(longest) <= LINES * COLUMN and wanted <= console.width:
        console.print(_table(rows))
        return
    for row in rows:
        record = Table(show_header=False, box=box.HORIZONTALS)
        record.add_column(style="bold")
        record.add_column(overflow="fold")
        for column, value in row.items():
            record.add_row(column, _cell(value))
        console.print(record)


def _table(rows: list[dict]) -> Table:
    table = Table()
    for column, value in rows[0].items():
        justify = "right" if isinstance(value, int | float) else "left"
        table.add_column(column, justify=justify, overflow="fold")  # never lose part of an answer
    for row in rows:
        table.add_row(*map(_cell, row.values()))
    return table


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return escape(", ".join(map(str, value)))
    return escape(str(value))
