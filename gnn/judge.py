"""Is a candidate better than popularity, and no worse than what is serving?

A tenth of the users, picked by a hash of their ids, is never trained on. Since the user side is
inductive they lose nothing by it, and neither a candidate nor any snapshot before it has seen what
they did: both are judged on the same ground, and the very numbers that were judged are published.
Of each such user the newest fifth of the history is held out, but for what they gave a thumb down,
and the rest folded in.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gnn.baselines import popularity
from gnn.metrics import Ranking, ScoreUsers, rank
from graph import scorer
from graph.arrays import Ragged, Vocabulary
from graph.columns import UserColumns
from graph.snapshot import Published, Weights

K = 20
SHARE = 10  # one user in ten is a judge
AT_MOST = 2_000  # judges; more would only cost time
ENOUGH = 5  # titles in a history that can be parted
ENOUGH_JUDGES = 30  # to turn a candidate down; fewer are too easily swayed by chance
ENOUGH_WATCHES = 50  # held out, to tell how a match is spread


@dataclass(frozen=True)
class Trial:
    """The behaviour that candidates are judged on, one list for each user, empty for the others."""

    learn: NDArray[np.int64]  # rows of the users that may be trained on
    folded: Ragged  # [users] titles of each judge that models are told of
    weight: NDArray[np.float32]  # parallel to folded.values
    held_out: Ragged  # [users] titles of each judge that models must find

    @property
    def judges(self) -> int:
        return int((self.held_out.lengths() > 0).sum())


@dataclass(frozen=True)
class Verdict:
    """`rejected` says why the candidate must not be published, or is empty."""

    metrics: dict[str, float]
    rejected: str


def trial(users: UserColumns) -> Trial:
    """Parts the users into judges and those who may be trained on."""
    hashes = np.array([zlib.crc32(id.encode()) for id in users.vocabulary.ids], np.int64)
    chosen = np.flatnonzero(hashes % SHARE == 0)
    judges = set(chosen[np.argsort(hashes[chosen], kind="stable")][:AT_MOST].tolist())
    nothing = np.zeros(0, np.int32)
    folded, weight, held_out = [], [], []
    for user in range(len(users.vocabulary)):
        titles = users.history[user]
        if user not in judges or len(titles) < ENOUGH:
            folded.append(nothing)
            held_out.append(nothing)
            continue
        span = slice(users.history.offsets[user], users.history.offsets[user + 1])
        oldest_first = np.argsort(users.last_at[span], kind="stable")
        cut = len(titles) - len(titles) // 5
        told, later = oldest_first[:cut], oldest_first[cut:]
        folded.append(titles[told])
        weight.append(users.weight[span][told])
        welcome = (users.weight[span][later] > 0) & (users.thumb[span][later] >= 0)
        held_out.append(titles[later[welcome]])
    return Trial(
        learn=np.array([u for u in range(len(users.vocabulary)) if u not in judges], np.int64),
        folded=Ragged.of(folded),
        weight=np.concatenate(weight or [np.zeros(0, np.float32)]),
        held_out=Ragged.of(held_out),
    )


def judge(
    trial: Trial,
    candidate: Weights,
    *,
    users: UserColumns,
    titles: Vocabulary,
    serving: Published | None,
) -> Verdict:
    """The candidate against popularity and, where there is one, the serving snapshot."""
    if not trial.judges:
        return Verdict({"judges": 0.0}, "")
    learned = Ragged.of([users.history[user] for user in trial.learn])
    rivals: dict[str, ScoreUsers] = {"popularity": popularity(learned, len(titles))}
    if serving is not None:
        rivals["serving"] = _as_served(trial, serving, titles)

    def ranking(score: ScoreUsers) -> Ranking:
        return rank(score, seen=trial.folded, held_out=trial.held_out, k=K)

    ours = ranking(lambda rows: scores(trial, candidate, rows))
    metrics = {"judges": float(trial.judges), **ours.means("candidate", K)}
    rejected = []
    for name, score in rivals.items():
        theirs = ranking(score)
        metrics |= theirs.means(name, K)
        if trial.judges >= ENOUGH_JUDGES and worse(ours, theirs):
            rejected.append(
                f"NDCG@{K} {ours.ndcg.mean():.4f} is worse than {name}'s {theirs.ndcg.mean():.4f} "
                f"on {trial.judges} held-out users"
            )
    return Verdict(metrics, "; ".join(rejected))


def worse(ours: Ranking, theirs: Ranking) -> bool:
    """Whether our NDCG is lower by more than chance explains: user by user, the mean difference
    lies more than two standard errors below 0. Equal models fail that once in 44 times."""
    difference = ours.ndcg - theirs.ndcg
    error = difference.std() / np.sqrt(len(difference))
    return bool(difference.mean() < -2 * error)


def scores(trial: Trial, weights: Weights, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Scores [rows, titles] from the histories that models are told of, as the server scores."""
    return np.stack([scorer.score(weights, _vector(trial, weights, user)) for user in rows])


def with_match_quantiles(trial: Trial, weights: Weights) -> Weights:
    """With the quantiles of the held-out titles' standardised scores (`scorer.match_percent`).

    Where too little is held out, those of the whole catalogue for a newcomer: a match then tells
    the share of the catalogue that fits less well.
    """
    judges = np.flatnonzero(trial.held_out.lengths())
    watches = [
        scorer.standardise(scores(trial, weights, judges[i : i + 1])[0])[trial.held_out[user]]
        for i, user in enumerate(judges)
    ]
    samples = np.concatenate(watches) if watches else np.zeros(0, np.float32)
    if len(samples) < ENOUGH_WATCHES:
        samples = scorer.standardise(weights.bias)
    quantiles = np.quantile(samples, np.linspace(0, 1, 101)).astype(np.float32)
    return replace(weights, match_quantiles=quantiles)


def _vector(trial: Trial, weights: Weights, user: int) -> NDArray[np.float32]:
    span = slice(trial.folded.offsets[user], trial.folded.offsets[user + 1])
    history = scorer.History(trial.folded.values[span], trial.weight[span])
    return scorer.user_vector(weights, history)


def _as_served(trial: Trial, serving: Published, titles: Vocabulary) -> ScoreUsers:
    """The serving snapshot over today's titles; it cannot recommend those it does not know."""
    snapshot = serving.snapshot
    there = {id: row for row, id in enumerate(snapshot.titles.vocabulary.ids)}
    row_there = np.array([there.get(id, -1) for id in titles.ids], np.int32)
    known = row_there >= 0

    def score(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        out = np.full((len(rows), len(titles)), -np.inf, np.float32)
        for i, user in enumerate(rows):
            span = slice(trial.folded.offsets[user], trial.folded.offsets[user + 1])
            seen = row_there[trial.folded.values[span]]
            history = scorer.History(seen[seen >= 0], trial.weight[span][seen >= 0])
            vector = scorer.user_vector(snapshot.weights, history)
            out[i, known] = scorer.score(snapshot.weights, vector)[row_there[known]]
        return out

    return score


def figures(metrics: dict[str, float], names: Sequence[str]) -> str:
    """One line for a person: each model's recall and NDCG."""
    return ", ".join(
        f"{name} {metrics[f'{name}/recall@{K}']:.3f}/{metrics[f'{name}/ndcg@{K}']:.3f}"
        for name in names
        if f"{name}/ndcg@{K}" in metrics
    )
