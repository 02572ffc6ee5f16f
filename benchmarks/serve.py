"""How fast the server answers, and what that costs it: `python -m benchmarks.serve`.

The real server with its worker processes, over a random snapshot, and one client that asks one
thing at a time. Latency is the client's; CPU time is that of all workers together, a request. Each
is told as a ratio too, to a gRPC server of the same kind that answers as many bytes lying ready.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from google.protobuf.message import Message
from rich.console import Console
from rich.table import Table

from benchmarks import at_once
from benchmarks.ready import ready
from graph.behaviour import Event, Kind
from graph.events import EventLog
from playbill.v1 import playbill_service_pb2 as pb
from tests.serving import Running, serving
from tests.snapshots import GENRES, Shape, build, publish, title_id, user_id

MEMBERS = 200  # who are asked for, in turn
CLIENTS = 8  # at once
WARM = 2 * MEMBERS  # questions before those that are timed
RSS_TARGET = 150  # MB
WEEK = 7 * 86_400
LIGHT = (*[Kind.IMPRESSION] * 8, Kind.DETAIL_OPENED, Kind.ROW_SCROLLED_PAST)
NEAR = 512  # titles that a title is connected with, as a refresh keeps them

out = Console(width=100)  # figures are not to be cut where the terminal is narrow


@dataclass(frozen=True)
class Question:
    name: str
    method: str
    request: Callable[[str, int], Message]  # about a user, with a seed
    target: str = ""
    times: int = 500
    a_second: int = 0  # answers that 2 cores must give; 0 is not asked
    compared: bool = False  # with ready bytes
    again: bool = True  # within the minute, so that the view is kept; else each time another seed

    def ask(self, stub: Any, user: str, turn: int) -> Any:
        return getattr(stub, self.method)(self.request(user, 0 if self.again else turn))


@dataclass(frozen=True)
class Measured:
    """Milliseconds."""

    p50: float
    p99: float
    cpu: float


def page(rows: int, cards: int) -> Callable[[str, int], Message]:
    return lambda user, seed: pb.GetPageRequest(
        user_id=user, page_size=rows, cards_per_row=cards, seed=seed
    )


def row(user: str, seed: int) -> Message:
    return pb.GetRowRequest(user_id=user, row_id="top-picks", page_size=10, seed=seed)


PAGE = Question("GetPage 10 x 20", "GetPage", page(10, 20), "p50 ≤ 5", again=False,
                a_second=300, compared=True)  # fmt: skip
QUESTIONS = (
    PAGE,
    Question("GetPage 40 x 40", "GetPage", page(40, 40), "p50 ≤ 15", 300, again=False,
             compared=True),
    Question("GetPage 10 x 20, again", "GetPage", page(10, 20), compared=True),
    Question("GetRow 10, again", "GetRow", row, "CPU ≤ 0.4", 2_000, a_second=2_000,
             compared=True),
    Question("GetRow 10, on its own", "GetRow", row, again=False, compared=True),
    Question(
        "ListSimilarUsers 20",
        "ListSimilarUsers",
        lambda user, _: pb.ListSimilarUsersRequest(user_id=user),
        "p50 ≤ 3",
    ),
    Question(
        "GetTitle",
        "GetTitle",
        lambda user, _: pb.GetTitleRequest(user_id=user, title_id=title_id(0)),
    ),
    Question("GetModel", "GetModel", lambda *_: pb.GetModelRequest()),
)  # fmt: skip


def main() -> None:
    arguments = _arguments()
    large = shape(titles=arguments.titles, users=arguments.users)
    with world(large, live=arguments.live, workers=arguments.workers) as (running, users):
        memory = [psutil.Process(pid).memory_info().rss / 1e6 for pid in running.workers()]
        table = Table(title=_title(large, arguments))
        for column in ("ms", "p50", "p99", "server CPU", "of ready bytes: p50, CPU", "target"):
            left = column in ("ms", "target")
            table.add_column(column, justify="left" if left else "right", no_wrap=True)
        rates = []
        for question in QUESTIONS:
            ours, theirs = measured(running, question, users)
            ratio = f"{ours.p50 / theirs.p50:.1f}, {ours.cpu / theirs.cpu:.1f}" if theirs else ""
            table.add_row(question.name, *_figures(ours), ratio, question.target)
            if question.a_second:
                rates.append(_rates(running, question, users, seconds=arguments.seconds))
        table.add_row("GetPage 10 x 20, continued", *_figures(continued(running, users)))
        shown = told_then_page(running, users, times=200)
        table.add_row("RecordEvents + GetPage", *_figures(shown), "", "p99 ≤ 50")
        out.print(table)
        for line in rates:
            out.print(line)
        worst = max(memory)
        out.print(f"Memory a worker before any request: {worst:.0f} MB (at most {RSS_TARGET})")


def shape(*, titles: int, users: int) -> Shape:
    """Those who are asked about did as much among many users as among few."""
    many = users > 10_000
    return Shape(
        titles=titles,
        users=users,
        per_user=50 if many else 106,
        heavy=MEMBERS if many else 0,
        dimensions=64,
        neighbours=100,
        near=NEAR,
        restricted=False,
    )


def measured(
    running: Running, question: Question, users: list[str]
) -> tuple[Measured, Measured | None]:
    """Ours, and that of as many bytes lying ready."""
    stub = running.stub
    ours = _timed(
        lambda turn: question.ask(stub, users[turn % len(users)], turn),
        lambda: _cpu(running),
        question.times,
    )
    if not question.compared:
        return ours, None
    with ready(_size(question, stub, users), of=len(running.workers())) as server:
        call = server.call()
        return ours, _timed(lambda _: call(b""), server.cpu, question.times)


def continued(running: Running, users: list[str]) -> Measured:
    """The second page, by the token of the first."""
    stub = running.stub
    requests = []
    for user in users:
        request = pb.GetPageRequest(user_id=user, page_size=10, cards_per_row=20)
        request.page_token = stub.GetPage(request).next_page_token
        requests.append(request)
    ask = lambda turn: stub.GetPage(requests[turn % len(requests)])  # noqa: E731
    return _timed(ask, lambda: _cpu(running), PAGE.times)


def told_then_page(running: Running, users: list[str], *, times: int) -> Measured:
    """An event told to a worker and the page that shows it, over all pairs of workers, as one."""
    stubs = list(running.one_stub_a_worker().values())
    return _timed(at_once.rounds(stubs, users, PAGE.ask), lambda: _cpu(running), times)


def _timed(ask: Callable[[int], object], cpu: Callable[[], float], times: int) -> Measured:
    for turn in range(WARM):  # connections, caches, the interpreter's specialised code
        ask(turn)
    before, seconds = cpu(), np.empty(times)
    for turn in range(times):
        begun = time.perf_counter()
        ask(turn + WARM)
        seconds[turn] = time.perf_counter() - begun
    p50, p99 = np.percentile(seconds * 1e3, [50, 99])
    return Measured(p50, p99, (cpu() - before) / times * 1e3)


def _rates(running: Running, question: Question, users: list[str], *, seconds: float) -> str:
    """Answers a second, which the clients do not read, so that they take little of the cores."""
    seeds = range(1 if question.again else 1_000)
    requests = [
        question.request(user, seed).SerializeToString() for seed in seeds for user in users
    ]
    path = f"/playbill.v1.PlaybillService/{question.method}"
    ours = [running.channel().unary_unary(path) for _ in range(CLIENTS)]
    size, workers = _size(question, running.stub, users), len(running.workers())
    with ready(size, of=workers) as one, ready(size, number=1, of=workers) as other:
        theirs = [server.call() for server in (one, other) for _ in range(CLIENTS // 2)]
        _a_second(ours, requests, seconds)  # until workers know whom they are asked about
        before = _cpu(running)
        a = _a_second(ours, requests, seconds)
        cpu = (_cpu(running) - before) / (a * seconds) * 1e3
        b = _a_second(theirs, requests, seconds)
    return (
        f"{question.name}, {CLIENTS} clients: {a:,.0f} a second (at least {question.a_second:,}), "
        f"{cpu:.2f} ms of server CPU each; "
        f"ready bytes of two processes {b:,.0f}, {b / a:.1f} times as many"
    )


def _a_second(calls: Sequence[Callable], requests: list[bytes], seconds: float) -> float:
    until = time.perf_counter() + seconds

    def ask(client: int) -> int:
        for turn in count():
            if time.perf_counter() > until:
                return turn
            calls[client](requests[(client + turn * len(calls)) % len(requests)])
        return 0

    with ThreadPoolExecutor(len(calls)) as pool:
        return sum(pool.map(ask, range(len(calls)))) / seconds


def _size(question: Question, stub: Any, users: list[str]) -> int:
    """Bytes of an answer, on average."""
    return int(np.mean([question.ask(stub, user, 0).ByteSize() for user in users[:20]]))


def _figures(of: Measured) -> list[str]:
    return [f"{value:.2f}" for value in (of.p50, of.p99, of.cpu)]


@contextmanager
def world(shape: Shape, *, live: int, workers: int) -> Generator[tuple[Running, list[str]]]:
    """A running server, and the members to ask it about, with `live` events since the snapshot."""
    with tempfile.TemporaryDirectory() as folder:
        data, begun = Path(folder), time.perf_counter()
        publish(build(shape), data / "snapshots")
        users, now = [user_id(row) for row in range(MEMBERS)], int(time.time())
        log = EventLog.open(data / "events.sqlite")
        for user in users:
            log.append(_done(user, live, now=now))
        log.close()
        out.print(f"Built in {time.perf_counter() - begun:.0f} s.")
        with serving(data, workers=workers) as running:
            yield running, users


def _done(user: str, live: int, *, now: int) -> list[Event]:
    """So many events that count, and as many light ones of the last week: cards that were on
    screen, some of them opened, and rows that were scrolled past."""
    lasting = [
        Event(f"{user}/{i}", user, title_id(i * 3), Kind.FINISHED, now - i) for i in range(live)
    ]
    light = [
        Event(
            f"{user}/light/{i}", user, "" if kind is Kind.ROW_SCROLLED_PAST else title_id(i * 7),
            kind, now - i * WEEK // live, row=f"genre/{GENRES[i % len(GENRES)]}", cards_shown=6,
        )
        for i, kind in zip(range(live), cycle(LIGHT), strict=False)
    ]  # fmt: skip
    return lasting + light


def _cpu(running: Running) -> float:
    """Seconds of CPU time of all workers, user and system."""
    times = [psutil.Process(pid).cpu_times() for pid in running.workers()]
    return sum(t.user + t.system for t in times)


def _title(shape: Shape, arguments: argparse.Namespace) -> str:
    return (
        f"{shape.titles:,} titles, {shape.users:,} users, {arguments.live} events a member since "
        f"the snapshot and as many light ones, {arguments.workers} workers"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--titles", type=int, default=20_000)
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--live", type=int, default=500, help="events a member since the snapshot")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5.0, help="of the throughput test")
    return parser.parse_args()


if __name__ == "__main__":
    main()
