"""What an answer takes while another snapshot is taken in: `python -m benchmarks.swap`.

The real server with its worker processes, and clients to each of whom a page is due a fixed number
of times a second: for a while, from when another snapshot becomes the current one until both
workers serve it, and for a while after.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from benchmarks.serve import PAGE, out, shape, world
from graph import publishing
from playbill.v1 import playbill_service_pb2 as pb
from playbill.v1.playbill_service_pb2_grpc import PlaybillServiceStub
from tests.serving import SECONDS, eventually
from tests.snapshots import NOW, build, manifest

CLIENTS = 4
A_SECOND = 25  # pages that are due to each
VERSION = "another"


def main() -> None:
    arguments = _arguments()
    large = shape(titles=arguments.titles, users=arguments.users)
    another = build(large, seed=1)
    with world(large, live=arguments.live, workers=2) as (running, users):
        snapshots = running.data / "snapshots"
        publishing.write(another, manifest(another, version=VERSION), snapshots)
        a_worker = list(running.one_stub_a_worker().values())
        stubs = a_worker * (CLIENTS // len(a_worker))
        for user in users:  # as in service, where most were here before
            for stub in a_worker:
                PAGE.ask(stub, user, 0)

        def wait() -> None:
            time.sleep(arguments.seconds)

        def swap() -> None:
            publishing.make_current(snapshots, VERSION, now=NOW)
            eventually(lambda: all(_version(stub) == VERSION for stub in a_worker))

        pages = count(1)  # no page is asked for twice
        table = Table(title=f"{large.titles:,} titles, {CLIENTS} clients, {A_SECOND} a second each")
        for column in (f"{PAGE.name}, ms", "pages", "p50", "p99", "slowest"):
            table.add_column(column, justify="left" if column.endswith("ms") else "right")
        for name, meanwhile in (("before", wait), ("while swapped", swap), ("after", wait)):
            ms = asked(stubs, users, pages, meanwhile) * 1e3
            figures = (*np.percentile(ms, [50, 99]), ms.max())
            table.add_row(name, f"{len(ms):,}", *(f"{figure:.1f}" for figure in figures))
        out.print(table)


def asked(
    stubs: Sequence[PlaybillServiceStub], users: list[str], pages: count, meanwhile: Callable
) -> NDArray:
    """[pages] seconds from when each was due until it was there, of those that were due while
    `meanwhile` ran. A client for each of `stubs`, one due after the other."""

    def ask(client: int) -> list[float]:
        taken: list[float] = []
        begun = time.perf_counter() + client / (CLIENTS * A_SECOND)
        while not done.done():
            due = begun + len(taken) / A_SECOND
            time.sleep(max(due - time.perf_counter(), 0))
            page = next(pages)
            stubs[client].GetPage(PAGE.request(users[page % len(users)], page), timeout=SECONDS)
            taken.append(time.perf_counter() - due)
        return taken

    with ThreadPoolExecutor(len(stubs) + 1) as pool:
        done = pool.submit(meanwhile)
        taken = np.concatenate(list(pool.map(ask, range(len(stubs)))))
        done.result()
    return taken


def _version(stub: PlaybillServiceStub) -> str:
    return stub.GetModel(pb.GetModelRequest(), timeout=SECONDS).version


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--titles", type=int, default=20_000)
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--live", type=int, default=20, help="events a member since the snapshot")
    parser.add_argument("--seconds", type=float, default=4.0, help="before, and after")
    return parser.parse_args()


if __name__ == "__main__":
    main()
