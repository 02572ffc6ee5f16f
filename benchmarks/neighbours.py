"""Exact and approximate search by number of users, the time and how many of the 20 nearest are
found: for the users nearest to each, as a refresh does it, and for those nearest to one who has
just watched something more, as the server does it. The users are learned from synthetic behaviour,
as a refresh learns them.
"""

import time
from collections.abc import Callable
from typing import Annotated

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks import synthetic
from gnn import neighbours, train
from gnn.build import NEIGHBOURS
from gnn.place import Placing
from gnn.tensors import Interactions, surroundings
from server import similar

FOUND = 20
LIVE = 500  # members who have just watched something else
ASKED = 2_000  # users whose exact neighbours are looked for; the seconds are scaled to all
console = Console()


def main(
    users: Annotated[
        str, typer.Option(help="Numbers of users.")
    ] = "10000,25000,50000,100000,200000,500000",
    titles: Annotated[int, typer.Option(help="Titles that they watch.")] = 20_000,
) -> None:
    sizes = sorted(int(n) for n in users.split(","))
    vectors, moved = _learned(sizes[-1], titles)
    of_each = _table(f"{NEIGHBOURS} nearest users of each (CPU seconds; * is what a refresh does)",
                     "users", "exact", "approximate", f"of the exact {FOUND} found")  # fmt: skip
    of_one = _table(f"{FOUND} nearest users of one, live (ms; * is what the server does)",
                    "users", "exact", "walk", "found", "walk, of a newcomer", "found")  # fmt: skip
    random = np.random.default_rng(0)
    for n in sizes:
        some = np.sort(random.permutation(len(vectors))[:n])
        started = time.process_time()
        near, _ = neighbours.approximate(vectors[some], NEIGHBOURS)
        took = time.process_time() - started
        of_each.add_row(f"{len(some):,}", *_compared(vectors[some], near, took, random))
        of_one.add_row(f"{len(some):,}", *_walked(vectors[some], moved[some], near, random))
    console.print(of_each)
    console.print(of_one)


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def _learned(users: int, titles: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """[users, d] of length 1, and the same after each watched one more title, drawn by chance."""
    world = synthetic.world(users=users, titles=titles, watches=20 * users)
    columns = synthetic.columns(world)
    told = Interactions.of(columns.users)
    data = surroundings(columns)
    learned = train.fit(data, told, train.Parameters(), Placing.of(data, told), seed=0)
    adds = learned.history.numpy()
    vectors = np.asarray(told.matrix(titles) @ adds, np.float32)
    more = np.random.default_rng(0).integers(0, titles, len(vectors))
    return _unit(vectors), _unit(vectors + adds[more])


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-30)


def _compared(
    vectors: NDArray[np.float32],
    near: NDArray[np.int32],
    approximate: float,
    random: np.random.Generator,
) -> list[str]:
    """Exact search against the approximate `near`, which took so many CPU seconds."""
    asked = random.permutation(len(vectors))[:ASKED]
    started = time.process_time()
    best = []
    for some in torch.from_numpy(asked).split(neighbours.BATCH):
        cosine = torch.from_numpy(vectors[some]) @ torch.from_numpy(vectors).T
        cosine[torch.arange(len(some)), some] = -torch.inf
        best.append(cosine.topk(NEIGHBOURS, dim=1)[1][:, :FOUND].numpy())
    exact = (time.process_time() - started) * len(vectors) / len(asked)
    is_exact = len(vectors) <= neighbours.EXACT
    return [
        f"{exact:,.1f}{'*' if is_exact else ' '}",
        f"{approximate:,.1f}{' ' if is_exact else '*'}",
        f"{_found(near[asked, :FOUND], np.concatenate(best)):.1%}",
    ]


def _walked(
    vectors: NDArray[np.float32],
    moved: NDArray[np.float32],
    near: NDArray[np.int32],
    random: np.random.Generator,
) -> list[str]:
    asked = random.permutation(len(vectors))[:LIVE]
    among = np.arange(len(vectors))

    def exact(user: int) -> NDArray:
        return similar.compare(vectors, among, moved[user], FOUND, row=user)[0]

    def walk(user: int) -> NDArray:
        return similar.walk(vectors, near, among, moved[user], FOUND, row=user)[0]

    def walk_unknown(user: int) -> NDArray:
        rows, _ = similar.walk(vectors, near, among, moved[user], FOUND + 1, row=-1)
        return rows[rows != user][:FOUND]

    wanted, all_of_them = _timed(exact, asked)
    by_list, walked = _timed(walk, asked)
    without, unknown = _timed(walk_unknown, asked)
    is_exact = len(vectors) <= similar.EXACT
    return [
        f"{all_of_them:,.2f}{'*' if is_exact else ' '}",
        f"{walked:,.2f}{' ' if is_exact else '*'}",
        f"{_found(by_list, wanted):.1%}",
        f"{unknown:,.2f}{' ' if is_exact else '*'}",
        f"{_found(without, wanted):.1%}",
    ]


def _timed(search: Callable[[int], NDArray], users: NDArray[np.int64]) -> tuple[NDArray, float]:
    """(what is found of each, the median of the milliseconds that took)."""
    found, took = [], []
    for user in users.tolist():
        started = time.perf_counter()
        found.append(search(user))
        took.append(time.perf_counter() - started)
    return np.array(found), float(np.median(took)) * 1e3


def _found(near: NDArray, wanted: NDArray) -> float:
    """The share of the `wanted` [users, k] that is among the `near` [users, k]."""
    hits = [len(np.intersect1d(*pair)) for pair in zip(near, wanted, strict=True)]
    return float(np.mean(hits)) / wanted.shape[1]


if __name__ == "__main__":
    typer.run(main)
