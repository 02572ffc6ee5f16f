"""Is a candidate better than what is simple, and no worse than what is serving?

The recipe is judged on later behaviour (`gnn.trial.time_cut`): what it makes of all that came
before a moment, against popularity, recent popularity and EASE, or the linear filter where the
catalogue is too large for EASE. What will be published has learned everything there is, and is
judged on users that are never learned from: the user side is inductive, so they lose nothing by it,
and neither a candidate nor any snapshot before it has seen what they did.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gnn.baselines import EASE_TITLES, ease, linear_filter, popularity
from gnn.metrics import Ranking, ScoreUsers, rank
from gnn.trial import Trial
from graph import scorer
from graph.arrays import Vocabulary
from graph.publishing import Published
from graph.snapshot import Weights

K = 20
RIDGE = 400.0  # of EASE: near the best on MovieLens 100K and 1M
MONTH = 30 * 86_400
ENOUGH_JUDGES = 30  # to turn a candidate down; fewer are too easily swayed by chance
ENOUGH_WATCHES = 50  # held out, to tell how a match is spread


@dataclass(frozen=True)
class Verdict:
    """`rejected` says why the candidate must not be published, or is empty."""

    metrics: dict[str, float]
    rejected: str


def against_simple(trial: Trial, weights: Weights) -> Verdict:
    """What the recipe made of `trial.learn`, against the simple models made of the same."""
    if not trial.judges:
        return Verdict({}, "")
    titles = len(weights.title)
    ours = _ranking(trial, as_scored(trial, weights))
    verdict = _compared(trial, "recipe", ours, simple(trial, titles))
    metrics = {f"later/{name}": value for name, value in verdict.metrics.items()}
    return Verdict({"later/judges": float(trial.judges), **metrics}, verdict.rejected)


def against_serving(
    trial: Trial, candidate: Weights, *, titles: Vocabulary, serving: Published | None
) -> Verdict:
    """The candidate against popularity and, where there is one, the serving snapshot. Titles that
    came after what serves, and that nobody has watched yet, stand back: they cannot be among what
    is held out, and each place that a candidate gave them would count against it alone."""
    if not trial.judges:
        return Verdict({"judges": 0.0}, "")
    score = as_scored(trial, candidate)
    watched = trial.learn.telling.titles
    rivals: dict[str, ScoreUsers] = {"popularity": popularity(watched, len(titles))}
    if serving is not None:
        rivals["serving"] = _as_served(trial, serving, titles)
        score = _without(score, _came_since(trial, serving, titles))
    verdict = _compared(trial, "candidate", _ranking(trial, score), rivals)
    return Verdict({"judges": float(trial.judges), **verdict.metrics}, verdict.rejected)


def simple(trial: Trial, titles: int, *, ridge: float = RIDGE) -> dict[str, ScoreUsers]:
    """The models that any other has to beat, for the judges of a trial; `ridge` is EASE's."""
    learn, told = trial.learn.telling, trial.told.telling.titles
    rivals = {"popularity": popularity(learn.titles, titles)}
    if learn.timed:
        lately = learn.where(learn.at > learn.newest - MONTH)
        rivals["popular lately"] = popularity(lately.titles, titles)
    if titles <= EASE_TITLES:
        rivals["EASE"] = ease(learn.titles, titles, ridge=ridge, told=told)
    else:
        rivals["linear filter"] = linear_filter(learn.titles, titles, told=told)
    return rivals


def worse(ours: Ranking, theirs: Ranking) -> bool:
    """Whether our NDCG is lower by more than chance explains: user by user, the mean difference
    lies more than two standard errors below 0. Equal models fail that once in 44 times."""
    difference = ours.ndcg - theirs.ndcg
    error = difference.std() / np.sqrt(len(difference))
    return bool(difference.mean() < -2 * error)


def as_scored(trial: Trial, weights: Weights) -> ScoreUsers:
    """Scores [judges, titles] from the histories that models are told of, as the server scores."""
    return lambda rows: np.stack([scorer.score(weights, _history(trial, row)) for row in rows])


def with_match_quantiles(trial: Trial, weights: Weights) -> Weights:
    """With the quantiles of the held-out titles' scores (`scorer.match_percent`).

    Where too little is held out, those of the whole catalogue for a newcomer: a match then tells
    the share of the catalogue that fits less well.
    """
    score = as_scored(trial, weights)
    watches = [score(np.array([row]))[0][trial.held_out[row]] for row in range(trial.judges)]
    samples = np.concatenate(watches) if watches else np.zeros(0, np.float32)
    if len(samples) < ENOUGH_WATCHES:
        nothing = scorer.History(np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0))
        samples = scorer.score(weights, nothing)
    quantiles = np.quantile(samples, np.linspace(0, 1, 101)).astype(np.float32)
    return replace(weights, match_quantiles=quantiles)


def figures(metrics: dict[str, float], names: Sequence[str]) -> str:
    """One line for a person: each model's recall and NDCG."""
    return ", ".join(
        f"{name.removeprefix('later/')} {metrics[f'{name}/recall@{K}']:.3f}/"
        f"{metrics[f'{name}/ndcg@{K}']:.3f}"
        for name in names
        if f"{name}/ndcg@{K}" in metrics
    )


def _compared(trial: Trial, name: str, ours: Ranking, rivals: dict[str, ScoreUsers]) -> Verdict:
    metrics = ours.means(name, K)
    rejected = []
    for rival, score in rivals.items():
        theirs = _ranking(trial, score)
        metrics |= theirs.means(rival, K)
        if trial.judges >= ENOUGH_JUDGES and worse(ours, theirs):
            rejected.append(
                f"NDCG@{K} {ours.ndcg.mean():.4f} is worse than {rival}'s "
                f"{theirs.ndcg.mean():.4f} on {trial.judges} held-out users"
            )
    return Verdict(metrics, "; ".join(rejected))


def _ranking(trial: Trial, score: ScoreUsers) -> Ranking:
    return rank(score, seen=trial.told.titles, held_out=trial.held_out, k=K)


def _history(trial: Trial, row: int) -> scorer.History:
    span = slice(*trial.told.titles.offsets[row : row + 2])
    return scorer.History(trial.told.titles.values[span], trial.weight[span], trial.age[span])


def _came_since(trial: Trial, serving: Published, titles: Vocabulary) -> NDArray[np.bool_]:
    """[titles] those that are not in the serving snapshot, and that nobody has watched."""
    new = titles.rows_in(serving.snapshot.titles.vocabulary) < 0
    for watched in (trial.learn.titles, trial.told.titles, trial.held_out):
        new[watched.values] = False
    return new


def _without(score: ScoreUsers, titles: NDArray[np.bool_]) -> ScoreUsers:
    return lambda rows: np.where(titles, np.float32(-np.inf), score(rows))


def _as_served(trial: Trial, serving: Published, titles: Vocabulary) -> ScoreUsers:
    """The serving snapshot over today's titles; it cannot recommend those it does not know."""
    snapshot = serving.snapshot
    row_there = titles.rows_in(snapshot.titles.vocabulary)
    known = row_there >= 0

    def score(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        out = np.full((len(rows), len(titles)), -np.inf, np.float32)
        for i, row in enumerate(rows):
            told = _history(trial, row)
            seen = row_there[told.titles]
            kept = seen >= 0
            history = scorer.History(seen[kept], told.weight[kept], told.age[kept])
            out[i, known] = scorer.score(snapshot.weights, history)[row_there[known]]
        return out

    return score
