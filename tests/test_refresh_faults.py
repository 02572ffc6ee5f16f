"""What a refresh on a real Neo4j survives: crashes, a full disk, a lost database, company."""

import json
import resource
import subprocess
import sys

import pytest

from gnn import refresh as job
from gnn.lock import lock
from graph import private_neo4j, publishing
from graph.store import connected
from playbill.errors import Locked, Neo4jUnavailable, NoSpace, NothingToLearn
from tests import tastes
from tests.refreshing import count, files, run, spoil


def test_what_a_crash_left_half_written_is_cleared_away(service, settings):
    partial = settings.snapshots_dir / ".0123.partial"
    partial.mkdir(parents=True)
    (partial / "titles.year.npy").write_bytes(b"half")
    report = run(service, settings)
    assert [p.name for p in settings.snapshots_dir.iterdir() if p.is_dir()] == [report.version]


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
        assert "Another refresh is running" in complaint


def test_a_full_disk_leaves_the_old_snapshot_serving(service, settings):
    first = run(service, settings)
    before = files(settings, first.version)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    biggest = max(map(len, before.values()))
    full = pytest.MonkeyPatch()
    write = publishing.write

    def on_a_full_disk(*args):
        # The kernel itself refuses to write on, at half of the biggest file: a quota of a kind.
        resource.setrlimit(resource.RLIMIT_FSIZE, (biggest // 2, limits[1]))
        try:
            return write(*args)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    full.setattr(job.publishing, "write", on_a_full_disk)
    with full.context(), pytest.raises(NoSpace, match="disk is full"):
        run(service, settings, seed=1)
    full.undo()
    assert publishing.current(settings.snapshots_dir).manifest.version == first.version
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
    second = publishing.current(settings.snapshots_dir).manifest.version
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
    assert publishing.current(settings.snapshots_dir).manifest.version == first.version


def test_a_disk_full_of_what_serves_keeps_no_candidate_that_was_turned_down(
    service, settings, monkeypatch
):
    """Today's limits hold all the same, and it is known what was turned down."""
    first = run(service, settings)
    spoil(service)
    service.write("MATCH (u:User {id: 'u1'}) SET u.kids = true")
    write, written = publishing.write, []

    def with_room_for_one(*args):
        if written:
            raise NoSpace("the disk is full")
        written.append(write(*args))

    monkeypatch.setattr(job.publishing, "write", with_room_for_one)
    with pytest.raises(NoSpace):
        run(service, settings)
    published = publishing.current(settings.snapshots_dir)
    [user] = published.snapshot.users.vocabulary.rows(["u1"])
    assert published.snapshot.users.kids[user]
    assert published.manifest.version != first.version
    aside = publishing.rejected(settings.snapshots_dir)
    assert aside is not None
    assert aside.serving == published.manifest.version
    assert run(service, settings).status == "rejected"


def test_what_a_first_refresh_turned_down_is_remembered(tmp_path):
    publishing.reject(tmp_path / "snapshots", "bad", "", "worse than popularity")
    aside = publishing.rejected(tmp_path / "snapshots")
    assert aside == publishing.Rejected(version="bad", serving="", reason="worse than popularity")
