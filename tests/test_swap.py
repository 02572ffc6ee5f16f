"""Snapshots change under load, bad ones are refused, and the server ends in good order."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest

from graph import publishing
from playbill.v1 import playbill_service_pb2 as pb
from server import supervisor
from tests.serving import SECONDS, Running, environment, eventually, serving
from tests.snapshots import NOW, Shape, build, publish, user_id

SHAPE = Shape(titles=300, users=100)


@dataclass
class Load:
    """What a client that asks without a pause got."""

    versions: list[str] = field(default_factory=list)
    errors: list[grpc.RpcError] = field(default_factory=list)


@contextmanager
def load(running: Running, *, clients: int = 3) -> Generator[Load]:
    result, stop = Load(), threading.Event()

    def ask(stub, client: int) -> None:
        turn = client
        while not stop.is_set():
            try:
                answer = stub.GetPage(pb.GetPageRequest(user_id=user_id(turn % 100)), timeout=10)
                result.versions.append(answer.model_version)
            except grpc.RpcError as error:
                result.errors.append(error)
            turn += 1

    threads = [threading.Thread(target=ask, args=(running.stub, c)) for c in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield result
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def versions(running: Running) -> set[str]:
    """What the workers serve."""
    stubs = running.one_stub_a_worker().values()
    return {stub.GetModel(pb.GetModelRequest(), timeout=SECONDS).version for stub in stubs}


def maps(pid: int) -> str:
    """The snapshot files that a worker has mapped."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    found = [line for line in lines if ".npy" in line]
    assert found
    return "\n".join(found)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_new_snapshots_are_taken_up_without_a_failed_request(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    publish(build(SHAPE), folder, version="v0")
    with serving(tmp_path) as running, load(running) as got:
        for turn in (1, 2, 3):
            time.sleep(0.7)
            publish(build(SHAPE, seed=turn), folder, version=f"v{turn}", now=NOW + turn)
            eventually(lambda turn=turn: versions(running) == {f"v{turn}"})
        publishing.prune(folder, keep=0)  # what served before is gone from the disk
        eventually(lambda: not any("(deleted)" in maps(pid) for pid in running.workers()))
    assert not got.errors
    assert set(got.versions) == {"v0", "v1", "v2", "v3"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: truncate(path / "weights.title.npy"),
        lambda path: flip(path / "users.past.weight.npy"),
        lambda path: flip(path / "manifest.json"),
        lambda path: (path / "titles.name.utf8.npy").unlink(),
        lambda path: (path.parent / "current.json").write_text("{"),
    ],
    ids=["truncated", "flipped", "manifest", "missing", "pointer"],
)
def test_a_damaged_snapshot_is_refused_once_and_the_old_one_kept(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    folder = tmp_path / "snapshots"
    publish(build(SHAPE), folder, version="good")
    with serving(tmp_path) as running, load(running) as got:
        # Damaged before it is made current, as by a failing disk or a bad copy.
        path = publish(build(SHAPE, seed=1), tmp_path / "elsewhere", version="bad")
        path = path.rename(folder / "bad")
        publishing.make_current(folder, "good", now=NOW)
        damage(path)
        if (folder / "current.json").read_text() != "{":
            publishing.make_current(folder, "bad", now=NOW + 1)
        eventually(lambda: running.log.read_text().count("snapshot.refused") == 2)
        time.sleep(1.5)  # time for several more looks
        assert running.log.read_text().count("snapshot.refused") == 2  # one a worker
        assert versions(running) == {"good"}
        publish(build(SHAPE, seed=2), folder, version="better", now=NOW + 2)
        eventually(lambda: versions(running) == {"better"})
    assert not got.errors
    assert set(got.versions) == {"good", "better"}


@pytest.mark.parametrize("damage", ["snapshot", "pointer"])
def test_a_start_with_a_damaged_snapshot_serves_the_newest_other_one(
    tmp_path: Path, damage: str
) -> None:
    folder = tmp_path / "snapshots"
    versions_ = ("oldest", "older", "turned-down", ".half-written", "newest")
    for age, version in enumerate(reversed(versions_)):
        path = publish(build(SHAPE, seed=age), folder, version=version)
        os.utime(path, (NOW - age, NOW - age))
    publishing.reject(folder, "turned-down", "older", "worse than what serves")
    publishing.make_current(folder, "newest", now=NOW)
    flip(folder / "newest" / "users.past.weight.npy")
    if damage == "pointer":
        (folder / "current.json").write_text("{")
    with serving(tmp_path) as running:
        assert versions(running) == {"older"}
        time.sleep(1.5)  # time for several more looks
        assert running.log.read_text().count("snapshot.refused") == 2  # one a worker
        publish(build(SHAPE, seed=9), folder, version="better", now=NOW + 2)
        eventually(lambda: versions(running) == {"better"})


def test_a_start_with_nothing_whole_waits(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    flip(publish(build(SHAPE), folder) / "users.past.weight.npy")
    with serving(tmp_path, workers=1) as running:
        with pytest.raises(grpc.RpcError) as caught:
            running.stub.GetModel(pb.GetModelRequest(), timeout=SECONDS)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE  # ty: ignore[missing-attribute]
        publish(build(SHAPE), folder, version="whole", now=NOW + 1)
        eventually(lambda: "snapshot.serving" in running.log.read_text())
        assert versions(running) == {"whole"}


def test_sigterm_finishes_what_is_in_flight_and_exits_0(tmp_path: Path) -> None:
    publish(build(SHAPE), tmp_path / "snapshots")
    with serving(tmp_path) as running:
        whole: dict[str, Any] = {"user_id": user_id(1), "page_size": 40, "cards_per_row": 40}
        calls = [
            # each another page, or the later ones would be there at once
            stub.GetPage.future(pb.GetPageRequest(**whole, seed=seed), timeout=SECONDS)
            for stub in running.one_stub_a_worker().values()
            for seed in range(15)
        ]
        eventually(lambda: sum(call.done() for call in calls) >= 4)
        assert not all(call.done() for call in calls)
        assert running.stop() == 0
        assert {call.code() for call in calls} == {grpc.StatusCode.OK}
        log = running.log.read_text()
        assert log.count("worker.stopped") == 2
        assert "worker.killed" not in log
        with pytest.raises(grpc.RpcError):
            running.stub.GetModel(pb.GetModelRequest(), timeout=2)


def test_a_worker_killed_before_it_served_is_no_good_end(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "playbill.cli", "serve", "--address=127.0.0.1:0"]
    process = subprocess.Popen(command, env=environment(tmp_path), stderr=subprocess.DEVNULL)
    try:
        whole = psutil.Process(process.pid)
        eventually(lambda: len(whole.children()) == 2)
        max(whole.children(), key=lambda worker: worker.pid).kill()
        assert process.wait(SECONDS) == 1
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("codes", "served", "code"),
    [
        ([0, 0], True, 0),
        ([0, -signal.SIGTERM], True, 0),  # told to stop before it could listen to that
        ([0, -signal.SIGKILL], True, 1),  # held on for longer than the grace
        ([0, -signal.SIGKILL], False, 1),
        ([-signal.SIGTERM, -signal.SIGSEGV], False, 1),
        ([0, 13], False, 13),
        ([0, 0], False, 1),
    ],
)
def test_one_bad_end_makes_a_bad_end(codes: list[int], served: bool, code: int) -> None:
    assert supervisor.outcome(codes, served=served) == code


def test_no_worker_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    with serving(tmp_path) as running:
        workers = [psutil.Process(pid) for pid in running.workers()]
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        gone, alive = psutil.wait_procs(workers, timeout=SECONDS)
        assert (len(gone), alive) == (2, [])
