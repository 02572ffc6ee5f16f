"""Training: hide half of each history, and learn to rank what was hidden above everything else.

The objective is the multinomial likelihood of the hidden titles under a softmax over the whole
catalogue, as in the denoising autoencoder Mult-DAE (Liang et al. 2018).
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import HeteroData

from gnn.model import Embeddings, Recommender
from playbill.errors import NothingToLearn


@dataclass(frozen=True)
class Parameters:
    """Chosen on validation cuts of MovieLens 100K and 1M (docs/quality.md)."""

    dimensions: int = 64
    passes: int = 40  # over all users, but no fewer and no more steps than
    fewest_steps: int = 500
    most_steps: int = 1000
    batch: int = 256  # users a step
    learning_rate: float = 0.02  # at its peak; a one-cycle schedule rises to it and falls to 0
    weight_decay: float = 0.3
    hidden: float = 0.5  # share of each history that is hidden
    alpha: float = 0.5  # how much a title many watched is damped within a history
    threads: int = 1  # sums in another order would give other bytes, and a busy machine waits less

    def steps(self, users: int) -> int:
        """Steps for learning from so many users."""
        wanted = self.passes * users // self.batch
        return min(max(wanted, self.fewest_steps), self.most_steps)

    def record(self) -> dict[str, float | int | str]:
        return asdict(self)


def fit(
    data: HeteroData,
    parameters: Parameters,
    *,
    seed: int,
    users: NDArray[np.integer] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Embeddings:
    """Learns from the histories of `users` (row numbers; default all). The same data, parameters
    and seed give the same embeddings, to the bit. `progress` is told (steps done, steps)."""
    generator = torch.Generator().manual_seed(seed)
    histories = Histories.of(data)
    learn = torch.arange(len(histories)) if users is None else torch.from_numpy(users.astype("i8"))
    learn = learn[histories.length[learn] > 1]  # one title cannot be hidden and shown
    if not len(learn):
        raise NothingToLearn(
            "No user has watched two titles or more; import interactions first: "
            "`playbill import movielens` or `playbill import interactions FILE`."
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        degree = histories.degree(learn)
        model = Recommender(data, degree, dimensions=parameters.dimensions, alpha=parameters.alpha)
    steps = parameters.steps(len(learn))
    optimiser, schedule = _optimiser(model, parameters, steps)
    batches = _batches(learn, parameters.batch, generator)
    with _arithmetic(parameters.threads):
        for step in range(steps):
            loss = _loss(model, histories.hide(next(batches), parameters.hidden, generator))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            if progress:
                progress(step + 1, steps)
        return model.embeddings(data)


@contextmanager
def _arithmetic(threads: int) -> Generator[None]:
    """Settings of the whole process, for as long as the training lasts."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # what decays towards 0 must not slow the arithmetic down
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(before)


@dataclass(frozen=True)
class Split:
    """A batch of b users, each history parted in two: edges [2, m] title → user of the batch."""

    shown: Tensor
    shown_weight: Tensor
    hidden: Tensor
    hidden_weight: Tensor
    users: int


@dataclass(frozen=True)
class Histories:
    """All users' histories, one after the other: user i holds `length[i]` from `start[i]` on."""

    title: Tensor  # [m]
    weight: Tensor  # [m]
    start: Tensor  # [users]
    length: Tensor  # [users]
    titles: int

    @classmethod
    def of(cls, data: HeteroData) -> "Histories":
        watched = data["user", "watched", "title"]
        user, title = watched.edge_index
        length = torch.bincount(user, minlength=data["user"].num_nodes)
        start = length.cumsum(0) - length
        return cls(title, watched.weight, start, length, data["title"].num_nodes)

    def __len__(self) -> int:
        return len(self.start)

    def of_users(self, users: Tensor) -> tuple[Tensor, Tensor]:
        """(position in `users`, index into title and weight) of each of their interactions."""
        length = self.length[users]
        position = torch.repeat_interleave(torch.arange(len(users)), length)
        first = length.cumsum(0) - length
        within = torch.arange(len(position)) - first[position]
        return position, self.start[users][position] + within

    def degree(self, users: Tensor) -> Tensor:
        """[titles] weight with which `users` watched each title."""
        _, index = self.of_users(users)
        return torch.bincount(self.title[index], self.weight[index], self.titles).float()

    def hide(self, users: Tensor, share: float, generator: torch.Generator) -> Split:
        position, index = self.of_users(users)
        hide = torch.rand(len(index), generator=generator) < share
        edges, weight = torch.stack([self.title[index], position]), self.weight[index]
        return Split(edges[:, ~hide], weight[~hide], edges[:, hide], weight[hide], len(users))


def _loss(model: Recommender, split: Split) -> Tensor:
    """Negative log-likelihood of the hidden titles, per user, titles shown left out of the race."""
    scores = model(split.shown, split.shown_weight, split.users)  # [b, titles]
    title, user = split.shown
    scores = scores.index_put((user, title), scores.new_tensor(-torch.inf))
    logp = torch.log_softmax(scores, dim=1)
    title, user = split.hidden
    return -(logp[user, title] * split.hidden_weight).sum() / split.users


def _optimiser(
    model: Recommender, parameters: Parameters, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    embeddings = [p for name, p in model.named_parameters() if name != "bias"]
    optimiser = torch.optim.AdamW(
        [
            {"params": embeddings, "weight_decay": parameters.weight_decay},
            # popularity needs no shrinking
            {"params": [model.bias], "weight_decay": 0.0},
        ],
        lr=parameters.learning_rate,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, parameters.learning_rate, total_steps=steps, pct_start=0.1
    )
    return optimiser, schedule


def _batches(users: Tensor, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Endless passes over `users`, each in an order of its own."""
    while True:
        yield from users[torch.randperm(len(users), generator=generator)].split(size)
