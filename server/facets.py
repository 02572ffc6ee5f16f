"""What a row can be about: a genre, a tag, two of them together, a person, a decade.

n titles, f facets. Derived once from a snapshot; a request only groups its best titles by them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from graph.arrays import Ragged
from graph.snapshot import Snapshot
from playbill.v1 import page_pb2
from server import headings

WORTH_A_ROW = 4  # titles; with fewer there is nothing to choose from
WORTH_A_THEME = 8  # of two things at once, of which there are very many
NARROWER = 0.8  # share of either of the two, above which both together say nothing new
THEMES = 800  # kept: those of most titles, by how much more they are than chance would give

GENRE = page_pb2.ROW_KIND_GENRE
THEME = page_pb2.ROW_KIND_THEME
PERSON = page_pb2.ROW_KIND_PERSON
DECADE = page_pb2.ROW_KIND_DECADE


class Facet(NamedTuple):
    """One of them, and the titles it holds, ascending."""

    id: str  # of its row
    kind: page_pb2.RowKind
    heading: str
    titles: NDArray[np.int32]
    subject: str
    second: str = ""
    names: Sequence[str] = ()  # what it is called beside its heading, in a search


@dataclass(frozen=True, eq=False)
class Facets:
    all: list[Facet]  # [f]
    row_of: dict[str, int]  # by the id of its row
    kinds: NDArray[np.int32]  # [f]
    of_title: Ragged  # [n] rows of facets
    share: NDArray[np.float32]  # [f] of all that is popular, the share that it holds
    called: dict[str, list[str]]  # ids of rows by the words of their heading, and of what it names
    longest: int  # words of any of those

    def named_in(self, text: str) -> list[str]:
        """The ids of the rows whose heading, or whose genre, tag, person or decade, a text names
        word for word, in its order. "Romantic comedies" are neither all romances nor all comedies:
        what is named inside a longer name is not."""
        said = _words(text)
        spans: list[tuple[int, int, list[str]]] = []
        for length in range(min(self.longest, len(said)), 0, -1):
            for start in range(len(said) - length + 1):
                end = start + length
                ids = self.called.get(" ".join(said[start:end]))
                if ids and not any(a <= start and end <= b for a, b, _ in spans):
                    spans.append((start, end, ids))
        return list(dict.fromkeys(id for *_, ids in sorted(spans) for id in ids))

    def of(self, titles: NDArray[np.int32]) -> tuple[NDArray, NDArray[np.int64]]:
        """(the facets of all `titles` in a line, how many each has)."""
        starts = self.of_title.offsets[titles]
        counts = self.of_title.offsets[titles + 1] - starts
        before = np.cumsum(counts) - counts
        at = np.repeat(starts - before, counts) + np.arange(int(counts.sum()))
        return self.of_title.values[at], counts


class _Element(NamedTuple):
    """A genre, a tag or a kind, which themes are made of two of."""

    label: str  # "genre", "tag" or "kind"
    id: str
    name: str
    titles: NDArray[np.int32]


def facets(snapshot: Snapshot) -> Facets:
    titles = snapshot.titles
    found = _once(f for f in _found(snapshot) if len(f.titles) >= WORTH_A_ROW)
    facet = np.repeat(np.arange(len(found)), [len(f.titles) for f in found])
    title = np.concatenate([np.zeros(0, np.int32), *(f.titles for f in found)])
    order = np.lexsort((facet, title))
    lengths = np.bincount(title, minlength=len(titles.vocabulary))
    popularity = np.asarray(titles.popularity, np.float64) + 1e-6
    held = np.bincount(facet, popularity[title], minlength=len(found))
    called = _called(found)
    narrow = np.uint16 if len(found) < 2**16 else np.int32  # numpy sorts two bytes by radix
    return Facets(
        all=found,
        row_of={f.id: row for row, f in enumerate(found)},
        kinds=np.array([f.kind for f in found], np.int32),
        of_title=Ragged(np.concatenate([[0], np.cumsum(lengths)]), facet[order].astype(narrow)),
        share=(held / popularity.sum()).astype(np.float32),
        called=called,
        longest=max((phrase.count(" ") + 1 for phrase in called), default=0),
    )


def _called(found: list[Facet]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    headed: dict[str, list[str]] = {}
    for facet in found:
        for phrase in dict.fromkeys(" ".join(_words(name)) for name in facet.names):
            named.setdefault(phrase, []).append(facet.id)
        headed.setdefault(" ".join(_words(facet.heading)), []).append(facet.id)
    called = headed | named  # "comedies" are of both kinds, though a row of films may be headed so
    called.pop("", None)
    return called


def _words(text: str) -> list[str]:
    """As they are compared: without accents, capitals, what stands between them, and whether there
    are one or many."""
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [_stem(word) for word in re.findall(r"\w+", re.sub("['\u2019]", "", letters.casefold()))]


def _stem(word: str) -> str:
    """What "comedies" and "comedy", "movies" and "movie", "witches" and "witch" have in common.
    "1990s", "loss" and "news" are no plurals."""
    if not word.isalpha() or len(word) < 4 or word == "news":
        return word
    if word.endswith("s") and not word.endswith("ss"):
        word = re.sub("(?<=[sxzo])es$|(?<=[cs]h)es$|s$", "", word, count=1)
    return re.sub("ie$", "y", word).removesuffix("e")


def _once(found: Iterable[Facet]) -> list[Facet]:
    """Without those whose heading says what another's says."""
    by_heading: dict[tuple, Facet] = {}
    for facet in found:  # two people may well have one name
        by_heading.setdefault((facet.heading, facet.kind == PERSON and facet.id), facet)
    return list(by_heading.values())


def _found(snapshot: Snapshot) -> Iterator[Facet]:
    titles = snapshot.titles
    genres = [
        _Element("genre", id, name, of) for id, name, of in _each(snapshot.genres, titles.genres)
    ]
    tags = [_Element("tag", id, name, of) for id, name, of in _each(snapshot.tags, titles.tags)]
    for each in genres:
        heading = headings.genre(each.name, _kinds(snapshot, each.titles))
        names = (each.name, *headings.also(each.name))
        yield Facet(f"genre/{each.id}", GENRE, heading, each.titles, each.id, names=names)
    for each in tags:
        heading = headings.tag(each.name, _kinds(snapshot, each.titles))
        yield Facet(f"tag/{each.id}", THEME, heading, each.titles, each.id, names=(each.name,))
    yield from _themes(snapshot, [*genres, *tags])
    directed = {id: len(of) for id, _, of in _each(snapshot.people, titles.directors, fewest=1)}
    for id, name, of in _each(snapshot.people, titles.makers):
        heading = headings.by(name, directed.get(id, 0), len(of))
        yield Facet(f"by/{id}", PERSON, heading, of, id, names=(name, f"by {name}"))
    for id, name, of in _each(snapshot.people, titles.cast):
        yield Facet(f"with/{id}", PERSON, f"With {name}", of, id, names=(name,))
    decade = titles.year // 10 * 10
    for year in np.unique(decade[decade > 0]).tolist():
        of = np.flatnonzero(decade == year).astype(np.int32)
        heading = headings.decade(year, _kinds(snapshot, of))
        names = (f"{year}s", f"{year % 100:02}s")
        yield Facet(f"decade/{year}", DECADE, heading, of, str(year), names=names)


def _each(
    entities, lists: Ragged, *, fewest: int = WORTH_A_ROW
) -> Iterator[tuple[str, str, NDArray[np.int32]]]:
    """(id, name, titles) of each entity that enough titles name."""
    title = np.repeat(np.arange(len(lists), dtype=np.int32), lists.lengths())
    order = np.argsort(lists.values, kind="stable")
    ends = np.searchsorted(lists.values[order], np.arange(len(entities.vocabulary) + 1))
    for row in np.flatnonzero(np.diff(ends) >= fewest).tolist():
        yield entities.vocabulary[row], entities.name[row], title[order[ends[row] : ends[row + 1]]]


def _themes(snapshot: Snapshot, elements: list[_Element]) -> Iterator[Facet]:
    """The pairs that hold enough titles, yet fewer than either alone."""
    elements = [e for e in elements if len(e.titles) >= WORTH_A_THEME]
    elements += [
        _Element("kind", noun, noun, np.flatnonzero(snapshot.titles.kind == kind).astype(np.int32))
        for kind, noun in ((headings.FILM, "films"), (headings.SERIES, "series"))
    ]
    sizes = np.array([len(e.titles) for e in elements])
    one, other, both = _pairs(elements, len(snapshot.titles.vocabulary))
    label = np.array([e.label for e in elements])
    narrower = both <= NARROWER * np.minimum(sizes[one], sizes[other])
    named = (label[one] != "kind") | (label[other] != "kind")
    kept = np.flatnonzero((both >= WORTH_A_THEME) & narrower & named)
    expected = sizes[one] * sizes[other] / len(snapshot.titles.vocabulary)
    telling = both * np.log1p(both / expected)
    for at in kept[np.argsort(-telling[kept], kind="stable")][:THEMES].tolist():
        yield _theme(snapshot, elements[one[at]], elements[other[at]])


def _pairs(
    elements: list[_Element], titles: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(one, other, titles that have both) of all pairs of elements that a title has."""
    element = np.repeat(np.arange(len(elements)), [len(e.titles) for e in elements])
    title = np.concatenate([np.zeros(0, np.int32), *(e.titles for e in elements)])
    order = np.lexsort((element, title))
    element, lengths = element[order], np.bincount(title, minlength=titles)
    starts = np.cumsum(lengths) - lengths
    codes = [np.zeros(0, np.int64)]
    for length in np.unique(lengths[lengths > 1]).tolist():
        of = element[starts[lengths == length][:, None] + np.arange(length)]  # [titles, length]
        first, second = np.triu_indices(length, 1)
        codes.append((of[:, first] * len(elements) + of[:, second]).ravel())
    pairs, counts = np.unique(np.concatenate(codes), return_counts=True)
    return pairs // max(len(elements), 1), pairs % max(len(elements), 1), counts


def _theme(snapshot: Snapshot, one: _Element, other: _Element) -> Facet:
    titles = np.intersect1d(one.titles, other.titles, assume_unique=True)
    of = _kinds(snapshot, titles)
    id, second = f"theme/{_part(one)}+{_part(other)}", ""
    names: Sequence[str] = ()
    if other.label != "kind":  # which comes last
        second = other.id  # of films alone it would have another heading: "romantic comedies"
        names = (_both(one, other, {headings.FILM}), f"{one.name} and {other.name}")
    return Facet(id, THEME, _both(one, other, of), titles, one.id, second, names)


def _both(one: _Element, other: _Element, of: set[int]) -> str:
    """The heading of a theme whose titles are of these kinds."""
    match one.label, other.label:
        case "genre", "genre":
            return headings.genres(one.name, other.name, of)
        case "genre", "tag":
            return headings.genre_and_tag(one.name, other.name, of)
        case "tag", "tag":
            return headings.tags(one.name, other.name)
        case "genre", _:
            return headings.genre(one.name, of)
    return headings.tag(one.name, of)


def _part(element: _Element) -> str:
    return f"{element.label}:{quote(element.id, safe='')}"


def _kinds(snapshot: Snapshot, titles: NDArray[np.int32]) -> set[int]:
    return set(snapshot.titles.kind[titles].tolist())
