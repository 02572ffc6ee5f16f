"""Parts of the graph as networkx graphs, for analysis in Python: bounded, whatever the graph."""

import networkx as nx

from graph import schema
from graph.cypher_files import cypher
from graph.store import Store
from playbill.errors import BadInput, NotFound


def neighbourhood(
    store: Store, label: str, id: str, *, hops: int = 1, limit: int = 2000
) -> nx.MultiDiGraph:
    """All nodes within `hops` relationships, in either direction, of the node (label, id), and all
    relationships among them.

    Nodes are (label, id) pairs with `hop` (0 is the node itself) and the graph's properties except
    embeddings; edges are keyed by relationship type and carry its properties. The nearest `limit`
    nodes at most: `graph.graph["complete"]` says whether that was all. Raises NotFound, BadInput
    on an unknown label, and as `Store.read` does.
    """
    frontier = [_node(store, label, id)]
    hop_of = dict.fromkeys(frontier, 0)
    complete = True
    for hop in range(1, hops + 1):
        room = limit - len(hop_of)
        query = cypher("read/neighbourhood_nodes")
        rows = store.read(query, around=frontier, seen=list(hop_of), limit=room + 1)
        complete = len(rows) <= room
        frontier = [row["node"] for row in rows[:room]]
        hop_of |= dict.fromkeys(frontier, hop)
        if not frontier or not complete:
            break
    return _graph(store, hop_of, complete=complete)


def user_projection(
    store: Store, *, least: int = 3, most: int = 1000, edges: int = 1_000_000
) -> nx.Graph:
    """Users tied by the titles they share, none of them given a thumb down.

    Nodes are user ids that have a tie, an edge's `weight` the number of shared titles: at least
    `least`, counting only titles that at most `most` users watched. The `edges` heaviest at most.
    """
    return _projection(store, "read/user_projection", least=least, most=most, edges=edges)


def title_projection(
    store: Store, *, least: int = 3, most: int = 1000, edges: int = 1_000_000
) -> nx.Graph:
    """Titles tied by the users they share: `user_projection` the other way round, where `most`
    bounds the titles that a user who counts has watched."""
    return _projection(store, "read/title_projection", least=least, most=most, edges=edges)


def _projection(store: Store, query: str, *, least: int, most: int, edges: int) -> nx.Graph:
    graph = nx.Graph()
    rows = store.stream(cypher(query), least=least, most=most, edges=edges)
    graph.add_weighted_edges_from((row["one"], row["other"], row["shared"]) for row in rows)
    return graph


def _node(store: Store, label: str, id: str) -> str:
    labels = [node.label for node in schema.NODES]
    if label not in labels:
        raise BadInput(f"No node has the label {label!r}; the labels are {', '.join(labels)}.")
    found = store.read(f"MATCH (n:{label} {{id: $id}}) RETURN elementId(n) AS node", id=id)
    if not found:
        raise NotFound(f"The graph has no {label} with the id {id!r}.")
    return found[0]["node"]


def _graph(store: Store, hop_of: dict[str, int], *, complete: bool) -> nx.MultiDiGraph:
    nodes = list(hop_of)
    graph = nx.MultiDiGraph(complete=complete)
    key = dict[str, tuple[str, str]]()
    for row in store.read(cypher("read/node_properties"), nodes=nodes):
        properties = {name: v for name, v in row["properties"].items() if v is not None}
        key[row["node"]] = (row["label"], properties["id"])
        graph.add_node(key[row["node"]], hop=hop_of[row["node"]], **properties)
    for row in store.stream(cypher("read/neighbourhood_edges"), nodes=nodes):
        graph.add_edge(key[row["start"]], key[row["end"]], key=row["type"], **row["properties"])
    return graph
