"""Offline evaluation on benchmark splits: the same training and the same scorer as a refresh."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from torch_geometric.data import HeteroData

from gnn import learn, train
from gnn.baselines import EASE_TITLES, ease, linear_filter, popularity
from gnn.blend import Recipe
from gnn.metrics import Ranking, ScoreUsers, rank
from gnn.tensors import Interactions, described, years
from graph import scorer
from graph.arrays import Ragged, Vocabulary
from graph.snapshot import Weights
from graph.sources.movielens import MovieLens

K = 20
RIDGES = (100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0)  # tried for EASE, on a validation cut


@dataclass(frozen=True)
class Split:
    """Histories to learn from and titles held out, one list a user; genres and year of each title,
    0 for an unknown one."""

    name: str
    training: Ragged
    test: Ragged
    genres: Ragged
    year: NDArray[np.int32]

    @property
    def titles(self) -> int:
        return len(self.genres)


@dataclass(frozen=True)
class Row:
    """Figures of one model; spread is the standard deviation over seeds, 0 without chance."""

    model: str
    recall: float
    ndcg: float
    recall_spread: float = 0.0
    ndcg_spread: float = 0.0

    def in_words(self) -> tuple[str, str]:
        """(recall, NDCG) for a person, with the spread where there is chance."""
        return (
            f"{self.recall:.4f}" + (f" ± {self.recall_spread:.4f}" if self.recall_spread else ""),
            f"{self.ndcg:.4f}" + (f" ± {self.ndcg_spread:.4f}" if self.ndcg_spread else ""),
        )


def random_split(
    name: str,
    user: NDArray[np.integer],
    title: NDArray[np.integer],
    genres: Ragged,
    *,
    seed: int,
    year: NDArray[np.int32] | None = None,
) -> Split:
    """80/20 by user. `user` and `title` [m] are row numbers in file order, users numbered in the
    order in which the split is to visit them.

    Of a user's n rows the first floor(n / 5) of one generator's permutation are held out, none
    where n < 5: numpy.random.RandomState(seed), one generator over all users.
    """
    generator = np.random.RandomState(seed)
    training: list[NDArray] = []
    test: list[NDArray] = []
    order = np.argsort(user, kind="stable")
    bounds = np.flatnonzero(np.diff(user[order], prepend=-1, append=user.max() + 1))
    for start, stop in pairwise(bounds):
        watched = title[order[start:stop]]
        permutation = generator.permutation(len(watched))
        cut = len(watched) // 5
        test.append(np.sort(watched[permutation[:cut]]))
        training.append(np.sort(watched[permutation[cut:]]))
    unknown = np.zeros(len(genres), np.int32)
    return Split(
        name, Ragged.of(training), Ragged.of(test), genres, unknown if year is None else year
    )


def movielens_split(data: MovieLens, *, seed: int) -> Split:
    """Every rating a positive, users in ascending numeric id, rows in file order."""
    ids = np.array([int(user.id) for user in data.users])
    place = np.empty(len(ids), np.int64)
    place[np.argsort(ids)] = np.arange(len(ids))
    genres = Vocabulary.of(genre for names in data.genres for genre in names)
    about = Ragged.of([np.sort(genres.rows(names)) for names in data.genres])
    name = f"MovieLens ({data.layout}), random 80/20 by user"
    year = np.array([title.year or 0 for title in data.titles], np.int32)
    user = place[data.ratings.user]
    return random_split(name, user, data.ratings.title, about, seed=seed, year=year)


def compare(
    split: Split,
    parameters: train.Parameters,
    *,
    seeds: Sequence[int],
    progress: Callable[[str], None] = print,
) -> list[Row]:
    """The reference models and ours on one split."""
    return [
        *references(split, seed=seeds[0], progress=progress),
        ours(split, parameters, seeds=seeds, progress=progress),
    ]


def references(
    split: Split, *, seed: int, progress: Callable[[str], None] = print
) -> Iterator[Row]:
    """Popularity, the linear filter, and EASE where it can be had."""
    progress(f"{split.name}: popularity")
    yield _row("popularity", [_rank(split, popularity(split.training, split.titles))])
    progress(f"{split.name}: linear filter")
    yield _row("linear filter", [_rank(split, linear_filter(split.training, split.titles))])
    if split.titles <= EASE_TITLES:
        progress(f"{split.name}: EASE, its ridge chosen on a validation cut")
        ridge = _best_ridge(split, seed=seed)
        score = ease(split.training, split.titles, ridge=ridge)
        yield _row(f"EASE (ridge {ridge:.0f})", [_rank(split, score)])


def ours(
    split: Split,
    parameters: train.Parameters,
    *,
    seeds: Sequence[int],
    progress: Callable[[str], None] = print,
) -> Row:
    """Mean and spread over seeds."""
    rankings = []
    for seed in seeds:
        tell = lambda step, seed=seed: progress(f"{split.name}: seed {seed}, {step}")  # noqa: E731
        rankings.append(_rank(split, playbill(split, parameters, seed=seed, progress=tell)))
    return _row("Playbill", rankings)


def fold_in(
    split: Split,
    parameters: train.Parameters,
    *,
    seed: int,
    progress: Callable[[str], None] = print,
) -> dict[str, dict[str, Row]]:
    """What it costs not to have learned from a user, for a fifth of the users, by model and by whom
    it learned from: from all; from them and from as many users in all as the third, another fifth
    being left out; and from the others, so that it is told of them only when it scores them. All by
    one recipe, or ridge, chosen without them."""
    order = np.random.default_rng(seed).permutation(len(split.training))
    folded, others = (np.isin(np.arange(len(order)), fifth) for fifth in _fifths(order))
    test = _where(split.test, folded)
    known = replace(split, training=_where(split.training, ~folded))
    learn_from = {
        "learned from all": split.training,
        "learned from as many": _where(split.training, ~others),
        "folded in": known.training,
    }
    progress(f"{split.name}: choose")
    models = {"Playbill": _playbill_of(known, parameters, seed=seed)}
    if split.titles <= EASE_TITLES:
        ridge = _best_ridge(known, seed=seed)
        models["EASE"] = lambda histories, asked: ease(
            histories, split.titles, ridge=ridge, told=asked
        )

    def figures(name: str, whom: str) -> Row:
        progress(f"{split.name}: {name}, {whom}")
        score = models[name](learn_from[whom], split.training)
        return _row(name, [rank(score, seen=split.training, held_out=test, k=K)])

    return {name: {whom: figures(name, whom) for whom in learn_from} for name in models}


def _playbill_of(
    known: Split, parameters: train.Parameters, *, seed: int
) -> Callable[[Ragged, Ragged], ScoreUsers]:
    """Our model by histories to learn from, and by those to score, as chosen on what is known."""
    data = surroundings(known)
    chosen = learn.choose(data, Interactions.positives(known.training), parameters, seed=seed)
    recipe, start = (chosen.recipe, chosen.start) if chosen else (Recipe(), None)

    def learned_from(histories: Ragged, asked: Ragged) -> ScoreUsers:
        interactions = Interactions.positives(histories)
        learned = learn.learn(data, interactions, parameters, recipe, seed=seed, start=start)
        return served(learn.weights(learned), asked)

    return learned_from


def _fifths(order: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first fifth of them, and the second."""
    fifth = len(order) // 5
    return order[:fifth], order[fifth : 2 * fifth]


def _where(lists: Ragged, users: NDArray[np.bool_]) -> Ragged:
    """The lists of some users; those of the others are empty."""
    return Interactions.positives(lists).where(np.repeat(users, lists.lengths())).titles


def playbill(
    split: Split,
    parameters: train.Parameters,
    *,
    seed: int,
    progress: Callable[[str], None] | None = None,
) -> ScoreUsers:
    """Our model, scored as the server scores: one history, one numpy function."""
    data, interactions = surroundings(split), Interactions.positives(split.training)
    learned = learn.from_nothing(data, interactions, parameters, seed=seed, progress=progress)
    return served(learn.weights(learned), split.training)


def surroundings(split: Split) -> HeteroData:
    """What its titles are described by."""
    return described({"genre": split.genres, "year": years(split.year)})


def served(weights: Weights, histories: Ragged) -> ScoreUsers:
    def score(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.stack([_score(weights, histories[row]) for row in rows])

    return score


def validation_cut(split: Split, *, seed: int) -> Split:
    """The training histories parted once more, for choosing hyperparameters."""
    user = np.repeat(np.arange(len(split.training)), split.training.lengths())
    return random_split(
        f"{split.name} (validation)",
        user,
        split.training.values,
        split.genres,
        seed=seed,
        year=split.year,
    )


def _score(weights: Weights, titles: NDArray[np.int32]) -> NDArray[np.float32]:
    ones = np.ones(len(titles), np.float32)
    return scorer.score(weights, scorer.History(titles, ones, np.zeros(len(titles))))


def _best_ridge(split: Split, *, seed: int) -> float:
    cut = validation_cut(split, seed=seed)

    def ndcg(ridge: float) -> float:
        return _rank(cut, ease(cut.training, cut.titles, ridge=ridge)).ndcg.mean()

    return max(RIDGES, key=ndcg)


def _rank(split: Split, score: ScoreUsers) -> Ranking:
    return rank(score, seen=split.training, held_out=split.test, k=K)


def _row(model: str, rankings: Sequence[Ranking]) -> Row:
    recall = [r.recall.mean() for r in rankings]
    ndcg = [r.ndcg.mean() for r in rankings]
    return Row(
        model,
        float(np.mean(recall)),
        float(np.mean(ndcg)),
        float(np.std(recall)),
        float(np.std(ndcg)),
    )
