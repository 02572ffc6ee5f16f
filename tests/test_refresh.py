"""The refresh job on a real Neo4j: what it publishes, writes back, skips and refuses."""

import json

import numpy as np
import pytest

from gnn.blend import Recipe
from graph import behaviour, columns, publishing, scorer
from graph.behaviour import Event, Kind
from graph.events import EventLog
from graph.fold import fold
from playbill.settings import Settings
from tests import tastes
from tests.refreshing import count, files, run, spoil, watch

GRAPH = """
MATCH (n) OPTIONAL MATCH (n)-[r]->(m)
RETURN labels(n) AS labels, properties(n) AS n, type(r) AS type, properties(r) AS r, m.id AS m
ORDER BY labels, n.id, type, m
"""


def test_it_publishes_what_beats_popularity(service, settings):
    report = run(service, settings)
    assert report.status == "published"
    published = publishing.current(settings.snapshots_dir)
    assert published.manifest.version == report.version
    assert published.manifest.counts == {
        "User": tastes.USERS, "Title": 60, "Genre": 2, "Tag": 2, "Person": 2, "Artwork": 2,
        "interactions": 15 * tastes.USERS,
    }  # fmt: skip
    metrics = published.manifest.metrics
    assert metrics["judges"] >= 30
    assert metrics["candidate/ndcg@20"] > metrics["popularity/ndcg@20"]
    assert metrics["later/judges"] >= 30
    assert metrics["later/recipe/ndcg@20"] > metrics["later/popular lately/ndcg@20"]
    assert Recipe.of(published.manifest.parameters).blend.array().tolist() == (
        published.snapshot.weights.blend.tolist()
    )


def test_the_snapshot_knows_who_likes_what(service, settings):
    run(service, settings)
    snap = publishing.current(settings.snapshots_dir).snapshot
    users = snap.users
    for row, id in enumerate(users.vocabulary.ids):
        span = slice(*users.history.offsets[row : row + 2])
        history = scorer.History(
            users.history[row], users.past.weight[span], tastes.NOW - users.past.last_at[span]
        )
        assert len(history.titles) == 15
        assert np.allclose(
            scorer.user_vector(snap.weights, history), users.embedding[row], atol=1e-5
        ), id
    parity = np.array([int(id[1:]) % 2 for id in users.vocabulary.ids])
    alike = parity[users.similar[:, :10]] == parity[:, None]
    assert alike.mean() > 0.9
    odd = snap.artworks.embedding[snap.artworks.vocabulary.row("Odd")]
    even = snap.artworks.embedding[snap.artworks.vocabulary.row("Even")]
    prefers_odd = users.embedding @ odd > users.embedding @ even
    assert (prefers_odd == (parity == 1)).mean() > 0.9


def test_the_write_back_is_what_was_published(service, settings):
    report = run(service, settings)
    snap = publishing.current(settings.snapshots_dir).snapshot
    for label, n in (("User", tastes.USERS), ("Title", 60), ("Genre", 2), ("Tag", 2), ("Person", 2),
                     ("Artwork", 2)):  # fmt: skip
        assert count(service, f"(n:{label}) WHERE size(n.embedding) = 16") == n
    near = service.read(
        "MATCH (:User {id: 'u0'})-[s:SIMILAR_TO]->(v:User) "
        "RETURN v.id AS id, s.score AS score, s.model AS model ORDER BY score DESC"
    )
    row = snap.users.vocabulary.row("u0")
    assert {r["id"]: r["score"] for r in near} == {
        snap.users.vocabulary[v]: pytest.approx(float(score), abs=1e-6)
        for v, score in zip(snap.users.similar[row, :20], snap.users.similarity[row], strict=False)
    }
    assert {r["model"] for r in near} == {report.version}
    assert count(service, "(:Title)-[s:SIMILAR_TO]->(:Title)") == 60 * 20
    assert count(service, "(:User)-[:MEMBER_OF]->(:Community)") == tastes.USERS
    [model] = service.read("MATCH (m:Model) RETURN m")
    assert model["m"]["written_at"] == tastes.NOW
    assert json.loads(model["m"]["metrics"]) == report.metrics


def test_unchanged_is_skipped_and_the_same_inputs_give_the_same_bytes(service, settings, tmp_path):
    first = run(service, settings)
    again = run(service, settings, now=tastes.NOW + 60)
    assert (again.status, again.version) == ("unchanged", first.version)
    elsewhere = Settings(data_dir=tmp_path / "elsewhere")
    same = run(service, elsewhere, now=tastes.NOW + 60)
    assert files(settings, first.version) == files(elsewhere, same.version)


def test_another_seed_is_another_version_and_old_traces_go(service, settings):
    first = run(service, settings)
    second = run(service, settings, seed=1)
    assert second.status == "published"
    assert second.version != first.version
    assert "serving/ndcg@20" in second.metrics
    assert count(service, f"()-[s:SIMILAR_TO]->() WHERE s.model = '{first.version}'") == 0
    assert count(service, "(:User)-[:MEMBER_OF]->(:Community)") == tastes.USERS
    assert count(service, f"(c:Community) WHERE c.id STARTS WITH '{first.version}'") == 0
    assert count(service, "(:Model)") == 2


def test_a_dry_run_publishes_nothing_and_leaves_the_graph_alone(service, settings):
    before = service.read(GRAPH)
    report = run(service, settings, dry_run=True)
    assert report.status == "dry run"
    assert report.metrics["candidate/ndcg@20"] > 0
    assert not settings.snapshots_dir.exists()
    assert service.read(GRAPH) == before


def test_edges_of_an_older_table_are_weighed_anew_before_it_learns(service, settings):
    run(service, settings)
    service.write("MATCH ()-[r:INTERACTED]->() SET r.plays = 2, r.completion = 0.5, r.thumb = 1")
    service.write("MATCH (s:Schema) SET s.behaviour = 0")
    run(service, settings)
    expected = behaviour.weight(0.5, 1, 2)
    [edges] = service.read("MATCH ()-[r:INTERACTED]->() RETURN collect(r.weight) AS weights")
    assert edges["weights"] == pytest.approx([expected] * len(edges["weights"]))
    users = publishing.current(settings.snapshots_dir).snapshot.users
    assert users.past.weight == pytest.approx(np.full(len(edges["weights"]), expected))


def test_events_are_folded_before_it_learns(service, settings):
    run(service, settings)
    log = EventLog.open(settings.event_log)
    log.append([Event("e1", "u0", "t1", Kind.FINISHED, tastes.NOW)])
    report = run(service, settings)
    assert (report.status, report.folded) == ("published", 1)
    published = publishing.current(settings.snapshots_dir)
    assert published.manifest.log_position == log.last_position
    users, titles = published.snapshot.users, published.snapshot.titles
    [user] = users.vocabulary.rows(["u0"])
    assert titles.vocabulary.row("t1") in users.history[user]


def test_a_candidate_that_learned_nothing_is_kept_aside(service, settings):
    first = run(service, settings)
    spoil(service)
    report = run(service, settings)
    assert report.status == "rejected"
    assert "worse than serving's" in report.rejected
    assert report.metrics["candidate/ndcg@20"] < report.metrics["serving/ndcg@20"]
    assert publishing.current(settings.snapshots_dir).manifest.version == first.version
    assert (settings.snapshots_dir / report.version / "manifest.json").is_file()
    again = run(service, settings)
    assert (again.status, again.rejected) == ("rejected", report.rejected)
    # nothing has changed since it was turned down
    assert set(again.seconds) == {"fold", "read", "impressions"}
    assert count(service, f"(m:Model) WHERE m.id = '{report.version}'") == 0
    assert "choose" in report.seconds  # where it could have started was no better


def test_todays_limits_hold_though_the_candidate_was_turned_down(service, settings):
    first = run(service, settings)
    spoil(service)
    service.write("MATCH (u:User {id: 'u1'}) SET u.kids = true, u.maturity_ceiling = 7")
    service.write("MATCH (t:Title {id: 't1'}) SET t.maturity = 18, t.countries = ['ZZ', 'AA']")
    service.write("MATCH (t:Title {id: 't2'}) DETACH DELETE t")
    report = run(service, settings)
    assert report.status == "rejected"
    published = publishing.current(settings.snapshots_dir)
    manifest, snapshot = published.manifest, published.snapshot
    assert manifest.version not in (first.version, report.version)
    assert manifest.log_position == 0
    [user], [title, gone] = (
        snapshot.users.vocabulary.rows(["u1"]),
        snapshot.titles.vocabulary.rows(["t1", "t2"]),
    )
    assert (snapshot.users.kids[user], snapshot.users.maturity_ceiling[user]) == (1, 7)
    assert snapshot.titles.maturity[title] == 18
    countries = {snapshot.countries[row] for row in snapshot.titles.countries[title]}
    assert countries == {"AA", "ZZ"}
    assert snapshot.titles.available_until[gone] == 1
    assert len(snapshot.charts.top) == len(snapshot.countries) + 1
    before, _ = publishing.read(settings.snapshots_dir / first.version)
    assert np.array_equal(snapshot.weights.title, before.weights.title)
    assert count(service, f"(m:Model {{id: '{manifest.version}'}}) WHERE m.written_at > 0") == 1
    again = run(service, settings)  # nothing has changed since
    assert (again.status, again.rejected) == ("rejected", report.rejected)
    assert publishing.current(settings.snapshots_dir).manifest.version == manifest.version


def test_a_candidate_turned_down_leaves_the_write_back_of_what_serves_finished(service, settings):
    """Which a Neo4j that went away had cut off."""
    first = run(service, settings)
    service.write("MATCH (m:Model) SET m.written_at = null")
    service.write("MATCH (:Title)-[s:SIMILAR_TO]->(:Title) DELETE s")
    spoil(service)
    assert run(service, settings).status == "rejected"
    assert count(service, f"(m:Model {{id: '{first.version}'}}) WHERE m.written_at > 0") == 1
    near = f"(:Title)-[s:SIMILAR_TO {{model: '{first.version}'}}]->(:Title)"
    assert count(service, near) > 0


def test_a_fold_while_it_reads_is_read_again(service, settings, monkeypatch):
    """Or the server would count what the snapshot holds already once more."""
    log = EventLog.open(settings.event_log)
    read, reads = columns.read, []

    def overtaken(store):
        if not reads:
            log.append([Event("late", "u0", "t1", Kind.FINISHED, tastes.NOW)])
            fold(store, log)
        reads.append(read(store))
        return reads[-1]

    monkeypatch.setattr(columns, "read", overtaken)
    assert run(service, settings).status == "published"
    assert len(reads) == 2
    published = publishing.current(settings.snapshots_dir)
    assert published.manifest.log_position == log.last_position


def test_only_the_last_candidate_turned_down_is_kept_and_a_good_one_still_passes(service, settings):
    run(service, settings)
    spoil(service)
    kept = [run(service, settings, seed=seed).version for seed in (1, 2)]
    assert not (settings.snapshots_dir / kept[0]).exists()
    assert (settings.snapshots_dir / kept[1]).exists()
    service.write("MATCH ()-[r:INTERACTED]->() DELETE r")
    watch(service, [(row["user"], row["title"]) for row in tastes.interactions()])
    assert run(service, settings, seed=3).status == "published"


def test_a_title_or_user_without_anything_to_say_keeps_no_old_embedding(service, settings):
    run(service, settings)
    service.write("MATCH (u:User {id: 'u7'})-[r:INTERACTED]->() DELETE r")
    service.write("CREATE (:Title {id: 'plain', name: 'No genre, no viewer'})")
    assert run(service, settings).status == "published"
    assert count(service, "(u:User {id: 'u7'}) WHERE u.embedding IS NOT NULL") == 0
    assert count(service, "(t:Title {id: 'plain'})") == 1
    snap = publishing.current(settings.snapshots_dir).snapshot
    row = snap.users.vocabulary.row("u7")
    assert (snap.users.similar[row] == -1).all()
