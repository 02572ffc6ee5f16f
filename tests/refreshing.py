"""What the tests of the refresh job share."""

import zlib

import numpy as np

from gnn import train
from gnn.refresh import Report, refresh
from graph.store import Store
from playbill.settings import Settings
from tests import tastes

QUICK = train.Parameters(dimensions=16, fewest_steps=80, most_steps=80)


def run(
    store: Store, settings: Settings, *, seed: int = 0, now: int = tastes.NOW, **more
) -> Report:
    more.setdefault("parameters", QUICK)
    return refresh(store, settings, seed=seed, now=now, **more)


def count(store: Store, pattern: str) -> int:
    return store.read(f"MATCH {pattern} RETURN count(*) AS n")[0]["n"]


def files(settings: Settings, version: str) -> dict[str, bytes]:
    folder = settings.snapshots_dir / version
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def watch(store: Store, pairs: list[tuple[str, str]]) -> None:
    """Adds (user, title), all watched to the end within the year before now."""
    random = np.random.default_rng(len(pairs))
    rows = [
        {"user": user, "title": title, "at": tastes.NOW - int(random.integers(1, 365 * 86_400))}
        for user, title in pairs
    ]
    store.write_batches(
        """
        UNWIND $rows AS row
        MATCH (u:User {id: row.user}), (t:Title {id: row.title})
        CREATE (u)-[:INTERACTED {weight: 1.0, plays: 1, completion: 1.0, thumb: 0,
                                 first_at: row.at, last_at: row.at}]->(t)
        """,
        rows,
    )


def spoil(store: Store, *, seed: int = 0) -> None:
    """As many interactions as before, but at random, but for the judges': a broken import."""
    random = np.random.default_rng(seed)
    users = [
        id for id in (f"u{user}" for user in range(tastes.USERS)) if zlib.crc32(id.encode()) % 10
    ]
    store.write("MATCH (u:User)-[r:INTERACTED]->() WHERE u.id IN $users DELETE r", users=users)
    titles = [[f"t{t}" for t in random.choice(tastes.TITLES, 15, replace=False)] for _ in users]
    watch(store, [(user, title) for user, row in zip(users, titles, strict=True) for title in row])
