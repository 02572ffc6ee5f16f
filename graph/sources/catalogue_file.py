"""A file of catalogue records, and what each of them refers to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graph.catalogue import Catalogue, Tie
from graph.cypher_files import cypher
from graph.schema import Artwork, Genre, Node, Person, Tag, Title, User
from graph.sources import record_lines
from graph.sources.records import CATALOGUE, ArtworkRecord, CatalogueRecord, TitleRecord
from graph.sources.refusal import Refusal
from graph.store import Store
from playbill.errors import BadInput

_PEOPLE: dict[str, Tie] = {"actors": "acted_in", "directors": "directed", "creators": "created"}


@dataclass(frozen=True)
class CatalogueFile:
    """The good records by line, each (type, id) once."""

    name: str
    records: Mapping[int, CatalogueRecord]
    refused: tuple[Refusal, ...]


@dataclass(frozen=True)
class Known:
    """What of the graph the records may refer to. `genres` and `tags` translate ids and names."""

    people: set[str] = field(default_factory=set)
    artworks: set[str] = field(default_factory=set)
    genres: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


def read(path: Path) -> CatalogueFile:
    """Reads .jsonl; bad lines are in `refused`.

    Raises BadInput where the file cannot be read as a whole, or holds no record at all.
    """
    if path.suffix not in (".jsonl", ".ndjson"):
        raise BadInput(f"{path} must be a .jsonl file: one JSON record a line (docs/records.md).")
    records: dict[int, CatalogueRecord] = {}
    refused: list[Refusal] = []
    line_of: dict[tuple[str, str], int] = {}
    for number, record in record_lines.jsonl(path, CATALOGUE):
        if isinstance(record, Refusal):
            refused.append(record)
            continue
        first = line_of.setdefault((record.type, record.id), number)
        if first == number:
            records[number] = record
        elif record != records[first]:  # said twice in the same words, it is said once
            reason = f"{record.type} {record.id!r} is on line {first} already, and differs"
            refused.append(Refusal(path.name, number, reason))
    if not records and not refused:
        raise BadInput(f"{path} holds no record.")
    return CatalogueFile(path.name, records, tuple(refused))


def known(store: Store, file: CatalogueFile) -> Known:
    """Looks up what the file's records refer to. Raises Neo4jUnavailable."""
    titles = [r for r in file.records.values() if isinstance(r, TitleRecord)]
    artworks = [r for r in file.records.values() if isinstance(r, ArtworkRecord)]
    people = {id for t in titles for id in (*t.actors, *t.directors, *t.creators)}
    people |= {d.id for a in artworks for d in a.depicts if d.type == "person"}
    pictures = {id for t in titles for id in t.artworks}
    named = store.read(cypher("read/genres_and_tags"))
    return Known(
        people={r["id"] for r in store.read(cypher("read/known_people"), ids=list(people))},
        artworks={r["id"] for r in store.read(cypher("read/known_artworks"), ids=list(pictures))},
        genres=_ids((r["id"], r["name"]) for r in named if r["label"] == "Genre"),
        tags=_ids((r["id"], r["name"]) for r in named if r["label"] == "Tag"),
    )


def _ids(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """From id or name to id; where one thing's name is another's id, the id is meant."""
    pairs = list(pairs)
    return {name: id for id, name in pairs} | {id: id for id, _ in pairs}


def resolved(file: CatalogueFile, graph: Known) -> tuple[Catalogue, tuple[Refusal, ...]]:
    """The catalogue of all records whose references lead somewhere, and all refusals."""
    resolving = _Resolving(file, graph)
    for kind in (ArtworkRecord, TitleRecord):  # a title refers to artwork that may be refused
        for number, record in file.records.items():
            if isinstance(record, kind):
                resolving.add(number, record)
    return resolving.catalogue(), (*file.refused, *resolving.refused)


class _Resolving:
    def __init__(self, file: CatalogueFile, graph: Known) -> None:
        self._file = file
        self._nodes: dict[type[Node], dict[str, Node]] = {
            label: {r.id: r for r in file.records.values() if isinstance(r, label)}
            for label in (Genre, Tag, Person, User)
        } | {Artwork: {}, Title: {}}
        self._people = graph.people | set(self._nodes[Person])
        self._artworks = set(graph.artworks)
        self._genres = graph.genres | self._named(Genre)
        self._tags = graph.tags | self._named(Tag)
        self._ties: dict[Tie, dict[str, list[str]]] = defaultdict(dict)
        self.refused: list[Refusal] = []

    def add(self, number: int, record: TitleRecord | ArtworkRecord) -> None:
        if unknown := self._unknown(record):
            reason = f"{unknown} is neither in this file nor in the graph"
            self.refused.append(Refusal(self._file.name, number, reason))
        elif isinstance(record, TitleRecord):
            self._nodes[Title][record.id] = record
            self._tie_title(record)
        else:
            self._nodes[Artwork][record.id] = record
            self._artworks.add(record.id)
            self._tie_artwork(record)

    def catalogue(self) -> Catalogue:
        return Catalogue(
            nodes={label: [*nodes.values()] for label, nodes in self._nodes.items()},
            ties=self._ties,
        )

    def _named(self, label: type[Genre] | type[Tag]) -> dict[str, str]:
        nodes = [node for node in self._nodes[label].values() if isinstance(node, label)]
        return _ids((node.id, node.name) for node in nodes)

    def _unknown(self, record: TitleRecord | ArtworkRecord) -> str | None:
        if isinstance(record, ArtworkRecord):
            people = [d.id for d in record.depicts if d.type == "person"]
        else:
            people = [*record.actors, *record.directors, *record.creators]
            for id in record.artworks:
                if id not in self._artworks:
                    return f"artwork {id!r}"
        return next((f"person {id!r}" for id in people if id not in self._people), None)

    def _tie_title(self, record: TitleRecord) -> None:
        said = record.model_fields_set
        if "genres" in said:
            self._ties["has_genre"][record.id] = [self._genre(text) for text in record.genres]
        if "tags" in said:
            self._ties["has_tag"][record.id] = [self._tag(text) for text in record.tags]
        if "artworks" in said:
            self._ties["has_artwork"][record.id] = [*record.artworks]
        for name, tie in _PEOPLE.items():
            if name in said:
                self._ties[tie][record.id] = [*getattr(record, name)]

    def _tie_artwork(self, record: ArtworkRecord) -> None:
        if "depicts" in record.model_fields_set:
            ends: dict[str, list[str]] = {"genre": [], "tag": [], "person": []}
            find = {"genre": self._genre, "tag": self._tag, "person": str}
            for depicted in record.depicts:
                ends[depicted.type].append(find[depicted.type](depicted.id))
            self._ties["depicts_genre"][record.id] = ends["genre"]
            self._ties["depicts_tag"][record.id] = ends["tag"]
            self._ties["depicts_person"][record.id] = ends["person"]

    def _genre(self, text: str) -> str:
        if text not in self._genres:
            self._genres[text] = text
            self._nodes[Genre][text] = Genre(id=text, name=text)
        return self._genres[text]

    def _tag(self, text: str) -> str:
        name = text.lower().strip()
        name = name if 0 < len(name) <= len(text) else text  # a few letters grow in lower case
        if text not in self._tags and name not in self._tags:
            self._tags[name] = name
            self._nodes[Tag][name] = Tag(id=name, name=name)
        return self._tags.get(text) or self._tags[name]
