"""The real service on a real socket, at a time that a file tells: `python -m benchmarks.clocked`.

For replays: the service refuses events that are older than 30 days by its clock, and what was
watched years ago is. One process, on loopback, until its standard input ends.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from graph.events import EventLog
from playbill import settings
from playbill.v1 import playbill_service_pb2_grpc
from server import logs
from server.service import Service
from server.watcher import Watcher


def serve(clock: Path) -> None:
    """`clock` holds seconds since 1970, as text."""
    logs.configure()
    config = settings.load()
    events = EventLog.open(config.event_log)
    watcher = Watcher(
        config.snapshots_dir, events, artwork_root=config.artwork_root, loaded=lambda _: None
    )
    watcher.look()
    server = grpc.server(ThreadPoolExecutor(1))
    playbill_service_pb2_grpc.add_PlaybillServiceServicer_to_server(
        Service(watcher, events, now=lambda: float(clock.read_text())), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"serves on 127.0.0.1:{port}", flush=True)
    sys.stdin.read()
    server.stop(1).wait()
    events.close()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
