"""A home page as a picture: one HTML file that a browser shows as a member would see it."""

from html import escape
from pathlib import Path

from playbill.errors import BadInput
from playbill.v1 import page_pb2, playbill_service_pb2

STYLE = """
body { margin: 0; padding: 2.5rem 3rem; background: #101216; color: #e8e8ea;
       font: 15px/1.35 system-ui, sans-serif; }
h1 { font-size: 1rem; font-weight: 400; color: #8b8f98; margin: 0 0 1.5rem; }
h2 { font-size: 1.2rem; margin: 1.8rem 0 .2rem; }
p { color: #8b8f98; margin: 0 0 .7rem; }
.row { display: flex; gap: .8rem; overflow-x: auto; scrollbar-width: thin;
       scrollbar-color: #3a3d45 transparent; }
.card { flex: 0 0 150px; }
.art { width: 150px; height: 225px; border-radius: 6px; object-fit: cover; display: block;
       background: #23262d; }
.name { font-weight: 600; margin-top: .45rem; }
.facts { color: #8b8f98; font-size: .85rem; }
.match { color: #46d369; font-weight: 600; }
.bar { height: 4px; background: #3a3d45; border-radius: 2px; margin-top: .35rem; }
.bar i { display: block; height: 4px; background: #e5484d; border-radius: 2px; }
"""


def write(user: str, answer: playbill_service_pb2.GetPageResponse, file: Path) -> None:
    """Overwrites `file`. Artwork is linked by its uri, not copied. Raises BadInput where no folder
    is there for it."""
    if not file.parent.is_dir():
        raise BadInput(f"{file}: there is no folder {file.parent}; make it, or name another file.")
    rows = "\n".join(map(_row, answer.rows))
    file.write_text(
        f"<!doctype html><meta charset='utf-8'><title>Home of {escape(user)}</title>"
        f"<style>{STYLE}</style><h1>Home of {escape(user)}, by model "
        f"{escape(answer.model_version)}</h1>\n{rows}\n",
        encoding="utf-8",
    )


def _row(row: page_pb2.Row) -> str:
    cards = "\n".join(map(_card, row.cards))
    return (
        f"<h2>{escape(row.heading)}</h2>\n<p>{escape(row.reason)}</p>\n"
        f"<div class='row'>\n{cards}\n</div>"
    )


def _card(card: page_pb2.Card) -> str:
    art = (
        f"<img class='art' src='{escape(card.artwork.uri)}' alt='{escape(card.name)}'>"
        if card.artwork.uri
        else ("<div class='art'></div>")
    )
    match = f"<span class='match'>{card.match_percent}% match</span> " if card.match_percent else ""
    bar = (
        f"<div class='bar'><i style='width:{card.completion:.0%}'></i></div>"
        if card.completion
        else ""
    )
    return (
        f"<div class='card'>{art}{bar}<div class='name'>{escape(card.name)}</div>"
        f"<div class='facts'>{match}{card.year or ''}</div></div>"
    )
