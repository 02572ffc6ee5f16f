"""The model: message passing from genres, tags and people to titles, and from titles to users.

    title = own + mean(genres) + mean(tags) + mean(people)            ContentConv, one a node type
    user  = normalise( sum over the history of  weight * title / (degree + 1)^alpha )   HistoryConv
    score = <user, title> + bias

Each title has one embedding, used both as a member of a history and as a candidate (as in LightGCN:
He et al. 2020, with one layer, and with the user's free parameters removed, so that users are
inductive). A title nobody has watched is placed by what describes it. Genres, tags, people and
artwork live in the same space: the mean of what they describe or depict.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch_geometric.data import HeteroData
from torch_geometric.nn import MessagePassing, SimpleConv

from gnn.tensors import SURROUNDINGS

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


class Recommender(nn.Module):
    """Learns from `data` as `gnn.tensors` makes it. `degree` [titles] is the weight each title was
    watched with, over all users learned from."""

    def __init__(self, data: HeteroData, degree: Tensor, *, dimensions: int, alpha: float) -> None:
        super().__init__()
        self.own = nn.Parameter(torch.randn(data["title"].num_nodes, dimensions) * SPREAD)
        self.meaning = nn.ParameterDict(
            {
                kind: nn.Parameter(torch.randn(data[kind].num_nodes, dimensions) * SPREAD)
                for kind in SURROUNDINGS
                if data[kind].num_nodes
            }
        )
        self.bias = nn.Parameter(torch.log1p(degree))
        self.describe = SimpleConv(aggr="mean")
        self.history = HistoryConv()
        self.damping = (degree + 1) ** -alpha
        self.edges = {kind: data[kind, "describes", "title"].edge_index for kind in SURROUNDINGS}

    def titles(self) -> Tensor:
        """[titles, d]."""
        out = self.own
        for kind, meaning in self.meaning.items():
            # SimpleConv reads a pair (sources, targets); the targets only say how many there are
            out = out + self.describe((meaning, self.own), self.edges[kind])
        return out

    def users(self, titles: Tensor, edge_index: Tensor, weight: Tensor, users: int) -> Tensor:
        """titles [titles, d], edge_index [2, m] title → user, weight [m] → [users, d]."""
        return self.history(titles * self.damping[:, None], edge_index, weight, users)

    def forward(self, edge_index: Tensor, weight: Tensor, users: int) -> Tensor:
        """Scores [users, titles] of users whose histories are the edges title → user."""
        titles = self.titles()
        return self.users(titles, edge_index, weight, users) @ titles.T + self.bias

    @torch.no_grad()
    def embeddings(self, data: HeteroData) -> Embeddings:
        titles = self.titles().detach()  # own parameter itself where nothing describes titles
        around = {}
        for kind in SURROUNDINGS:
            nothing = titles.new_zeros(data[kind].num_nodes, titles.shape[1])
            described = self.edges[kind].flip(0)  # title → genre
            around[kind] = self.describe((titles, nothing), described)
        art = titles.new_zeros(data["artwork"].num_nodes, titles.shape[1])
        for kind in SURROUNDINGS:
            art = art + self.describe((around[kind], art), data[kind, "on", "artwork"].edge_index)
        return Embeddings(
            title=titles,
            history=titles * self.damping[:, None],
            bias=self.bias.detach().clone(),
            around={**around, "artwork": art},
        )
