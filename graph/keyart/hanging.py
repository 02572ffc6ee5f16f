"""Key art into the graph: each title without a picture of its own wears that of its genres."""

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import neo4j

from graph import load
from graph.catalogue import Catalogue
from graph.cypher_files import cypher
from graph.keyart.drawing import draw
from graph.load import Progress, silent
from graph.schema import Artwork
from graph.store import Store
from playbill import disk

PREFIX = "keyart/"  # of the ids of what Playbill drew; the .cypher files know it too
_NEUTRAL = f"{PREFIX}neutral"


@dataclass(frozen=True)
class _Piece:
    """The art of one genre, or of none."""

    id: str
    file: str
    svg: str


def hang(store: Store, folder: Path, *, progress: Progress = silent) -> int:
    """Draws one SVG a genre into `folder` and ties it to every title of that genre that has no
    other artwork; a title without a genre gets a neutral one. Returns how many were drawn.

    Their uris are the names of the files in `folder`; the server puts settings.artwork_root before
    them. Running it again changes nothing. A title that has got a picture of its own since loses
    its key art. Raises Neo4jUnavailable, NoSpace, and BadInput where `folder` cannot be written.
    """
    titles = store.read(cypher("read/key_art"))
    names = {
        record["id"]: record["name"]
        for record in store.read(cypher("read/genres_and_tags"))
        if record["label"] == "Genre"
    }
    bare = [title for title in titles if not title["has_own"]]
    used = sorted({genre for title in bare for genre in title["genres"]})
    pieces = {genre: _piece(genre, names[genre]) for genre in used}
    neutral = _Piece(_NEUTRAL, "neutral.svg", draw(None))
    all_pieces = [*pieces.values()]
    if any(not title["genres"] for title in bare):
        all_pieces.append(neutral)
    _save(folder, all_pieces)
    load.write_catalogue(store, _catalogue(pieces, all_pieces), progress=progress)
    rows = [
        {"id": title["id"], "ends": wanted}
        for title in titles
        if (wanted := _wanted(title, pieces)) != sorted(title["worn"])
    ]
    store.write_batches(
        cypher("write/key_art"), rows, size=1000,
        progress=lambda done: progress("key art", done, len(rows)),
    )  # fmt: skip
    return len(all_pieces)


def _wanted(title: neo4j.Record, pieces: Mapping[str, _Piece]) -> list[str]:
    """Ids of the art that a title should wear."""
    if title["has_own"]:
        return []
    return sorted(pieces[genre].id for genre in title["genres"]) or [_NEUTRAL]


def _piece(genre: str, name: str) -> _Piece:
    """Readable where it is shown, and unique whatever the genre's id is made of."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower().replace("'", "")).strip("-")[:40] or "genre"
    digest = hashlib.sha256(genre.encode()).hexdigest()[:8]
    return _Piece(f"{PREFIX}{digest}/{slug}", f"{slug}-{digest}.svg", draw(name))


def _catalogue(pieces: Mapping[str, _Piece], all_pieces: Sequence[_Piece]) -> Catalogue:
    # The bare name of the file, for the same data is to be the same graph wherever it is kept.
    return Catalogue(
        nodes={Artwork: [Artwork(id=piece.id, uri=piece.file) for piece in all_pieces]},
        ties={"depicts_genre": {piece.id: (genre,) for genre, piece in pieces.items()}},
    )


def _save(folder: Path, pieces: Sequence[_Piece]) -> None:
    with disk.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for piece in pieces:
            file = folder / piece.file
            if not file.exists() or file.read_text(encoding="utf-8") != piece.svg:
                draft = file.with_suffix(".svg.part")  # a picture is there whole or not at all
                draft.write_text(piece.svg, encoding="utf-8")
                os.replace(draft, file)
