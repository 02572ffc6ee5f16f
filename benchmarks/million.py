"""A million ratings in MovieLens 1M's own layout, for measuring imports and refreshes.

Who watched what comes from the benchmark split in ../shared/data where that is there, and is drawn
with a long tail where it is not. Stars, times and genres are drawn; none of it is for judging
quality.
"""

import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SHARED = Path(__file__).parents[2] / "shared" / "data" / "benchmark-splits.tar.xz"
GENRES = (
    "Action", "Adventure", "Animation", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
START, SPAN = 956_703_932, 3 * 365 * 86_400  # seconds: MovieLens 1M begins in April 2000


def write(folder: Path, *, ratings: int = 1_000_000, seed: int = 0) -> str:
    """Fills `folder` with ratings.dat, movies.dat and users.dat; says where the pairs come from."""
    random = np.random.default_rng(seed)
    if SHARED.is_file() and ratings == 1_000_000:
        user, title, source = *_benchmark_pairs(), "pairs of ml1m_ultragcn"
    else:
        user, title, source = *_drawn_pairs(ratings, random), "drawn pairs, long tail"
    at = START + random.integers(0, SPAN, len(user))
    stars = random.choice([1, 2, 3, 4, 5], len(user), p=[0.06, 0.11, 0.26, 0.35, 0.22])
    folder.mkdir(parents=True, exist_ok=True)
    columns = np.stack([user + 1, title + 1, stars, at], axis=1)
    np.savetxt(folder / "ratings.dat", columns, fmt="%d", delimiter="::")
    films = (
        f"{i + 1}::Film {i + 1} ({1930 + i % 75})::{'|'.join(random.choice(GENRES, 2, False))}\n"
        for i in range(title.max() + 1)
    )
    (folder / "movies.dat").write_text("".join(films))
    users = (f"{i + 1}::F::25::1::00000\n" for i in range(user.max() + 1))
    (folder / "users.dat").write_text("".join(users))
    return source


def _benchmark_pairs() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    pairs = []
    with tarfile.open(SHARED) as archive:
        for part in ("train", "test"):
            member = next(m for m in archive if m.name.endswith(f"ml1m_ultragcn/{part}.txt"))
            file = archive.extractfile(member)
            assert file is not None
            for line in file:
                user, *titles = map(int, line.split())
                pairs.extend((user, title) for title in titles)
    user, title = np.unique(np.array(pairs), axis=0).T
    return user, title


def _drawn_pairs(
    ratings: int, random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Log-normal activity and popularity, as in MovieLens; a user watches a title once."""
    users, titles = max(ratings // 165, 1), int(min(max(ratings**0.6, 200), 20_000))
    activity = random.lognormal(0, 1.1, users)
    popularity = random.lognormal(0, 1.7, titles)
    drawn = int(ratings * 1.6)
    user = random.choice(users, drawn, p=activity / activity.sum())
    title = random.choice(titles, drawn, p=popularity / popularity.sum())
    pairs = np.unique(user * titles + title)
    pairs = random.permutation(pairs)[:ratings]
    return pairs // titles, pairs % titles
