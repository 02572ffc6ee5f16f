"""What later behaviour each model foresees, for members who return and for members who arrive."""

from collections.abc import Iterator

import numpy as np

from benchmarks.datasets import Timed
from gnn import judge, learn
from gnn.baselines import ease
from gnn.evaluate import RIDGES
from gnn.metrics import Ranking, ScoreUsers, rank
from gnn.train import Parameters
from gnn.trial import Trial, time_cut


def references(data: Timed) -> Iterator[tuple[str, str, int, float, float]]:
    """(group, model, judges, Recall@20, NDCG@20) of what is simple, cut at the 80th percentile of
    time; EASE's ridge is chosen on a second cut, of what lies before the first."""
    trial = time_cut(data.interactions, seed=0)
    inner = time_cut(trial.learn, seed=0)
    ridge = max(RIDGES, key=lambda ridge: _ease(inner, data.titles, ridge))
    for name, score in judge.simple(trial, data.titles, ridge=ridge).items():
        shown = f"EASE, ridge {ridge:.0f}" if name == "EASE" else name
        yield from _groups(shown, _ranking(trial, score), trial)


def ours(
    data: Timed, parameters: Parameters, *, seed: int
) -> Iterator[tuple[str, str, int, float, float]]:
    """The same of Playbill, whose own choices are made on the second cut."""
    trial = time_cut(data.interactions, seed=seed)
    learned = learn.from_nothing(data.surroundings, trial.learn, parameters, seed=seed)
    score = judge.as_scored(trial, learn.weights(learned))
    yield from _groups("Playbill", _ranking(trial, score), trial)


def _ease(trial: Trial, titles: int, ridge: float) -> float:
    """NDCG@20 of EASE, both groups alike."""
    learn_from, told = trial.learn.titles, trial.told.titles
    score = ease(learn_from, titles, ridge=ridge, told=told)
    return float(np.mean([ndcg for *_, ndcg in _groups("EASE", _ranking(trial, score), trial)]))


def _ranking(trial: Trial, score: ScoreUsers) -> Ranking:
    return rank(score, seen=trial.told.titles, held_out=trial.held_out, k=judge.K)


def _groups(name: str, ranking: Ranking, trial: Trial) -> Iterator[tuple]:
    for group, mask in {"returning": ~trial.arriving, "arriving": trial.arriving}.items():
        if not (judges := int(np.count_nonzero(mask))):
            continue
        recall, ndcg = (float(figure[mask].mean()) for figure in (ranking.recall, ranking.ndcg))
        yield group, name, judges, recall, ndcg
