"""Propagation with fixed weights: a low-pass filter over the bipartite graph of users and titles.

    A = Du^-a  X  Dt^-b             X [users, titles] weights of interactions; D their sums
    G = AᵀA                         title → users → title: two messages, `GramConv`
    H = G (G + r s I)^-1 + g V Vᵀ   s: the largest eigenvalue of G; V: its first eigenvectors
    W = Dt^-b  H  Dt^(b+c)          without its diagonal

W[i, j] is what having watched title i says for title j. The first term of H is a smooth low-pass
filter, with the response x / (x + r s); the second an ideal one, as in GF-CF (Shen et al. 2021).
EASE (Steck 2019) has the same inverse with a = b = g = 0 and a fixed scale of columns; here all
exponents are chosen on a validation cut, as the degree exponents of ChebyCF (Kim et al. 2025) are.
Small catalogues are solved in closed form, large ones by conjugate gradients, each step of which is
one GramConv, from where the first eigenvectors already lead.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch_geometric.nn import SimpleConv

from gnn.sweep import invert
from gnn.tensors import csr

DENSE = 24_000  # titles up to which the closed form costs less than conjugate gradients
STEPS = 4  # of conjugate gradients at most, from where the first eigenvectors lead
TOLERANCE = 2e-3  # relative residual of each signal at which they end
FIRST = 256  # of those, at least
COLUMNS = 1_024  # titles whose rows are made at once
OVERSAMPLED = 32  # vectors beside those wanted, for the iteration to converge
POWERS = 2  # of G that the subspace begins with, and then
ROUNDS = 2  # each of two more products, which what is not wanted hardly passes
NOTHING = 1e-6  # share of the largest eigenvalue below which one is 0 but for rounding

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Shape:
    """The numbers that shape a filter."""

    user: float = 0.25  # a: how much a user who watches much is damped
    title: float = 0.3  # b: how much a title that many watch is damped
    appeal: float = -0.1  # c: how much of its popularity a title gets back, beyond b
    ridge: float = 0.03  # r: share of the largest eigenvalue below which little passes
    ideal: float = 0.3  # g: how much the ideal filter counts
    rank: int = 64  # eigenvectors that the ideal filter lets pass

    def record(self) -> dict[str, float]:
        return {f"filter_{name}": value for name, value in asdict(self).items()}


class GramConv(nn.Module):
    """One step from titles to users and back: G x."""

    def __init__(self, adjacency: sp.csr_matrix) -> None:
        """adjacency [users, titles], normalised."""
        super().__init__()
        self.to_users = csr(adjacency)  # [users, titles]
        self.to_titles = csr(adjacency.T.tocsr())  # [titles, users]
        self.conv = SimpleConv(aggr="sum")  # ty: ignore[abstract-class-instantiation]

    def forward(self, x: Tensor) -> Tensor:
        """x [titles, b] → [titles, b]."""
        users = self.conv((x, None), self.to_users)
        return self.conv((users, None), self.to_titles)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """A bipartite graph, normalised with some exponents, and the low end of its frequencies."""

    normalised: sp.csr_matrix  # A [users, titles]
    degree: Floats  # [titles] at least 1
    scale: float  # s
    vectors: Tensor  # V [titles, rank] the first eigenvectors of G, 0 where there are fewer
    values: Tensor  # [rank] their eigenvalues, the largest first

    @classmethod
    def of(cls, watched: sp.csr_matrix, *, user: float, title: float, rank: int) -> "Spectrum":
        """`watched` [users, titles]: weights of interactions. Exponents as in `Shape`."""
        of_users = np.maximum(np.asarray(watched.sum(axis=1)).ravel(), 1)
        degree = np.maximum(np.asarray(watched.sum(axis=0)).ravel(), 1).astype(np.float32)
        left, right = sp.diags_array(of_users**-user), sp.diags_array(degree**-title)
        normalised = sp.csr_matrix(left @ watched @ right, dtype=np.float32)
        # the first value is the scale, also where no vector is wanted
        vectors, values = _first_eigenvectors(normalised, max(rank, 1))
        scale = float(values[0]) or 1.0
        return cls(normalised, degree, scale, vectors[:, :rank], values[:rank])


@dataclass(frozen=True, eq=False)
class Graph:
    """The filter of a shape over a spectrum of the same exponents and no lower rank."""

    spectrum: Spectrum
    shape: Shape

    @classmethod
    def of(cls, watched: sp.csr_matrix, shape: Shape, *, least: int = 0) -> "Graph":
        """`watched` [users, titles]: weights of interactions. There are `least` eigenvectors."""
        least = max(least, 0 if watched.shape[1] <= DENSE else FIRST)
        rank = max(shape.rank if shape.ideal else 0, least)
        return cls(Spectrum.of(watched, user=shape.user, title=shape.title, rank=rank), shape)

    def scores(self, histories: sp.csr_matrix, smooth: Tensor | None = None) -> Floats:
        """[rows, titles] of histories [rows, titles]; those of titles in a history mean nothing.
        `smooth` is what `Graph.smooth` makes of them, where it is known."""
        signal, passed = self._signal(histories), self._passed()
        _, out = self._ends()
        smooth = self.smooth(histories) if smooth is None else smooth
        ideal = passed @ (passed.T @ signal)
        return (smooth + self.shape.ideal * ideal).numpy().T * out

    def smooth(self, histories: sp.csr_matrix) -> Tensor:
        """[titles, rows] what the smooth filter makes of histories [rows, titles], less the
        histories themselves. Most of the work, and the same for all shapes of this spectrum with
        the same `ridge`."""
        return -self._ridge * self.solve(self._signal(histories))

    def rows(self) -> Iterator[Tensor]:
        """W, COLUMNS rows at once."""
        n = len(self.spectrum.degree)
        into, out = (torch.from_numpy(end) for end in self._ends())
        passed = self._passed()
        inverse = self._inverse() if n <= DENSE else None
        for start in range(0, n, COLUMNS):
            stop = min(start + COLUMNS, n)
            titles = torch.arange(start, stop)
            if inverse is not None:
                part = -self._ridge * inverse[start:stop]
                part += self.shape.ideal * (passed[start:stop] @ passed.T)
            else:
                part = self._response(titles).T
            part *= into[titles, None] * out
            part[torch.arange(len(titles)), titles] = 0
            yield part

    def _response(self, titles: Tensor) -> Tensor:
        """[titles, c] of c titles H's columns by conjugate gradients, but for their diagonal."""
        unit = torch.zeros(len(self.spectrum.degree), len(titles))
        unit[titles, torch.arange(len(titles))] = 1
        passed = self._passed()
        solved = self._conjugate_gradients(unit)
        return -self._ridge * solved + self.shape.ideal * (passed @ passed[titles].T)

    def solve(self, signal: Tensor) -> Tensor:
        """(G + r s I)^-1 signal, signal [titles, b]."""
        if len(signal) <= DENSE and len(signal) <= 4 * signal.shape[1]:
            return self._inverse() @ signal
        return self._conjugate_gradients(signal)

    @property
    def _ridge(self) -> float:
        return self.shape.ridge * self.spectrum.scale

    def _passed(self) -> Tensor:
        """V [titles, rank] that the ideal filter lets pass."""
        return self.spectrum.vectors[:, : self.shape.rank if self.shape.ideal else 0]

    def _ends(self) -> tuple[Floats, Floats]:
        """What a signal is multiplied with on its way in and out, each [titles]."""
        b, c, degree = self.shape.title, self.shape.appeal, self.spectrum.degree
        return degree**-b, degree ** (b + c)

    def _signal(self, histories: sp.csr_matrix) -> Tensor:
        """[titles, rows] histories [rows, titles] on their way in."""
        into, _ = self._ends()
        given = np.ascontiguousarray(histories.multiply(into[None]).toarray().T, np.float32)
        return torch.from_numpy(given)

    def _inverse(self) -> Tensor:
        """(G + r s I)^-1 [titles, titles]."""
        gram = _gram(self.spectrum.normalised)
        gram[np.diag_indices_from(gram)] += self._ridge
        invert(gram)
        return torch.from_numpy(gram)

    def _conjugate_gradients(self, signal: Tensor) -> Tensor:
        """Hestenes & Stiefel 1952, each column of the signal on its own. Begins with the solution
        for the first eigenvectors, so that only what is left has to be approached."""
        step, ridge, spectrum = GramConv(self.spectrum.normalised), self._ridge, self.spectrum
        told = spectrum.vectors.T @ signal
        solved = signal / ridge + spectrum.vectors @ (
            told * (1 / (spectrum.values + ridge) - 1 / ridge)[:, None]
        )
        residual = signal - step(solved) - ridge * solved
        direction, norm = residual.clone(), residual.square().sum(0)
        enough = TOLERANCE**2 * signal.square().sum(0)
        for _ in range(STEPS):
            if bool((norm <= enough).all()):
                break
            moved = step(direction) + ridge * direction
            length = norm / (direction * moved).sum(0).clamp(min=1e-30)
            solved += length * direction
            residual -= length * moved
            before, norm = norm, residual.square().sum(0)
            direction = residual + norm / before.clamp(min=1e-30) * direction
        return solved


def some(watched: sp.csr_matrix, shape: Shape, titles: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Of c titles W's columns [titles, c] and rows [c, titles], 0 on its diagonal. H is symmetric,
    so that both come of one solution."""
    n, c = watched.shape[1], len(titles)
    columns, rows = np.empty((n, c), np.float32), np.empty((c, n), np.float32)
    if not c:
        return columns, rows
    graph = Graph.of(watched, shape, least=FIRST)
    into, out = graph._ends()
    for start in range(0, c, COLUMNS):
        part = slice(start, start + COLUMNS)
        these = titles[part]
        response = graph._response(torch.from_numpy(these)).numpy()
        response[these, np.arange(len(these))] = 0
        columns[:, part] = into[:, None] * response * out[these]
        rows[part] = into[these, None] * response.T * out
    return columns, rows


def _gram(normalised: sp.csr_matrix) -> Floats:
    """The lower triangle of G = AᵀA [titles, titles], dense, some rows at once in each thread; what
    stands above it is not to be read."""
    n = normalised.shape[1]
    columns, gram = normalised.tocsc(), np.zeros((n, n), np.float32)

    def fill(start: int) -> None:
        stop = min(start + COLUMNS, n)
        rows = columns[:, start:stop].T
        gram[start:stop, :stop] = (rows @ normalised[:, :stop]).toarray()

    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        list(pool.map(fill, reversed(range(0, n, COLUMNS))))  # the longest rows first
    return gram


def _first_eigenvectors(normalised: sp.csr_matrix, rank: int) -> tuple[Tensor, Tensor]:
    """([titles, rank] vectors, [rank] values) of G = AᵀA, 0 where there are fewer: by subspace
    iteration (Halko et al. 2011) from a fixed beginning, filtered by Chebyshev polynomials (Zhou et
    al. 2006), which part the subspace from the rest sooner than powers of G."""
    titles, step = normalised.shape[1], GramConv(normalised)
    generator = torch.Generator().manual_seed(0)
    basis = torch.randn(titles, min(rank + OVERSAMPLED, titles), generator=generator)
    for _ in range(POWERS):
        basis = torch.linalg.qr(step(basis))[0]
    for _ in range(ROUNDS):
        moved = step(basis)
        values, turned = torch.linalg.eigh(basis.T @ moved)
        # T2(x) = 2 x^2 - 1 of x = G / half - 1, at most 1 where G is below the least that is kept
        half = max(float(values[0]), NOTHING * float(values[-1]), 1e-30) / 2
        basis, moved = (basis @ turned).flip(1), (moved @ turned).flip(1)
        once = moved / half - basis
        basis = torch.linalg.qr(2 * (step(once) / half - once) - basis)[0]
    values, turned = torch.linalg.eigh(basis.T @ step(basis))
    # of what G maps to 0 any vector is as good, and a random one would tell of random titles
    here = values > NOTHING * values[-1]
    vectors = (basis @ (turned * here)).flip(1)[:, :rank].contiguous()
    return vectors, (values * here).flip(0)[:rank].contiguous()
