"""The three imports as a whole: what the command line runs, and the demo."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graph import keyart, load
from graph.catalogue import Catalogue
from graph.load import Progress, silent
from graph.sources import catalogue_file, interaction_file, movielens
from graph.sources.catalogue_file import CatalogueFile
from graph.sources.interaction_file import InteractionFile
from graph.sources.movielens import MovieLens
from graph.sources.refusal import Refusal, shown
from graph.store import Store
from playbill.errors import BadInput


@dataclass(frozen=True)
class Imported:
    """How many nodes by label and ties by kind the source held, and what was refused of it."""

    counts: dict[str, int]
    refused: tuple[Refusal, ...]


def of_movielens(
    store: Store,
    films: MovieLens,
    *,
    artwork_dir: Path,
    strict: bool = False,
    progress: Progress = silent,
) -> Imported:
    """Writes films, people's ratings and key art. Raises as `graph.store.Store` does, NoSpace where
    the key art finds no room, and BadInput where `strict` and a line was refused."""
    if strict:
        only_if_right(films.refused)
    store.ensure_schema()
    counts = _write_catalogue(store, movielens.catalogue(films), artwork_dir, progress)
    counts["interactions"] = load.write_interactions(
        store, movielens.ratings(films), progress=progress
    )
    return Imported(counts, films.refused)


def of_catalogue(
    store: Store,
    file: CatalogueFile,
    *,
    artwork_dir: Path,
    strict: bool = False,
    progress: Progress = silent,
) -> Imported:
    """Writes the records whose references lead somewhere, and key art. Raises as `of_movielens`."""
    store.ensure_schema()
    catalogue, refused = catalogue_file.resolved(file, catalogue_file.known(store, file))
    if strict:
        only_if_right(refused)
    return Imported(_write_catalogue(store, catalogue, artwork_dir, progress), refused)


def of_interactions(
    store: Store,
    file: InteractionFile,
    *,
    strict: bool = False,
    progress: Progress = silent,
) -> Imported:
    """Writes the interactions whose titles are in the graph. Raises as `of_movielens`."""
    store.ensure_schema()
    known = interaction_file.known_titles(store, file.interactions.titles)
    file = interaction_file.of_known_titles(file, known)
    if strict:
        only_if_right(file.refused)
    written = load.write_interactions(store, file.interactions, progress=progress)
    return Imported({"interactions": written}, file.refused)


def _write_catalogue(
    store: Store, catalogue: Catalogue, artwork_dir: Path, progress: Progress
) -> dict[str, int]:
    counts = load.write_catalogue(store, catalogue, progress=progress)
    counts["key_art"] = keyart.hang(store, artwork_dir, progress=progress)
    return counts


def only_if_right(refused: Sequence[Refusal]) -> None:
    """Raises BadInput that tells of the lines, where there are any."""
    if not refused:
        return
    lines = "1 line is" if len(refused) == 1 else f"{len(refused):,} lines are"
    raise BadInput("\n".join([f"{lines} not right; nothing was written.", *shown(refused)]))
