"""Exact and approximate search for the users nearest to each, by number of users: seconds, and how
many of the 20 nearest are found. The users are learned from synthetic behaviour."""

import time
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

FOUND = 20
ASKED = 2_000  # users whose exact neighbours are looked for; the seconds are scaled to all
STEPS = 400  # of training: enough for the users to lie as they will
console = Console()


def main(
    users: Annotated[
        str, typer.Option(help="Numbers of users.")
    ] = "10000,25000,50000,100000,200000,500000",
    titles: Annotated[int, typer.Option(help="Titles that they watch.")] = 20_000,
) -> None:
    sizes = sorted(int(n) for n in users.split(","))
    vectors = _learned(sizes[-1], titles)
    table = Table(
        title=f"{NEIGHBOURS} nearest users of each (CPU seconds; * is what a refresh does)"
    )
    for heading in ("users", "exact", "approximate", f"of the exact {FOUND} found"):
        table.add_column(heading, justify="right")
    random = np.random.default_rng(0)
    for n in sizes:
        some = vectors[np.sort(random.permutation(len(vectors))[:n])]
        table.add_row(f"{len(some):,}", *_compared(some, random))
    console.print(table)


def _learned(users: int, titles: int) -> NDArray[np.float32]:
    """[users, d], of length 1."""
    world = synthetic.world(users=users, titles=titles, watches=20 * users)
    columns = synthetic.columns(world)
    told = Interactions.of(columns.users)
    parameters = train.Parameters(fewest_steps=STEPS, most_steps=STEPS)
    data = surroundings(columns)
    learned = train.fit(data, told, parameters, Placing.of(data, told), seed=0)
    vectors = np.asarray(told.matrix(titles) @ learned.history.numpy(), np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-30)


def _compared(vectors: NDArray[np.float32], random: np.random.Generator) -> list[str]:
    started = time.process_time()
    near, _ = neighbours.approximate(vectors, NEIGHBOURS)
    approximate = time.process_time() - started
    asked = random.permutation(len(vectors))[:ASKED]
    started = time.process_time()
    best = []
    for some in torch.from_numpy(asked).split(neighbours.BATCH):
        cosine = torch.from_numpy(vectors[some]) @ torch.from_numpy(vectors).T
        cosine[torch.arange(len(some)), some] = -torch.inf
        best.append(cosine.topk(NEIGHBOURS, dim=1)[1][:, :FOUND].numpy())
    exact = (time.process_time() - started) * len(vectors) / len(asked)
    hits = [
        len(np.intersect1d(near[user, :FOUND], wanted))
        for user, wanted in zip(asked, np.concatenate(best), strict=True)
    ]
    is_exact = len(vectors) <= neighbours.EXACT
    return [
        f"{exact:,.1f}{'*' if is_exact else ' '}",
        f"{approximate:,.1f}{' ' if is_exact else '*'}",
        f"{np.mean(hits) / FOUND:.1%}",
    ]


if __name__ == "__main__":
    typer.run(main)
