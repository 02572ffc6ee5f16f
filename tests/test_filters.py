"""The filter against the formula of `gnn.filters`, worked by hand and computed densely."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gnn import filters
from gnn.filters import GramConv, Graph, Shape
from gnn.kept import strongest

USERS, TITLES = 12, 7
SHAPES = {
    "smooth": Shape(user=0.25, title=0.3, appeal=-0.1, ridge=0.05, ideal=0),
    "smooth and ideal": Shape(user=0.25, title=0.3, appeal=-0.1, ridge=0.05, ideal=0.4, rank=3),
    "plain ridge": Shape(user=0, title=0, appeal=0, ridge=0.5, ideal=0),
    "more rank than titles": Shape(user=0.5, title=0.15, appeal=0.1, ridge=0.1, rank=50),
}


def watched(users: int = USERS, titles: int = TITLES, *, seed: int = 4) -> NDArray[np.float32]:
    """[users, titles] random weights, the first titles watched most."""
    random = np.random.default_rng(seed)
    mask = random.random((users, titles)) < np.linspace(0.9, 0.3, titles)
    return np.where(mask, random.uniform(0.2, 2, (users, titles)), 0).astype(np.float32)


def graph(dense: NDArray, shape: Shape) -> Graph:
    return Graph.of(sp.csr_matrix(dense), shape)


def normalised(x: NDArray, shape: Shape) -> NDArray[np.float64]:
    """A, as the docstring of the module has it."""
    of_users = np.maximum(x.sum(axis=1, dtype=float), 1)[:, None]
    return of_users**-shape.user * x * np.maximum(x.sum(axis=0, dtype=float), 1) ** -shape.title


def expected(x: NDArray, shape: Shape) -> NDArray[np.float64]:
    """W, as the docstring of the module has it."""
    a = normalised(x, shape)
    gram = a.T @ a
    values, vectors = np.linalg.eigh(gram)
    h = gram @ np.linalg.inv(gram + shape.ridge * values[-1] * np.eye(len(gram)))
    if shape.ideal:
        first = vectors[:, -min(shape.rank, len(gram)) :]
        h += shape.ideal * first @ first.T
    degree = np.maximum(x.sum(axis=0, dtype=float), 1)
    w = degree[:, None] ** -shape.title * h * degree ** (shape.title + shape.appeal)
    np.fill_diagonal(w, 0)
    return w


def full(graph: Graph) -> NDArray[np.float32]:
    """W [titles, titles] put together from the nearest titles."""
    n = len(graph.spectrum.degree)
    columns, weights = strongest(graph.rows(), n, n - 1)
    w = np.zeros((n, n), np.float32)
    np.put_along_axis(w, columns.astype(np.int64), weights, axis=1)
    return w


@pytest.fixture(params=["closed form", "closed form in blocks", "conjugate gradients"])
def solver(request, monkeypatch) -> str:
    if request.param == "conjugate gradients":
        monkeypatch.setattr(filters, "DENSE", 0)
    if request.param == "closed form in blocks":
        monkeypatch.setattr(filters, "COLUMNS", 3)
    return request.param


def test_a_step_to_users_and_back_is_the_gram_matrix():
    a, x = watched(), np.random.default_rng(0).normal(size=(TITLES, 3)).astype(np.float32)
    out = GramConv(sp.csr_matrix(a))(torch.from_numpy(x))
    assert out.numpy() == pytest.approx(a.T @ a @ x, rel=1e-5)


@pytest.mark.usefixtures("solver")
def test_two_titles_and_one_user_worked_by_hand():
    # G = [[1, 1], [1, 1]], whose eigenvalues are 2 and 0; r s = 1. The first eigenvector,
    # (1, 1) / sqrt(2), passes with 2 / (2 + 1) through the smooth filter: H = 1/3 everywhere.
    # The ideal one adds 1/10 of 1/2.
    x = np.ones((1, 2), np.float32)
    smooth = Shape(user=0, title=0, appeal=0, ridge=0.5, ideal=0)
    assert full(graph(x, smooth)) == pytest.approx(np.array([[0, 1 / 3], [1 / 3, 0]]), rel=1e-5)
    both = Shape(user=0, title=0, appeal=0, ridge=0.5, ideal=0.1, rank=1)
    part = 1 / 3 + 0.05
    assert full(graph(x, both)) == pytest.approx(np.array([[0, part], [part, 0]]), rel=1e-5)


def test_popularity_is_damped_on_the_way_in_and_given_back_on_the_way_out():
    # Without user damping and with b = 1/2, c = 1/2: A = X Dt^-1/2. User 0 watched both titles,
    # user 1 title 0: Dt = (2, 1), G = [[1, h], [h, 1]] with h = 1 / sqrt(2), whose eigenvalues are
    # 1 + h and 1 - h. From the inverse of a 2x2 matrix, H[0, 1] = r s h / det(G + r s I).
    h = 0.5**0.5
    ridge = 0.1 * (1 + h)
    between = ridge * h / ((1 + ridge) ** 2 - h**2)
    shape = Shape(user=0, title=0.5, appeal=0.5, ridge=0.1, ideal=0)
    w = full(graph(np.array([[1, 1], [1, 0]], np.float32), shape))
    # 0 → 1: 2^-1/2 in, 1 out; 1 → 0: 1 in, 2^(b + c) = 2 out
    assert w == pytest.approx(np.array([[0, between * h], [between * 2, 0]]), rel=1e-4)


@pytest.mark.usefixtures("solver")
@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_nearest_is_the_formula(shape: Shape):
    assert full(graph(watched(), shape)) == pytest.approx(expected(watched(), shape), abs=2e-4)


@pytest.mark.usefixtures("solver")
def test_blocks_of_columns_change_nothing(monkeypatch):
    shape = SHAPES["smooth and ideal"]
    monkeypatch.setattr(filters, "COLUMNS", 3)
    assert full(graph(watched(), shape)) == pytest.approx(expected(watched(), shape), abs=2e-4)


@pytest.mark.usefixtures("solver")
@pytest.mark.parametrize("rows", [1, USERS], ids=["one", "many"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_scores_are_the_formula_on_titles_outside_the_history(shape: Shape, rows: int):
    """Few rows of many titles are solved by conjugate gradients in any case."""
    x = watched()
    told = np.where(np.random.default_rng(1).random((rows, TITLES)) < 0.4, x[:rows], 0)
    told = told.astype(np.float32)
    scores = graph(x, shape).scores(sp.csr_matrix(told))
    unseen = told == 0
    assert scores[unseen] == pytest.approx((told @ expected(x, shape))[unseen], abs=2e-4)


@pytest.mark.usefixtures("solver")
def test_what_the_smooth_filter_makes_of_histories_serves_other_shapes_too():
    told, shape = sp.csr_matrix(watched()[:4]), Shape(ideal=0.4, rank=3)
    smooth = graph(watched(), replace(shape, ideal=0.0, rank=1, appeal=0.1)).smooth(told)
    of_shape = graph(watched(), shape)
    assert of_shape.scores(told, smooth) == pytest.approx(of_shape.scores(told), abs=1e-5)
    assert of_shape.scores(told, 2 * smooth) != pytest.approx(of_shape.scores(told), abs=1e-2)


def test_both_solvers_agree_where_the_catalogue_is_larger_than_the_steps(monkeypatch):
    x = sp.csr_matrix(watched(400, 120, seed=2))
    shape = Shape(ridge=0.03, ideal=0)
    signal = torch.randn(120, 60, generator=torch.Generator().manual_seed(0))
    closed = Graph.of(x, shape).solve(signal)
    monkeypatch.setattr(filters, "DENSE", 0)
    steps = Graph.of(x, shape).solve(signal)
    assert float((steps - closed).norm() / closed.norm()) < 0.01


@pytest.mark.parametrize("ridge", [0.1, 0.4])
def test_conjugate_gradients_end_within_the_tolerance(monkeypatch, ridge: float):
    """From what few eigenvectors tell, and no sooner or later."""
    x, shape = sp.csr_matrix(watched(400, 120, seed=2)), Shape(ridge=ridge, ideal=0)
    signal = torch.randn(120, 60, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr(filters, "DENSE", 0)
    monkeypatch.setattr(filters, "FIRST", 8)
    monkeypatch.setattr(filters, "STEPS", 50)
    on = Graph.of(x, shape)
    steps, length = filters.GramConv(on.spectrum.normalised), signal.norm(dim=0)

    def left() -> float:
        solved = on.solve(signal)
        residual = signal - steps(solved) - ridge * on.spectrum.scale * solved
        return float((residual.norm(dim=0) / length).max())

    assert 1e-5 < left() <= 1.01 * filters.TOLERANCE
    monkeypatch.setattr(filters, "TOLERANCE", 0.2)
    assert filters.TOLERANCE / 20 < left() <= 1.01 * filters.TOLERANCE


@pytest.mark.usefixtures("solver")
def test_nearest_keeps_the_largest_magnitudes_for_and_against():
    shape = SHAPES["smooth"]
    w = expected(watched(), shape)
    assert w.min() < -0.01  # the test needs titles that speak against others
    columns, weights = strongest(graph(watched(), shape).rows(), TITLES, 3)
    for title in range(TITLES):
        largest = np.argsort(-np.abs(w[title]))[:3]
        assert columns[title].tolist() == largest.tolist()
        assert weights[title] == pytest.approx(w[title, largest], abs=2e-4)


@pytest.mark.usefixtures("solver")
def test_more_neighbours_than_titles_are_padded():
    columns, weights = strongest(graph(watched(), SHAPES["smooth"]).rows(), TITLES, 10)
    assert columns.shape == weights.shape == (TITLES, 10)
    for title in range(TITLES):
        assert sorted(columns[title, :6]) == [t for t in range(TITLES) if t != title]
    assert (columns[:, 6:] == -1).all()
    assert (weights[:, 6:] == 0).all()


def test_a_single_title_has_no_neighbours():
    columns, weights = strongest(graph(np.ones((2, 1), np.float32), Shape()).rows(), 1, 2)
    assert columns.tolist() == [[-1, -1]]
    assert weights.tolist() == [[0, 0]]


@pytest.mark.usefixtures("solver")
def test_a_title_nobody_watched_says_nothing_and_nothing_speaks_for_it():
    """Not even where the ideal filter may let more pass than there is."""
    x = watched(users=5, titles=40)
    x[:, 7] = 0
    w = full(graph(x, Shape(ideal=0.4, rank=30)))
    assert np.abs(w).max() > 0.05
    assert np.abs(w[7]).max() < 1e-5
    assert np.abs(w[:, 7]).max() < 1e-5


def test_where_nobody_watched_anything_all_weights_are_nothing():
    assert full(graph(np.zeros((3, 4), np.float32), Shape())).tolist() == np.zeros((4, 4)).tolist()


@pytest.mark.parametrize(("users", "titles", "rank"), [(60, 40, 5), (300, 150, 8)])
def test_the_first_eigenvectors_are_those_of_numpy(users: int, titles: int, rank: int):
    """The second catalogue is larger than the subspace that is iterated."""
    random = np.random.default_rng(3)
    # as many tastes as vectors, each with titles and users of its own, and of another size
    taste = np.repeat(np.arange(rank), np.arange(1, rank + 1) * titles // rank)[:titles]
    likes = np.arange(users)[:, None] % rank == taste
    x = (random.random((users, titles)) < np.where(likes, 0.8, 0.05)).astype(np.float32)
    shape = Shape(rank=rank)
    found = graph(x, shape)
    a = normalised(x, shape)
    values, vectors = np.linalg.eigh(a.T @ a)
    first = vectors[:, ::-1][:, :rank]
    # a vector and its negative are the same
    turned = np.abs(first.T @ found.spectrum.vectors.numpy())
    assert turned == pytest.approx(np.eye(rank), abs=0.02)
    assert found.spectrum.values.numpy() == pytest.approx(values[::-1][:rank], rel=1e-3)
    assert found.spectrum.scale == pytest.approx(values[-1], rel=1e-4)


def test_the_first_eigenvectors_of_a_graph_in_which_no_tastes_stand_out():
    """Powers of the graph alone find .985 of what there is in as many products, and .993 in two
    more."""
    random = np.random.default_rng(3)
    x = (random.random((2000, 800)) < 0.05).astype(np.float32)
    shape = Shape(rank=64)
    found = graph(x, shape).spectrum
    a = normalised(x, shape)
    values = np.linalg.eigvalsh(a.T @ a)[::-1]
    assert found.values.sum() > 0.995 * values[:64].sum()
    assert found.values.sum() < 1.0001 * values[:64].sum()
    assert found.vectors.T @ found.vectors == pytest.approx(np.eye(64), abs=1e-4)


def test_a_graph_of_fewer_users_than_vectors_has_as_many_and_no_more():
    """Most of the subspace then is mapped to 0, and yet the least of them is exact."""
    random = np.random.default_rng(3)
    x = (random.random((20, 400)) < 0.2).astype(np.float32)
    shape = Shape(rank=30)
    found = graph(x, shape).spectrum
    a = normalised(x, shape)
    values, vectors = np.linalg.eigh(a.T @ a)
    assert found.values.numpy()[:20] == pytest.approx(values[::-1][:20], rel=1e-4)
    assert not found.values[20:].any()
    assert not found.vectors[:, 20:].any()
    within = vectors[:, ::-1][:, :20].T @ found.vectors[:, :20].numpy()
    assert within @ within.T == pytest.approx(np.eye(20), abs=1e-4)


@settings(max_examples=20)
@given(st.permutations(range(USERS)), st.permutations(range(TITLES)))
def test_the_order_of_users_and_titles_does_not_matter(users: list[int], titles: list[int]):
    x, shape = watched(), SHAPES["smooth and ideal"]
    straight, shuffled = graph(x, shape), graph(x[np.ix_(users, titles)], shape)
    assert full(shuffled) == pytest.approx(full(straight)[np.ix_(titles, titles)], abs=1e-4)
    scores, again = straight.scores(sp.csr_matrix(x)), shuffled.scores(sp.csr_matrix(x[:, titles]))
    unseen = x[:, titles] == 0
    assert again[unseen] == pytest.approx(scores[:, titles][unseen], abs=1e-4)
