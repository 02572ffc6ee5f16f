"""The whole recipe, from behaviour to the numbers that score: choose on a cut, then learn from all.

A refresh and the benchmarks both call this, so that what is measured is what is published.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch_geometric.data import HeteroData

from gnn import blend, train
from gnn.blend import Recipe
from gnn.filters import Shape
from gnn.kept import Kept, matrix
from gnn.model import Embeddings, Start
from gnn.place import Placing
from gnn.tensors import Interactions
from gnn.trial import Trial, cut
from graph.snapshot import Weights

FILTER_THREADS = 2  # on any machine, since sums in another order would give other bytes


@dataclass(frozen=True)
class Learned:
    """Everything that was learned from some interactions."""

    interactions: Interactions
    kept: Kept
    embeddings: Embeddings
    recipe: Recipe


@dataclass(frozen=True)
class Chosen:
    """A recipe, and what it was chosen on."""

    trial: Trial
    learned: Learned  # from `trial.learn`
    start: Start | None  # where learning from everything starts

    @property
    def recipe(self) -> Recipe:
        return self.learned.recipe


def choose(
    data: HeteroData,
    interactions: Interactions,
    parameters: train.Parameters,
    *,
    seed: int,
    progress: Callable[[str], None] | None = None,
) -> Chosen | None:
    """The recipe that does best on a cut of the interactions, None where they are too few to be
    cut. Raises NothingToLearn."""
    tell = progress or (lambda _: None)
    trial, titles = cut(interactions, seed=seed), data["title"].num_nodes
    if not trial.judges or not len(trial.learn.teach):
        return None
    tell("choose the filter")
    with train.arithmetic(FILTER_THREADS):
        shape = blend.shape(trial, titles, seed=seed)
    tell("choose the blend")
    placing = Placing.of(data, trial.learn)
    embeddings = train.fit(data, trial.learn, parameters, placing, seed=seed)
    kept = _filter(trial.learn, shape, placing)
    near = matrix(kept.near, kept.nearness)
    mixed, half_life = blend.blend(trial, near, embeddings, seed=seed)
    learned = Learned(trial.learn, kept, embeddings, Recipe(shape, mixed, half_life))
    many = parameters.cannot_pass(len(interactions.teach))
    return Chosen(trial, learned, Start(embeddings.title, embeddings.bias) if many else None)


def learn(
    data: HeteroData,
    interactions: Interactions,
    parameters: train.Parameters,
    recipe: Recipe,
    *,
    seed: int,
    start: Start | None = None,
    last: Kept | None = None,
    progress: Callable[[str], None] | None = None,
) -> Learned:
    """Learns from all interactions; embeddings from a `start`, the filter from the `last` one of
    the same recipe, where they are given. Raises NothingToLearn."""
    tell = progress or (lambda _: None)
    tell("embeddings")
    placing = Placing.of(data, interactions)
    embeddings = train.fit(data, interactions, parameters, placing, seed=seed, start=start)
    tell("filter")
    kept = _filter(interactions, recipe.shape, placing, last)
    return Learned(interactions, kept, embeddings, recipe)


def from_nothing(
    data: HeteroData,
    interactions: Interactions,
    parameters: train.Parameters,
    *,
    seed: int,
    progress: Callable[[str], None] | None = None,
) -> Learned:
    """Chooses, then learns. Raises NothingToLearn."""
    chosen = choose(data, interactions, parameters, seed=seed, progress=progress)
    recipe, start = (chosen.recipe, chosen.start) if chosen else (Recipe(), None)
    return learn(data, interactions, parameters, recipe, seed=seed, start=start, progress=progress)


def weights(learned: Learned) -> Weights:
    """What the scorer needs; the match quantiles are still to be found, by judging."""
    embeddings, interactions = learned.embeddings, learned.interactions
    recent = blend.recent(
        interactions,
        len(embeddings.title),
        now=interactions.newest,
        half_life=learned.recipe.popular_half_life,
    )
    return Weights(
        near=learned.kept.near,
        nearness=learned.kept.nearness,
        near_evidence=learned.kept.evidence,
        history=embeddings.history.numpy(),
        title=embeddings.title.numpy(),
        bias=embeddings.bias.numpy(),
        recent=recent,
        blend=learned.recipe.blend.array(),
        match_quantiles=np.zeros(101, np.float32),
    )


def _filter(
    interactions: Interactions, shape: Shape, placing: Placing, last: Kept | None = None
) -> Kept:
    watched = interactions.matrix(len(placing.trust))
    with train.arithmetic(FILTER_THREADS):
        return Kept.of(watched, shape, placing, last=last)
