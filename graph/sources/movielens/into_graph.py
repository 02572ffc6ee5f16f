"""MovieLens as a catalogue and its ratings as interactions."""

from graph import interactions
from graph.catalogue import Catalogue
from graph.interactions import Interactions
from graph.schema import Genre, Tag, Title, User
from graph.sources.movielens.dataset import MovieLens


def catalogue(source: MovieLens) -> Catalogue:
    """Genres and tags are known by their names, which are also their ids."""
    ids = [title.id for title in source.titles]
    genres = sorted({name for names in source.genres for name in names})
    tags = sorted({name for names in source.tags for name in names})
    return Catalogue(
        nodes={
            Genre: [Genre(id=name, name=name) for name in genres],
            Tag: [Tag(id=name, name=name) for name in tags],
            Title: source.titles,
            User: source.users,
        },
        ties={
            "has_genre": dict(zip(ids, source.genres, strict=True)),
            "has_tag": dict(zip(ids, source.tags, strict=True)),
        },
    )


def ratings(source: MovieLens) -> Interactions:
    """One row a rating, as a watch to the end."""
    r = source.ratings
    return interactions.of_ratings(
        users=[user.id for user in source.users],
        titles=[title.id for title in source.titles],
        user=r.user, title=r.title, stars=r.stars, at=r.at,
    )  # fmt: skip
