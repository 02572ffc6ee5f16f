"""Starts the real `playbill serve` as a process of its own, for tests that ask it over a socket."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import psutil

from playbill.v1 import event_pb2
from playbill.v1.playbill_service_pb2_grpc import PlaybillServiceStub

SECONDS = 20.0  # for anything that must happen soon


@dataclass
class Running:
    process: subprocess.Popen
    address: str
    log: Path  # what it wrote to stderr
    channels: list[grpc.Channel] = field(default_factory=list)

    @property
    def data(self) -> Path:
        """Where its snapshots and its event log are."""
        return self.log.parent

    @property
    def stub(self) -> PlaybillServiceStub:
        return PlaybillServiceStub(self.channel())

    def channel(self) -> grpc.Channel:
        """A connection of its own, which the kernel gives to any of the workers."""
        channel = grpc.insecure_channel(
            self.address, options=[("grpc.use_local_subchannel_pool", 1)]
        )
        self.channels.append(channel)
        return channel

    def one_stub_a_worker(self) -> dict[int, PlaybillServiceStub]:
        """Stubs by the pid of the worker that each is connected to."""
        stubs: dict[int, PlaybillServiceStub] = {}
        workers = self.workers()
        for _ in range(200):
            if len(stubs) == len(workers):
                break
            before = {pid: _connections(pid) for pid in workers}
            channel = self.channel()
            grpc.channel_ready_future(channel).result(SECONDS)
            for pid in workers:
                if _connections(pid) > before[pid]:
                    stubs.setdefault(pid, PlaybillServiceStub(channel))
        assert len(stubs) == len(workers)
        return stubs

    def workers(self) -> list[int]:
        return [child.pid for child in psutil.Process(self.process.pid).children()]

    def stop(self) -> int:
        """Its exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)


def environment(data: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "PLAYBILL_DATA_DIR": str(data), **more}


def playbill(data: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess:
    """Runs a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "playbill.cli", *arguments],
        env=environment(data, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def serving(data: Path, *, workers: int = 2, **more: str) -> Generator[Running]:
    """A server over `data`, from where it listens to its end."""
    log = data / "serve.log"
    with open(log, "w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "playbill.cli", "serve", "--address=127.0.0.1:0",
             f"--workers={workers}"],
            env=environment(data, **more),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )  # fmt: skip
    assert process.stdout
    said = process.stdout.readline()
    assert "serves on" in said, f"{said}{log.read_text()}"
    running = Running(process, said.split()[3], log)
    try:
        yield running
    finally:
        for channel in running.channels:
            channel.close()
        if process.poll() is None:
            running.stop()
        process.stdout.close()


def eventually(true: Callable[[], Any]) -> Any:
    """What `true` returns once that is true; fails when it does not become so."""
    until = time.monotonic() + SECONDS
    while not (found := true()):
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.05)
    return found


def event(id: str, user: str, title: str, kind: int, **fields: Any) -> event_pb2.Event:
    """An event of this moment."""
    made = event_pb2.Event(event_id=id, user_id=user, title_id=title, kind=kind, **fields)  # ty: ignore[invalid-argument-type]
    made.time.FromNanoseconds(time.time_ns())
    return made


def _connections(pid: int) -> int:
    return sum(c.status == psutil.CONN_ESTABLISHED for c in psutil.Process(pid).net_connections())
