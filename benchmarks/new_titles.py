"""How well titles that nobody has watched are placed by what describes them.

A tenth of the titles, drawn at random, is taken out of all histories before anything is learned.
Of those titles alone, each member's are to be ranked first, by what is left of their history.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch_geometric.data import HeteroData

from benchmarks.datasets import Timed
from gnn import evaluate, learn, place
from gnn.metrics import Ranking, ScoreUsers, rank
from gnn.tensors import Interactions
from gnn.train import Parameters
from graph.arrays import Ragged

SHARE = 0.1
RIDGES = (3.0, 10.0, 30.0, 100.0, 300.0)  # tried for ridge regression, on a cut of its own


@dataclass(frozen=True)
class Cut:
    """Histories of the same users, parted by title."""

    new: NDArray[np.int64]  # [c] rows of titles
    learn: Interactions  # without them
    held_out: Ragged  # of them alone, by position in `new`


def figures(data: Timed, parameters: Parameters, *, seed: int) -> Iterator[tuple]:
    """(model, Recall@20, NDCG@20). Times are left out, as what is held out lies at all times."""
    everything = Interactions.positives(data.interactions.titles)
    cut = _cut(everything, np.arange(data.titles), seed=seed)
    known = np.setdiff1d(np.arange(data.titles), cut.new)
    again = _cut(cut.learn, known, seed=seed)  # what the ridge is chosen on
    ridge = max(RIDGES, key=lambda r: float(_rank(again, _ridge(again, data, r)).ndcg.mean()))
    random = np.random.default_rng(seed).random((len(everything), len(cut.new)), "f4")
    models: dict[str, ScoreUsers] = {
        "random": lambda rows: random[rows],
        "cosine of descriptions": _cosine(cut, data),
        "ridge regression on descriptions": _ridge(cut, data, ridge),
        "Playbill": _playbill(cut, data.surroundings, parameters, seed=seed),
    }
    for name, score in models.items():
        ranking = _rank(cut, score)
        yield name, float(ranking.recall.mean()), float(ranking.ndcg.mean())


def _cut(interactions: Interactions, titles: NDArray[np.int64], *, seed: int) -> Cut:
    """A tenth of `titles` is new."""
    drawn = np.random.default_rng(seed).permutation(titles)[: int(len(titles) * SHARE)]
    new = np.sort(drawn)
    theirs = np.isin(interactions.titles.values, new)
    held_out = interactions.where(theirs).titles
    place = Ragged(held_out.offsets, np.searchsorted(new, held_out.values).astype(np.int32))
    return Cut(new, interactions.where(~theirs), place)


def _rank(cut: Cut, score: ScoreUsers) -> Ranking:
    """`score` gives [users, c]."""
    nothing = Ragged.of([[]] * len(cut.held_out))
    return rank(score, seen=nothing, held_out=cut.held_out, k=evaluate.K)


def _playbill(cut: Cut, data: HeteroData, parameters: Parameters, *, seed: int) -> ScoreUsers:
    """Scored as the server scores."""
    learned = learn.from_nothing(data, cut.learn, parameters, seed=seed)
    score = evaluate.served(learn.weights(learned), cut.learn.titles)
    return lambda rows: score(rows)[:, cut.new]


def _cosine(cut: Cut, data: Timed) -> ScoreUsers:
    """Of a title's description with the sum of those watched."""
    about = place.descriptions(data.surroundings)
    watched = cut.learn.matrix(data.titles) @ about
    return lambda rows: (watched[rows] @ about[cut.new].T).toarray()


def _ridge(cut: Cut, data: Timed, ridge: float) -> ScoreUsers:
    """Kernel ridge regression, with a linear kernel on descriptions, of who watched a title."""
    about = place.descriptions(data.surroundings)
    about, known = about.toarray(), np.bincount(cut.learn.titles.values, minlength=data.titles) > 0
    gram = about[known].T @ about[known]
    gram[np.diag_indices_from(gram)] += ridge
    taste = np.linalg.solve(gram, (cut.learn.matrix(data.titles) @ about).T).T  # [users, p]
    return lambda rows: taste[rows] @ about[cut.new].T
