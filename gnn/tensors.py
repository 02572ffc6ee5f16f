"""The graph as a PyG HeteroData: what the model convolves over."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import HeteroData

from graph.arrays import Ragged
from graph.columns import Columns

SURROUNDINGS = ("genre", "tag", "person")  # what a title is described by


def hetero_data(columns: Columns) -> HeteroData:
    """Node types title, user, genre, tag, person, artwork with `num_nodes`, and edges [2, m].

    `("user", "watched", "title")` is sorted by user and carries `weight` [m], the strength of each
    interaction as evidence of taste; interactions of no weight are left out.
    """
    data = HeteroData()
    for kind, part in {
        "title": columns.titles, "user": columns.users, "genre": columns.genres,
        "tag": columns.tags, "person": columns.people, "artwork": columns.artworks,
    }.items():  # fmt: skip
        data[kind].num_nodes = len(part.vocabulary)
    about = {"genre": columns.titles.genres, "tag": columns.titles.tags}
    for kind, lists in {**about, "person": columns.titles.people}.items():
        data[kind, "describes", "title"].edge_index = _edges(lists).flip(0)
    shown = columns.artworks
    depicted = {"genre": shown.genres, "tag": shown.tags, "person": shown.people}
    for kind, lists in depicted.items():
        data[kind, "on", "artwork"].edge_index = _edges(lists).flip(0)
    watched = data["user", "watched", "title"]
    edges, weight = _edges(columns.users.history), torch.from_numpy(columns.users.weight.copy())
    watched.edge_index, watched.weight = edges[:, weight > 0], weight[weight > 0]
    return data


def from_pairs(
    user: NDArray[np.integer], title: NDArray[np.integer], *, users: int, about: Ragged
) -> HeteroData:
    """The same for a benchmark: `user` and `title` [m] row numbers of positives, all of weight 1,
    and the genres of each title, one row a title."""
    data = HeteroData()
    sizes = {"title": len(about), "user": users, "genre": int(about.values.max(initial=-1)) + 1}
    for kind in ("title", "user", "genre", "tag", "person", "artwork"):
        data[kind].num_nodes = sizes.get(kind, 0)
    for kind in SURROUNDINGS:
        edges = _edges(about) if kind == "genre" else torch.zeros(2, 0, dtype=torch.long)
        data[kind, "describes", "title"].edge_index = edges.flip(0)
        data[kind, "on", "artwork"].edge_index = torch.zeros(2, 0, dtype=torch.long)
    order = np.lexsort((title, user))
    watched = data["user", "watched", "title"]
    watched.edge_index = torch.from_numpy(np.stack([user[order], title[order]]).astype(np.int64))
    watched.weight = torch.ones(len(order))
    return data


def _edges(lists: Ragged) -> torch.Tensor:
    """[2, m] (row, value) of each entry."""
    rows = np.repeat(np.arange(len(lists)), lists.lengths())
    return torch.from_numpy(np.stack([rows, lists.values]).astype(np.int64))
