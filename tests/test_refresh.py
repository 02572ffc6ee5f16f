"""The refresh job on a real Neo4j: what it publishes, writes back, skips, refuses and survives."""

import json
import resource
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from gnn import refresh as job
from gnn import train
from gnn.lock import lock
from gnn.refresh import Report, refresh
from graph import private_neo4j, scorer, snapshot
from graph.behaviour import Event, Kind
from graph.events import EventLog
from graph.store import Store, connected
from playbill.errors import Locked, Neo4jUnavailable, NoSpace, NothingToLearn
from playbill.settings import Settings
from tests import tastes

QUICK = train.Parameters(dimensions=16, fewest_steps=80, most_steps=80)
GRAPH = """
MATCH (n) OPTIONAL MATCH (n)-[r]->(m)
RETURN labels(n) AS labels, properties(n) AS n, type(r) AS type, properties(r) AS r, m.id AS m
ORDER BY labels, n.id, type, m
"""


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def service(store: Store) -> Store:
    tastes.fill(store)
    return store


def run(
    store: Store, settings: Settings, *, seed: int = 0, now: int = tastes.NOW, **more
) -> Report:
    more.setdefault("parameters", QUICK)
    return refresh(store, settings, seed=seed, now=now, **more)


def count(store: Store, pattern: str) -> int:
    return store.read(f"MATCH {pattern} RETURN count(*) AS n")[0]["n"]


def files(settings: Settings, version: str) -> dict[str, bytes]:
    folder = settings.snapshots_dir / version
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_publishes_what_beats_popularity(service, settings):
    report = run(service, settings)
    assert report.status == "published"
    published = snapshot.current(settings.snapshots_dir)
    assert published.manifest.version == report.version
    assert published.manifest.counts == {
        "User": tastes.USERS, "Title": 60, "Genre": 2, "Tag": 2, "Person": 2, "Artwork": 2,
        "interactions": 15 * tastes.USERS,
    }  # fmt: skip
    metrics = published.manifest.metrics
    assert metrics["judges"] >= 30
    assert metrics["candidate/ndcg@20"] > metrics["popularity/ndcg@20"]


def test_the_snapshot_knows_who_likes_what(service, settings):
    run(service, settings)
    snap = snapshot.current(settings.snapshots_dir).snapshot
    users = snap.users
    for row, id in enumerate(users.vocabulary.ids):
        history = scorer.History(users.history[row], np.ones(15, np.float32))
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
    snap = snapshot.current(settings.snapshots_dir).snapshot
    for label, n in (("User", tastes.USERS), ("Title", 60), ("Genre", 2), ("Tag", 2), ("Person", 2),
                     ("Artwork", 2)):  # fmt: skip
        assert count(service, f"(n:{label}) WHERE size(n.embedding) = 16") == n
    near = service.read(
        "MATCH (:User {id: 'u0'})-[s:SIMILAR_TO]->(v:User) "
        "RETURN v.id AS id, s.score AS score, s.model AS model ORDER BY score DESC"
    )
    row = snap.users.vocabulary.row("u0")
    assert [r["id"] for r in near] == [
        snap.users.vocabulary[v] for v in snap.users.similar[row, :20]
    ]
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


def test_events_are_folded_before_it_learns(service, settings):
    run(service, settings)
    log = EventLog.open(settings.event_log)
    log.append([Event("e1", "u0", "t1", Kind.FINISHED, tastes.NOW)])
    report = run(service, settings)
    assert (report.status, report.folded) == ("published", 1)
    published = snapshot.current(settings.snapshots_dir)
    assert published.manifest.log_position == log.last_position
    users, titles = published.snapshot.users, published.snapshot.titles
    [user] = users.vocabulary.rows(["u0"])
    assert titles.vocabulary.row("t1") in users.history[user]


def test_a_candidate_that_learned_nothing_is_kept_aside(service, settings):
    first = run(service, settings)
    useless = replace(QUICK, fewest_steps=1, most_steps=1, learning_rate=1e-9, hidden=0.9)
    report = run(service, settings, parameters=useless)
    assert report.status == "rejected"
    assert "serving" in report.rejected
    assert snapshot.current(settings.snapshots_dir).manifest.version == first.version
    assert (settings.snapshots_dir / report.version / "manifest.json").is_file()
    again = run(service, settings, parameters=useless)
    assert (again.status, again.rejected) == ("rejected", report.rejected)
    assert "train" not in again.seconds  # nothing has changed since it was turned down
    assert count(service, f"(m:Model) WHERE m.id = '{report.version}'") == 0


def test_only_the_last_candidate_turned_down_is_kept_and_a_good_one_still_passes(service, settings):
    run(service, settings)
    kept = []
    for seed in (1, 2):
        useless = replace(QUICK, fewest_steps=1, most_steps=1, learning_rate=1e-9, hidden=0.9)
        kept.append(run(service, settings, seed=seed, parameters=useless).version)
    assert not (settings.snapshots_dir / kept[0]).exists()
    assert (settings.snapshots_dir / kept[1]).exists()
    assert run(service, settings, seed=3).status == "published"


def test_what_a_crash_left_half_written_is_cleared_away(service, settings):
    partial = settings.snapshots_dir / ".0123.partial"
    partial.mkdir(parents=True)
    (partial / "titles.year.npy").write_bytes(b"half")
    report = run(service, settings)
    assert [p.name for p in settings.snapshots_dir.iterdir() if p.is_dir()] == [report.version]


def test_a_title_or_user_without_anything_to_say_keeps_no_old_embedding(service, settings):
    run(service, settings)
    service.write("MATCH (u:User {id: 'u7'})-[r:INTERACTED]->() DELETE r")
    service.write("CREATE (:Title {id: 'plain', name: 'No genre, no viewer'})")
    assert run(service, settings).status == "published"
    assert count(service, "(u:User {id: 'u7'}) WHERE u.embedding IS NOT NULL") == 0
    assert count(service, "(t:Title {id: 'plain'})") == 1
    snap = snapshot.current(settings.snapshots_dir).snapshot
    row = snap.users.vocabulary.row("u7")
    assert (snap.users.similar[row] == -1).all()


def test_an_import_while_it_reads_is_left_for_the_next(service, settings):
    def import_a_title(step: str) -> None:
        if step == "read":
            service.write(
                "MATCH (u:User {id: 'u0'}) CREATE (u)-[:INTERACTED {weight: 1.0, last_at: 1}]->"
                "(:Title {id: 'late', name: 'Late'})"
            )

    assert run(service, settings, progress=import_a_title).status == "published"
    assert run(service, settings).status == "unchanged"


def test_an_empty_graph_says_what_to_do(store, settings):
    with pytest.raises(NothingToLearn, match="playbill import"):
        run(store, settings)


def test_a_second_refresh_is_told_who_holds_the_lock(service, settings):
    with (
        lock(settings.refresh_lock, now=tastes.NOW),
        pytest.raises(Locked, match=r"process \d+ on .*, since 2027-01-15"),
    ):
        run(service, settings)
    assert run(service, settings).status == "published"


@pytest.mark.usefixtures("service")
def test_two_refresh_commands_at_once(neo4j_settings, tmp_path):
    running = private_neo4j.start(neo4j_settings)
    env = {
        "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PLAYBILL_DATA_DIR": str(tmp_path),
        "PLAYBILL_NEO4J_URI": running.uri, "PLAYBILL_NEO4J_PASSWORD": running.password,
    }  # fmt: skip
    command = [sys.executable, "-m", "playbill", "refresh", "--json"]
    both = [
        subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    results = sorted((*process.communicate(), process.returncode) for process in both)
    (nothing, complaint, code), (output, _, zero) = results
    assert (zero, json.loads(output)["status"]) == (0, "published")
    if code == 0:  # it began after the other had ended
        assert json.loads(nothing)["status"] == "unchanged"
    else:
        assert code == 8
        assert "Another refresh is running: process" in complaint


def test_a_full_disk_leaves_the_old_snapshot_serving(service, settings):
    first = run(service, settings)
    before = files(settings, first.version)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    biggest = max(map(len, before.values()))
    full = pytest.MonkeyPatch()
    write = snapshot.write

    def on_a_full_disk(*args):
        # The kernel itself refuses to write on, at half of the biggest file: a quota of a kind.
        resource.setrlimit(resource.RLIMIT_FSIZE, (biggest // 2, limits[1]))
        try:
            return write(*args)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    full.setattr(job.snapshots, "write", on_a_full_disk)
    with full.context(), pytest.raises(NoSpace, match="disk is full"):
        run(service, settings, seed=1)
    full.undo()
    assert snapshot.current(settings.snapshots_dir).manifest.version == first.version
    assert files(settings, first.version) == before
    assert [p.name for p in settings.snapshots_dir.iterdir() if p.is_dir()] == [first.version]


def test_neo4j_stopped_in_the_middle_keeps_the_old_and_a_rerun_finishes(
    service, settings, neo4j_settings
):
    first = run(service, settings)
    steps = []

    def stop_at_write_back(step: str) -> None:
        steps.append(step)
        if step == "similar users":
            private_neo4j.stop(neo4j_settings)

    with pytest.raises(Neo4jUnavailable):
        run(service, settings, seed=1, progress=stop_at_write_back)
    assert "similar users" in steps
    second = snapshot.current(settings.snapshots_dir).manifest.version
    assert second != first.version  # it was published before, whole, and serves

    running = private_neo4j.start(neo4j_settings)
    with connected(running.uri, running.user, running.password) as back:
        unfinished = "(m:Model) WHERE m.written_at IS NULL"
        assert count(back, unfinished) == 1
        report = run(back, settings, seed=1)
        assert (report.status, report.version) == ("unchanged", second)
        assert count(back, unfinished) == 0
        assert (
            count(back, f"(:User)-[s:SIMILAR_TO {{model: '{second}'}}]->(:User)")
            == tastes.USERS * 20
        )


def test_neo4j_stopped_while_it_reads_keeps_the_old(service, settings, neo4j_settings):
    first = run(service, settings)

    def stop_at_read(step: str) -> None:
        if step == "read":
            private_neo4j.stop(neo4j_settings)

    with pytest.raises(Neo4jUnavailable):
        run(service, settings, seed=1, progress=stop_at_read)
    assert snapshot.current(settings.snapshots_dir).manifest.version == first.version
