"""Kills processes of real servers at random moments, while clients record events over gRPC."""

import os
import random
import signal
import threading
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import psutil

from playbill.v1 import event_pb2
from playbill.v1 import playbill_service_pb2 as pb
from tests.kills import Outcome, outcome
from tests.serving import Running, event, eventually, serving
from tests.snapshots import build, publish, title_id

CLIENTS = 4
PATIENCE = 1.0  # seconds that a client waits for an answer
SOON = 0.5  # seconds within which the next kill comes
UNANSWERED = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def servers_killed(data: Path, *, times: int, seed: int) -> Outcome:
    """Kills with SIGKILL, at a random moment, a worker of a server over `data`, which the server
    starts again, and at another all of its processes; so on with the next server, until there were
    so many kills."""
    rng, left = random.Random(seed), times
    publish(build(), data / "snapshots")
    clients = [Client(str(number), random.Random(rng.random())) for number in range(CLIENTS)]
    while left:
        with serving(data) as running, _sending(clients, running):
            if left > 1:
                time.sleep(rng.uniform(0, SOON))
                os.kill(rng.choice(running.workers()), signal.SIGKILL)
                left -= 1
            time.sleep(rng.uniform(0, SOON))
            _kill_all(running)
            left -= 1
    found = outcome(
        data / "events.sqlite",
        acknowledged=[id for client in clients for id in client.acknowledged],
        unsure=[batch for client in clients for batch in client.unsure],
    )
    lost, torn = (sum(getattr(client, of) for client in clients) for of in ("lost", "torn"))
    return replace(found, lost=found.lost + lost, torn=found.torn + torn)


class Client:
    """Sends batches of 1 to 5 events, ids "<name>/<n>", every second one an impression. Of batches
    without an answer it sends half again until there is one, and of those with one a third once
    more; not all, for that would mend what is to be found."""

    def __init__(self, name: str, rng: random.Random) -> None:
        self.acknowledged: list[str] = []
        self.unsure: list[list[str]] = []  # batches that had no answer
        self.lost = 0  # events stored only when they were sent again, after their answer
        self.torn = 0  # batches that were neither new nor known as a whole
        self._name, self._rng, self._numbers = name, rng, count()

    def send(self, stub: Any, over: threading.Event) -> None:
        while not over.is_set():
            batch = [self._event(next(self._numbers)) for _ in range(self._rng.randint(1, 5))]
            ids, expected = [event.event_id for event in batch], {len(batch)}
            stored = _stored(stub, batch)
            while stored is None and self._rng.random() < 0.5 and not over.is_set():
                expected = {0, len(batch)}
                stored = _stored(stub, batch)
            if stored is None:
                self.unsure.append(ids)
                continue
            self.acknowledged += ids
            self.torn += stored not in expected
            if self._rng.random() < 1 / 3:
                self.lost += _stored(stub, batch) or 0

    def _event(self, n: int) -> event_pb2.Event:
        kind = event_pb2.EVENT_KIND_IMPRESSION if n % 2 else event_pb2.EVENT_KIND_FINISHED
        return event(f"{self._name}/{n}", f"u{n % 3}", title_id(n % 100), kind)


def _stored(stub: Any, batch: list[event_pb2.Event]) -> int | None:
    """How many of the batch were new; None where there was no answer."""
    request = pb.RecordEventsRequest(events=batch)
    try:
        answer = stub.RecordEvents(request, timeout=PATIENCE, wait_for_ready=True)
    except grpc.RpcError as error:
        if error.code() in UNANSWERED:  # ty: ignore[missing-attribute]
            return None
        raise
    assert not answer.refused
    return answer.stored


@contextmanager
def _sending(clients: Sequence[Client], running: Running) -> Generator[None]:
    """While all of them send, from when each had an answer."""
    over, before = threading.Event(), [len(client.acknowledged) for client in clients]
    with ThreadPoolExecutor(len(clients)) as pool:
        ends = [pool.submit(client.send, running.stub, over) for client in clients]
        try:
            eventually(
                lambda: all(
                    len(client.acknowledged) > had
                    for client, had in zip(clients, before, strict=True)
                )
            )
            yield
        finally:
            over.set()
    for end in ends:
        end.result()


def _kill_all(running: Running) -> None:
    server = psutil.Process(running.process.pid)
    server.suspend()  # or it might start another worker meanwhile
    workers = server.children()
    for process in (server, *workers):
        process.kill()
    running.process.wait()
    psutil.wait_procs(workers)
