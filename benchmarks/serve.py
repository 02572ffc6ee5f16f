"""How fast the server answers, and what that costs it: `python -m benchmarks.serve`.

The real server with its worker processes, over a random snapshot, and one client that asks one
thing at a time. Latency is the client's; CPU time is that of all workers together, a request.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from graph.behaviour import Event, Kind
from graph.events import EventLog
from playbill.v1 import event_pb2
from playbill.v1 import playbill_service_pb2 as pb
from tests.serving import Running, event, serving
from tests.snapshots import Shape, build, publish, title_id, user_id

MEMBERS = 200  # who are asked for, in turn
RSS_TARGET = 150  # MB
NEAR = 512  # titles that a title is connected with, as a refresh keeps them

out = Console(width=100)  # figures are not to be cut where the terminal is narrow


@dataclass(frozen=True)
class Question:
    name: str
    ask: Callable[[Any, str], object]  # of a stub, about a user
    target: str
    times: int = 500


@dataclass(frozen=True)
class Measured:
    """Milliseconds."""

    p50: float
    p99: float
    cpu: float


def page(rows: int, cards: int) -> Callable[[Any, str], object]:
    return lambda stub, user: stub.GetPage(
        pb.GetPageRequest(user_id=user, page_size=rows, cards_per_row=cards)
    )


def watch_then_page(prefix: str) -> Callable[[Any, str], object]:
    numbers = count()

    def ask(stub: Any, user: str) -> object:
        n = next(numbers)
        watched = event(
            f"{prefix}/{n}", user, title_id(n % 1000), event_pb2.EVENT_KIND_PROGRESS, completion=0.5
        )
        stub.RecordEvents(pb.RecordEventsRequest(events=[watched]))
        return page(10, 20)(stub, user)

    return ask


QUESTIONS = (
    Question("GetPage 10 x 20", page(10, 20), "p50 ≤ 8, p99 ≤ 25; next ≤ 5"),
    Question("GetPage 40 x 40", page(40, 40), "p50 ≤ 25; next ≤ 15", 300),
    Question(
        "GetRow, 10 cards",
        lambda stub, user: stub.GetRow(
            pb.GetRowRequest(user_id=user, row_id="top-picks", page_size=10)
        ),
        "next: CPU ≤ 0.4",
    ),
    Question(
        "ListSimilarUsers 20",
        lambda stub, user: stub.ListSimilarUsers(pb.ListSimilarUsersRequest(user_id=user)),
        "p50 ≤ 3",
    ),
    Question(
        "GetTitle",
        lambda stub, user: stub.GetTitle(pb.GetTitleRequest(user_id=user, title_id=title_id(0))),
        "",
    ),
    Question("GetModel", lambda stub, _: stub.GetModel(pb.GetModelRequest()), ""),
    Question("RecordEvents + GetPage", watch_then_page("bench"), "next: p99 ≤ 50", 200),
)


def main() -> None:
    arguments = _arguments()
    shape = Shape(
        titles=arguments.titles,
        users=arguments.users,
        per_user=50 if arguments.users > 10_000 else 106,
        heavy=MEMBERS if arguments.users > 10_000 else 0,
        dimensions=64,
        # The nearest of 100,000 users take minutes to find, and the server then compares them all.
        neighbours=20 if arguments.users <= 10_000 else 0,
        near=NEAR,
        restricted=False,
    )
    with world(shape, live=arguments.live, workers=arguments.workers) as (running, users):
        stub = running.stub
        memory = [psutil.Process(pid).memory_info().rss / 1e6 for pid in running.workers()]
        table = Table(title=_title(shape, arguments))
        for column in ("ms", "p50", "p99", "server CPU", "target"):
            left = column in ("ms", "target")
            table.add_column(column, justify="left" if left else "right", no_wrap=True)
        for question in QUESTIONS:
            m = measure(running, stub, question, users)
            figures = (f"{value:.2f}" for value in (m.p50, m.p99, m.cpu))
            table.add_row(question.name, *figures, question.target)
        rate = throughput(running, users, seconds=arguments.seconds)
        out.print(table)
        out.print(f"Pages of 10 x 20 a second, 8 clients: {rate:.0f} (next: at least 300)")
        worst = max(memory)
        out.print(f"Memory a worker before any request: {worst:.0f} MB (at most {RSS_TARGET})")


def measure(running: Running, stub: Any, question: Question, users: list[str]) -> Measured:
    for user in users[:20]:  # connections, caches, the interpreter's specialised code
        question.ask(stub, user)
    before, seconds = _cpu(running), np.empty(question.times)
    for turn in range(question.times):
        begun = time.perf_counter()
        question.ask(stub, users[turn % len(users)])
        seconds[turn] = time.perf_counter() - begun
    p50, p99 = np.percentile(seconds * 1e3, [50, 99])
    return Measured(p50, p99, (_cpu(running) - before) / question.times * 1e3)


def throughput(running: Running, users: list[str], *, seconds: float) -> float:
    """Pages a second, asked for by 8 connections at once."""
    until = time.perf_counter() + seconds

    def ask(stub: Any) -> int:
        for turn in count():
            if time.perf_counter() > until:
                return turn
            page(10, 20)(stub, users[turn % len(users)])
        return 0

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(ask, [running.stub for _ in range(8)])) / seconds


@contextmanager
def world(shape: Shape, *, live: int, workers: int) -> Generator[tuple[Running, list[str]]]:
    """A running server, and the members to ask it about, with `live` events since the snapshot."""
    with tempfile.TemporaryDirectory() as folder:
        data, begun = Path(folder), time.perf_counter()
        publish(build(shape), data / "snapshots")
        users, now = [user_id(row) for row in range(MEMBERS)], int(time.time())
        log = EventLog.open(data / "events.sqlite")
        for user in users:
            log.append(
                [
                    Event(f"{user}/{i}", user, title_id(i * 3), Kind.FINISHED, now - i)
                    for i in range(live)
                ]
            )
        log.close()
        out.print(f"Built in {time.perf_counter() - begun:.0f} s.")
        with serving(data, workers=workers) as running:
            yield running, users


def _cpu(running: Running) -> float:
    """Seconds of CPU time of all workers, user and system."""
    times = [psutil.Process(pid).cpu_times() for pid in running.workers()]
    return sum(t.user + t.system for t in times)


def _title(shape: Shape, arguments: argparse.Namespace) -> str:
    return (
        f"{shape.titles:,} titles, {shape.users:,} users, {arguments.live} events a member since "
        f"the snapshot, {arguments.workers} workers"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--titles", type=int, default=1682)
    parser.add_argument("--users", type=int, default=943)
    parser.add_argument("--live", type=int, default=0, help="events a member since the snapshot")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5.0, help="of the throughput test")
    return parser.parse_args()


if __name__ == "__main__":
    main()
