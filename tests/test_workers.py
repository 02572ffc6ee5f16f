"""The worker processes: health, load, and what may fail around them."""

import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import grpc
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from graph.events import EventLog
from playbill.v1 import event_pb2
from playbill.v1 import playbill_service_pb2 as pb
from playbill.v1.playbill_service_pb2_grpc import PlaybillServiceStub
from tests.served import World, named, refusal
from tests.server_kills import servers_killed
from tests.serving import SECONDS, event, eventually, playbill, serving
from tests.snapshots import build, publish, title_id, user_id

NAME = "playbill.v1.PlaybillService"


def test_health_and_reflection(world: World) -> None:
    channel = world.running.channel()
    checks = health_pb2_grpc.HealthStub(channel)
    for service in ("", NAME):
        answer = checks.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    listed = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([asked]))
    names = {s.name for s in next(listed).list_services_response.service}
    assert {NAME, "grpc.health.v1.Health"} <= names


def test_load_is_shed_at_once_and_the_rest_is_served(world: World) -> None:
    request = pb.GetPageRequest(user_id=user_id(5), page_size=40, cards_per_row=40)
    stub = world.running.stub
    calls = [stub.GetPage.future(request, timeout=60) for _ in range(400)]
    codes = Counter(call.code() for call in calls)
    assert set(codes) == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert stub.GetPage(request, timeout=SECONDS).rows


def test_streams_left_open_do_not_keep_others_from_being_answered(world: World) -> None:
    asked, done = reflection_pb2.ServerReflectionRequest(list_services=""), threading.Event()

    def and_no_more() -> Iterator[reflection_pb2.ServerReflectionRequest]:
        yield asked
        done.wait(SECONDS)

    # All on one connection, and so on one worker.
    channel = world.running.channel()
    reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
    streams = [reflection.ServerReflectionInfo(and_no_more()) for _ in range(6)]
    try:
        assert all(next(stream).list_services_response.service for stream in streams)
        stub = PlaybillServiceStub(channel)
        assert stub.GetPage(pb.GetPageRequest(user_id="a"), timeout=SECONDS).rows
    finally:
        done.set()


def test_a_writer_that_others_keep_waiting_is_told_to_try_again(world: World, stub) -> None:
    liked = event("busy/1", "busy", title_id(1), event_pb2.EVENT_KIND_FINISHED)
    request = pb.RecordEventsRequest(events=[liked])
    here = {"PLAYBILL_ADDRESS": world.running.address}
    with closing(sqlite3.connect(world.data / "events.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        error = refusal(stub.RecordEvents, request)
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert named(error) == "Locked"
        assert playbill(world.data, "watch", "busy", title_id(1), **here).returncode == 8
        refusal(stub.RecordEvents, request, timeout=0.5)
        time.sleep(1)  # past that deadline, after which the server waits no longer either
    assert stub.RecordEvents(request).stored == 1


def test_no_event_told_to_a_server_is_lost_or_counted_twice_by_kill_9(tmp_path: Path) -> None:
    outcome = servers_killed(tmp_path, times=4, seed=5)
    assert outcome.acknowledged > 40
    assert (outcome.lost, outcome.doubled, outcome.torn) == (0, 0, 0)


def test_a_disk_that_fails_is_not_the_clients_fault(tmp_path: Path) -> None:
    publish(build(), tmp_path / "snapshots")
    path = tmp_path / "events.sqlite"
    EventLog.open(path).close()
    with closing(sqlite3.connect(path)) as log:
        (size,) = log.execute("PRAGMA page_size").fetchone()
        (page,) = log.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()
    with open(path, "r+b") as file:
        file.seek(size * (page - 1))
        file.write(b"\xff" * size)
    with serving(tmp_path, workers=1) as running:
        done = event("1", "a", title_id(1), event_pb2.EVENT_KIND_FINISHED)
        error = refusal(running.stub.RecordEvents, pb.RecordEventsRequest(events=[done]))
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert named(error) == "BadEventLog"
        assert str(path) in error.details()
        answer = playbill(tmp_path, "watch", "a", title_id(1), "--address", running.address)
        assert answer.returncode == 17
        assert str(path) in answer.stderr


def test_a_dead_worker_is_replaced(world: World) -> None:
    before = world.running.workers()
    psutil.Process(before[0]).kill()
    eventually(lambda: len(set(world.running.workers()) - set(before)) == 1)
    eventually(lambda: "worker.restarted" in world.running.log.read_text())
    eventually(lambda: len(world.running.one_stub_a_worker()) == 2)
    for stub in world.running.one_stub_a_worker().values():
        assert stub.GetPage(pb.GetPageRequest(user_id="a"), timeout=SECONDS).rows


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_workers_keep_to_a_processor_where_there_are_as_many_for_each(
    tmp_path: Path, workers: int
) -> None:
    ours = os.sched_getaffinity(0)
    if len(ours) < 2:
        pytest.skip("one processor: there is nothing to choose")
    two = sorted(ours)[:2]
    os.sched_setaffinity(0, two)  # which what we start inherits
    try:
        with serving(tmp_path, workers=workers) as running:
            kept = [psutil.Process(pid).cpu_affinity() for pid in running.workers()]
    finally:
        os.sched_setaffinity(0, ours)
    one, other = two
    even = [[one], [other]] * (workers // 2)
    assert sorted(kept) == sorted(even if workers % 2 == 0 else [two] * workers)


def test_a_second_server_on_the_port_says_so_and_leaves_the_first_alone(world: World) -> None:
    second = playbill(world.data, "serve", "--address", world.running.address)
    assert second.returncode == 7
    assert world.running.address in second.stderr.replace("\n", "")
    assert world.running.stub.GetModel(pb.GetModelRequest(), timeout=SECONDS).version == "v1"


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:99999", "no.such.host.invalid:1"])
def test_a_bad_address_is_bad_input(tmp_path: Path, address: str) -> None:
    answer = playbill(tmp_path, "serve", "--address", address)
    assert answer.returncode == 3
    assert address in answer.stderr.replace("\n", "")


def test_a_damaged_event_log_is_named_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "events.sqlite").write_bytes(b"not a database, but long enough to be one" * 99)
    answer = playbill(tmp_path, "serve", "--address", "127.0.0.1:0")
    assert answer.returncode == 17
    assert "events.sqlite" in answer.stderr.replace("\n", "")


def test_without_a_snapshot_it_waits_and_then_serves(tmp_path: Path) -> None:
    with serving(tmp_path, workers=1) as running:
        stub, channel = running.stub, running.channel()
        checks = health_pb2_grpc.HealthStub(channel)

        def health() -> int:
            return checks.Check(health_pb2.HealthCheckRequest(service=NAME)).status

        assert health() == health_pb2.HealthCheckResponse.NOT_SERVING
        for call, request in (
            (stub.GetPage, pb.GetPageRequest(user_id="a")),
            (stub.GetModel, pb.GetModelRequest()),
        ):
            error = refusal(call, request)
            assert error.code() is grpc.StatusCode.UNAVAILABLE
            assert "playbill refresh" in error.details()
            assert named(error) == "NoSnapshot"
        answer = playbill(tmp_path, "model", "--address", running.address)
        assert answer.returncode == 12
        assert "snapshot.none" in running.log.read_text()
        publish(build(), tmp_path / "snapshots")
        eventually(lambda: health() == health_pb2.HealthCheckResponse.SERVING)
        assert stub.GetPage(pb.GetPageRequest(user_id="a"), timeout=SECONDS).rows
