"""The whole graph as columns: what a refresh learns from, read out of Neo4j in one pass.

Everything is in the order of the vocabularies, and lists within a row are ascending, so that the
same graph always gives the same columns.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.arrays import Ragged, Strings, Vocabulary
from graph.cypher_files import cypher
from graph.past import DTYPES, Past
from graph.store import Store

TITLE_KINDS = {"film": 1, "series": 2}


@dataclass(frozen=True)
class Named:
    """n genres, tags or people."""

    vocabulary: Vocabulary
    name: Strings


@dataclass(frozen=True)
class TitleColumns:
    """n titles; the properties as in `graph.snapshot.Titles`."""

    vocabulary: Vocabulary
    name: Strings
    kind: NDArray[np.int8]
    year: NDArray[np.int32]
    maturity: NDArray[np.int8]
    runtime: NDArray[np.int32]
    countries: Ragged
    available_from: NDArray[np.int64]
    available_until: NDArray[np.int64]
    genres: Ragged
    tags: Ragged
    people: Ragged
    makers: Ragged
    directors: Ragged
    cast: Ragged
    artworks: Ragged


@dataclass(frozen=True)
class ArtworkColumns:
    """n pictures, and the rows of what each depicts."""

    vocabulary: Vocabulary
    uri: Strings
    genres: Ragged
    tags: Ragged
    people: Ragged


@dataclass(frozen=True)
class UserColumns:
    """n users; `history` holds rows of titles, and `past` runs parallel to it."""

    vocabulary: Vocabulary
    country: NDArray[np.int32]
    maturity_ceiling: NDArray[np.int8]
    kids: NDArray[np.int8]
    history: Ragged
    past: Past


@dataclass(frozen=True)
class Columns:
    """The graph."""

    titles: TitleColumns
    genres: Named
    tags: Named
    people: Named
    artworks: ArtworkColumns
    users: UserColumns
    countries: Strings

    @property
    def interactions(self) -> int:
        return len(self.users.past)

    def counts(self) -> dict[str, int]:
        """Nodes by label, and interactions."""
        nodes = {
            "User": self.users, "Title": self.titles, "Genre": self.genres, "Tag": self.tags,
            "Person": self.people, "Artwork": self.artworks,
        }  # fmt: skip
        return {label: len(part.vocabulary) for label, part in nodes.items()} | {
            "interactions": self.interactions
        }

    def digest(self) -> str:
        """SHA-256 of all of it: two graphs with the same digest teach the same."""
        digest = hashlib.sha256()
        _hash(self, digest)
        return digest.hexdigest()


def read(store: Store) -> Columns:
    """Reads the graph. Raises Neo4jUnavailable."""
    titles = _sorted(store.stream(cypher("read/titles")))
    row_of = {row["id"]: i for i, row in enumerate(titles)}
    users = _sorted(_in_arrays(record, row_of) for record in store.stream(cypher("read/users")))
    artworks = _sorted(store.stream(cypher("read/artworks")))
    entities = [dict(r) for r in store.stream(cypher("read/entities"))]
    genres, tags, people = (
        _named(_sorted(e for e in entities if e["label"] == label))
        for label in ("Genre", "Tag", "Person")
    )
    used = {c for t in titles for c in t["countries"]} | {u["country"] for u in users}
    countries = sorted(used - {None})
    around = {
        "genres": _table(genres.vocabulary),
        "tags": _table(tags.vocabulary),
        **dict.fromkeys(("people", "makers", "directors", "cast"), _table(people.vocabulary)),
        "artworks": {row["id"]: i for i, row in enumerate(artworks)},
        "countries": {country: i for i, country in enumerate(countries)},
    }
    return Columns(
        titles=_titles(titles, around),
        genres=genres,
        tags=tags,
        people=people,
        artworks=ArtworkColumns(
            _vocabulary(artworks),
            Strings.of(row["uri"] or "" for row in artworks),
            **{key: _lists(artworks, key, around[key]) for key in ("genres", "tags", "people")},
        ),
        users=_users(users, around["countries"]),
        countries=Strings.of(countries),
    )


def _titles(rows: list[dict], around: Mapping[str, Mapping[str, int]]) -> TitleColumns:
    return TitleColumns(
        vocabulary=_vocabulary(rows),
        name=Strings.of(row["name"] for row in rows),
        kind=np.array([TITLE_KINDS.get(row["kind"], 1) for row in rows], np.int8),
        year=_column(rows, "year", 0, np.int32),
        maturity=_column(rows, "maturity", -1, np.int8),
        runtime=_column(rows, "runtime", 0, np.int32),
        available_from=_column(rows, "available_from", 0, np.int64),
        available_until=_column(rows, "available_until", 0, np.int64),
        **{key: _lists(rows, key, table) for key, table in around.items()},
    )


def _in_arrays(record: Mapping[str, Any], row_of: Mapping[str, int]) -> dict:
    """One user, their interactions as arrays in the order of the titles' rows, as they arrive: as
    Python objects, all of a large graph would not fit.

    A title that was imported since the titles were read is left for the next refresh.
    """
    row = dict(record)
    titles = np.array([row_of.get(id, -1) for id in row.pop("titles")], np.int32)
    order = np.argsort(titles, kind="stable")
    order = order[titles[order] >= 0]
    row["history"] = titles[order]
    row["past"] = Past.read(row).taken(order)
    return {key: part for key, part in row.items() if key not in DTYPES}


def _users(rows: list[dict], countries: Mapping[str, int]) -> UserColumns:
    return UserColumns(
        vocabulary=_vocabulary(rows),
        country=np.array([countries.get(row["country"], -1) for row in rows], np.int32),
        maturity_ceiling=_column(rows, "maturity_ceiling", -1, np.int8),
        kids=_column(rows, "kids", 0, np.int8),
        history=Ragged.of([row["history"] for row in rows]),
        past=Past.joined([row["past"] for row in rows]),
    )


def _sorted(records: Iterable[Mapping[str, Any]]) -> list[dict]:
    """In the order of a vocabulary."""
    return sorted((dict(record) for record in records), key=lambda row: row["id"].encode())


def _vocabulary(rows: list[dict]) -> Vocabulary:
    return Vocabulary(Strings.of(row["id"] for row in rows))


def _table(vocabulary: Vocabulary) -> dict[str, int]:
    return {id: row for row, id in enumerate(vocabulary.ids)}


def _named(rows: list[dict]) -> Named:
    return Named(_vocabulary(rows), Strings.of(row["name"] for row in rows))


def _column(rows: list[dict], key: str, missing: int, dtype: type) -> NDArray:
    return np.array([missing if row[key] is None else row[key] for row in rows], dtype)


def _lists(rows: list[dict], key: str, table: Mapping[str, int]) -> Ragged:
    return Ragged.of([sorted(table[id] for id in row[key] if id in table) for row in rows])


def _hash(part: Any, digest: Any) -> None:
    for field in fields(part):
        value = getattr(part, field.name)
        digest.update(field.name.encode())
        if is_dataclass(value):
            _hash(value, digest)
        else:
            digest.update(str(value.shape).encode() + np.ascontiguousarray(value).tobytes())
