"""The weight of INTERACTED edges, worked out in the graph from all else that they know."""

from graph import behaviour
from graph.behaviour import EARLY, STARTED, THUMB_FACTOR, WORTH, Kind
from graph.cypher_files import cypher
from graph.store import Store

USERS = 200  # a transaction

WEIGH = cypher("write/weigh")  # goes on from a query that found edges `r`; takes `factors`
FACTORS = {
    "started": STARTED,
    "early": EARLY,
    "listed": WORTH[Kind.LIST_ADDED],
    "thumb": {str(thumb): factor for thumb, factor in THUMB_FACTOR.items()},
}


def reweigh(store: Store) -> None:
    """Weighs every edge by `behaviour.TABLE` where an older one did. One that was cut off is done
    again; edges that say nothing but a weight, which others made, keep it. Raises
    Neo4jUnavailable."""
    schema = store.read(cypher("read/weighed"))
    if not schema or schema[0]["behaviour"] == behaviour.VERSION:
        return
    users = [{"user": record["id"]} for record in store.read(cypher("read/user_ids"))]
    query = cypher("write/alone") + cypher("write/reweigh") + WEIGH
    store.write_batches(query, users, size=USERS, factors=FACTORS)
    store.write(cypher("write/weighed"), behaviour=behaviour.VERSION)
