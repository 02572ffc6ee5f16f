"""Writes what the sources read into Neo4j, in batches.

All of it is idempotent: nodes and edges are merged by id, so importing again changes nothing, and
an import that was cut off is completed by running it again. Errors are those of `graph.store`.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from graph.catalogue import Catalogue
from graph.cypher_files import cypher
from graph.interactions import NO_THUMB, Interactions, folded
from graph.schema import Artwork, Genre, Node, Person, Tag, Title, User
from graph.store import Store
from graph.weigh import FACTORS, WEIGH

# What is being written, how many are, of how many.
Progress = Callable[[str, int, int], None]

_BATCH = 10_000  # edges a transaction: larger ones gain nothing, and hold locks for longer
_EDGES_A_ROW = 200  # a user with more gets several rows, so that a batch stays near _BATCH

_QUERIES: dict[type[Node], str] = {
    Genre: "genres", Tag: "tags", Person: "people", Artwork: "artworks", Title: "titles",
    User: "users",
}  # fmt: skip


def silent(what: str, done: int, total: int) -> None:
    """The progress of a caller that shows none."""


def write_catalogue(
    store: Store, catalogue: Catalogue, *, progress: Progress = silent
) -> dict[str, int]:
    """Writes nodes, then what they are tied to. Returns how many nodes of each label and how many
    ties of each kind the source holds."""
    counts = {}
    for label, query in _QUERIES.items():
        nodes = catalogue.nodes.get(label, ())
        counts[query] = _write(store, query, _nodes(label, nodes), len(nodes), progress)
    for tie, ends in catalogue.ties.items():
        rows = ({"id": id, "ends": list(dict.fromkeys(far))} for id, far in ends.items())
        _write(store, tie, rows, len(ends), progress, size=1000)
        counts[tie] = sum(len(set(far)) for far in ends.values())
    return counts


def write_interactions(
    store: Store, interactions: Interactions, *, progress: Progress = silent
) -> int:
    """Makes the users that the graph does not have, and writes one INTERACTED edge a (user, title).
    Returns how many of these there are.

    The titles must be in the graph: what was done with others is left out. What an edge knows
    already is never undone: plays and completion only grow, and its thumb stays where it was given
    later or nothing is said of a thumb.
    """
    edges = folded(interactions)
    if not len(edges):
        return 0
    users = [User(id=edges.users[row]) for row in np.unique(edges.user).tolist()]
    _write(store, "users", _nodes(User, users), len(users), progress)
    hear = _counting_edges(edges, progress)
    store.write_batches(
        cypher("write/alone") + cypher("write/interacted") + WEIGH, _rows(edges),
        size=_BATCH // _EDGES_A_ROW, progress=hear, factors=FACTORS,
    )  # fmt: skip
    return len(edges)


def _write(
    store: Store, query: str, rows: Iterator[dict], total: int, progress: Progress, *,
    size: int = _BATCH,
) -> int:  # fmt: skip
    what = query.replace("_", " ")
    return store.write_batches(
        cypher(f"write/{query}"), rows, size=size, progress=lambda n: progress(what, n, total)
    )


def _nodes(label: type[Node], nodes: Sequence[Node]) -> Iterator[dict]:
    defaults = {
        name: field.get_default()
        for name, field in label.model_fields.items()
        if not field.is_required() and field.get_default() is not None
    }
    for node in nodes:
        said = node.model_dump(mode="json", include=set(label.model_fields), exclude_unset=True)
        yield {"id": node.id, "defaults": defaults, "properties": said}


def _starts(edges: Interactions) -> list[int]:
    """Where each row of the query begins: at a new user, or within one after _EDGES_A_ROW."""
    first = np.flatnonzero(np.diff(edges.user, prepend=-1))
    within = np.arange(len(edges)) - np.repeat(first, np.diff(first, append=len(edges)))
    return np.flatnonzero(within % _EDGES_A_ROW == 0).tolist()


def _rows(edges: Interactions) -> Iterator[dict]:
    """Made one by one, for as Python objects all edges would take ten times their columns."""
    starts = _starts(edges)
    for start, end in zip(starts, [*starts[1:], len(edges)], strict=True):
        part = edges.taken(slice(start, end))
        yield {
            "user": edges.users[int(part.user[0])],
            "titles": [edges.titles[row] for row in part.title.tolist()],
            "plays": part.plays.tolist(),
            "completion": part.completion.tolist(),
            "thumb": [None if said == NO_THUMB else said for said in part.thumb.tolist()],
            "first_at": part.first_at.tolist(),
            "last_at": part.last_at.tolist(),
        }


def _counting_edges(edges: Interactions, progress: Progress) -> Callable[[int], None]:
    ends = [*_starts(edges)[1:], len(edges)]
    return lambda rows: progress("interactions", ends[rows - 1], len(edges))
