"""The whole recipe, from behaviour to the numbers that score: choose on a cut, then learn from all.

A refresh and the benchmarks both call this, so that what is measured is what is published.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor
from torch_geometric.data import HeteroData

from gnn import blend, train
from gnn.blend import Recipe
from gnn.filters import Graph
from gnn.model import Embeddings
from gnn.tensors import Interactions
from gnn.trial import Trial, cut
from graph.snapshot import Weights

NEAR = 512  # titles that a title speaks for; fewer cost quality on every set (docs/quality.md)


@dataclass(frozen=True)
class Learned:
    weights: Weights  # without match quantiles, which judging finds
    embeddings: Embeddings
    recipe: Recipe


def learn(
    data: HeteroData,
    interactions: Interactions,
    parameters: train.Parameters,
    *,
    seed: int,
    recipe: Recipe | None = None,
    start: Tensor | None = None,
    progress: Callable[[str], None] | None = None,
) -> Learned:
    """Learns from all interactions. Without a recipe one is chosen first; `start` [titles, d] are
    the embeddings of the last time. Raises NothingToLearn."""
    tell = progress or (lambda _: None)
    recipe = recipe or choose(data, interactions, parameters, seed=seed, progress=tell)
    tell("embeddings")
    embeddings = train.fit(data, interactions, parameters, seed=seed, start=start)
    tell("filter")
    graph = Graph.of(interactions.matrix(data["title"].num_nodes), recipe.shape)
    return Learned(weights(interactions, graph, embeddings, recipe), embeddings, recipe)


def choose(
    data: HeteroData,
    interactions: Interactions,
    parameters: train.Parameters,
    *,
    seed: int,
    progress: Callable[[str], None] | None = None,
) -> Recipe:
    """The recipe that does best on a cut of the interactions."""
    tell = progress or (lambda _: None)
    trial, titles = cut(interactions, seed=seed), data["title"].num_nodes
    if not trial.judges:
        return Recipe(blend.Shape(rank=min(64, titles)), blend.Blend(embedding=0.6), 0.0)
    tell("choose the filter")
    shape = blend.shape(trial, titles, seed=seed)
    tell("choose the blend")
    embeddings = train.fit(data, trial.learn, parameters, seed=seed)
    graph = Graph.of(trial.learn.matrix(titles), shape)
    mixed, half_life = blend.blend(trial, graph, embeddings, seed=seed)
    return Recipe(shape, mixed, half_life)


def weights(
    interactions: Interactions, graph: Graph, embeddings: Embeddings, recipe: Recipe
) -> Weights:
    """What the scorer needs."""
    near, nearness = graph.nearest(min(NEAR, len(graph.degree)))
    titles = len(embeddings.title)
    return Weights(
        near=near,
        nearness=nearness,
        history=embeddings.history.numpy(),
        title=embeddings.title.numpy(),
        bias=embeddings.bias.numpy(),
        recent=blend.recent(
            interactions, titles, now=interactions.newest, half_life=recipe.popular_half_life
        ),
        blend=recipe.blend.array(),
        match_quantiles=np.zeros(101, np.float32),
    )
