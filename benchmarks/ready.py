"""A server as `playbill serve` runs them, whose only answer is bytes that lie ready:
`python -m benchmarks.ready BYTES NUMBER WORKERS`. What it costs is what gRPC costs; until its input
ends."""

import os
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
import psutil

from server import worker
from server.supervisor import ENVIRONMENT

SERVICE, METHOD = "playbill.bench.Ready", "Get"


@dataclass
class Ready:
    address: str
    pid: int
    channels: list[grpc.Channel] = field(default_factory=list)

    def call(self) -> grpc.UnaryUnaryMultiCallable:
        """A connection of its own."""
        channel = grpc.insecure_channel(
            self.address, options=[("grpc.use_local_subchannel_pool", 1)]
        )
        self.channels.append(channel)
        return channel.unary_unary(f"/{SERVICE}/{METHOD}")

    def cpu(self) -> float:
        times = psutil.Process(self.pid).cpu_times()
        return times.user + times.system


@contextmanager
def ready(size: int, *, number: int = 0, of: int) -> Generator[Ready]:
    """One such process, the one of this `number` `of` so many workers, answering `size` bytes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.ready", *map(str, (size, number, of))],
        env={**os.environ, **ENVIRONMENT}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    running = Ready(process.stdout.readline().strip(), process.pid)
    try:
        yield running
    finally:
        for channel in running.channels:
            channel.close()
        process.stdin.close()
        process.wait(20)


def answer(size: int, number: int, workers: int) -> None:
    worker.settle(number, workers)
    lies_ready = bytes(size)
    server = worker.grpc_server(ThreadPoolExecutor(worker.THREADS))
    handler = grpc.unary_unary_rpc_method_handler(lambda _request, _context: lies_ready)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"127.0.0.1:{port}", flush=True)
    sys.stdin.read()
    server.stop(1).wait()


if __name__ == "__main__":
    answer(*map(int, sys.argv[1:]))
