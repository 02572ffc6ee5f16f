"""A small made-up service with two tastes that hardly mix, in Neo4j or as events."""

import numpy as np

from graph.store import Store

USERS, TITLES = 400, 60
NOW = 1_800_000_000  # seconds; behaviour lies in the year before it


def interactions(seed: int = 0) -> list[dict]:
    """Even users watch mostly even titles, odd users odd ones; the low numbers most."""
    random = np.random.default_rng(seed)
    appeal = 1 / (1 + np.arange(TITLES))
    rows = []
    for user in range(USERS):
        odds = appeal * np.where(np.arange(TITLES) % 2 == user % 2, 20.0, 1.0)
        for title in random.choice(TITLES, 15, replace=False, p=odds / odds.sum()):
            at = NOW - int(random.integers(1, 365 * 86_400))
            rows.append({"user": f"u{user}", "title": f"t{title}", "at": at})
    return rows


def fill(store: Store, seed: int = 0) -> None:
    """Two genres, a tag, a director and an artwork each, and the interactions."""
    store.write(
        """
        UNWIND ['Even', 'Odd'] AS name
        CREATE (g:Genre {id: name, name: name}), (:Tag {id: name, name: toLower(name)}),
               (:Person {id: name, name: 'Director ' + name}),
               (a:Artwork {id: name, uri: 'file:///' + name})-[:DEPICTS]->(g)
        """
    )
    titles = [{"id": f"t{i}", "taste": ("Even", "Odd")[i % 2]} for i in range(TITLES)]
    store.write_batches(
        """
        UNWIND $rows AS row
        MATCH (g:Genre {id: row.taste}), (k:Tag {id: row.taste}), (p:Person {id: row.taste}),
              (a:Artwork {id: row.taste})
        CREATE (t:Title {id: row.id, name: 'Film ' + row.id, kind: 'film', year: 2000}),
               (t)-[:HAS_GENRE]->(g), (t)-[:HAS_TAG]->(k), (p)-[:DIRECTED]->(t),
               (t)-[:HAS_ARTWORK]->(a)
        """,
        titles,
    )
    store.write_batches(
        """
        UNWIND $rows AS row
        MERGE (u:User {id: row.user}) WITH u, row
        MATCH (t:Title {id: row.title})
        CREATE (u)-[:INTERACTED {weight: 1.0, plays: 1, completion: 1.0, thumb: 0,
                                 first_at: row.at, last_at: row.at}]->(t)
        """,
        interactions(seed),
    )
