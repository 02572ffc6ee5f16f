"""Titles as people read them: MovieLens writes `Matrix, The (1999)` so that lists sort well."""

import re
from dataclasses import dataclass
from typing import Literal

_YEAR = re.compile(r"\((?P<year>\d{4})(?P<range>\s*[-\u2013]\s*(?:\d{4})?)?\s*\)")
_MEDIUM = re.compile(r"\s*\((?:V|TV|VG|mini)\)\s*$")  # 100K: video or television
_ARTICLES = (
    "The", "A", "An",
    "Le", "La", "Les", "L'", "Un", "Une",
    "El", "Los", "Las", "Una",
    "Il", "Lo", "Gli", "I",
    "Da", "Der", "Die", "Das", "Den", "Ein", "Eine",
    "Det", "En", "Ett", "De", "Het", "Een", "O", "Os", "As", "Um", "Uma",
)  # fmt: skip
# An article at the end of a name or of an alternative name in parentheses, with that name before
# it: `Horseman on the Roof, The (Hussard sur le toit, Le)` holds two.
_MOVED = re.compile(
    r"(?P<start>^|\((?:a\.k\.a\.\s*)?)(?P<name>[^()]+?),\s(?P<article>"
    + "|".join(map(re.escape, _ARTICLES))
    + r")(?=\s*(?:\(|\)|$))"
)


@dataclass(frozen=True)
class Name:
    name: str
    year: int | None
    kind: Literal["film", "series"]


def parse(text: str) -> Name:
    """`Crazies, The (a.k.a. Code Name: Trixie) (1973)` is `The Crazies (a.k.a. Code Name: Trixie)`
    of 1973. Alternative names stay, for people know the film by them.

    A range of years, `(2006-2007)`, is how MovieLens writes a series. The name is empty where the
    text holds nothing but a year.
    """
    text = _MEDIUM.sub("", " ".join(text.split()))
    years = list(_YEAR.finditer(text))
    if not years:
        return Name(_articles_first(text), None, "film")
    last = years[-1]
    name = f"{text[: last.start()].rstrip()} {text[last.end() :].lstrip()}".strip()
    kind = "series" if last["range"] else "film"
    return Name(_articles_first(name), plausible_year(last["year"]), kind)


def plausible_year(text: str) -> int | None:
    """None where it cannot be the year of a film."""
    return int(text) if text.isdecimal() and 1870 <= int(text) <= 2100 else None


def _articles_first(name: str) -> str:
    def moved(match: re.Match[str]) -> str:
        space = "" if match["article"].endswith("'") else " "
        return f"{match['start']}{match['article']}{space}{match['name']}"

    return _MOVED.sub(moved, name)


def genre(text: str) -> str | None:
    """One spelling in all layouts (100K and 1M have `Children's`, later ones `Children`); None for
    the two ways in which MovieLens says that it has no genre."""
    text = text.strip()
    if text.lower() in ("", "unknown", "(no genres listed)"):
        return None
    return "Children's" if text == "Children" else text
