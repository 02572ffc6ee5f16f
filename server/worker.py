"""One worker process: a gRPC server on the shared port, until it is told to stop.

Started by the supervisor as `python -m server.worker ASSIGNMENT`. It prints "ready" when it
listens, stops on SIGTERM, and also when its standard input ends, which is how it learns that the
supervisor is gone, however that ended.
"""

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import Any

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from graph.events import EventLog
from playbill.errors import NoSnapshot, PlaybillError, exit_code
from playbill.v1 import playbill_service_pb2, playbill_service_pb2_grpc
from server import logs, signals
from server.assignment import Assignment
from server.service import Service
from server.watcher import Watcher

THREADS = 4  # numpy and SQLite let go of the interpreter, the rest does not: more gain nothing
STREAMS = 16  # of reflection; each holds a thread while it is open, none of those for requests
AT_ONCE = 64  # requests taken on; the next is answered RESOURCE_EXHAUSTED before any work
GRACE_SECONDS = 30.0  # for requests in flight when told to stop
OPTIONS = (
    ("grpc.so_reuseport", 1),
    # Connections end after a while, and with them the streams that a client left open. Clients
    # connect anew by themselves, to any worker, and lose no request.
    ("grpc.max_connection_idle_ms", 300_000),
    ("grpc.max_connection_age_ms", 300_000),
    ("grpc.max_connection_age_grace_ms", 30_000),
)
NAME = playbill_service_pb2.DESCRIPTOR.services_by_name["PlaybillService"].full_name

log = structlog.get_logger()


def main() -> None:
    assignment = Assignment.model_validate_json(sys.argv[1])
    settle(assignment.number, assignment.workers)
    logs.configure(worker=os.getpid())
    told = signals.told_by(signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the supervisor, which tells us
    threading.Thread(target=_until_orphaned, args=(told,), daemon=True).start()
    try:
        serve(assignment, told)
    except PlaybillError as error:
        log.error("worker.failed", reason=str(error))
        sys.exit(exit_code(error))


def settle(number: int, workers: int) -> None:
    """Keeps a worker, before it has threads, to one processor, where there are as many workers for
    each. A request goes from thread to thread, of which one runs at a time: on one processor none
    has to be woken on another, which costs a fifth of a small answer."""
    processors = sorted(os.sched_getaffinity(0))
    if workers % len(processors) == 0:
        os.sched_setaffinity(0, {processors[number % len(processors)]})


def serve(assignment: Assignment, told: SimpleQueue[int]) -> None:
    """Serves until `told` to stop, then finishes what is in flight."""
    events = EventLog.open(assignment.event_log)
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
    state = health.HealthServicer(
        experimental_non_blocking=True, experimental_thread_pool=ThreadPoolExecutor(1)
    )
    _tell(state, health_pb2.HealthCheckResponse.NOT_SERVING)
    watcher = Watcher(
        assignment.snapshots_dir,
        events,
        artwork_root=assignment.artwork_root,
        loaded=lambda _: _tell(state, health_pb2.HealthCheckResponse.SERVING),
    )
    server = grpc_server(pool)
    service = Service(watcher, events, now=time.time)
    playbill_service_pb2_grpc.add_PlaybillServiceServicer_to_server(service, server)
    health_pb2_grpc.add_HealthServicer_to_server(state, server)
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(_reflection(), server)
    server.add_insecure_port(assignment.address)
    watcher.look()
    try:
        watcher.serving()
    except NoSnapshot as error:
        log.warning("snapshot.none", reason=str(error))
    server.start()
    stop = threading.Event()
    watching = threading.Thread(target=watcher.run, args=(stop,), daemon=True)
    watching.start()
    print("ready", flush=True)
    signals.wait(told)
    stop.set()
    state.enter_graceful_shutdown()
    server.stop(GRACE_SECONDS).wait()
    watching.join()
    pool.shutdown()  # what was not done in time is let go, but may still be reading
    events.close()
    log.info("worker.stopped")


def grpc_server(pool: ThreadPoolExecutor) -> grpc.Server:
    return grpc.server(pool, maximum_concurrent_rpcs=AT_ONCE, options=OPTIONS)


def _reflection() -> reflection.ReflectionServicer:
    """Reflection with threads of its own; gRPC looks for them on the method, as for health's."""
    servicer = reflection.ReflectionServicer((NAME, health.SERVICE_NAME, reflection.SERVICE_NAME))
    answer: Any = partial(servicer.ServerReflectionInfo)
    answer.experimental_thread_pool = ThreadPoolExecutor(STREAMS, thread_name_prefix="reflection")
    servicer.ServerReflectionInfo = answer
    return servicer


def _tell(
    state: health.HealthServicer, status: health_pb2.HealthCheckResponse.ServingStatus
) -> None:
    for service in ("", NAME):
        state.set(service, status)


def _until_orphaned(told: SimpleQueue[int]) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    told.put(signal.SIGTERM)


if __name__ == "__main__":
    main()
