"""All that a graph holds, as one value that two graphs can be compared by."""

from graph.store import Store


def whole_graph(store: Store) -> tuple[list, list]:
    """Nodes with labels and properties, and relationships with ends and properties, sorted."""
    nodes = store.read("MATCH (n) RETURN labels(n) AS labels, properties(n) AS p")
    edges = store.read(
        "MATCH (a)-[r]->(b) RETURN labels(a) AS start, a.id AS a, type(r) AS type, "
        "labels(b) AS end, b.id AS b, properties(r) AS p"
    )
    return (
        sorted((sorted(n["labels"]), n["p"]["id"], sorted(n["p"].items(), key=str)) for n in nodes),
        sorted((*(e[k] for k in ("start", "a", "type", "end", "b")), sorted(e["p"].items()))
               for e in edges),
    )  # fmt: skip
