"""Headings read as English, for each shape of a row."""

import pytest

from server import headings

FILMS, SERIES, BOTH = {1}, {2}, {1, 2}


@pytest.mark.parametrize(
    ("name", "of", "heading"),
    [
        ("Comedy", FILMS, "Comedies"),
        ("Comedy", SERIES, "Comedy series"),
        ("Action", FILMS, "Action films"),
        ("Action", BOTH, "Action films and series"),
        ("Film-Noir", FILMS, "Films noirs"),
        ("Film-Noir", BOTH, "Film-Noir"),
        ("Children's", FILMS, "Children's films"),
    ],
)
def test_a_genre(name, of, heading):
    assert headings.genre(name, of) == heading


@pytest.mark.parametrize(
    ("one", "other", "of", "heading"),
    [
        ("Comedy", "Romance", FILMS, "Romantic comedies"),
        ("Romance", "Comedy", FILMS, "Romantic comedies"),
        ("Crime", "Drama", FILMS, "Crime dramas"),
        ("Action", "Adventure", FILMS, "Action and adventure films"),
        ("Comedy", "Drama", SERIES, "Comedy and drama series"),
        ("Animation", "Musical", FILMS, "Animated musicals"),
    ],
)
def test_two_genres(one, other, of, heading):
    assert headings.genres(one, other, of) == heading


@pytest.mark.parametrize(
    ("genre", "tag", "of", "heading"),
    [
        ("Thriller", "psychological", FILMS, "Psychological thrillers"),
        ("Action", "dystopian", FILMS, "Dystopian action films"),
        ("Drama", "based on a book", FILMS, "Dramas based on a book"),
        ("Drama", "psychological", SERIES, "Psychological drama series"),
    ],
)
def test_a_genre_and_a_tag(genre, tag, of, heading):
    assert headings.genre_and_tag(genre, tag, of) == heading


@pytest.mark.parametrize(
    ("one", "other", "heading"),
    [
        ("award-winning", "friendship", "Award-winning friendship stories"),
        ("friendship", "award-winning", "Award-winning friendship stories"),
        ("based on a book", "dark", "Dark stories based on a book"),
        ("dark", "set in space", "Dark stories set in space"),
    ],
)
def test_two_tags(one, other, heading):
    assert headings.tags(one, other) == heading


@pytest.mark.parametrize(
    ("directed", "heading"),
    [(5, "Directed by Ada"), (0, "Created by Ada"), (2, "By Ada")],
)
def test_who_made_them(directed, heading):
    assert headings.by("Ada", directed, 5) == heading


def test_a_tag_and_a_decade():
    assert headings.tag("psychological", SERIES) == "Psychological series"
    assert headings.decade(1990, FILMS) == "Films of the 1990s"


@pytest.mark.parametrize(
    ("heading", "inside"),
    [
        ("Films of the 1990s", "films of the 1990s"),
        ("Sci-Fi films", "Sci-Fi films"),
        ("Award-winning friendship stories", "award-winning friendship stories"),
    ],
)
def test_inside_a_sentence(heading, inside):
    assert headings.inside(heading) == inside
