"""docs/records.md, rendered from the records themselves so that it cannot drift from them."""

import inspect
from typing import Any

from pydantic import BaseModel

from graph.sources.records import (
    ArtworkRecord,
    Depicted,
    GenreRecord,
    InteractionRecord,
    PersonRecord,
    TagRecord,
    TitleRecord,
    UserRecord,
)

_INTRODUCTION = """\
# Records: bringing your own catalogue and interactions

```
playbill import catalogue catalogue.jsonl
playbill import interactions interactions.parquet
```

The catalogue is a `.jsonl` file: UTF-8, one JSON object a line, in any order; each says by its
`type` what it is. Interactions are `.jsonl`, `.csv` (with a line of column names; an empty cell is
left out) or `.parquet`.

- Ids are text of your choosing, up to 256 characters; a number counts as the text that writes it.
  Elsewhere text that writes a number, such as `"96"`, counts as that number.
- A time is ISO 8601 (`2025-11-02T20:15:00Z`; without an offset it is UTC) or seconds since 1970.
- **Lines that are not right** are reported with their number (of parquet: their row) and the
  reason, the first 50 of them, and all with `--json`; the others land, and the exit code is 4. With
  `--strict` nothing is written unless every line is right, and the exit code is 3; what lines refer
  to is looked up once all are right in themselves.
- **Importing again** changes nothing. A catalogue record writes the fields that it has: a field
  that is left out stays as the graph has it, `null` clears it, and a list replaces the list before.
- **References:** genres and tags may be named on the spot. A person or an artwork must be a record
  of the same file, before or after, or in the graph already. An interaction with a title that is
  not in the graph is refused; one of an unknown user makes the user.
- **Interactions of a user with a title** make one edge, into which a later file is merged: plays
  and completion only grow, and the file's thumb counts where it states one and the graph knows of
  none that was given later, to the server by an event, say.
- **Interactions of the future**, more than a day from now, are refused: what is popular is dated
  from the newest of all.
- An import that was cut off (Neo4j stopped, say) is completed by running the same command again.
"""

_CATALOGUE_EXAMPLE = """\
## A catalogue

```json
{"type": "title", "id": "tt1", "name": "The Long Take", "year": 2021, "runtime": 96, "maturity": 12, "genres": ["Drama"], "tags": ["one shot"], "actors": ["p1"], "artworks": ["a1"]}
{"type": "title", "id": "tt2", "name": "Harbour Lights", "kind": "series", "countries": ["GB", "IE"], "available_until": "2027-01-01", "genres": ["Drama", "Crime"]}
{"type": "person", "id": "p1", "name": "Ada Moreau"}
{"type": "artwork", "id": "a1", "uri": "https://images.example/a1.jpg", "depicts": [{"type": "person", "id": "p1"}, {"type": "genre", "id": "Drama"}]}
{"type": "user", "id": "u1", "country": "GB", "kids": false}
```
"""  # noqa: E501 (a record is one line)

_INTERACTIONS_EXAMPLE = """\
## Interactions

```csv
user,title,at,plays,completion,thumb,rating
u1,tt1,2025-11-02T20:15:00Z,1,0.92,,
u1,tt2,1762114500,,,2,
u2,tt1,2025-11-03,,,,4.5
```

```json
{"user": "u1", "title": "tt1", "at": "2025-11-02T20:15:00Z", "plays": 1, "completion": 0.92}
{"user": "u2", "title": "tt1", "at": 1762128000, "rating": 4.5}
```
"""

_CATALOGUE = (TitleRecord, GenreRecord, TagRecord, PersonRecord, UserRecord, ArtworkRecord)


def render_records_markdown() -> str:
    """The whole of docs/records.md."""
    catalogue = "\n".join(_section(record) for record in _CATALOGUE)
    depicted = _section(Depicted, heading="#### One of `depicts`")
    interaction = _table(InteractionRecord)
    about = inspect.getdoc(InteractionRecord) or ""
    return "\n".join(
        (_INTRODUCTION, _CATALOGUE_EXAMPLE, catalogue, depicted, _INTERACTIONS_EXAMPLE, about, "",
         interaction)
    )  # fmt: skip


def _section(record: type[BaseModel], heading: str | None = None) -> str:
    type = record.model_json_schema()["properties"]["type"].get("const")
    return "\n".join((heading or f"### `{type}`", "", record.__doc__ or "", "", _table(record)))


def _table(record: type[BaseModel]) -> str:
    properties = record.model_json_schema()["properties"]
    rows = [
        f"| `{name}` | {_type(properties[name])} | {'yes' if field.is_required() else ''} "
        f"| {field.description or 'What this record is.'} |"
        for name, field in record.model_fields.items()
    ]
    return "\n".join(("| field | type | required | |", "|---|---|---|---|", *rows, ""))


def _type(field: dict[str, Any]) -> str:
    """`whole number, 0..21`."""
    options = [o for o in field.get("anyOf", [field]) if o.get("type") != "null"]
    return " or ".join(_one_type(option) for option in options)


def _one_type(option: dict[str, Any]) -> str:
    if "const" in option:
        return f'`"{option["const"]}"`'
    if "enum" in option:
        return " or ".join(f'`"{value}"`' for value in option["enum"])
    if option.get("format") == "time":
        return "time"
    if "$ref" in option:
        return "object"
    if option["type"] == "array":
        return f"list of {_one_type(option['items'])}"
    name = {"string": "text", "integer": "whole number", "number": "number", "boolean": "yes or no"}
    low, high = option.get("minimum"), option.get("maximum")
    bounds = f", {low}..{high}" if low is not None and high is not None else ""
    pattern = f" like `{option['pattern']}`" if "pattern" in option else ""
    return name[option["type"]] + bounds + pattern
