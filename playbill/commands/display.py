"""How the server's answers look in a terminal of a hundred columns."""

from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from zlib import crc32

from rich import box
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from playbill.v1 import page_pb2, playbill_service_pb2

pb = playbill_service_pb2
out = Console()

CARD_WIDTH = 19  # five fit into a hundred columns
BAR_WIDTH = 9
COLOURS = (
    "bright_blue", "bright_magenta", "bright_cyan", "bright_yellow", "bright_red", "bright_green",
    "blue", "magenta", "cyan", "yellow", "red", "green",
)  # fmt: skip


def fitting() -> int:
    """Cards of a row that fit side by side."""
    return min(max(out.width // CARD_WIDTH, 3), 40)


def page(user: str, answer: pb.GetPageResponse, *, picture: Path | None = None) -> None:
    """`picture` is the file it was written to as well."""
    out.print()
    out.rule(f"[bold]Home of {escape(user)}[/]", align="left", style="dim")
    for row in answer.rows:
        out.print()
        out.print(Text(f" {row.heading}", "bold"), Text(f"· {row.reason}", "dim"))
        out.print(Columns([_card(card) for card in row.cards], padding=(0, 0)))
    if not answer.rows:
        out.print("Nothing to show: the catalogue holds no title this member may see.")
    out.print()
    rows = f"{len(answer.rows)} row{'' if len(answer.rows) == 1 else 's'}"
    about = f"{rows} by model {answer.model_version}"
    out.print(Text(about + (", more follow" if answer.next_page_token else ""), "dim"))
    if any(card.artwork.artwork_id for row in answer.rows for card in row.cards):
        out.print(Text("the border of a card: which of its pictures it wears for them", "dim"))
    if picture is not None:
        out.print(Text(f"as a picture in {picture}", "dim"), soft_wrap=True)


def recorded(user: str, answer: pb.RecordEventsResponse) -> None:
    if answer.stored:
        out.print(f"Recorded. `playbill page {escape(user)}` shows it at once.", highlight=False)


def similar(user: str, answer: pb.ListSimilarUsersResponse) -> None:
    if not answer.similar_users:
        too_little = answer.reason == pb.NO_SIMILAR_USERS_REASON_NOT_ENOUGH_HISTORY
        said = (
            "has done too little to be compared; try again after a few titles."
            if too_little
            else "resembles nobody here."
        )
        out.print(f"{escape(user)} {said}", highlight=False)
        return
    table = Table(box=box.SIMPLE_HEAD, title=f"Users like {escape(user)}", title_justify="left")
    table.add_column("user", style="bold")
    table.add_column("taste", justify="right")
    table.add_column("titles\nshared", justify="right")
    table.add_column("the rarest of them", ratio=1)
    for each in answer.similar_users:
        shared = [f"{t.name} [dim]{t.year or ''}[/]" for t in map(_escaped, each.shared_titles)]
        table.add_row(
            escape(each.user_id),
            f"{each.similarity:.2f}",
            str(each.shared_title_count),
            " · ".join(shared),
        )
    out.print(table)


def title(answer: pb.GetTitleResponse, near: pb.ListSimilarTitlesResponse) -> None:
    facts = [f"{answer.runtime_minutes} min"] if answer.runtime_minutes else []
    out.print(_card(answer.card))
    out.print(" · ".join([*answer.genres, *facts]), markup=False, highlight=False)
    if answer.card.artwork.uri:
        out.print(Text(answer.card.artwork.uri, "dim"))
    table = Table(box=box.SIMPLE_HEAD, title="Titles near it", title_justify="left")
    for column in ("id", "title", "year"):
        table.add_column(column)
    table.add_column("likeness", justify="right")
    for each in near.similar_titles:
        table.add_row(
            escape(each.title_id), escape(each.name), str(each.year or ""), f"{each.similarity:.2f}"
        )
    if near.similar_titles:
        out.print(table)


def model(answer: pb.GetModelResponse) -> None:
    table = Table(box=box.SIMPLE_HEAD, show_header=False)
    table.add_row("[bold]model", escape(answer.version))
    table.add_row("published", _moment(answer.published_at.seconds))
    table.add_row("learned from", f"interactions until {_moment(answer.data_until.seconds)}")
    for name, count in sorted(answer.counts.items()):
        table.add_row("", f"{count:,} {escape(name)}")
    for name, value in sorted(answer.metrics.items()):
        table.add_row(escape(name), f"{value:,.0f}" if value == int(value) else f"{value:.4f}")
    table.add_row("trained by", f"playbill {escape(answer.code_version)}")
    out.print(table)


def _card(card: page_pb2.Card) -> RenderableType:
    lines: list[RenderableType] = [
        _two_lines(card.name),
        Text.assemble((str(card.year or ""), "dim"), "  ", _match(card.match_percent)),
    ]
    if card.completion:
        lines.append(_bar(card.completion))
    picture = PurePosixPath(card.artwork.artwork_id).name
    colour = COLOURS[crc32(picture.encode()) % len(COLOURS)] if picture else "white"
    return Panel(
        Group(*lines),
        box=box.ROUNDED,
        width=CARD_WIDTH,
        border_style=colour,
        subtitle=Text(picture, colour) if picture else None,
        subtitle_align="left",
    )


def _two_lines(name: str) -> Text:
    """The name in exactly two lines, so that the cards of a row stand level."""
    width = CARD_WIDTH - 4
    lines = Text(name, "bold").wrap(Console(width=width), width)
    if len(lines) > 2:
        lines[1].truncate(width - 1)
        lines[1].append("…")
    return Text("\n").join([*lines[:2], *[Text("")] * (2 - len(lines))])


def _match(percent: int) -> Text:
    if not percent:  # a member without history
        return Text("")
    style = "bold green" if percent >= 80 else "green" if percent >= 50 else "dim"
    return Text(f"{percent}% match", style)


def _bar(completion: float) -> Text:
    done = round(completion * BAR_WIDTH)
    return Text.assemble(
        ("━" * done, "red"), ("━" * (BAR_WIDTH - done), "dim"), (f" {completion:.0%}", "dim")
    )


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC" if seconds else "unknown"


def _escaped(title: pb.SharedTitle) -> pb.SharedTitle:
    return pb.SharedTitle(name=escape(title.name), year=title.year)
