"""A file of interactions into columns, and what the graph must know before they can be written."""

import math
from array import array
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from graph.cypher_files import cypher
from graph.interactions import NO_THUMB, Interactions
from graph.sources import record_lines
from graph.sources.instant import future_reason, is_future
from graph.sources.records import INTERACTION, InteractionRecord
from graph.sources.refusal import Refusal
from graph.store import Store
from playbill.errors import BadInput


@dataclass(frozen=True)
class InteractionFile:
    """`interactions` holds one row a good record, in the order of the file."""

    name: str
    interactions: Interactions
    line: NDArray[np.int64]  # [n] of each record
    refused: tuple[Refusal, ...]


class _Column:
    """Ids to rows in the order in which they first come up, and those rows."""

    def __init__(self) -> None:
        self.row_of: dict[str, int] = {}
        self.rows = array("i")

    def append(self, id: str) -> None:
        self.rows.append(self.row_of.setdefault(id, len(self.row_of)))


def read(path: Path, *, now: float = math.inf) -> InteractionFile:
    """Reads .jsonl, .csv or .parquet; bad lines, and those of more than a day after `now` (seconds
    since 1970), are in `refused`.

    Raises BadInput where the file cannot be read as a whole, or holds no record at all.
    """
    user, title, refused = _Column(), _Column(), []
    plays, completion, thumb, at, line = (array(code) for code in "idbqq")
    for number, record in record_lines.table(path, INTERACTION, InteractionRecord):
        if isinstance(record, Refusal):
            refused.append(record)
            continue
        times, reached, opinion = record.stated()
        user.append(record.user)
        title.append(record.title)
        plays.append(times)
        completion.append(reached)
        thumb.append(NO_THUMB if opinion is None else opinion)
        at.append(record.at)
        line.append(number)
    if not line and not refused:
        raise BadInput(f"{path} holds no interaction.")
    when = np.array(at, np.int64)
    rows = Interactions(
        [*user.row_of], [*title.row_of], np.array(user.rows, np.int32),
        np.array(title.rows, np.int32), np.array(plays, np.int32), np.array(completion),
        np.array(thumb, np.int8), when, when,
    )  # fmt: skip
    file = InteractionFile(path.name, rows, np.array(line, np.int64), tuple(refused))
    reasons = {
        int(row): f"at {future_reason(at[row])}" for row in is_future(when, now).nonzero()[0]
    }
    return _without(file, reasons)


def of_known_titles(file: InteractionFile, known: Collection[str]) -> InteractionFile:
    """The records whose title is among `known`; the others are refused."""
    interactions = file.interactions
    is_known = np.array([title in known for title in interactions.titles], bool)
    good = is_known[interactions.title] if len(interactions) else np.zeros(0, bool)
    return _without(file, {
        int(row): f"title {interactions.titles[interactions.title[row]]!r} is not in the graph; "
        "import the catalogue first"
        for row in np.flatnonzero(~good)
    })  # fmt: skip


def _without(file: InteractionFile, reasons: Mapping[int, str]) -> InteractionFile:
    """The rows of `reasons` refused for what it says of each."""
    good = np.ones(len(file.interactions), bool)
    good[[*reasons]] = False
    refused = [Refusal(file.name, int(file.line[row]), why) for row, why in reasons.items()]
    return replace(
        file, interactions=file.interactions.taken(good), line=file.line[good],
        refused=(*file.refused, *refused),
    )  # fmt: skip


def known_titles(store: Store, ids: Collection[str]) -> set[str]:
    """Those of `ids` that are titles of the graph. Raises Neo4jUnavailable."""
    return {record["id"] for record in store.read(cypher("read/known_titles"), ids=list(ids))}
