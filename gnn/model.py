"""The model: message passing from genres, tags and people to titles, and from titles to users.

    title = own + mean(genres) + mean(tags) + mean(people) + mean(years)      DescribeConv
    user  = normalise( sum over the history of  weight * title / (degree + 1)^alpha )   HistoryConv
    score = <user, title> + bias

Each title has one embedding, used both as a member of a history and as a candidate (as in LightGCN:
He et al. 2020, with one layer, and with the user's free parameters removed, so that users are
inductive). Titles that few watched are placed by what describes them (`gnn.place`). Genres, tags,
people and artwork live in the same space: the mean of what they describe or depict.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor, nn
from torch_geometric.data import HeteroData
from torch_geometric.nn import MessagePassing, SimpleConv

from gnn.place import Placing
from gnn.tensors import DEPICTED, SURROUNDINGS, csr

# Of the first embeddings: so little that a title few have watched ends near what describes it, and
# not at its random beginning.
SPREAD = 0.01


@dataclass(frozen=True)
class Embeddings:
    """What was learned, on the CPU and without gradients. d dimensions."""

    title: Tensor  # [titles, d]
    history: Tensor  # [titles, d] what having watched a title adds to a user
    bias: Tensor  # [titles]
    around: dict[str, Tensor]  # genre, tag, person, artwork: [nodes, d]


class Start(NamedTuple):
    """What was learned the last time, to begin with."""

    title: Tensor  # [titles, d]
    bias: Tensor  # [titles] not a number where nothing is known


class HistoryConv(MessagePassing):
    """Sums the titles of each user's history, weighted, and scales each sum to length 1."""

    def __init__(self) -> None:
        super().__init__(aggr="sum")

    def forward(self, x: Tensor, edge_index: Tensor, weight: Tensor, users: int) -> Tensor:
        """x [titles, d], edge_index [2, m] title → user, weight [m] → [users, d]."""
        out = self.propagate(edge_index, x=x, weight=weight, size=(len(x), users))
        return nn.functional.normalize(out, dim=1)

    def message(self, x_j: Tensor, weight: Tensor) -> Tensor:
        return x_j * weight[:, None]


class DescribeConv(nn.Module):
    """Sends the mean of each kind of what describes a title to it, and adds the kinds up.

    As two products with sparse matrices, there and back, since torch would gather and scatter a row
    an edge, and for its gradient again.
    """

    def __init__(self, data: HeteroData, kinds: Sequence[str]) -> None:
        super().__init__()
        titles, means = data["title"].num_nodes, []
        for kind in kinds:
            node, title = data[kind, "describes", "title"].edge_index.numpy()
            share = 1 / np.maximum(np.bincount(title, minlength=titles), 1)[title]
            means.append(sp.csr_matrix((share, (title, node)), (titles, data[kind].num_nodes)))
        nothing = sp.csr_matrix((titles, 0), dtype=np.float32)
        mean = sp.csr_matrix(sp.hstack([nothing, *means], dtype=np.float32))
        self.register_buffer("there", csr(mean))  # [titles, nodes]
        self.register_buffer("back", csr(mean.T.tocsr()))  # [nodes, titles]

    def forward(self, own: Tensor, meanings: Sequence[Tensor]) -> Tensor:
        """own [titles, d], meanings [nodes, d] of each kind → [titles, d]."""
        if not meanings:
            return own
        return own + _Product.apply(torch.cat(list(meanings)), self.there, self.back)


class _Product(torch.autograd.Function):
    """A x, of a fixed matrix and its transpose."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, matrix: Tensor, transposed: Tensor) -> Tensor:
        ctx.transposed = transposed
        return matrix @ x

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return ctx.transposed @ gradient, None, None


class Recommender(nn.Module):
    """Knows the graph's surroundings as `gnn.tensors` makes them. `degree` [titles] is the weight
    each title was watched with, over all users learned from; `start` [titles, d] the titles'
    embeddings as they were learned the last time."""

    def __init__(
        self,
        data: HeteroData,
        degree: Tensor,
        *,
        dimensions: int,
        alpha: float,
        start: Start | None = None,
    ) -> None:
        super().__init__()
        own = torch.randn(data["title"].num_nodes, dimensions) * SPREAD
        if start is not None:  # what is not known yet begins by chance, too: from 0 no step leads
            own = torch.where(start.title.any(dim=1, keepdim=True), start.title, own)
        self.own = nn.Parameter(own)
        self.meaning = nn.ParameterDict(
            {
                kind: nn.Parameter(_first(data[kind].num_nodes, dimensions, start is not None))
                for kind in SURROUNDINGS
                if data[kind].num_nodes
            }
        )
        bias = torch.log1p(degree)
        known = None if start is None else start.bias
        self.bias = nn.Parameter(bias if known is None else torch.where(known.isnan(), bias, known))
        self.describe = DescribeConv(data, list(self.meaning))
        self.mean = SimpleConv(aggr="mean")
        self.history = HistoryConv()
        self.damping = (degree + 1) ** -alpha
        self.watched = torch.nonzero(degree > 0)[:, 0]

    def titles(self) -> Tensor:
        """[titles, d]."""
        return self.describe(self.own, list(self.meaning.values()))

    def users(self, titles: Tensor, edge_index: Tensor, weight: Tensor, users: int) -> Tensor:
        """titles [titles, d], edge_index [2, m] title → user, weight [m] → [users, d]."""
        return self.history(titles * self.damping[:, None], edge_index, weight, users)

    def forward(
        self,
        edge_index: Tensor,
        weight: Tensor,
        users: int,
        *,
        candidates: Tensor | None = None,
    ) -> Tensor:
        """Scores [users, candidates] of users whose histories are the edges title → user; all
        titles are candidates unless rows [candidates] are given."""
        titles = self.titles()
        vectors = self.users(titles, edge_index, weight, users)
        if candidates is None:
            return vectors @ titles.T + self.bias
        return vectors @ titles[candidates].T + self.bias[candidates]

    @torch.no_grad()
    def embeddings(self, data: HeteroData, placing: Placing) -> Embeddings:
        """`placing` puts the titles that few watched where they belong."""
        titles = torch.from_numpy(placing(self.titles().numpy()))
        bias = torch.from_numpy(placing(self.bias[:, None].numpy())[:, 0])
        around = {}
        for kind in DEPICTED:
            nothing = titles.new_zeros(data[kind].num_nodes, titles.shape[1])
            described = data[kind, "describes", "title"].edge_index.flip(0)  # title → genre
            # SimpleConv reads a pair (sources, targets); the targets only say how many there are
            around[kind] = self.mean((titles, nothing), described)
        art = titles.new_zeros(data["artwork"].num_nodes, titles.shape[1])
        for kind in DEPICTED:
            art = art + self.mean((around[kind], art), data[kind, "on", "artwork"].edge_index)
        return Embeddings(
            title=titles,
            history=titles * self.damping[:, None],
            bias=bias,
            around={**around, "artwork": art},
        )


def _first(nodes: int, dimensions: int, again: bool) -> Tensor:
    """First embeddings of what describes titles; 0 where the titles' own already tell it."""
    return torch.zeros(nodes, dimensions) if again else torch.randn(nodes, dimensions) * SPREAD
