"""What rows can be about, against a catalogue searched title by title."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from graph.arrays import Strings
from server import facets, headings
from tests.snapshots import Shape, build


@pytest.fixture(scope="module")
def built():
    return build(Shape(titles=300, users=3, tags=8, people=20))


@pytest.fixture(scope="module")
def found(built):
    return facets.facets(built)


def test_each_holds_the_titles_that_have_it(built, found):
    titles = built.titles
    for facet in found.all:
        family, _, subject = facet.id.partition("/")
        lists = {"genre": titles.genres, "tag": titles.tags, "by": titles.makers,
                 "with": titles.cast}.get(family)  # fmt: skip
        if lists is None:
            continue
        entities = {"genre": built.genres, "tag": built.tags}.get(family, built.people)
        row = entities.vocabulary.row(subject)
        expected = [t for t in range(len(lists)) if row in lists[t].tolist()]
        assert facet.titles.tolist() == expected
        assert len(expected) >= facets.WORTH_A_ROW


def test_who_directed_all_that_they_made_is_named_for_it(built, found):
    headings_of = {f.subject: f.heading for f in found.all if f.id.startswith("by/")}
    for id, heading in headings_of.items():
        row = built.people.vocabulary.row(id)
        of = [t for t in range(300) if row in built.titles.makers[t]]
        directed = [t for t in of if row in built.titles.directors[t]]
        begins = "Directed by" if of == directed else "By" if directed else "Created by"
        assert heading == f"{begins} {built.people.name[row]}"
    assert {heading.split()[0] for heading in headings_of.values()} >= {"Directed", "By"}


def named(found, text: str) -> set[str]:
    return set(found.named_in(text))


def test_a_text_names_the_rows_of_whole_names_in_it(found):
    assert named(found, "SCI-FI, please") == named(found, "sci fi") == {"genre/Sci-Fi"}
    assert named(found, "a comédy, or person07?") == {
        "genre/Comedy", *(f.id for f in found.all if f.subject == "person07"),
    }  # fmt: skip
    assert named(found, "tag01 " * 100) == {"tag/tag01"}
    for nothing in ("", "   ", "?!", "comedian", "tag011", "sci", "fi sci", "something good"):
        assert named(found, nothing) == set()


def test_a_text_names_them_in_the_plural_too_and_decades_and_genres_by_what_is_of_them(found):
    assert named(found, "Comedies") == named(found, "two COMEDY") == {"genre/Comedy"}
    assert named(found, "Tag01s, please") == set()  # "01s" is no plural
    decade = next(f for f in found.all if f.kind == facets.DECADE)
    year = int(decade.subject)
    assert named(found, f"Films of the {year}s") == {decade.id}
    assert decade.id in named(found, f"the {year % 100:02}s")
    assert named(found, str(year)) == set()
    assert named(found, f"the {year % 100:02}'s") == named(found, f"the {year % 100:02}s")
    assert named(found, "romantic, or animated") == {"genre/Romance", "genre/Animation"}


def test_a_text_names_the_longest_name_in_it(found):
    theme = next(f for f in found.all if f.id.startswith("theme/genre:") and "+genre:" in f.id)
    assert named(found, f"some {theme.heading.upper()}, or Drama") == {theme.id, "genre/Drama"}
    assert named(found, "sci-fi films") == {"theme/genre:Sci-Fi+kind:films"}
    assert named(found, "science fiction") == {"genre/Sci-Fi"}


def test_a_theme_is_named_by_the_name_that_films_of_it_have(built):
    """Though it holds series too, and its row is headed otherwise."""
    found = facets.facets(built)
    themes = [f for f in found.all if f.id.startswith("theme/genre:") and "+genre:" in f.id]
    both = next(f for f in themes if "series" in f.heading)
    one, other = both.id.removeprefix("theme/genre:").split("+genre:")
    of_films = headings.genres(one, other, {headings.FILM})
    assert of_films != both.heading
    for text in (both.heading, of_films, f"{one} and {other}"):
        assert found.named_in(f"good {text}") == [both.id]


def test_a_heading_is_found_however_long_it_is_and_whoever_shares_it(built):
    people = built.people
    name = Strings.of(["John Smith", "John Smith", *list(people.name)[2:]])
    alike = replace(built, people=replace(people, name=name))
    found = facets.facets(alike)
    made = [f for f in found.all if f.id.startswith("by/")]
    both = {f.id for f in made if f.heading.endswith("John Smith")}
    assert len(both) == 2
    assert set(found.named_in("by John Smith")) == both
    longest = max(found.all, key=lambda f: f.heading.count(" "))
    assert longest.id in found.named_in(longest.heading)
    assert found.longest >= longest.heading.count(" ") + 1


def test_rows_are_named_in_the_order_of_the_text(found):
    texts = found.named_in("war, drama and war or comedy")
    assert texts == ["genre/War", "genre/Drama", "genre/Comedy"]


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("movie", "movies"), ("comedy", "comedies"), ("zombie", "zombies"), ("witch", "witches"),
        ("superhero", "superheroes"), ("romance", "romances"), ("house", "houses"),
        ("box", "boxes"), ("drama", "dramas"), ("loss", "losses"), ("series", "series"),
        ("musical", "musicals"), ("ghost's", "ghosts"), ("Überfall", "uberfalls"),
    ],
)  # fmt: skip
def test_one_and_many_are_the_same_word(one: str, many: str):
    assert facets._words(one) == facets._words(many)


def test_what_only_looks_like_a_plural_is_none():
    for one, other in (("new", "news"), ("los", "loss"), ("1990", "1990s")):
        assert facets._words(one) != facets._words(other)


def test_a_decade_holds_its_years(built, found):
    decades = [f for f in found.all if f.kind == facets.DECADE]
    assert decades
    for facet in decades:
        assert set(built.titles.year[facet.titles] // 10 * 10) == {int(facet.subject)}


def test_a_theme_is_narrower_than_what_it_is_made_of(found):
    themes = [f for f in found.all if f.id.startswith("theme/genre:") and "+tag:" in f.id]
    assert themes
    for theme in themes:
        genre = found.all[found.row_of[f"genre/{theme.subject}"]]
        tag = found.all[found.row_of[f"tag/{theme.second}"]]
        both = sorted(set(genre.titles.tolist()) & set(tag.titles.tolist()))
        assert theme.titles.tolist() == both
        assert len(both) >= facets.WORTH_A_THEME
        assert len(both) <= facets.NARROWER * min(len(genre.titles), len(tag.titles))


def test_a_series_can_be_a_theme(found):
    assert any(f.id.endswith("+kind:series") and f.heading.endswith("series") for f in found.all)


def test_no_heading_stands_for_two_rows(found):
    headings = Counter(f.heading for f in found.all if f.kind != facets.PERSON)
    assert not [heading for heading, times in headings.items() if times > 1]


def test_both_directions_agree(found):
    of_title = [set() for _ in range(300)]
    for row, facet in enumerate(found.all):
        for title in facet.titles.tolist():
            of_title[title].add(row)
    assert [set(found.of_title[t].tolist()) for t in range(300)] == of_title
    some = np.array([7, 3, 3, 250], np.int32)
    values, counts = found.of(some)
    assert counts.tolist() == [len(of_title[t]) for t in some.tolist()]
    parts = np.split(values, np.cumsum(counts)[:-1])
    assert [set(part.tolist()) for part in parts] == [of_title[t] for t in some.tolist()]


def test_the_share_of_what_is_popular(built, found):
    popularity = built.titles.popularity.astype(float)
    for facet, share in zip(found.all, found.share.tolist(), strict=True):
        assert share == pytest.approx(popularity[facet.titles].sum() / popularity.sum(), abs=1e-4)


def test_a_catalogue_of_nothing_has_none():
    assert facets.facets(build(Shape(titles=3, users=1, per_user=0))).all == []
