"""The graph as the model sees it: who watched what when, and what describes the titles."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch_geometric.data import HeteroData

from graph.arrays import Ragged
from graph.columns import Columns, UserColumns

SURROUNDINGS = ("genre", "tag", "person", "year")  # what a title is described by
DEPICTED = ("genre", "tag", "person")  # what an artwork shows
MANY = 1_500_000  # interactions, of which a sample of so many tells the shape of the whole
SAMPLED = 500_000
NEAR_YEARS = 4  # a title also belongs to the years this near its own (docs/quality.md)


@dataclass(frozen=True)
class Interactions:
    """One row a user; the three arrays after `titles` run parallel to its values."""

    titles: Ragged  # rows of titles
    weight: NDArray[np.float32]  # strength as evidence of taste
    at: NDArray[np.int64]  # seconds since 1970; all 0 where nobody knows
    welcome: NDArray[np.bool_]  # whether it was liked well enough to be worth recommending

    @classmethod
    def of(cls, users: UserColumns) -> "Interactions":
        past = users.past
        return cls(users.history, past.weight, past.last_at, past.speaks > 0)

    @classmethod
    def positives(cls, titles: Ragged, at: NDArray[np.int64] | None = None) -> "Interactions":
        """All of weight 1, as benchmarks have them."""
        n = len(titles.values)
        times = np.zeros(n, np.int64) if at is None else at
        return cls(titles, np.ones(n, np.float32), times, np.ones(n, bool))

    def __len__(self) -> int:
        return len(self.titles)

    @property
    def user(self) -> NDArray[np.int64]:
        """[m] the row each interaction stands in."""
        return np.repeat(np.arange(len(self)), self.titles.lengths())

    @property
    def speaks(self) -> NDArray[np.float32]:
        """[m] what each says of its own user's taste (`graph.past.Past.speaks`)."""
        return self.weight * self.welcome

    @property
    def telling(self) -> "Interactions":
        """Those that speak for their title at all."""
        return self.where(self.weight > 0)

    @property
    def teach(self) -> NDArray[np.int64]:
        """Rows of the users from whom something can be learned: they watched two titles or more,
        so that one can be hidden and one shown."""
        told = np.bincount(self.user[self.weight > 0], minlength=len(self))
        return np.flatnonzero(told > 1)

    @property
    def timed(self) -> bool:
        return len(self.at) > 0 and bool(self.at.max() > self.at.min())

    @property
    def newest(self) -> int:
        return int(self.at.max(initial=0))

    def where(self, mask: NDArray[np.bool_]) -> "Interactions":
        """Those in the mask [m]; the users keep their rows."""
        offsets = np.concatenate([[0], np.cumsum(mask)])[self.titles.offsets]
        titles = Ragged(offsets.astype(np.int64), self.titles.values[mask])
        return Interactions(titles, self.weight[mask], self.at[mask], self.welcome[mask])

    def of_users(self, rows: NDArray[np.integer]) -> "Interactions":
        """Those of some users (ascending), who become rows 0, 1, …"""
        keep = np.zeros(len(self), bool)
        keep[rows] = True
        kept = self.where(np.repeat(keep, self.titles.lengths()))
        offsets = np.concatenate([[0], np.cumsum(self.titles.lengths()[rows])])
        titles = Ragged(offsets.astype(np.int64), kept.titles.values)
        return Interactions(titles, kept.weight, kept.at, kept.welcome)

    def sample(self, *, seed: int) -> "Interactions":
        """All of them, or where there are MANY those of so many users as hold SAMPLED."""
        if len(self.weight) <= MANY:
            return self
        drawn = np.random.default_rng(seed).random(len(self)) < SAMPLED / len(self.weight)
        return self.of_users(np.flatnonzero(drawn))

    def matrix(self, titles: int, weight: NDArray[np.float32] | None = None) -> sp.csr_matrix:
        """[users, titles] of the weights, or of others in their place."""
        values = self.weight if weight is None else weight
        shape = (len(self), titles)
        return sp.csr_matrix((values, self.titles.values, self.titles.offsets), shape)


def surroundings(columns: Columns) -> HeteroData:
    """What describes the titles and what the artworks depict: node types title, genre, tag, person,
    year, artwork with `num_nodes`, and edges [2, m] (genre, describes, title), (genre, on,
    artwork) and so on."""
    titles, shown = columns.titles, columns.artworks
    about = {"genre": titles.genres, "tag": titles.tags, "person": titles.people}
    data = described(
        {**about, "year": years(titles.year)},
        sizes={"genre": len(columns.genres.vocabulary), "tag": len(columns.tags.vocabulary),
               "person": len(columns.people.vocabulary)},
    )  # fmt: skip
    data["artwork"].num_nodes = len(shown.vocabulary)
    depicted = {"genre": shown.genres, "tag": shown.tags, "person": shown.people}
    for kind, lists in depicted.items():
        data[kind, "on", "artwork"].edge_index = _edges(lists).flip(0)
    return data


def described(about: Mapping[str, Ragged], *, sizes: Mapping[str, int] | None = None) -> HeteroData:
    """The same without artworks. `about` gives for some of SURROUNDINGS one list a title, `sizes`
    how many nodes there are of a kind where it is more than the lists name."""
    data = HeteroData()
    data["title"].num_nodes = len(next(iter(about.values())))
    nothing = Ragged.of([[]] * data["title"].num_nodes)
    for kind in SURROUNDINGS:
        lists = about.get(kind, nothing)
        named = int(lists.values.max(initial=-1)) + 1
        data[kind].num_nodes = (sizes or {}).get(kind, named)
        data[kind, "describes", "title"].edge_index = _edges(lists).flip(0)
    data["artwork"].num_nodes = 0
    for kind in DEPICTED:
        data[kind, "on", "artwork"].edge_index = torch.zeros(2, 0, dtype=torch.long)
    return data


def years(year: NDArray[np.integer]) -> Ragged:
    """[titles] the years around each title's own, counted from the first; none for an unknown one
    (0). That they overlap is what makes neighbouring years alike."""
    known = year[year > 0]
    first = int(known.min(initial=9999)) - NEAR_YEARS
    around = np.arange(-NEAR_YEARS, NEAR_YEARS + 1)
    return Ragged.of([y - first + around if y > 0 else [] for y in year.tolist()])


def _edges(lists: Ragged) -> torch.Tensor:
    """[2, m] (row, value) of each entry."""
    rows = np.repeat(np.arange(len(lists)), lists.lengths())
    return torch.from_numpy(np.stack([rows, lists.values]).astype(np.int64))


def csr(matrix: sp.csr_matrix) -> torch.Tensor:
    """The same as a tensor."""
    with warnings.catch_warnings():
        # torch calls CSR tensors a beta; products with dense ones are all that is used of them
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr.astype(np.int64)),
            torch.from_numpy(matrix.indices.astype(np.int64)),
            torch.from_numpy(matrix.data.astype(np.float32)),
            matrix.shape,
            check_invariants=True,
        )
