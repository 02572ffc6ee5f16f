"""Runs the worker processes: starts them on one port, restarts one that dies, stops them together.

It never starts a gRPC server of its own, and loads nothing heavy.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from queue import Empty, SimpleQueue

import structlog

from graph.events import EventLog
from server import logs
from server.address import reserve
from server.assignment import Assignment
from server.signals import told_by

LOOK_SECONDS = 0.1
STEADY_SECONDS = 10.0  # a worker that lived this long is started again at once
LONGEST_PAUSE = 10.0  # seconds before one that dies again and again is started again
KILL_SECONDS = 40.0  # longer than the workers' own grace

# One thread for BLAS: requests run side by side in processes, where its threads would only contend.
# Two arenas: glibc would otherwise keep one for each thread, which doubles a worker's memory.
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}

log = structlog.get_logger()


class Worker:
    """A worker process, and its successors when it dies."""

    def __init__(self, assignment: str) -> None:
        self._assignment = assignment
        self._pause = 0.0
        self._start()

    def _start(self) -> None:
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server.worker", self._assignment],
            stdin=subprocess.PIPE,  # its end tells the worker that we are gone
            stdout=subprocess.PIPE,
            env={**os.environ, **ENVIRONMENT},
        )
        self.pid = self._process.pid

    def wait_ready(self) -> bool:
        """Whether it listens; False when it ended instead, for a reason that it logged."""
        assert self._process.stdout
        return bool(self._process.stdout.readline())

    def keep_alive(self) -> None:
        """Starts it again if it died, at once or after a pause that grows while it keeps dying."""
        if (code := self._process.poll()) is None:
            return
        lived = time.monotonic() - self._started
        if self._pause and lived < self._pause:
            return
        self._pause = 0.5 if lived >= STEADY_SECONDS else min(2 * self._pause or 0.5, LONGEST_PAUSE)
        self._close_pipes()
        died = self.pid
        self._start()
        log.error("worker.restarted", died=died, exit_code=code, pid=self.pid)

    def terminate(self) -> None:
        self._process.terminate()

    def wait(self, *, until: float) -> int:
        """Its exit code; killed when it has not ended at `until`, on the monotonic clock."""
        try:
            return self._process.wait(max(until - time.monotonic(), 0.01))
        except subprocess.TimeoutExpired:
            log.error("worker.killed", pid=self.pid)
            self._process.kill()
            return self._process.wait()
        finally:
            self._close_pipes()

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()


def run(
    address: str,
    *,
    snapshots_dir: Path,
    event_log: Path,
    artwork_root: str,
    workers: int,
    serving: Callable[[str], None],
) -> int:
    """Serves until SIGTERM or SIGINT; returns the exit code, 0 after a good end.

    `serving` is called with the address once every worker listens. Raises PortInUse, BadInput,
    BadEventLog or NoSpace before any worker is started.
    """
    logs.configure(supervisor=os.getpid())
    reserved, told = reserve(address), told_by(signal.SIGTERM, signal.SIGINT)
    EventLog.open(event_log).close()  # made, or found damaged, once and here
    assignments = [
        Assignment(
            number=number,
            workers=workers,
            address=reserved.address,
            snapshots_dir=snapshots_dir,
            event_log=event_log,
            artwork_root=artwork_root,
        )
        for number in range(workers)
    ]
    crew: list[Worker] = []
    ready = False
    try:
        crew.extend(Worker(assignment.model_dump_json()) for assignment in assignments)
        ready = all(worker.wait_ready() for worker in crew)
        if ready:
            serving(reserved.address)
            _keep_alive(crew, told)
    finally:
        codes = _end(crew)
        reserved.held.close()
    return outcome(codes, served=ready or not told.empty())


def outcome(codes: Iterable[int], *, served: bool) -> int:
    """The exit code of all, from those of the workers: 0 only where each ended well, by itself or
    by our SIGTERM before it could listen to that; else the reason one gave, or 1 for a signal."""
    failed = [code for code in codes if code not in (0, -signal.SIGTERM)]
    return max([1, *failed]) if failed or not served else 0


def _keep_alive(crew: list[Worker], told: SimpleQueue[int]) -> None:
    log.info("serving", workers=[worker.pid for worker in crew])
    while True:
        try:
            told.get(timeout=LOOK_SECONDS)
            return
        except Empty:
            for worker in crew:
                worker.keep_alive()


def _end(crew: list[Worker]) -> list[int]:
    """Lets every worker finish what it has in flight; returns their exit codes."""
    for worker in crew:
        worker.terminate()
    until = time.monotonic() + KILL_SECONDS
    return [worker.wait(until=until) for worker in crew]
