"""Where titles that few watched are placed: by hand, and what must not change it."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from torch_geometric.data import HeteroData

from gnn import learn, place
from gnn.blend import Recipe
from gnn.filters import Graph, Shape
from gnn.kept import matrix, strongest
from gnn.place import Placing
from gnn.tensors import Interactions, described, years
from graph import scorer
from graph.arrays import Ragged
from tests import trials

# Title 0 has the genres 0 and 1 and the year 2000, title 1 genre 1, title 2 nothing.
GENRES, YEAR = [[0, 1], [1], []], [2000, 0, 0]


def data(genres: list, year: list) -> HeteroData:
    return described({"genre": Ragged.of(genres), "year": years(np.array(year, np.int32))})


def watched(counts: list[int]) -> Interactions:
    """Title i by the first counts[i] of many users, each of whom also watched the last title."""
    last = len(counts)
    rows = [[i for i, n in enumerate(counts) if user < n] + [last] for user in range(max(counts))]
    return Interactions.positives(Ragged.of(rows))


def test_each_kind_of_description_has_length_one_and_all_titles_share_a_column() -> None:
    about = place.descriptions(data(GENRES, YEAR)).toarray()
    third = 9**-0.5  # of four years before its own, and four after it
    assert about == pytest.approx(
        np.array(
            [
                [0.5**0.5, 0.5**0.5, *[third] * 9, place.EVERY],
                [0, 1, *[0] * 9, place.EVERY],
                [0, 0, *[0] * 9, place.EVERY],
            ]
        )
    )


def test_of_too_many_descriptions_those_on_most_titles_count(monkeypatch) -> None:
    monkeypatch.setattr(place, "MOST", 2)
    about = place.descriptions(data([[0, 2], [1, 2], [2]], [0, 0, 0])).toarray()
    assert about == pytest.approx(
        np.array([[0.5**0.5, place.EVERY], [0.5**0.5, place.EVERY], [1, place.EVERY]])
    )


def test_one_kind_of_description_worked_by_hand() -> None:
    # Trust 1, 1/2 and 0, one description of length 1 on all three, ridge 1/2:
    # beta = (1 * 8 + 1/2 * 2) / (1 + 1/2 + 1/2) = 4.5
    about = sp.csr_matrix(np.ones((3, 1), np.float32))
    inverse = np.array([[1 / 2]], np.float32)
    placing = Placing(about, np.array([1, 0.5, 0], np.float32), inverse)
    values = np.array([[8], [2], [100]], np.float32)
    assert placing(values).ravel().tolist() == [8, (2 + 4.5) / 2, 4.5]
    assert placing.guess(values, np.array([2, 0])).ravel().tolist() == [4.5, 4.5]


def test_it_is_the_posterior_mean_of_a_gaussian_process() -> None:
    """K (K + N)^-1 y of the watched titles, with K = F Fᵀ + RIDGE I, N = RIDGE DOUBT / w."""
    random = np.random.default_rng(0)
    counts = [9, 4, 0, 1, 0, 2]
    graph = data([[i % 2, 2 + i % 3] for i in range(7)], [1990 + i for i in range(7)])
    placing, values = Placing.of(graph, watched(counts)), random.normal(size=(7, 3))
    about = place.with_pairs(place.descriptions(graph)).toarray().astype(float)
    w = np.array([*counts, max(counts)], float)
    # of the users the last one or two watched the last title alone, and teach nothing
    w[-1] = sum(any(user < n for n in counts) for user in range(max(counts)))
    known = w > 0
    k = about @ about.T + place.RIDGE * np.eye(7)
    noise = np.diag(place.RIDGE * place.DOUBT / w[known])
    expected = k[:, known] @ np.linalg.solve(k[np.ix_(known, known)] + noise, values[known])
    assert placing(values.astype(np.float32)) == pytest.approx(expected, abs=1e-3)


def test_a_title_watched_by_many_stays_and_one_nobody_watched_goes_to_its_kind() -> None:
    """Titles 0..5 of one genre stand at 1, titles 6..11 of another at -1; 5 and 11 are unwatched
    and stand elsewhere."""
    graph = data([[int(i > 5)] for i in range(13)], [0] * 13)
    counts = [500] * 5 + [0] + [500] * 5 + [0]
    values = np.array([1] * 5 + [50] + [-1] * 5 + [50, 0], np.float32)[:, None]
    placed = Placing.of(graph, watched(counts))(values)[:, 0]
    assert placed[:5] == pytest.approx(1, abs=0.01)
    assert placed[6:11] == pytest.approx(-1, abs=0.01)
    assert placed[5] > 0.5
    assert placed[11] < -0.5


def test_a_pair_counts_as_the_square_of_the_likeness_says() -> None:
    """<f, f'> + PAIRS <f, f'>^2, where enough titles share all pairs."""
    genres = [[i % 2, 2 + i % 3] for i in range(24)]
    about = place.descriptions(data(genres, [1990 + i % 2 for i in range(24)]))
    alike = (about[:, :-1] @ about[:, :-1].T).toarray()
    paired = place.with_pairs(about)
    assert paired[:, [-1]].toarray().tolist() == [[place.EVERY]] * 24
    with_pairs = (paired[:, :-1] @ paired[:, :-1].T).toarray()
    assert with_pairs == pytest.approx(alike + place.PAIRS * alike**2, rel=1e-5)


def test_two_together_may_say_what_neither_says() -> None:
    """Titles of both genres, or of neither, are liked, those of one are not; the last is new."""
    genres = [[g for g in (0, 1) if i >> g & 1] or [2] for i in range(240)]
    values = np.array([1.0 if i & 3 in (0, 3) else -1.0 for i in range(240)], np.float32)
    placed = Placing.of(data([*genres, []], [0] * 241), watched([50] * 239 + [0]))
    assert placed(np.append(values, 0).astype(np.float32)[:, None])[239, 0] > 0.3


def test_of_too_many_pairs_those_on_most_titles_count_and_rare_ones_not_at_all(monkeypatch) -> None:
    about = place.descriptions(data([[0, 1]] * 4 + [[0]] * 3 + [[2]] * 3, [0] * 10))
    assert place.with_pairs(about).shape[1] == about.shape[1] + 3  # not 2 with itself, of three
    monkeypatch.setattr(place, "MOST_PAIRS", 1)
    [only] = place.with_pairs(about).toarray()[:, -2:-1].T  # 0 with itself, on seven titles
    assert (only > 0).tolist() == [True] * 7 + [False] * 3


def test_where_nothing_describes_a_title_it_stays_or_goes_to_the_mean() -> None:
    placing = Placing.of(data([[], [], []], [0, 0, 0]), watched([1, 0]))
    assert placing(np.array([[2], [9], [4]], np.float32))[:, 0] == pytest.approx(
        [2, 3, 4], rel=0.02
    )


def test_users_of_one_title_and_what_has_no_weight_are_no_evidence() -> None:
    rows = Interactions.positives(Ragged.of([[0, 1], [2], [0, 1]]))
    told = replace(rows, weight=np.array([1, 1, 1, 1, 0], np.float32))
    trust = Placing.of(data([[0], [0], [0]], [0, 0, 0]), told).trust
    # the third user is left with one title
    assert trust == pytest.approx(np.array([1, 1, 0]) / (1 + place.DOUBT))


@given(st.permutations(range(8)), st.integers(0, 1000))
def test_the_order_of_titles_does_not_matter(order: list, seed: int) -> None:
    random = np.random.default_rng(seed)
    genres = [[i % 3] for i in range(8)]
    year = [1980 + 3 * (i % 4) for i in range(8)]
    histories = [random.permutation(7)[:3] for _ in range(6)]
    values = random.normal(size=(8, 2)).astype(np.float32)
    new = np.argsort(order)  # the new row of each old one
    rows = Ragged.of([np.sort(row) for row in histories])
    moved = Ragged.of([np.sort(new[row]) for row in histories])
    one = Placing.of(data(genres, year), Interactions.positives(rows))
    other = Placing.of(
        data([genres[i] for i in order], [year[i] for i in order]), Interactions.positives(moved)
    )
    assert other(values[order]) == pytest.approx(one(values)[order], abs=1e-4)


def test_a_filter_speaks_for_a_title_nobody_watched_as_for_others_of_its_kind() -> None:
    told = trials.two_tastes()
    new = [40, 41]
    told = told.where(~np.isin(told.titles.values, new))
    graph = Graph.of(told.matrix(trials.TITLES), Shape(rank=4))
    old = matrix(*strongest(graph.rows(), trials.TITLES, trials.TITLES)).toarray()
    placing = Placing.of(trials.genres(), told)
    w = matrix(*strongest(graph.rows(), trials.TITLES, trials.TITLES, placing)).toarray()
    assert not old[:, new].any()
    assert (w[0:10:2, 40] > w[0:10:2, 41]).all()  # even titles speak for the even one
    assert (w[1:10:2, 41] > w[1:10:2, 40]).all()
    kept = np.setdiff1d(np.arange(trials.TITLES), new)
    assert w[:, kept] == pytest.approx(old[:, kept])
    assert not np.diag(w).any()


def test_what_is_published_ranks_new_titles_by_taste() -> None:
    told = trials.two_tastes()
    told = told.where(~np.isin(told.titles.values, [40, 41]))
    learned = learn.learn(trials.genres(), told, trials.QUICK, Recipe(), seed=0)
    weights = learn.weights(learned)
    for taste, (liked, other) in enumerate(((40, 41), (41, 40))):
        titles = np.array([taste, taste + 2, taste + 4], np.int32)
        history = scorer.History(titles, np.ones(3, np.float32), np.zeros(3))
        parts = scorer.parts(weights, history)
        assert parts.filter[liked] > parts.filter[other]
        assert parts.embedding[liked] > parts.embedding[other]
        scores = scorer.score(weights, history)
        assert scores[liked] > scores[other]
