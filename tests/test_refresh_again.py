"""A refresh on a real Neo4j where something serves already: it takes its recipe, starts there."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from gnn import kept
from gnn.refresh import Report
from graph import publishing
from graph.behaviour import PASSED_BY, Event, Kind
from graph.events import EventLog
from graph.publishing import Manifest, Published
from graph.scorer import Blend
from graph.snapshot import Weights
from graph.store import Store
from playbill.settings import Settings
from tests import tastes
from tests.refreshing import QUICK, files, run, watch

ALL = 15 * tastes.USERS  # interactions at first


@pytest.fixture
def first(store: Store, settings: Settings) -> Report:
    tastes.fill(store)
    return run(store, settings)


def watch_more(store: Store, count: int, *, turn: int = 0) -> None:
    """So many interactions with titles of the users' taste that they had not watched, one a user;
    others in each turn."""
    watched = {(row["user"], row["title"]) for row in tastes.interactions()}
    pairs = []
    for user in range(count):
        mine = [f"t{t}" for t in range(user % 2, tastes.TITLES, 2)]
        pairs.append((f"u{user}", [t for t in mine if (f"u{user}", t) not in watched][turn]))
    watch(store, pairs)


def current(settings: Settings) -> Published:
    return publishing.current(settings.snapshots_dir)


def recipe(manifest: Manifest) -> dict:
    return {
        key: value for key, value in manifest.parameters.items()
        if key.startswith(("filter_", "blend_")) or key in ("popular_half_life", "tuned_on")
    }  # fmt: skip


def later(metrics: dict[str, float]) -> dict[str, float]:
    return {key: value for key, value in metrics.items() if key.startswith("later/")}


def test_a_little_more_is_learned_from_where_the_last_one_ended(store, settings, first):
    before = current(settings).manifest
    assert "choose" in first.seconds
    assert before.parameters["tuned_on"] == ALL
    assert len(recipe(before)) == 6 + len(Blend._fields) + 2
    watch_more(store, ALL // 100)
    second = run(store, settings)
    assert second.status == "published"
    assert "choose" not in second.seconds
    after = current(settings).manifest
    assert after.version == second.version != first.version
    assert after.counts["interactions"] == ALL + ALL // 100
    assert recipe(after) == recipe(before)
    assert later(after.metrics) == later(before.metrics) != {}
    assert after.metrics["candidate/ndcg@20"] > after.metrics["popularity/ndcg@20"]
    assert "serving/ndcg@20" in second.metrics
    assert "serving/ndcg@20" not in after.metrics
    # and it knows that it has learned this
    again = run(store, settings)
    assert (again.status, again.version) == ("unchanged", second.version)
    assert again.metrics == after.metrics


def test_the_same_start_gives_the_same_bytes(store, settings, first, tmp_path):
    copied = Settings(data_dir=tmp_path / "elsewhere")
    shutil.copytree(settings.snapshots_dir, copied.snapshots_dir)
    watch_more(store, ALL // 100)
    second, same = run(store, settings), run(store, copied)
    assert second.version == same.version != first.version
    assert files(settings, second.version) == files(copied, second.version)
    # from the beginning the same graph gives others
    elsewhere = Settings(data_dir=tmp_path / "new")
    cold = run(store, elsewhere)
    assert cold.version != second.version
    assert files(elsewhere, cold.version) != files(settings, second.version)


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("large", [0, tastes.TITLES])
def test_in_a_large_catalogue_what_titles_say_is_carried_over_where_little_changed(
    store, settings, large: int, monkeypatch
):
    monkeypatch.setattr(kept, "LARGE", large)
    before = current(settings).snapshot
    watched = {row["user"] for row in tastes.interactions() if row["title"] == "t59"}
    watch(store, [(f"u{user}", "t59") for user in range(120) if f"u{user}" not in watched])
    assert "choose" not in run(store, settings).seconds
    after = current(settings).snapshot
    more = after.weights.near_evidence - before.weights.near_evidence
    [found] = after.titles.vocabulary.rows(["t59"])
    others = np.arange(tastes.TITLES) != found
    assert more[found] > 80
    assert more[others].any() == (large > 0)
    assert current(settings).manifest.parameters["carried"] == (large == 0)
    w, then = dense(after.weights), dense(before.weights)
    assert w[found] != pytest.approx(then[found], abs=0.01)
    assert np.array_equal(w[others][:, others], then[others][:, others]) == (large == 0)


def dense(weights: Weights) -> np.ndarray:
    return kept.matrix(weights.near, weights.nearness).toarray()


@pytest.mark.usefixtures("first")
def test_what_grew_by_a_tenth_since_its_recipe_was_chosen_has_it_chosen_anew(store, settings):
    watch_more(store, 320)
    assert "choose" not in run(store, settings).seconds
    watch_more(store, 320, turn=1)
    third = run(store, settings)
    assert "choose" in third.seconds
    assert current(settings).manifest.parameters["tuned_on"] == ALL + 640


@pytest.mark.usefixtures("first")
def test_other_parameters_choose_anew(store, settings):
    report = run(store, settings, parameters=replace(QUICK, dimensions=8))
    assert report.status == "published"
    assert "choose" in report.seconds
    assert current(settings).snapshot.weights.title.shape == (tastes.TITLES, 8)


def test_anew_chooses_and_learns_from_the_beginning(store, settings, first):
    watch_more(store, ALL // 100)
    second = run(store, settings)
    third = run(store, settings, anew=True)
    assert third.status == "published"
    assert "choose" in third.seconds
    assert len({first.version, second.version, third.version}) == 3
    assert current(settings).manifest.parameters["tuned_on"] == ALL + ALL // 100
    assert run(store, settings).status == "unchanged"


def test_anew_on_a_graph_that_did_not_change_does_not_touch_what_serves(store, settings, first):
    """Were it to write over it, a crash in between would leave nothing that serves."""
    before = files(settings, first.version)
    second = run(store, settings, anew=True)
    assert second.status == "published"
    assert second.version != first.version
    assert files(settings, first.version) == before
    after = files(settings, second.version)
    assert {name for name in after if after[name] != before[name]} == {"manifest.json"}
    assert run(store, settings).status == "unchanged"
    assert run(store, settings, anew=True).version == first.version


@pytest.mark.usefixtures("first")
def test_a_new_title_starts_beside_those_it_is_described_as(store, settings):
    store.write(
        """
        MATCH (g:Genre {id: 'Odd'}), (k:Tag {id: 'Odd'}), (p:Person {id: 'Odd'})
        CREATE (t:Title {id: 'new', name: 'New', kind: 'film', year: 2000}),
               (t)-[:HAS_GENRE]->(g), (t)-[:HAS_TAG]->(k), (p)-[:DIRECTED]->(t)
        """
    )
    report = run(store, settings)
    assert (report.status, "choose" in report.seconds) == ("published", False)
    snap = current(settings).snapshot
    ids, vectors = list(snap.titles.vocabulary.ids), np.array(snap.weights.title)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    near = vectors @ vectors[ids.index("new")]
    odd = np.array([id != "new" and int(id[1:]) % 2 == 1 for id in ids])
    even = np.array([id != "new" and not odd[row] for row, id in enumerate(ids)])
    assert near[odd].mean() > near[even].mean() + 0.2


@pytest.mark.usefixtures("first")
def test_it_learns_how_much_it_says_that_cards_were_passed_by(store, settings):
    """Who left titles of their taste one day leaves others of it the next; who left titles of
    another taste chooses them."""
    assert current(settings).snapshot.reading.strength == PASSED_BY
    watched = {(row["user"], row["title"]) for row in tastes.interactions()}
    events = []
    for user in range(80):
        new = [t for t in range(tastes.TITLES) if (f"u{user}", f"t{t}") not in watched]
        mine, others = ([t for t in new if (t + user) % 2 == odd] for odd in (0, 1))
        tired = user % 4 < 2
        for day, titles, chosen in (
            (2, mine[6:] if tired else others, []),
            (1, mine[:6], [] if tired else mine[:6]),
        ):
            for kind, of in ((Kind.IMPRESSION, titles), (Kind.DETAIL_OPENED, chosen)):
                events += [
                    Event(
                        f"{user}/{day}/{kind}/{title}", f"u{user}", f"t{title}", kind,
                        tastes.NOW - day * 86_400, page=f"{user}/{day}",
                    )
                    for title in of
                ]  # fmt: skip
    EventLog.open(settings.event_log).append(events)
    report = run(store, settings)
    assert report.status == "published"
    after = current(settings)
    assert report.reading["passed_by"] == after.snapshot.reading.strength > PASSED_BY
    assert after.manifest.parameters["passed_by"] == after.snapshot.reading.strength
    again = run(store, settings)
    assert (again.status, again.version) == ("unchanged", after.manifest.version)
