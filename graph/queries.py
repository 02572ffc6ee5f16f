"""The analysts' named queries: graph/cypher/analyst/*.cypher, read with their header comments.

A header's first line says what the query answers. Each `// :param name => value  // type, optional:
about` declares a parameter and gives an example, which is the default where it is optional; without
its leading slashes the line is cypher-shell's own command to set it. The rest says how to read the
result.
"""

import difflib
import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import neo4j
from neo4j.exceptions import ClientError

from graph.cypher_files import FOLDER, cypher
from graph.store import Store
from playbill.errors import BadInput, NotFound

Value = str | int | float
_TYPES: dict[str, type[Value]] = {"string": str, "integer": int, "float": float}
_NODES = {"member's id": "User", "title's id": "Title"}  # by what is said about a parameter
_PARAMETER = re.compile(
    r":param (?P<name>\w+) => (?P<value>\S+) +// (?P<type>string|integer|float)"
    r"(?P<optional>, optional)?: (?P<about>.+)"
)


@dataclass(frozen=True)
class Parameter:
    """`value` is the default of an optional parameter, and an example of a required one."""

    name: str
    type: str
    value: Value
    optional: bool
    about: str


@dataclass(frozen=True)
class Query:
    name: str
    about: str
    parameters: tuple[Parameter, ...]
    reading: str
    text: str


@cache
def names() -> tuple[str, ...]:
    """Of all queries, in alphabetical order."""
    files = (FOLDER / "analyst").iterdir()
    return tuple(sorted(f.name.removesuffix(".cypher") for f in files if f.name[0] != "."))


@cache
def named(name: str) -> Query:
    """Raises NotFound with the nearest names."""
    if name not in names():
        raise NotFound(f"No query is called {name!r}. {_nearest(name, names(), 'queries')}")
    text = cypher(f"analyst/{name}")
    lines = itertools.takewhile(lambda line: line.startswith("//"), text.splitlines())
    header = [line[2:].strip() for line in lines]
    about, *rest = header
    declared = [line for line in rest if line.startswith(":param")]
    reading = "\n".join(line for line in rest if not line.startswith(":param")).strip()
    return Query(name, about, tuple(map(_parameter, declared)), reading, text)


def run(store: Store, query: Query, given: Mapping[str, str]) -> list[neo4j.Record]:
    """The records of a query; `given` holds its parameters as they were typed.

    Raises BadInput that names the parameter, NotFound where there is no such user or title, and as
    `Store.read` does.
    """
    params = arguments(query, given)
    for parameter in query.parameters:
        _see_it_is_there(store, query, parameter, params[parameter.name])
    try:
        return store.read(query.text, **params)
    except ClientError as error:
        raise BadInput(f"{query.name} with {params}: Neo4j says: {error.message}") from error


def arguments(query: Query, given: Mapping[str, str]) -> dict[str, Value]:
    """What a query runs with: what was given, checked, and the defaults of what was not."""
    known = {parameter.name: parameter for parameter in query.parameters}
    for name in given:
        if name not in known:
            nearest = _nearest(name, tuple(known), "parameters")
            raise BadInput(f"{query.name} has no parameter {name!r}. {nearest}")
    missing = [p for p in query.parameters if not p.optional and p.name not in given]
    if missing:
        lines = [f"{p.name}={p.value}  ({p.type}: {p.about})" for p in missing]
        raise BadInput(f"{query.name} needs {'; '.join(lines)}")
    defaults = {p.name: p.value for p in query.parameters}
    return defaults | {name: _checked(query, known[name], typed) for name, typed in given.items()}


def _see_it_is_there(store: Store, query: Query, parameter: Parameter, value: Value) -> None:
    for said, label in _NODES.items():
        there = f"MATCH (n:{label} {{id: $id}}) RETURN 1"
        if said in parameter.about and not store.read(there, id=value):
            raise NotFound(f"{query.name}: the graph has no {label.lower()} {value!r}.")


def _checked(query: Query, parameter: Parameter, typed: str) -> Value:
    try:
        value = _TYPES[parameter.type](typed)
    except ValueError:
        raise BadInput(
            f"{query.name}: {parameter.name}={typed!r} is no {parameter.type}; for example "
            f"{parameter.name}={parameter.value}"
        ) from None
    if isinstance(value, int) and not 0 <= value < 2**31:
        raise BadInput(f"{query.name}: {parameter.name}={typed} lies outside 0 to 2147483647.")
    return value


def _parameter(line: str) -> Parameter:
    match = _PARAMETER.fullmatch(line)
    if not match:
        raise ValueError(f"not a declaration of a parameter: {line}")
    return Parameter(
        name=match["name"],
        type=match["type"],
        value=json.loads(match["value"]),
        optional=bool(match["optional"]),
        about=match["about"],
    )


def _nearest(name: str, all_names: tuple[str, ...], what: str) -> str:
    near = difflib.get_close_matches(name, all_names, n=3, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"The {what} are: {', '.join(all_names)}." if all_names else "It takes none."
