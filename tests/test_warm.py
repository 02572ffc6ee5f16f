"""Where a refresh starts when something is serving already."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gnn import warm
from gnn.blend import Recipe
from gnn.filters import Shape
from gnn.train import Parameters
from graph import behaviour
from graph.arrays import Ragged, Strings, Vocabulary
from graph.behaviour import Interaction
from graph.columns import ArtworkColumns, Columns, Named, TitleColumns, UserColumns
from graph.past import Past
from graph.publishing import Published
from graph.scorer import Blend
from graph.snapshot import Entities
from tests import snapshots

PARAMETERS = Parameters(dimensions=2, most_steps=100)
RECIPE = Recipe(Shape(ridge=0.1, rank=16), Blend(embedding=0.4, doubt=3.0), 30.0 * 86_400)
TUNED_ON = 100  # interactions
BEFORE = np.array([[1, 2], [3, 4], [5, 6]], np.float32)  # embeddings of b, d and f


def entities(**embedding: tuple[float, float]) -> Entities:
    names = Vocabulary.of(embedding)
    return Entities(names, names.ids, np.array([embedding[id] for id in names.ids], np.float32))


def serving(*, version: str = "v1", **parameters: float) -> Published:
    """Titles b, d and f, and what described them."""
    built = snapshots.build(snapshots.Shape(titles=3, users=2, dimensions=2))
    snapshot = replace(
        built,
        titles=replace(built.titles, vocabulary=Vocabulary.of("bdf")),
        genres=entities(Drama=(10, 0), War=(0, 30)),
        tags=entities(old=(7, 7)),
        people=entities(Ida=(2, 0)),
        weights=replace(built.weights, title=BEFORE),
    )
    about = PARAMETERS.record() | RECIPE.record() | {"tuned_on": TUNED_ON, "inputs": "in"}
    about |= {"behaviour": behaviour.VERSION}
    manifest = snapshots.manifest(snapshot, version=version).model_copy(
        update={
            "parameters": about | parameters,
            "metrics": {"later/recipe/ndcg@20": 0.4, "later/judges": 50.0, "judges": 9.0},
        }
    )
    return Published(snapshot, manifest, published_at=0)


def named(*ids: str) -> Named:
    return Named(Vocabulary.of(ids), Strings.of(ids))


def graph(interactions: int = TUNED_ON) -> Columns:
    """Titles a, b, c, d, e and z; f went. One user."""
    n, nothing = 6, Ragged.of([[]] * 6)
    zeros = np.zeros(n, np.int32)
    return Columns(
        titles=TitleColumns(
            Vocabulary.of("abcdez"), Strings.of("abcdez"), zeros.astype(np.int8), zeros,
            zeros.astype(np.int8), zeros, nothing, zeros.astype(np.int64), zeros.astype(np.int64),
            # a: Comedy, which nobody knew, and Drama; b: Comedy; c: Drama and War; z: Comedy
            genres=Ragged.of([[0, 1], [0], [1, 2], [], [], [0]]),
            tags=Ragged.of([[0], [], [], [], [], []]),
            people=Ragged.of([[1, 0], [], [1], [], [], []]),
            makers=nothing, directors=nothing, cast=nothing,
            artworks=nothing,
        ),
        genres=named("Comedy", "Drama", "War"),
        tags=named("old"),
        people=named("Bob", "Ida"),
        artworks=ArtworkColumns(Vocabulary.of([]), Strings.of([]), *[Ragged.of([])] * 3),
        users=UserColumns(
            Vocabulary.of(["u"]), np.zeros(1, np.int32), np.zeros(1, np.int8), np.zeros(1, np.int8),
            Ragged.of([np.zeros(interactions)]),
            Past.of([Interaction(plays=1, completion=1.0)] * interactions),
        ),
        countries=Strings.of([]),
    )  # fmt: skip


def test_it_goes_on_with_the_recipe_that_serves():
    start = warm.start(serving(), graph(), PARAMETERS)
    assert start is not None
    assert start.recipe == RECIPE
    assert start.tuned_on == TUNED_ON
    assert start.metrics == {"later/recipe/ndcg@20": 0.4, "later/judges": 50.0}


def test_titles_keep_their_place_and_new_ones_go_to_the_mean_of_what_describes_them():
    start = warm.start(serving(), graph(), PARAMETERS)
    assert start is not None
    assert start.embeddings.title.dtype == start.embeddings.bias.dtype == torch.float32
    assert start.embeddings.bias.isnan().tolist() == [True, False, True, False, True, True]
    assert start.embeddings.title.tolist() == pytest.approx(np.array([
        [(10 + 7 + 2) / 3, 7 / 3],  # a: Drama, old and Ida; Comedy and Bob are new themselves
        [1, 2],  # b as it was, whatever describes it
        [(10 + 0 + 2) / 3, 30 / 3],  # c: Drama, War and Ida
        [3, 4],  # d
        [0, 0],  # e: nothing describes it
        [0, 0],  # z: nor anything that was known
    ]), rel=1e-5)  # fmt: skip


def test_what_titles_say_of_others_is_carried_over_to_todays_rows():
    before = serving(carried=5)
    snapshot = replace(
        before.snapshot,
        titles=replace(before.snapshot.titles, vocabulary=Vocabulary.of(["b", "bb", "d"])),
        weights=replace(
            before.snapshot.weights,
            near=np.array([[1, 2], [0, -1], [0, -1]], np.int32),  # b → bb, which went, and d; d → b
            nearness=np.array([[3, 2], [5, 0], [-4, 0]], np.float32),
            near_evidence=np.array([7, 8, 9], np.float32),
        ),
    )
    start = warm.start(replace(before, snapshot=snapshot), graph(), PARAMETERS)
    assert start is not None
    kept, none, nothing = start.kept, [-1, -1], [0, 0]
    assert kept.near.tolist() == [none, [-1, 3], none, [1, -1], none, none]
    assert kept.nearness.tolist() == [nothing, [0, 2], nothing, [-4, 0], nothing, nothing]
    assert kept.evidence.tolist() == [0, 7, 0, 9, 0, 0]
    assert kept.carried == 5
    assert kept.near.dtype == np.int32
    assert kept.nearness.dtype == kept.evidence.dtype == np.float32


@pytest.mark.parametrize(
    ("interactions", "starts"), [(90, False), (91, True), (100, True), (109, True), (111, False)]
)
def test_a_graph_that_grew_or_shrank_by_a_tenth_is_learned_anew(interactions: int, starts: bool):
    """Since the recipe was chosen, not since the last refresh."""
    assert (warm.start(serving(), graph(interactions), PARAMETERS) is not None) is starts


@pytest.mark.parametrize("change", [{"dimensions": 3}, {"weight_decay": 0.1}, {"again": 0.5}])
def test_other_parameters_are_learned_anew(change: dict):
    assert warm.start(serving(), graph(), replace(PARAMETERS, **change)) is None


@pytest.mark.parametrize("missing", ["tuned_on", "behaviour", "filter_ridge", "blend_doubt"])
def test_a_manifest_without_what_is_asked_of_it_is_learned_anew(missing: str):
    before = serving()
    parameters = {k: v for k, v in before.manifest.parameters.items() if k != missing}
    manifest = before.manifest.model_copy(update={"parameters": parameters})
    assert warm.start(replace(before, manifest=manifest), graph(), PARAMETERS) is None


def test_another_worth_of_behaviour_is_learned_anew():
    assert warm.start(serving(behaviour=behaviour.VERSION - 1), graph(), PARAMETERS) is None


def test_a_version_is_named_for_what_was_learned_and_where_it_started():
    versions = {
        warm.version(inputs, serving(version=started))
        for inputs in ("one", "two")
        for started in ("v1", "v2")
    }
    assert len(versions) == 4
    assert all(len(version) == 16 for version in versions)
    assert not versions & {"one", "two"}
    assert warm.version("one", serving()) == warm.version("one", serving(tuned_on=7))
