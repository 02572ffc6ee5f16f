"""The commands that ask a running server: page, similar, title, watch, search, model."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from playbill.errors import BadInput

if TYPE_CHECKING:
    from google.protobuf.message import Message

# What needs gRPC is imported by the command that runs: the other commands do without it.

Address = Annotated[str | None, typer.Option(help="host:port of the server.")]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
User = Annotated[str, typer.Argument(help="Member's id; one never seen before is welcome.")]
Title = Annotated[str, typer.Argument(help="Title's id.")]


class Thumb(StrEnum):
    up = "up"
    two = "two"
    down = "down"


def page(
    user: User,
    rows: Annotated[int, typer.Option(min=1, max=40, help="Rows.")] = 6,
    cards: Annotated[
        int | None,
        typer.Option(
            min=1, max=40, help="Cards in each row; as many as fit, and 20 in files and JSON."
        ),
    ] = None,
    country: Annotated[str, typer.Option(help="Where the member is, as in US.")] = "",
    maturity_ceiling: Annotated[
        int | None,
        typer.Option(help="Oldest age rating shown, in years; what is unrated stays."),
    ] = None,
    kids: Annotated[
        bool,
        typer.Option(
            "--kids", help="As on a child's profile: only what is rated for 7 or younger."
        ),
    ] = False,
    html: Annotated[
        Path | None, typer.Option(help="Also write it to this file, for a browser.")
    ] = None,
    address: Address = None,
    json: Json = False,
) -> None:
    """Show a member's home page."""
    from playbill.commands import asking, display, picture

    wide = cards or (20 if json else display.fitting())
    here = {"country": country, "maturity_ceiling": maturity_ceiling, "kids": kids}
    answer = asking.page(address, user, rows=rows, cards=wide, **here)
    if html is not None:
        whole = asking.page(address, user, rows=rows, cards=cards or 20, **here)
        picture.write(user, whole, html)
    _print(answer, json, lambda: display.page(user, answer, picture=html))


def similar(
    user: User,
    count: Annotated[int, typer.Option(min=1, max=100, help="Users.")] = 10,
    address: Address = None,
    json: Json = False,
) -> None:
    """Show the users nearest in taste, and the titles they share."""
    from playbill.commands import asking, display

    answer = asking.similar_users(address, user, count=count)
    _print(answer, json, lambda: display.similar(user, answer))


def title(
    user: User,
    title: Title,
    address: Address = None,
    json: Json = False,
) -> None:
    """Show one title as a member would see it, and the titles near it."""
    from playbill.commands import asking, display

    answer = asking.title(address, title, user)
    near = asking.similar_titles(address, title, user, count=8)
    _print(answer, json, lambda: display.title(answer, near))


def watch(
    user: User,
    title: Title,
    completion: Annotated[
        float | None, typer.Option(help="Share of the runtime watched, 0 to 1; 1 if left out.")
    ] = None,
    thumb: Annotated[Thumb | None, typer.Option(help="A thumb in place of watching.")] = None,
    address: Address = None,
    json: Json = False,
) -> None:
    """Report that a member watched a title, or gave it a thumb."""
    if completion is not None and thumb is not None:
        raise BadInput("--completion and --thumb are two events; send one after the other.")
    _record(address, user, json, title=title, completion=completion, thumb=thumb)


def search(
    user: User,
    query: Annotated[str, typer.Argument(help='What they searched for, such as "film noir".')],
    address: Address = None,
    json: Json = False,
) -> None:
    """Report that a member searched for something, and chose nothing of what they found."""
    _record(address, user, json, query=query)


def model(address: Address = None, json: Json = False) -> None:
    """Show which model is serving, what it learned from and how it was judged."""
    from playbill.commands import asking, display

    answer = asking.model(address)
    _print(answer, json, lambda: display.model(answer))


def _record(address: str | None, user: str, json: bool, **what: Any) -> None:
    from playbill.commands import asking, display

    answer = asking.record(address, user, **what)
    _print(answer, json, lambda: display.recorded(user, answer))
    if answer.refused:
        raise BadInput(f"refused: {answer.refused[0].reason}")


def _print(answer: "Message", json: bool, display: Callable[[], None]) -> None:
    if json:
        from playbill.commands import asking

        print(asking.as_json(answer))
    else:
        display()
