"""Key art: well-formed whatever a genre is called, the same each time, and never the same twice."""

import itertools
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.keyart import draw
from graph.keyart.looks import LOOKS

SVG = "{http://www.w3.org/2000/svg}"
KNOWN = [name.title().replace("'S", "'s") for name in LOOKS]


def shape(svg: str) -> tuple[list[str], set[str]]:
    """What is drawn, without colours and words; and the way the words are set."""
    root = ElementTree.fromstring(svg)
    drawn = [
        f"{e.tag} {sorted((k, v) for k, v in e.items() if not v.startswith('#'))}"
        for e in root.iter()
        if e.tag not in (f"{SVG}text", f"{SVG}title")
    ]
    return drawn, {str(e.get("font-family")) for e in root.iter(f"{SVG}text")}


def words(svg: str) -> str:
    return " ".join("".join(e.itertext()) for e in ElementTree.fromstring(svg).iter(f"{SVG}text"))


def test_known_genres_differ_in_more_than_colour() -> None:
    shapes = {name: shape(draw(name)) for name in (*KNOWN, "Anime", "Reality", "Stand-Up")}
    for one, other in itertools.combinations(shapes, 2):
        assert shapes[one][0] != shapes[other][0], (one, other)
    assert len({family for _, families in shapes.values() for family in families}) >= 6
    grounds = {re.findall(r'fill="(#\w+)"', draw(name))[0] for name in KNOWN}
    assert len(grounds) == len(KNOWN)


@pytest.mark.parametrize("name", KNOWN)
def test_known_genres_say_their_name(name: str) -> None:
    assert name.lower() in words(draw(name)).lower()


def test_the_same_name_is_the_same_picture() -> None:
    assert draw("Korean Drama") == draw("Korean Drama")
    assert draw("Korean Drama") != draw("Korean Comedy")
    assert shape(draw("comedy"))[1] == shape(draw("Comedy"))[1]


def test_no_genre_has_a_picture_without_words() -> None:
    assert words(draw(None)) == ""
    assert len(shape(draw(None))[0]) > 10


@given(st.text(max_size=300))
def test_any_name_gives_a_document_of_the_same_size(name: str) -> None:
    root = ElementTree.fromstring(draw(name))
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == "0 0 600 900"
    for text in root.iter(f"{SVG}text"):
        left, width = float(text.get("x", "nan")), float(text.get("textLength", "nan"))
        assert 0 <= left <= left + width <= (900 if "rotate(90)" in draw(name) else 600)


@pytest.mark.parametrize("name", ["R&B <live>", 'A "quoted" one', "it's", "😀 Emoji", "a\x00b"])
def test_what_xml_cannot_hold_is_written_otherwise(name: str) -> None:
    said = words(draw(name)).lower().split()
    assert said == name.replace("\x00", "").lower().split()
