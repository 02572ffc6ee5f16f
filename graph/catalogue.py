"""A catalogue on its way into the graph: nodes, and what each is tied to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from graph.schema import Node

# Each is the name of a query in graph/cypher/write.
Tie = Literal[
    "has_genre", "has_tag", "acted_in", "directed", "created", "has_artwork",
    "depicts_genre", "depicts_tag", "depicts_person",
]  # fmt: skip


@dataclass(frozen=True)
class Catalogue:
    """What a source says, and no more.

    Of a node, the fields that were set are written; what the source leaves out (a country, say)
    stays as another source has it. `ties` holds, by kind of tie, the ids at the far end by the id
    of the title (or artwork): they replace those that the graph has, and a title without an entry
    keeps its own.
    """

    nodes: Mapping[type[Node], Sequence[Node]] = field(default_factory=dict)
    ties: Mapping[Tie, Mapping[str, Sequence[str]]] = field(default_factory=dict)
