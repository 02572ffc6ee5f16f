"""Where a refresh starts when what is serving is nearly right: its recipe, its embeddings and
its filter."""

import hashlib
from dataclasses import dataclass

import numpy as np
import torch

from gnn import model
from gnn.blend import Recipe
from gnn.kept import Kept
from gnn.train import Parameters
from graph import behaviour
from graph.arrays import Ragged, Vocabulary
from graph.columns import Columns
from graph.publishing import Published
from graph.snapshot import Entities
from playbill import __version__

GROWN = 1.1  # interactions since the recipe was chosen, as a ratio, at which it is chosen anew


@dataclass(frozen=True)
class Start:
    recipe: Recipe
    embeddings: model.Start  # of today's titles
    kept: Kept  # likewise
    tuned_on: int  # interactions that the recipe was chosen on
    metrics: dict[str, float]  # how it did when it was chosen


def start(serving: Published, graph: Columns, parameters: Parameters) -> Start | None:
    """None where the recipe is to be chosen anew: the graph has grown or shrunk much since, or the
    parameters, the worth of behaviour or the code are others."""
    manifest = serving.manifest
    if manifest.code_version != __version__:
        return None
    tuned_on = int(manifest.parameters.get("tuned_on", 0))
    today = parameters.record() | {"behaviour": behaviour.VERSION}
    known = all(manifest.parameters.get(k) == v for k, v in today.items())
    if not known or not tuned_on / GROWN < graph.interactions < tuned_on * GROWN:
        return None
    try:
        recipe = Recipe.of(manifest.parameters)
    except KeyError:
        return None
    return Start(
        recipe=recipe,
        embeddings=_embeddings(serving, graph),
        kept=_kept(serving, graph),
        tuned_on=tuned_on,
        metrics={k: v for k, v in manifest.metrics.items() if k.startswith("later/")},
    )


def version(inputs: str, serving: Published) -> str:
    """Named for what it was learned from, and where it started."""
    both = inputs + serving.manifest.version
    return hashlib.sha256(both.encode()).hexdigest()[:16]


def _embeddings(serving: Published, graph: Columns) -> model.Start:
    """Those that serve, and for new titles the mean of what describes them."""
    snapshot, titles = serving.snapshot, graph.titles
    here = titles.vocabulary.rows_in(snapshot.titles.vocabulary)
    out = np.zeros((len(here), snapshot.weights.title.shape[1]), np.float32)
    out[here >= 0] = snapshot.weights.title[here[here >= 0]]
    bias = np.where(here >= 0, snapshot.weights.bias[here], np.nan).astype(np.float32)
    about: list[tuple[Ragged, Entities, Vocabulary]] = [
        (titles.genres, snapshot.genres, graph.genres.vocabulary),
        (titles.tags, snapshot.tags, graph.tags.vocabulary),
        (titles.people, snapshot.people, graph.people.vocabulary),
    ]
    there = [vocabulary.rows_in(entities.vocabulary) for _, entities, vocabulary in about]
    for title in np.flatnonzero(here < 0):
        described = [
            entities.embedding[rows[rows >= 0]]
            for (lists, entities, _), known in zip(about, there, strict=True)
            if len(rows := known[lists[title]])
        ]
        if described and len(vectors := np.concatenate(described)):
            out[title] = vectors.mean(axis=0)
    return model.Start(torch.from_numpy(out), torch.from_numpy(bias))


def _kept(serving: Published, graph: Columns) -> Kept:
    """What titles say of others: new ones nothing, and nobody anything of those that went."""
    weights, then = serving.snapshot.weights, serving.snapshot.titles.vocabulary
    here = graph.titles.vocabulary.rows_in(then)
    there = np.append(then.rows_in(graph.titles.vocabulary), np.int32(-1))  # at its end, of none
    new = here < 0
    near = there[weights.near[here]]
    near[new] = -1
    nearness = np.where(near >= 0, weights.nearness[here], np.float32(0))
    evidence = np.where(new, np.float32(0), weights.near_evidence[here])
    return Kept(near, nearness, evidence, int(serving.manifest.parameters.get("carried", 0)))
