"""Training: hide half of each history, and learn to rank what was hidden above everything else.

The objective is the multinomial likelihood of the hidden titles under a softmax over all titles
that anybody watched, as in the denoising autoencoder Mult-DAE (Liang et al. 2018).
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import HeteroData

from gnn.filters import Shape, Spectrum
from gnn.model import Embeddings, Recommender, Start
from gnn.place import Placing
from gnn.tensors import Interactions
from playbill.errors import NothingToLearn

OFTEN = 5.0  # times that a title is hidden in a step, on average


@dataclass(frozen=True)
class Parameters:
    """Chosen on validation cuts of MovieLens 100K and 1M, `length` and `rare_decay` of Gowalla and
    Yelp2018 (docs/quality.md); `candidates` and `most_steps` by what they cost."""

    dimensions: int = 128
    length: float = 3.0  # on average, of the embeddings that learning among many users begins with
    passes: int = 100  # over all users, but no fewer and no more steps than
    fewest_steps: int = 500
    most_steps: int = 2500
    batch: int = 256  # users a step
    learning_rate: float = 0.02  # at its peak; a one-cycle schedule rises to it and falls to 0
    weight_decay: float = 4.0  # of a pass over all users, where the steps are enough for passes;
    rare_decay: float = 0.3  # else of a step, for titles hidden OFTEN in it; less for rarer ones
    hidden: float = 0.5  # share of each history that is hidden
    evenness: float = 0.5  # how far users count alike however much they watched: 0 not, 1 wholly
    alpha: float = 0.5  # how much a title many watched is damped within a history
    candidates: int = 8192  # titles a step ranks the hidden ones among, where there are more
    again: float = 0.2  # share of the steps for a model that starts from the last one, and
    gently: float = 0.3  # of the learning rate
    threads: int = 1  # sums in another order would give other bytes, and a busy machine waits less

    def steps(self, users: int, *, again: bool = False) -> int:
        """Steps for learning from so many users."""
        wanted = self.passes * users // self.batch
        steps = min(max(wanted, self.fewest_steps), self.most_steps)
        return max(int(steps * self.again), 1) if again else steps

    def cannot_pass(self, users: int) -> bool:
        """Whether there are more users than the most steps can pass over as often as wanted: then
        each step counts, and none should be taken twice."""
        return self.passes * users // self.batch > self.most_steps

    def decay(self, interactions: int, users: int, titles: int) -> float:
        """Weight decay of a step where so many users watched so many titles, in learning anew or
        from a start. What AdamW learns is a moving average, from which what is old fades by
        learning rate * decay a step. In a pass over all users as much is to fade however many they
        are (Wang & Aitchison 2024), so a step's share is that of its batch. Where steps are too few
        for passes, Adam moves an embedding with the root of how often it is told anything, and what
        decays must not outrun it."""
        if not self.cannot_pass(users):
            return self.weight_decay * min(self.batch / users, 1)
        often = self.batch * self.hidden * interactions / (users * titles)
        return self.rare_decay * min(often / OFTEN, 1) ** 0.5

    def record(self) -> dict[str, float | int | str]:
        return asdict(self)


def fit(
    data: HeteroData,
    interactions: Interactions,
    parameters: Parameters,
    placing: Placing,
    *,
    seed: int,
    start: Start | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Embeddings:
    """Learns from histories and what describes the titles (`gnn.tensors`). The same arguments give
    the same embeddings, to the bit. Raises NothingToLearn.

    From a `start` fewer steps lead to the end. Among more users than the steps can pass over, and
    without a start, learning begins with eigenvectors. `progress` is told (steps done, steps).
    """
    generator = torch.Generator().manual_seed(seed)
    histories = Histories.of(interactions, titles=data["title"].num_nodes)
    learn = torch.from_numpy(interactions.teach)
    if not len(learn):
        raise NothingToLearn(
            "No user has watched two titles or more; import interactions first: "
            "`playbill import movielens` or `playbill import interactions FILE`."
        )
    begin = start
    if start is None and parameters.cannot_pass(len(learn)):
        begin = _beginning(interactions, learn, parameters, histories.titles, seed=seed)
    model = _model(data, histories.degree(learn), parameters, seed=seed, start=begin)
    steps = parameters.steps(len(learn), again=start is not None)
    watched = int(histories.length[learn].sum())
    decay = parameters.decay(watched, len(learn), histories.titles)
    rate = parameters.learning_rate * (1 if start is None else parameters.gently)
    optimiser, schedule = _optimiser(model, rate, decay, steps)
    batches = _batches(learn, parameters.batch, generator)
    with arithmetic(parameters.threads):
        for step in range(steps):
            split = histories.hide(next(batches), parameters.hidden, generator)
            loss = _loss(model, split, parameters, generator)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            if progress:
                progress(step + 1, steps)
        return model.embeddings(data, placing)


def _model(
    data: HeteroData, degree: Tensor, parameters: Parameters, *, seed: int, start: Start | None
) -> Recommender:
    """As it is before the first step. `degree` [titles] as of `Histories`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Recommender(
            data, degree, dimensions=parameters.dimensions, alpha=parameters.alpha, start=start
        )


def _beginning(
    interactions: Interactions, users: Tensor, parameters: Parameters, titles: int, *, seed: int
) -> Start:
    """Titles as the first eigenvectors of the graph of `users` tell them apart: where steps are
    few, none should go into what arithmetic knows."""
    told = interactions.telling.of_users(users.numpy()).sample(seed=seed)
    with arithmetic(parameters.threads):
        spectrum = Spectrum.of(
            told.matrix(titles), user=Shape.user, title=Shape.title, rank=parameters.dimensions + 1
        )
        # without the first, which tells what is popular, as the bias does
        found = (spectrum.vectors * spectrum.values.sqrt())[:, 1:]
        lengths = found.norm(dim=1)
        if lengths.any():  # not where everybody watched the same
            found *= parameters.length / lengths[lengths > 0].mean()
    generator = torch.Generator().manual_seed(seed)
    chance = torch.randn(titles, parameters.dimensions, generator=generator)
    title = torch.zeros(titles, parameters.dimensions)
    title[:, : found.shape[1]] = found
    # what the first eigenvectors leave out, small communities most of all, begins by chance
    missing = (parameters.length - title.norm(dim=1, keepdim=True)).clamp(min=0)
    title += missing * nn.functional.normalize(chance)
    return Start(title, torch.full((titles,), torch.nan))


@contextmanager
def arithmetic(threads: int) -> Generator[None]:
    """Settings of the whole process, for as long as it lasts."""
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
    def of(cls, interactions: Interactions, *, titles: int) -> "Histories":
        """Interactions of no weight are left out."""
        told = interactions.telling
        length = torch.from_numpy(told.titles.lengths())
        return cls(
            title=torch.from_numpy(told.titles.values.astype(np.int64)),
            weight=torch.from_numpy(told.weight.astype(np.float32)),
            start=length.cumsum(0) - length,
            length=length,
            titles=titles,
        )

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


def _loss(
    model: Recommender, split: Split, parameters: Parameters, generator: torch.Generator
) -> Tensor:
    """Negative log-likelihood of the hidden titles among the candidates, titles shown left out of
    the race; a user with n hidden titles counts n^(1 - evenness) times. A title nobody watched is
    no candidate: that it lost would only say that it is new."""
    titles = len(model.own)
    candidates, rarity = model.watched, None
    if len(candidates) > parameters.candidates:
        candidates, rarity = _candidates(split, candidates, parameters.candidates, generator)
    place = torch.full((titles,), -1)
    place[candidates] = torch.arange(len(candidates))
    scores = model(
        split.shown, split.shown_weight, split.users, candidates=candidates
    )  # [b, candidates]
    if rarity is not None:
        scores = scores + rarity
    title, user = split.shown
    here = place[title] >= 0
    scores = scores.index_put((user[here], place[title[here]]), scores.new_tensor(-torch.inf))
    logp = torch.log_softmax(scores, dim=1)
    title, user = split.hidden
    told = torch.bincount(user, split.hidden_weight, split.users).clamp(min=1e-6).float()
    share = told**-parameters.evenness
    share = share * told.sum() / (share * told).sum()
    return -(logp[user, place[title]] * split.hidden_weight * share[user]).sum() / split.users


def _candidates(
    split: Split, watched: Tensor, count: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """(rows [c] of the hidden titles and others drawn at random from those `watched`, [c] the
    logarithm of how many titles each of them stands for)."""
    hidden = split.hidden[0].unique()
    others = watched[~torch.isin(watched, hidden)]
    drawn = max(count - len(hidden), 0)
    some = others[torch.randperm(len(others), generator=generator)[:drawn]]
    rarity = torch.zeros(len(hidden) + len(some))
    if len(some):
        rarity[len(hidden) :] = np.log(len(others) / len(some))
    return torch.cat([hidden, some]), rarity


def _optimiser(
    model: Recommender, learning_rate: float, decay: float, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    embeddings = [p for name, p in model.named_parameters() if name != "bias"]
    optimiser = torch.optim.AdamW(
        [
            {"params": embeddings, "weight_decay": decay},
            # popularity needs no shrinking
            {"params": [model.bias], "weight_decay": 0.0},
        ],
        lr=learning_rate,
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, learning_rate, total_steps=steps, pct_start=0.1
    )
    return optimiser, schedule


def _batches(users: Tensor, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Endless passes over `users`, each in an order of its own."""
    while True:
        yield from users[torch.randperm(len(users), generator=generator)].split(size)
