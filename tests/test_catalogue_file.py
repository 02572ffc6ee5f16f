"""Catalogue files: what records refer to, and what is said about bad ones."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.schema import Artwork, Genre, Person, Tag, Title, User
from graph.sources import catalogue_file, interaction_file
from graph.sources.catalogue_file import Known
from graph.sources.records import CATALOGUE
from graph.sources.records_markdown import render_records_markdown
from playbill.errors import BadInput
from tests.records import jsonl, refused

CATALOGUE_LINES = (
    {"type": "title", "id": "t1", "name": "One", "genres": ["Drama", "g2"], "actors": ["p1"],
     "directors": ["p1"], "artworks": ["a1"], "tags": ["Slow", "slow"], "year": 1999},
    {"type": "title", "id": "t2", "name": "No genre"},
    {"type": "person", "id": "p1", "name": "Ada"},
    {"type": "genre", "id": "g2", "name": "Comedy"},
    {"type": "tag", "id": "T7", "name": " Witty "},
    {"type": "artwork", "id": "a1", "uri": "https://x/a1", "depicts": [
        {"type": "person", "id": "p1"}, {"type": "genre", "id": "Comedy"},
        {"type": "tag", "id": "witty"}]},
    {"type": "user", "id": "u1", "country": "GB", "kids": True},
)  # fmt: skip


def test_a_catalogue_finds_what_its_records_refer_to(tmp_path: Path) -> None:
    file = catalogue_file.read(jsonl(tmp_path / "c.jsonl", *CATALOGUE_LINES))
    catalogue, refusals = catalogue_file.resolved(file, Known())
    assert refusals == ()
    ids = {label: [node.id for node in nodes] for label, nodes in catalogue.nodes.items()}
    assert ids == {
        Genre: ["g2", "Drama"], Tag: ["T7", "slow"], Person: ["p1"], User: ["u1"],
        Artwork: ["a1"], Title: ["t1", "t2"],
    }  # fmt: skip
    assert catalogue.ties == {
        "has_genre": {"t1": ["Drama", "g2"]},
        "has_tag": {"t1": ["slow", "slow"]},
        "has_artwork": {"t1": ["a1"]},
        "acted_in": {"t1": ["p1"]},
        "directed": {"t1": ["p1"]},
        "depicts_genre": {"a1": ["g2"]},
        "depicts_tag": {"a1": ["T7"]},
        "depicts_person": {"a1": ["p1"]},
    }


def test_what_is_neither_in_the_file_nor_in_the_graph(tmp_path: Path) -> None:
    file = catalogue_file.read(
        jsonl(
            tmp_path / "c.jsonl",
            {"type": "title", "id": "t1", "name": "One", "actors": ["ghost"]},
            {"type": "title", "id": "t2", "name": "Two", "artworks": ["a1"]},
            {"type": "artwork", "id": "a1", "uri": "x", "depicts": [{"type": "person", "id": "p"}]},
            {"type": "title", "id": "t3", "name": "Three", "artworks": ["a9"], "creators": ["p9"]},
        )
    )
    known = Known(people={"p9"}, artworks={"a9"})
    catalogue, _ = catalogue_file.resolved(file, known)
    _, refusals = catalogue_file.resolved(file, known)
    assert sorted((r.line, r.reason) for r in refusals) == [
        (1, "person 'ghost' is neither in this file nor in the graph"),
        (2, "artwork 'a1' is neither in this file nor in the graph"),
        (3, "person 'p' is neither in this file nor in the graph"),
    ]
    assert [node.id for node in catalogue.nodes[Title]] == ["t3"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"id": "x", "name": "X"}, "type is missing"),
        ({"type": "film", "id": "x", "name": "X"}, "type 'film' is none of"),
        ({"type": "title", "id": "x"}, "name: is missing"),
        ({"type": "title", "id": "x", "name": ""}, "name: must not be empty"),
        ({"type": "title", "id": "x", "name": "X", "year": 1492}, "year: must be at least 1870"),
        ({"type": "title", "id": "x", "name": "X", "year": "then"}, "year: must be a whole number"),
        ({"type": "title", "id": "x", "name": "X", "kind": "movie"},
         "kind: must be one of 'film' or 'series', got 'movie'"),
        ({"type": "title", "id": "x", "name": "X", "genres": "Drama"}, "genres: must be a list"),
        ({"type": "title", "id": "x", "name": "X", "genres": [""]}, "genres.0: must not be empty"),
        ({"type": "title", "id": "x", "name": "X", "stars": 5}, "stars: is not a field"),
        ({"type": "title", "id": "x", "name": "X", "available_from": 9, "available_until": 9},
         "title: available_until must be later than available_from"),
        ({"type": "user", "id": "x", "country": "uk"}, "country: must match"),
        ({"type": "artwork", "id": "x", "uri": "u", "depicts": [{"type": "dog", "id": "d"}]},
         "depicts.0.type: must be one of"),
        ({"type": "artwork", "id": "keyart/mine", "uri": "u"},
         "artwork: id must not begin with 'keyart/'"),
        ({"type": "person", "id": "p1", "name": "Eve"},
         "person 'p1' is on line 3 already, and differs"),
    ],
)  # fmt: skip
def test_a_bad_catalogue_record_says_why(tmp_path: Path, record: dict, reason: str) -> None:
    lines = (*CATALOGUE_LINES, record, CATALOGUE_LINES[2])  # and one that is there twice
    file = catalogue_file.read(jsonl(tmp_path / "c.jsonl", *lines))
    assert [number for number, _ in refused(file)] == [8]
    assert refused(file)[0][1].startswith(reason)
    assert list(file.records) == [1, 2, 3, 4, 5, 6, 7]


def test_a_catalogue_is_jsonl(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"must be a \.jsonl file"):
        catalogue_file.read(tmp_path / "c.csv")
    with pytest.raises(BadInput, match="holds no record"):
        catalogue_file.read(jsonl(tmp_path / "c.jsonl"))


@given(st.text(min_size=1, max_size=256))
def test_any_text_names_a_genre_or_a_tag(text: str) -> None:
    file = catalogue_file.CatalogueFile(
        "c",
        {1: CATALOGUE.validate_python(
            {"type": "title", "id": "t", "name": "T", "genres": [text], "tags": [text]}
        )},
        (),
    )  # fmt: skip
    catalogue, refusals = catalogue_file.resolved(file, Known())
    assert refusals == ()
    assert [node.id for node in catalogue.nodes[Genre]] == [text]
    assert catalogue.ties["has_tag"]["t"] == [node.id for node in catalogue.nodes[Tag]]


def test_the_examples_of_the_documentation_are_right(tmp_path: Path) -> None:
    shown = re.findall(r"```(json|csv)\n(.*?)```", render_records_markdown(), re.DOTALL)
    assert [kind for kind, _ in shown] == ["json", "csv", "json"]
    catalogue, table, lines = (text for _, text in shown)
    file = catalogue_file.read(jsonl(tmp_path / "c.jsonl", catalogue))
    assert catalogue_file.resolved(file, Known())[1] == ()
    (tmp_path / "i.csv").write_text(table)
    for path in (tmp_path / "i.csv", jsonl(tmp_path / "i.jsonl", lines)):
        assert interaction_file.read(path).refused == ()
