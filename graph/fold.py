"""Folds the event log into the graph's INTERACTED edges.

The log's position is kept in Neo4j. It is read and moves in the same transaction as the edges,
while nothing else writes any: a fold that dies anywhere goes on where it was, two at once fold each
event once, and an import beside it is merged. Nothing is lost, nothing counted twice.
"""

from collections import defaultdict
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path

from graph import behaviour, publishing
from graph.behaviour import LIGHT, Event, Interaction
from graph.cypher_files import cypher
from graph.events import EventLog
from graph.store import Run, Store

BATCH = 10_000  # events a transaction
RETENTION = 31 * 86_400  # seconds that an event is kept; one older than 30 days is refused anyway


def folded_position(store: Store, log: EventLog) -> int:
    """Up to where `log` is folded in; 0 for nothing yet."""
    found = store.read(cypher("read/folded"), log=log.log_id)
    return found[0]["position"] if found else 0


def fold(store: Store, log: EventLog, *, batch: int = BATCH) -> int:
    """Folds all events not folded yet; returns how many, or fewer where Neo4j's answer to a commit
    was lost. Raises Neo4jUnavailable."""
    total = 0
    while events := store.transaction(partial(_fold, log=log, batch=batch)):
        total += events
    return total


def compact(store: Store, log: EventLog, snapshots: Path, *, now: int) -> int:
    """Forgets the events past `RETENTION` that are in the graph and in the snapshot that serves: a
    server must not miss what its snapshot has not seen, and one that stayed on an older snapshot,
    having refused the newest, misses it. Returns how many."""
    serving = publishing.serving_manifest(snapshots)
    if serving is None or serving.log_id != log.log_id:
        return 0
    upto = min(folded_position(store, log), serving.log_position)
    return log.compact(before=now - RETENTION, upto=upto)


def _fold(run: Run, *, log: EventLog, batch: int) -> int:
    """Folds the next events within a transaction; returns how many."""
    found = run(cypher("write/alone") + cypher("read/folded"), log=log.log_id)
    entries = log.read(found[0]["position"] if found else 0, batch)
    if entries:
        rows, upto = _folded(run, [event for _, event in entries]), entries[-1][0]
        run(cypher("write/fold"), rows=rows, log=log.log_id, position=upto)
    return len(entries)


def _folded(run: Run, events: list[Event]) -> list[dict]:
    of_pair: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        if event.kind not in LIGHT:
            of_pair[event.user, event.title].append(event)
    pairs = [{"user": user, "title": title} for user, title in of_pair]
    before = {
        (row["user"], row["title"]): Interaction(
            **{field.name: row[field.name] for field in fields(Interaction)}
        )
        for row in run(cypher("read/interactions"), pairs=pairs)
    }  # fmt: skip
    rows = []
    for pair, happened in of_pair.items():
        after = behaviour.fold(before.get(pair), happened)
        if after is not None:
            properties = asdict(after) | {"weight": after.weight}
            rows.append({"user": pair[0], "title": pair[1], "properties": properties})
    return rows
