"""Made-up behaviour to choose and judge on, without Neo4j: two tastes that hardly mix."""

import numpy as np
from numpy.typing import NDArray
from torch_geometric.data import HeteroData

from gnn.tensors import Interactions, described
from gnn.train import Parameters
from graph.arrays import Ragged

TITLES = 60
DAY = 86_400
QUICK = Parameters(dimensions=8, fewest_steps=60, most_steps=60, batch=64)


def odds(user: int, appeal: NDArray[np.float64], taste: float = 20.0) -> NDArray[np.float64]:
    """[titles] chances that a user watches them: even users prefer even titles, odd users odd."""
    chances = appeal * np.where(np.arange(len(appeal)) % 2 == user % 2, taste, 1)
    return chances / chances.sum()


def two_tastes(users: int = 300, *, each: int = 15, seed: int = 0) -> Interactions:
    """Of a year; the first titles are watched most."""
    random = np.random.default_rng(seed)
    appeal = 1 / (1 + np.arange(TITLES))
    rows = [
        np.sort(random.choice(TITLES, each, replace=False, p=odds(user, appeal)))
        for user in range(users)
    ]
    return Interactions.positives(Ragged.of(rows), random.integers(1, 365 * DAY, users * each))


def genres(titles: int = TITLES) -> HeteroData:
    """Even and odd ones."""
    return described({"genre": Ragged.of([[title % 2] for title in range(titles)])})
