"""The model's layers against dense arithmetic, and what the scorer makes of them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch_geometric.data import HeteroData

from gnn import learn
from gnn.blend import Recipe
from gnn.filters import Shape
from gnn.kept import Kept
from gnn.model import HistoryConv, Recommender, Start
from gnn.place import Placing
from gnn.tensors import Interactions, described, years
from graph import scorer
from graph.arrays import Ragged

TITLES = 5
GENRES = Ragged.of([[0, 1], [1], [], [0], [0]])
YEAR = np.array([2000, 2003, 0, 2001, 2000], np.int32)
DEGREE = torch.tensor([0.0, 3.0, 8.0, 1.0, 2.0])
# Two users: one watched titles 3 and 1, the other title 3 alone; title → user.
EDGES, WEIGHT = torch.tensor([[3, 1, 3], [0, 0, 1]]), torch.tensor([1.0, 0.5, 2.0])


def made() -> tuple[HeteroData, Recommender]:
    data = described({"genre": GENRES, "year": years(YEAR)})
    torch.manual_seed(1)
    model = Recommender(data, DEGREE, dimensions=4, alpha=0.5)
    with torch.no_grad():  # as large as after training, so that a wrong sum is seen
        for part in (model.own, *model.meaning.values()):
            part.mul_(100)
    return data, model


def certain(data: HeteroData) -> Placing:
    """That leaves every title where it is."""
    placing = Placing.of(data, Interactions.positives(Ragged.of([[0, 1, 2, 3, 4]])))
    return replace(placing, trust=np.ones(TITLES, np.float32))


def test_history_conv_worked_by_hand():
    titles = torch.tensor([[1.0, 0.0], [0.0, 2.0], [5.0, 5.0]])
    # user 0 watched title 0 with weight 3 and title 1 with weight 2: (3, 4) / 5; user 1 nothing
    edges = torch.tensor([[0, 1], [0, 0]])
    out = HistoryConv()(titles, edges, torch.tensor([3.0, 2.0]), 2)
    assert torch.allclose(out, torch.tensor([[0.6, 0.8], [0.0, 0.0]]))


def test_a_title_belongs_to_the_years_around_its_own():
    """Counted from the first, 1996; an unknown year to none."""
    assert [row.tolist() for row in map(years(YEAR).__getitem__, range(4))] == [
        list(range(9)), list(range(3, 12)), [], list(range(1, 10)),
    ]  # fmt: skip
    assert years(np.zeros(2, np.int32)).lengths().tolist() == [0, 0]


def test_titles_are_their_own_vector_and_the_means_of_what_describes_them():
    _, model = made()
    own, genre, year = (p.detach() for p in (model.own, *map(model.meaning.get, ("genre", "year"))))
    assert set(model.meaning) == {"genre", "year"}
    assert len(year) == 12
    around = torch.stack(
        [
            genre.mean(0) + year[0:9].mean(0),
            genre[1] + year[3:12].mean(0),
            torch.zeros(4),
            genre[0] + year[1:10].mean(0),
            genre[0] + year[0:9].mean(0),
        ]
    )
    assert torch.allclose(model.titles().detach(), own + around, atol=1e-5)


def test_scores_equal_a_dense_computation():
    _, model = made()
    scores = model(EDGES, WEIGHT, 2).detach()
    titles = model.titles().detach()
    histories = torch.zeros(2, TITLES)
    histories[0, 3], histories[0, 1], histories[1, 3] = 1.0, 0.5, 2.0
    users = histories @ (titles / (DEGREE[:, None] + 1).sqrt())
    users = users / users.norm(dim=1, keepdim=True)
    assert torch.allclose(scores, users @ titles.T + torch.log1p(DEGREE), atol=1e-5)


def test_candidates_are_the_same_columns_of_all_scores():
    _, model = made()
    rows = torch.tensor([4, 0, 3])
    some = model(EDGES, WEIGHT, 2, candidates=rows)
    assert torch.allclose(some, model(EDGES, WEIGHT, 2)[:, rows], atol=1e-6)


def test_gradients_of_the_layers_are_right():
    _, model = made()
    model.double()
    parts = {name: part.detach().requires_grad_() for name, part in model.named_parameters()}
    cotangent = torch.arange(2.0 * TITLES, dtype=torch.double).reshape(2, TITLES).cos()

    def out(*values: torch.Tensor) -> torch.Tensor:
        given = dict(zip(parts, values, strict=True))
        arguments = (EDGES, WEIGHT.double(), 2)
        return (torch.func.functional_call(model, given, arguments) * cotangent).sum()

    assert torch.autograd.gradcheck(out, tuple(parts.values()))


def test_what_describes_titles_is_their_mean_and_artwork_the_sum_of_what_it_depicts():
    data, model = made()
    # picture 0 shows genres 0 and 1, picture 1 genre 1, picture 2 nothing we know of
    data["artwork"].num_nodes = 3
    data["genre", "on", "artwork"].edge_index = torch.tensor([[0, 1, 1], [0, 0, 1]])
    learned = model.embeddings(data, certain(data))
    titles = model.titles().detach()
    genre = torch.stack([titles[[0, 3, 4]].mean(0), titles[[0, 1]].mean(0)])
    assert torch.allclose(learned.around["genre"], genre, atol=1e-5)
    art = torch.stack([genre.mean(0), genre[1], torch.zeros(4)])
    assert torch.allclose(learned.around["artwork"], art, atol=1e-5)
    assert learned.around["tag"].shape == (0, 4)


def test_a_start_is_where_titles_are_and_what_describes_them_adds_nothing():
    data = described({"genre": GENRES, "year": years(YEAR)})
    bias = torch.full((TITLES,), 7.0)
    bias[2] = torch.nan
    start = Start(torch.randn(TITLES, 4), bias)
    model = Recommender(data, DEGREE, dimensions=4, alpha=0.5, start=start)
    assert torch.equal(model.titles().detach(), start.title)
    assert model.bias[:2].tolist() == [7, 7]
    assert model.bias[2].item() == pytest.approx(np.log1p(DEGREE[2].item()))  # as always
    with torch.no_grad():
        model.own.add_(1)
    assert not torch.equal(model.own, start.title)  # which stays as it was given
    start.title[1] = 0  # nothing is known of it: it begins by chance
    titles = Recommender(data, DEGREE, dimensions=4, alpha=0.5, start=start).titles().detach()
    assert 0 < titles[1].norm() < 0.1
    assert torch.equal(titles[2:], start.title[2:])


def test_the_scorer_scores_as_the_model_was_trained():
    data, model = made()
    interactions = Interactions.positives(Ragged.of([[1, 3], [0, 2, 4]]))
    kept = Kept.of(interactions.matrix(TITLES), Shape(rank=2), certain(data))
    embeddings = model.embeddings(data, certain(data))
    weights = learn.weights(learn.Learned(interactions, kept, embeddings, Recipe()))
    told = scorer.History(
        np.array([3, 1], np.int32), np.array([1.0, 0.5], np.float32), np.zeros(2, np.int64)
    )
    scores = model(EDGES, WEIGHT, 2).detach().numpy()[0]
    expected = (scores - scores.mean()) / scores.std()
    assert scorer.parts(weights, told).embedding == pytest.approx(expected, abs=1e-5)
