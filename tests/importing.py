"""Records imported as from files, and what edges came of them."""

import json
from pathlib import Path

from graph import imports
from graph.sources import catalogue_file, interaction_file
from graph.store import Store


def catalogue(store: Store, folder: Path, *records: dict) -> imports.Imported:
    file = folder / "c.jsonl"
    file.write_text("\n".join(map(json.dumps, records)))
    return imports.of_catalogue(store, catalogue_file.read(file), artwork_dir=folder / "art")


def interactions(store: Store, folder: Path, *records: dict) -> imports.Imported:
    file = folder / "i.jsonl"
    file.write_text("\n".join(map(json.dumps, records)))
    return imports.of_interactions(store, interaction_file.read(file))


def edges(store: Store) -> dict:
    found = store.read(
        "MATCH (u)-[r:INTERACTED]->(t) RETURN u.id AS u, t.id AS t, properties(r) AS p"
    )
    assert len({(e["u"], e["t"]) for e in found}) == len(found)
    return {(e["u"], e["t"]): e["p"] for e in found}
