"""Cypher stands in .cypher files, so that analysts can read it and run it as it is. A query that
others share the beginning or the end of says what it begins and goes on with."""

from functools import cache
from importlib import resources

FOLDER = resources.files("graph") / "cypher"


@cache
def cypher(name: str) -> str:
    """The text of graph/cypher/<name>.cypher, such as `cypher("write/users")`."""
    return FOLDER.joinpath(f"{name}.cypher").read_text(encoding="utf-8")
