"""The four ways in which MovieLens' files are written, from 100K (1998) to 32M (2024)."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from graph.schema import Title
from graph.sources.movielens import names
from graph.sources.movielens.archive import Folder
from graph.sources.movielens.rating_columns import Format
from graph.sources.refusal import Refusal, in_plain_words
from playbill.errors import BadInput

NOTICE = (
    "MovieLens data by GroupLens at the University of Minnesota: for research, not to be "
    "redistributed, and not for commercial use without their permission. See "
    "https://grouplens.org/datasets/movielens/"
)
TAGGED_BY = 2  # people: a tag that one person alone put on a title is mostly a private note

# Youngest age of each band and its name: those of 1M, whose file holds the youngest ages.
_AGE_BANDS = (
    (56, "56+"), (50, "50-55"), (45, "45-49"), (35, "35-44"), (25, "25-34"), (18, "18-24"),
    (0, "under 18"),
)  # fmt: skip


@dataclass(frozen=True)
class Film:
    title: Title
    genres: tuple[str, ...]


Films = dict[int, Film]
AgeBands = dict[int, str | None]
Tags = dict[int, tuple[str, ...]]


@dataclass(frozen=True)
class Layout:
    """`films`, `users` and `tags` add what they do not understand to the list they are given."""

    name: str
    ratings: str
    format: Format
    films: Callable[[Folder, list[Refusal]], Films]
    users: Callable[[Folder, list[Refusal]], AgeBands]
    tags: Callable[[Folder, list[Refusal]], Tags]


def _lines(
    folder: Folder, file: str, separator: str, *, fields: int, refused: list[Refusal]
) -> Iterator[tuple[int, list[str]]]:
    """Line by line, for one that a quote was lost from must not swallow those after it."""
    for number, line in enumerate(folder.text(file).split("\n"), 1):
        text = line.rstrip("\r")
        if not text.strip():
            continue
        quoted = separator == "," and '"' in text
        row = next(csv.reader([text])) if quoted else text.split(separator)
        if len(row) == fields:
            yield number, row
        else:
            reason = f"has {len(row)} fields instead of {fields}: {text[:80]!r}"
            refused.append(Refusal(file, number, reason))


def _after_header(lines: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    next(lines, None)
    return lines


@dataclass(frozen=True)
class _Line:
    """A line of a file of films, in whatever layout."""

    number: int
    id: str
    name: names.Name
    genres: tuple[str, ...]


def _films(file: str, lines: Iterator[_Line], refused: list[Refusal]) -> Films:
    films: Films = {}
    for line in lines:
        try:
            id = _id(line.id)
            if id in films:
                raise ValueError(f"film {id} is already on a line before")
            title = Title(id=str(id), name=line.name.name, kind=line.name.kind, year=line.name.year)
        except ValidationError as error:
            refused.append(Refusal(file, line.number, in_plain_words(error)))
        except ValueError as error:
            refused.append(Refusal(file, line.number, str(error)))
        else:
            known = (names.genre(genre) for genre in line.genres)
            films[id] = Film(title, tuple(dict.fromkeys(g for g in known if g)))
    return films


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValueError(f"id must be a whole number, got {text[:40]!r}")
    return int(text)


def _films_100k(folder: Folder, refused: list[Refusal]) -> Films:
    genres = [line.split("|")[0] for line in folder.text("u.genre").splitlines() if line.strip()]
    if not genres:
        raise BadInput(f"u.genre of {folder.where} is empty; it names the columns of u.item.")
    rows = _lines(folder, "u.item", "|", fields=5 + len(genres), refused=refused)

    def lines() -> Iterator[_Line]:
        for number, (id, title, released, _, _, *flags) in rows:
            name = names.parse(title)
            if name.year is None:  # a few have it in the release date alone, `01-Jan-1995`
                name = names.Name(name.name, names.plausible_year(released[-4:]), name.kind)
            chosen = (genre for genre, flag in zip(genres, flags, strict=True) if flag == "1")
            yield _Line(number, id, name, tuple(chosen))

    return _films("u.item", lines(), refused)


def _films_recbole(folder: Folder, refused: list[Refusal]) -> Films:
    rows = _lines(folder, "ml-100k.item", "\t", fields=4, refused=refused)

    def lines() -> Iterator[_Line]:
        for number, (id, title, year, genres) in _after_header(rows):
            parsed = names.parse("unknown" if title == "unkonwn" else title)  # recbole's spelling
            # One, `… (1995) (V)`, has its year in the title still.
            name = names.Name(parsed.name, names.plausible_year(year) or parsed.year, parsed.kind)
            yield _Line(number, id, name, tuple(genres.split()))

    return _films("ml-100k.item", lines(), refused)


def _films_1m(folder: Folder, refused: list[Refusal]) -> Films:
    rows = _lines(folder, "movies.dat", "::", fields=3, refused=refused)
    lines = (_Line(n, id, names.parse(title), _split(genres)) for n, (id, title, genres) in rows)
    return _films("movies.dat", lines, refused)


def _films_latest(folder: Folder, refused: list[Refusal]) -> Films:
    rows = _after_header(_lines(folder, "movies.csv", ",", fields=3, refused=refused))
    lines = (_Line(n, id, names.parse(title), _split(genres)) for n, (id, title, genres) in rows)
    return _films("movies.csv", lines, refused)


def _split(genres: str) -> tuple[str, ...]:
    return tuple(genres.split("|"))


def _ages(
    file: str, rows: Iterator[tuple[int, list[str]]], *, column: int, refused: list[Refusal]
) -> AgeBands:
    bands: AgeBands = {}
    for number, row in rows:
        try:
            bands[_id(row[0])] = age_band(row[column])
        except ValueError as error:
            refused.append(Refusal(file, number, str(error)))
    return bands


def age_band(age: str) -> str | None:
    """Bands of 1M, `25-34`; None where the age is not known."""
    if not age.isdecimal():
        return None
    return next(name for youngest, name in _AGE_BANDS if int(age) >= youngest)


def _users_100k(folder: Folder, refused: list[Refusal]) -> AgeBands:
    rows = _lines(folder, "u.user", "|", fields=5, refused=refused)
    return _ages("u.user", rows, column=1, refused=refused)


def _users_recbole(folder: Folder, refused: list[Refusal]) -> AgeBands:
    rows = _after_header(_lines(folder, "ml-100k.user", "\t", fields=5, refused=refused))
    return _ages("ml-100k.user", rows, column=1, refused=refused)


def _users_1m(folder: Folder, refused: list[Refusal]) -> AgeBands:
    if not folder.has("users.dat"):  # 10M, otherwise in the layout of 1M, has no demographics
        return {}
    rows = _lines(folder, "users.dat", "::", fields=5, refused=refused)
    return _ages("users.dat", rows, column=2, refused=refused)


def _tags(file: str, rows: Iterator[tuple[int, list[str]]], refused: list[Refusal]) -> Tags:
    """Tags that at least TAGGED_BY people put on a film, lower case, by film."""
    people: dict[tuple[int, str], set[str]] = defaultdict(set)
    for number, (user, film, tag, _) in rows:
        text = " ".join(tag.lower().split())
        try:
            if text and len(text) <= 256:  # longer ones are reviews, and no id
                people[_id(film), text].add(user)
        except ValueError as error:
            refused.append(Refusal(file, number, str(error)))
    tags: dict[int, list[str]] = defaultdict(list)
    for (film, tag), who in people.items():
        if len(who) >= TAGGED_BY:
            tags[film].append(tag)
    return {film: tuple(sorted(found)) for film, found in tags.items()}


def _tags_1m(folder: Folder, refused: list[Refusal]) -> Tags:
    if not folder.has("tags.dat"):  # 1M has none, 10M has
        return {}
    rows = _lines(folder, "tags.dat", "::", fields=4, refused=refused)
    return _tags("tags.dat", rows, refused)


def _tags_latest(folder: Folder, refused: list[Refusal]) -> Tags:
    if not folder.has("tags.csv"):
        return {}
    rows = _after_header(_lines(folder, "tags.csv", ",", fields=4, refused=refused))
    return _tags("tags.csv", rows, refused)


def _nothing(_folder: Folder, _refused: list[Refusal]) -> dict:
    return {}


LAYOUTS = (
    Layout("MovieLens 100K", "u.data", Format("\t"), _films_100k, _users_100k, _nothing),
    Layout(
        "MovieLens 100K (recbole)", "ml-100k.inter",
        Format("\t", "user_id:token\titem_id:token\trating:float\ttimestamp:float"),
        _films_recbole, _users_recbole, _nothing,
    ),
    Layout("MovieLens 1M", "ratings.dat", Format("::"), _films_1m, _users_1m, _tags_1m),
    Layout(
        "MovieLens latest", "ratings.csv", Format(",", "userId,movieId,rating,timestamp"),
        _films_latest, _nothing, _tags_latest,
    ),
)  # fmt: skip
