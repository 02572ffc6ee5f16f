"""What later behaviour each model foresees, for members who return and for members who arrive."""

from collections.abc import Iterator

import numpy as np

from benchmarks.datasets import Timed
from gnn import judge, learn
from gnn.evaluate import RIDGES
from gnn.metrics import Ranking, rank
from gnn.train import Parameters
from gnn.trial import Trial, time_cut


def figures(
    data: Timed, parameters: Parameters, *, seed: int
) -> Iterator[tuple[str, str, int, float, float]]:
    """(group, model, judges, Recall@20, NDCG@20), cut at the 80th percentile of time; the model's
    own choices, and EASE's ridge, are made on a second cut, of what lies before the first."""
    trial = time_cut(data.interactions, seed=seed)
    learned = learn.from_nothing(data.surroundings, trial.learn, parameters, seed=seed)
    inner = time_cut(trial.learn, seed=seed)
    ridge = max(RIDGES, key=lambda ridge: _ease(inner, data.titles, ridge))
    models = judge.simple(trial, data.titles, ridge=ridge)
    models["Playbill"] = judge.as_scored(trial, learn.weights(learned))
    for name, score in models.items():
        ranking = rank(score, seen=trial.told.titles, held_out=trial.held_out, k=judge.K)
        yield from _groups(name, ranking, trial)


def _ease(trial: Trial, titles: int, ridge: float) -> float:
    """NDCG@20 of EASE, both groups alike."""
    score = judge.simple(trial, titles, ridge=ridge)["EASE"]
    ranking = rank(score, seen=trial.told.titles, held_out=trial.held_out, k=judge.K)
    return float(np.mean([ndcg for *_, ndcg in _groups("EASE", ranking, trial)]))


def _groups(name: str, ranking: Ranking, trial: Trial) -> Iterator[tuple]:
    for group, mask in {"returning": ~trial.arriving, "arriving": trial.arriving}.items():
        if not (judges := int(np.count_nonzero(mask))):
            continue
        recall, ndcg = (float(figure[mask].mean()) for figure in (ranking.recall, ranking.ndcg))
        yield group, name, judges, recall, ndcg
