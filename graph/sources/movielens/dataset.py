"""MovieLens in columns: what `playbill import movielens` writes, and what evaluation splits."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from graph.schema import Title, User
from graph.sources.instant import future_reason, is_future
from graph.sources.movielens import archive
from graph.sources.movielens.archive import Folder
from graph.sources.movielens.layouts import LAYOUTS, Layout
from graph.sources.movielens.rating_columns import Block, blocks
from graph.sources.refusal import Refusal
from playbill.errors import BadInput


@dataclass(frozen=True)
class Ratings:
    """All ratings in the order of the file, repeated ones included. All [n]."""

    user: NDArray[np.int32]  # rows of MovieLens.users
    title: NDArray[np.int32]  # rows of MovieLens.titles
    stars: NDArray[np.float32]  # 0.5..5
    at: NDArray[np.int64]  # seconds since 1970, UTC

    def __len__(self) -> int:
        return len(self.user)


@dataclass(frozen=True)
class MovieLens:
    """`genres` and `tags` run parallel to `titles`, and hold names, which are also their ids.

    Users of the layouts that describe them stand in the order of their file, and all others after
    them in ascending numeric id.
    """

    layout: str
    users: tuple[User, ...]
    titles: tuple[Title, ...]
    genres: tuple[tuple[str, ...], ...]
    tags: tuple[tuple[str, ...], ...]
    ratings: Ratings
    refused: tuple[Refusal, ...]


def read(path: Path | None = None, *, now: float = math.inf) -> MovieLens:
    """Reads 100K, 1M, 10M or any of the CSV sets (latest, 20M, 25M, 32M) from a folder, or from the
    zip as GroupLens ships it; None is the MovieLens 100K in the recbole wheel.

    Lines that make no sense, and ratings more than a day later than `now` (seconds since 1970), are
    in `refused`, and the rest is read. Raises BadInput where `path` is
    not MovieLens or is damaged, and MissingExtra where the wheel is not installed.
    """
    with archive.opened(path, [layout.ratings for layout in LAYOUTS]) as folder:
        layout = next(layout for layout in LAYOUTS if folder.has(layout.ratings))
        return _read(folder, layout, now)


def _read(folder: Folder, layout: Layout, now: float) -> MovieLens:
    refused: list[Refusal] = []
    films = layout.films(folder, refused)
    if not films:
        raise BadInput(
            f"{folder.where} holds no film that could be read"
            + (f"; the first: {refused[0]}." if refused else ".")
        )
    ages = layout.users(folder, refused)
    tags = layout.tags(folder, refused)
    row_of = _Rows(np.array(list(films), np.int64))
    parts = []
    with folder.open(layout.ratings) as stream:
        for block in blocks(stream, layout.format, file=layout.ratings, refused=refused):
            rows = row_of(block.title)
            late = is_future(block.at, now)
            refused.extend(_late_or_unknown(block, late, rows, layout.ratings))
            good = (rows >= 0) & ~late
            parts.append((block.user[good], rows[good], block.stars[good], block.at[good]))
    user, title, stars, at = map(np.concatenate, zip(*parts or [_NO_RATINGS], strict=True))
    ids = np.array([*ages, *np.setdiff1d(user, np.array(list(ages), np.int64))], np.int64)
    return MovieLens(
        layout=layout.name,
        users=tuple(_user(int(id), ages) for id in ids),
        titles=tuple(film.title for film in films.values()),
        genres=tuple(film.genres for film in films.values()),
        tags=tuple(tags.get(id, ()) for id in films),
        ratings=Ratings(_Rows(ids)(user), title, stars, at),
        refused=tuple(refused),
    )


_NO_RATINGS = (np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32),
               np.zeros(0, np.int64))  # fmt: skip


class _Rows:
    """From ids to their rows: numpy's search over 32 million ids, not a dict's."""

    def __init__(self, ids: NDArray[np.int64]) -> None:
        self._order = np.argsort(ids, kind="stable").astype(np.int32)
        self._sorted = ids[self._order]

    def __call__(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        """[n] of ids to [n] of rows, -1 where there is none."""
        if not len(self._sorted):
            return np.full(len(ids), -1, np.int32)
        at = np.searchsorted(self._sorted, ids).clip(max=len(self._sorted) - 1)
        return np.where(self._sorted[at] == ids, self._order[at], np.int32(-1))


def _late_or_unknown(
    block: Block, late: NDArray[np.bool_], rows: NDArray[np.int32], file: str
) -> list[Refusal]:
    return [
        Refusal(
            file, int(block.line[i]),
            f"timestamp {future_reason(int(block.at[i]))}" if late[i]
            else f"no film {block.title[i]} is in the file of films",
        )
        for i in np.flatnonzero(late | (rows < 0))
    ]  # fmt: skip


def _user(id: int, ages: dict[int, str | None]) -> User:
    band = ages.get(id)
    return User(id=str(id), age_band=band) if band else User(id=str(id))
