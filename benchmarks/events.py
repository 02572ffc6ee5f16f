"""How many events the server takes, how soon a page shows them, and what kill -9 does to them:
`python -m benchmarks.events`.

The real server with its worker processes, over a random snapshot; the clients share its cores.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.serve import told_then_page, world
from playbill.v1 import event_pb2
from playbill.v1 import playbill_service_pb2 as pb
from tests.kills import Outcome, killed
from tests.server_kills import servers_killed
from tests.serving import Running, event
from tests.snapshots import GENRES, Shape, title_id

BATCH = 100  # events a request
CLIENTS = 8
KINDS = (  # of ten events: cards on screen outnumber all else
    *[event_pb2.EVENT_KIND_IMPRESSION] * 7,
    event_pb2.EVENT_KIND_DETAIL_OPENED,
    event_pb2.EVENT_KIND_PLAY_STARTED,
    event_pb2.EVENT_KIND_FINISHED,
)

out = Console(width=100)


def main() -> None:
    arguments = _arguments()
    if arguments.kills or arguments.server_kills:
        _kills(arguments.kills, arguments.server_kills, seed=arguments.seed)
        return
    shape = Shape(
        titles=arguments.titles, users=1000, per_user=100, dimensions=64, neighbours=20, near=512,
        restricted=False,
    )  # fmt: skip
    with world(shape, live=0, workers=arguments.workers) as (running, users):
        shown = told_then_page(running, users, times=arguments.times)
        rate = throughput(running, users, titles=arguments.titles, seconds=arguments.seconds)
    out.print(f"RecordEvents + GetPage: p50 {shown.p50:.1f}, p99 {shown.p99:.1f} ms (p99 < 50)")
    out.print(f"Events a second, {CLIENTS} clients, {BATCH} a batch: {rate:,.0f} (at least 5,000)")


def throughput(running: Running, users: list[str], *, titles: int, seconds: float) -> float:
    """Events acknowledged a second, by `CLIENTS` connections at once."""
    stubs = [running.stub for _ in range(CLIENTS)]
    until = time.perf_counter() + seconds

    def send(client: int) -> int:
        stored = 0
        for batch in _batches(client, users, titles):
            if time.perf_counter() > until:
                break
            stored += _stored(stubs[client], batch)
        return stored

    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(send, range(CLIENTS))) / (time.perf_counter() - begun)


def _batches(client: int, users: list[str], titles: int) -> Iterator[list[event_pb2.Event]]:
    for start in count(0, BATCH):
        yield [
            event(
                f"{client}/{n}",
                users[(n // 10 + client) % len(users)],
                title_id(n * 7 % titles),
                KINDS[n % len(KINDS)],
                row_id=f"genre/{GENRES[n % len(GENRES)]}",
            )
            for n in range(start, start + BATCH)
        ]


def _stored(stub: Any, batch: list[event_pb2.Event]) -> int:
    answer = stub.RecordEvents(pb.RecordEventsRequest(events=batch))
    if answer.refused:
        sys.exit(f"refused: {answer.refused[0].reason}")
    return answer.stored


def _kills(writers: int, servers: int, *, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log, data = Path(folder, "events.sqlite"), Path(folder, "served")
        if writers:
            _tell(f"{writers} kills of a writer", killed(log, times=writers, seed=seed))
        if servers:
            of = servers_killed(data, times=servers, seed=seed)
            _tell(f"{servers} kills of a server or of a worker alone", of)


def _tell(kills: str, outcome: Outcome) -> None:
    out.print(
        f"{kills}, {outcome.acknowledged:,} acknowledged events: {outcome.lost} lost, "
        f"{outcome.doubled} counted twice, {outcome.torn} batches stored in part"
    )
    if outcome.lost or outcome.doubled or outcome.torn:
        sys.exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--titles", type=int, default=1682)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--times", type=int, default=500, help="record-then-page pairs")
    parser.add_argument("--seconds", type=float, default=10.0, help="of the throughput test")
    parser.add_argument("--kills", type=int, default=0, help="only kill so many writers of a log")
    parser.add_argument(
        "--server-kills", type=int, default=0,
        help="only kill so many servers, or workers of them, that are told events over gRPC",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    return parser.parse_args()


if __name__ == "__main__":
    main()
