"""Headings in readable English, built from the names in the graph."""

FILM, SERIES = 1, 2

# Genres that are a noun of their own, as one counts them; of two, the first of this list is the
# noun and the other the adjective: "romantic comedies", "crime dramas".
NOUNS = {
    "documentary": "documentaries", "western": "westerns", "musical": "musicals",
    "comedy": "comedies", "thriller": "thrillers", "romance": "romances", "mystery": "mysteries",
    "drama": "dramas", "biography": "biographies", "film-noir": "films noirs",
}  # fmt: skip
ADJECTIVES = {
    "animation": "animated", "romance": "romantic", "drama": "dramatic", "comedy": "comic",
    "documentary": "documentary", "biography": "biographical", "history": "historical",
    "musical": "musical", "film-noir": "noir",
}  # fmt: skip
# What a genre is called beside its name and its adjective.
ALSO = {"sci-fi": ("science fiction", "scifi"), "children's": ("kids", "family")}
# What follows its noun: "dramas based on a true story".
TRAILING = ("about", "based", "for", "from", "in", "on", "set", "with")
# How an adjective ends; of two tags it comes first: "award-winning friendship stories".
DESCRIBING = ("al", "ant", "ark", "ble", "ed", "ent", "ful", "ic", "ing", "ish", "ive", "less",
              "ous", "y")  # fmt: skip


def kinds(of: set[int]) -> str:
    """What titles of these kinds are called together."""
    if of == {FILM}:
        return "films"
    return "series" if of == {SERIES} else "films and series"


def genre(name: str, of: set[int]) -> str:
    """ "Comedies", "Action films", "Comedy series", and never "Film-Noir films"."""
    noun = NOUNS.get(name.lower())
    if noun and SERIES not in of:
        return _capital(noun)
    return _capital(name if _is_noun(name) else f"{name} {kinds(of)}")


def tag(name: str, of: set[int]) -> str:
    """ "Psychological series", "Films based on a book"."""
    return _capital(_described(name, kinds(of)))


def genres(one: str, other: str, of: set[int]) -> str:
    """ "Romantic comedies", "Action and adventure films"."""
    order = list(NOUNS)
    known = sorted((n.lower() for n in (one, other) if n.lower() in NOUNS), key=order.index)
    if known and SERIES not in of:
        second = other if known[0] == one.lower() else one
        return _capital(f"{adjective(second)} {NOUNS[known[0]]}")
    noun = kinds(of)
    if _is_noun(one) or _is_noun(other):
        return f"{one} and {other}"
    return _capital(f"{one.lower()} and {other.lower()} {noun}")


def genre_and_tag(genre_name: str, tag_name: str, of: set[int]) -> str:
    """ "Psychological thrillers", "Friendship comedies", "Dramas based on a book"."""
    noun = NOUNS.get(genre_name.lower())
    if not noun or SERIES in of:
        noun = genre_name.lower() if _is_noun(genre_name) else f"{genre_name.lower()} {kinds(of)}"
    return _capital(_described(tag_name, noun))


def tags(one: str, other: str) -> str:
    """ "Award-winning friendship stories"."""
    if _describes(other) and not _describes(one):
        one, other = other, one
    if _trails(one):
        one, other = other, one
    return _capital(_described(one, f"{other} stories") if not _trails(other)
                    else _described(other, _described(one, "stories")))  # fmt: skip


def decade(year: int, of: set[int]) -> str:
    """ "Films of the 1990s"."""
    return _capital(f"{kinds(of)} of the {year}s")


def by(name: str, directed: int, of: int) -> str:
    """ "Directed by Agnès Varda" where they directed all `of` the titles, "Created by David Simon"
    where they directed none, else "By" alone."""
    if directed == of:
        return f"Directed by {name}"
    return f"By {name}" if directed else f"Created by {name}"


def inside(heading: str) -> str:
    """A heading as it reads inside a sentence: "dramas of the 1990s", but "Sci-Fi films"."""
    first = heading.partition(" ")[0]
    return heading if first[1:].lower() != first[1:] else heading[:1].lower() + heading[1:]


def _described(tag_name: str, noun: str) -> str:
    return f"{noun} {tag_name}" if _trails(tag_name) else f"{tag_name} {noun}"


def _trails(name: str) -> bool:
    first, _, rest = name.partition(" ")
    return bool(rest) and first.lower() in TRAILING


def _describes(name: str) -> bool:
    return name.lower().endswith(DESCRIBING)


def adjective(name: str) -> str:
    """Of a genre: "romantic" of "Romance"."""
    return ADJECTIVES.get(name.lower(), name.lower())


def also(name: str) -> list[str]:
    """What else a genre is called: "romantic" of "Romance", "science fiction" of "Sci-Fi"."""
    return [adjective(name), *ALSO.get(name.lower(), ())]


def _is_noun(name: str) -> bool:
    return any(word in name.lower() for word in ("film", "series", "movie", "show"))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
