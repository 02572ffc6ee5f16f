"""What somebody of whom nothing is known sees first: what is popular, spread over the genres."""

import numpy as np

from server.catalogue import Catalogue
from server.ranking import Titles

SPREAD = 40  # places that are spread; a row on a page is never longer
POOL = 200  # the most popular titles, from which they are filled
CROWDING = 0.15  # worth (the most popular is 1) lost for each title of its genres before it


def spread(by_popularity: Titles, catalogue: Catalogue) -> Titles:
    """The same titles, the first places spread over the genres: greedily, each place goes to the
    title worth most, by its rank, less a little for each earlier title of the same genres."""
    pool = by_popularity[:POOL]
    if not len(pool):
        return by_popularity
    genres = catalogue.genre_mix[pool]  # [pool, g]
    worth = 1 - np.log1p(np.arange(len(pool))) / np.log1p(POOL)  # popularity falls off by rank
    seen = np.zeros(genres.shape[1], np.float32)
    first: list[int] = []
    for _ in range(min(SPREAD, len(pool))):
        place = int(np.argmax(worth - CROWDING * (genres @ seen)))
        first.append(place)
        worth[place] = -np.inf
        seen += genres[place]
    chosen = pool[first]
    return np.concatenate([chosen, by_popularity[~np.isin(by_popularity, chosen)]])
