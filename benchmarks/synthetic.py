"""A made-up service of any size, with the long tails of real ones; nothing here judges quality.

There are some tastes. A title belongs to a few of them and a user to a few, a user draws a taste
for each watch, and a title of it by popularity:

    popularity of the r-th title   1 / (r + q)^s         Zipf & Mandelbrot (Mandelbrot 1953)
    activity of a user             log-normal            as in MovieLens
    shares of the tastes           Dirichlet, sparse

Users arrive over three years, and watch from then on.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from benchmarks.million import GENRES, SPAN, START
from graph.arrays import Ragged, Strings, Vocabulary
from graph.behaviour import THUMB_FACTOR, thumb_of_rating
from graph.columns import ArtworkColumns, Columns, Named, TitleColumns, UserColumns
from graph.past import Past

TASTES = 96
OF_TITLE, OF_USER = 0.02, 0.04  # concentration of the shares: two tastes a title, four a user
FLAT, STEEP = 0.01, 1.1  # q, as a share of the titles, and s
MOST = 0.1  # of all pairs of a user and a title are watched; above, tastes leave too few to draw
SPREAD = 1.0  # of the logarithm of activity
STARS = {1: 0.06, 2: 0.11, 3: 0.26, 4: 0.35, 5: 0.22}


@dataclass(frozen=True)
class World:
    """m watches, the oldest first; one a (user, title)."""

    user: NDArray[np.int64]  # [m]
    title: NDArray[np.int64]  # [m]
    stars: NDArray[np.int64]  # [m]
    at: NDArray[np.int64]  # [m] seconds since 1970
    genres: NDArray[np.int64]  # [titles, 2] rows of GENRES
    users: int

    @property
    def titles(self) -> int:
        return len(self.genres)

    def between(self, start: int, stop: int) -> "World":
        """Some of the watches, by time."""
        span = slice(start, stop)
        return World(
            self.user[span], self.title[span], self.stars[span], self.at[span], self.genres,
            self.users,
        )  # fmt: skip


def world(*, users: int, titles: int, watches: int, seed: int = 0) -> World:
    """Raises ValueError where the watches are so many that drawing them would not end."""
    if watches > MOST * users * titles:
        raise ValueError(f"{watches} watches are too many for {users} users and {titles} titles")
    random = np.random.default_rng(seed)
    popularity = 1 / (np.arange(titles) + 1 + FLAT * titles) ** STEEP
    of_title = random.dirichlet(np.full(TASTES, OF_TITLE), titles)  # [titles, tastes]
    of_user = random.dirichlet(np.full(TASTES, OF_USER), users)  # [users, tastes]
    activity = random.lognormal(0, SPREAD, users)
    user, title = np.zeros(0, np.int64), np.zeros(0, np.int64)
    while len(user) < watches:  # what was drawn before is drawn again, and does not count
        more = np.sort(random.choice(users, watches // 2, p=activity / activity.sum()))
        taste = _drawn(of_user, more, random)
        pairs = more * titles + _drawn((of_title * popularity[:, None]).T, taste, random)
        pairs = np.unique(np.concatenate([user * titles + title, pairs]))
        user, title = pairs // titles, pairs % titles
    kept = random.permutation(len(user))[:watches]
    user, title = user[kept], title[kept]
    arrived = random.random(users)
    since = arrived[user]
    at = START + SPAN * (since + (1 - since) * random.random(watches))
    order = np.argsort(at, kind="stable")
    stars = random.choice(list(STARS), watches, p=list(STARS.values()))
    genres = np.argsort(-of_title, axis=1, kind="stable")[:, :2] % len(GENRES)
    return World(user[order], title[order], stars, at[order].astype(np.int64), genres, users)


def write(world: World, folder: Path) -> None:
    """Fills `folder` with ratings.csv and movies.csv, as MovieLens' latest have them."""
    folder.mkdir(parents=True, exist_ok=True)
    ratings = {"userId": world.user + 1, "movieId": world.title + 1,
               "rating": world.stars.astype(float), "timestamp": world.at}  # fmt: skip
    _write_csv(folder / "ratings.csv", ratings)
    films = range(world.titles)
    _write_csv(folder / "movies.csv", {
        "movieId": [i + 1 for i in films],
        "title": [f"Film {i + 1} ({1930 + i % 75})" for i in films],
        "genres": ["|".join(GENRES[g] for g in sorted({*of})) for of in world.genres.tolist()],
    })  # fmt: skip


def columns(world: World) -> Columns:
    """The graph that a refresh would read after the import, but for its pictures."""
    n = world.titles
    order = np.lexsort((world.title, world.user))
    user, title = world.user[order], world.title[order].astype(np.int32)
    here, rows = np.unique(user, return_inverse=True)
    lengths = np.bincount(rows)
    thumb = np.array([0, *(thumb_of_rating(stars) for stars in STARS)], np.int8)[world.stars[order]]
    factor = np.array([THUMB_FACTOR[t] for t in range(-1, 3)], np.float32)
    zeros, nothing = np.zeros(n, np.int32), Ragged.of([[]] * n)
    always = zeros.astype(np.int64)
    none = np.full(len(here), -1)
    films = Vocabulary(Strings.of(f"{i:06d}" for i in range(n)))
    entities = Named(Vocabulary.of([]), Strings.of([]))
    return Columns(
        titles=TitleColumns(
            films, films.ids, np.ones(n, np.int8), (1930 + np.arange(n) % 75).astype(np.int32),
            (zeros - 1).astype(np.int8), zeros, nothing, always, always,
            genres=Ragged.of([sorted({*of}) for of in world.genres.tolist()]),
            tags=nothing, people=nothing, makers=nothing, directors=nothing, cast=nothing,
            artworks=nothing,
        ),
        genres=Named(Vocabulary.of(GENRES), Strings.of(GENRES)), tags=entities, people=entities,
        artworks=ArtworkColumns(entities.vocabulary, Strings.of([]), *[Ragged.of([])] * 3),
        users=UserColumns(
            Vocabulary(Strings.of(f"{i:07d}" for i in here)), none.astype(np.int32),
            none.astype(np.int8), np.zeros(len(here), np.int8),
            Ragged(np.concatenate([[0], np.cumsum(lengths)]), title),
            Past(
                factor[thumb + 1], np.ones(len(title), np.int32), np.ones(len(title), np.float32),
                thumb, world.at[order], world.at[order],
                thumb_at=np.where(thumb != 0, world.at[order], 0.0), listed_at=np.zeros(len(user)),
                hidden_at=np.zeros(len(user)), abandons=np.zeros(len(user), np.int32),
                playhead=np.ones(len(title), np.float32), playhead_at=world.at[order].astype(float),
            ),
        ),
        countries=Strings.of([]),
    )  # fmt: skip


def _drawn(
    shares: NDArray[np.float64], rows: NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.int64]:
    """A column of each of some rows of shares [n, k], drawn by them."""
    upto = np.cumsum(shares, axis=1)
    upto = upto / upto[:, -1:] + np.arange(len(shares))[:, None]  # one ascending line of all rows
    at = np.searchsorted(upto.ravel(), rows + random.random(len(rows)), side="right")
    return np.clip(at - rows * shares.shape[1], 0, shares.shape[1] - 1)


def _write_csv(path: Path, table: dict) -> None:
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    pyarrow.csv.write_csv(pa.table(table), path, options)
