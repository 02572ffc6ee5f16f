"""The model's layers against dense arithmetic, and what training must and must not change."""

import numpy as np
import pytest
import torch
from torch_geometric.data import HeteroData

from gnn import build, train
from gnn.model import HistoryConv, Recommender
from gnn.tensors import from_pairs
from graph import scorer
from graph.arrays import Ragged
from playbill.errors import NothingToLearn

# Two tastes that never mix: users 0..19 watch titles 0..9 (genre 0), the others 10..19 (genre 1).
USERS, TITLES = 40, 20


def two_tastes(order: np.ndarray | None = None) -> HeteroData:
    random = np.random.default_rng(3)
    pairs = [
        (user, title + 10 * (user >= 20))
        for user in range(USERS)
        for title in random.permutation(9)[:6]
    ]
    user, title = np.array(pairs).T
    place = np.arange(USERS) if order is None else order
    genres = Ragged.of([[0]] * 10 + [[1]] * 10)
    return from_pairs(place[user], title, users=USERS, about=genres)


QUICK = train.Parameters(dimensions=8, fewest_steps=60, most_steps=60, batch=16)


def test_history_conv_worked_by_hand():
    titles = torch.tensor([[1.0, 0.0], [0.0, 2.0], [5.0, 5.0]])
    # user 0 watched title 0 with weight 3 and title 1 with weight 2: (3, 4) / 5; user 1 nothing
    edges = torch.tensor([[0, 1], [0, 0]])
    out = HistoryConv()(titles, edges, torch.tensor([3.0, 2.0]), 2)
    assert torch.allclose(out, torch.tensor([[0.6, 0.8], [0.0, 0.0]]))


def test_titles_are_their_own_vector_and_the_mean_of_what_describes_them():
    data = from_pairs(np.array([0]), np.array([0]), users=1, about=Ragged.of([[0, 1], [1], []]))
    model = Recommender(data, torch.zeros(3), dimensions=4, alpha=0.5)
    own, genre = model.own.detach(), model.meaning["genre"].detach()
    expected = own + torch.stack([genre.mean(0), genre[1], torch.zeros(4)])
    assert torch.allclose(model.titles().detach(), expected)


def test_scores_equal_a_dense_computation():
    data = two_tastes()
    degree = torch.arange(TITLES).float()
    model = Recommender(data, degree, dimensions=8, alpha=0.5)
    edges, weight = torch.tensor([[3, 7, 3], [0, 0, 1]]), torch.tensor([1.0, 0.5, 2.0])
    scores = model(edges, weight, 2).detach()

    titles = model.titles().detach()
    histories = torch.zeros(2, TITLES)
    histories[0, 3], histories[0, 7], histories[1, 3] = 1.0, 0.5, 2.0
    users = histories @ (titles / (degree[:, None] + 1).sqrt())
    users = users / users.norm(dim=1, keepdim=True)
    assert torch.allclose(scores, users @ titles.T + torch.log1p(degree), atol=1e-5)


def test_the_scorer_scores_as_the_model_was_trained():
    data = two_tastes()
    degree = torch.ones(TITLES) * 4
    model = Recommender(data, degree, dimensions=8, alpha=0.5)
    weights = build.weights(model.embeddings(data))
    titles, strength = np.array([2, 5], np.int32), np.array([1.0, 0.3], np.float32)
    vector = scorer.user_vector(weights, scorer.History(titles, strength))
    edges = torch.tensor([[2, 5], [0, 0]])
    expected = model(edges, torch.from_numpy(strength), 1).detach().numpy()[0]
    assert np.allclose(scorer.score(weights, vector), expected, atol=1e-5)


def test_gradients_of_the_layers_are_right():
    data = two_tastes()
    model = Recommender(data, torch.ones(TITLES), dimensions=3, alpha=0.5).double()
    edges = torch.tensor([[0, 4], [0, 0]])
    weight = torch.tensor([1.0, 0.5], dtype=torch.double)

    def loss(own: torch.Tensor) -> torch.Tensor:
        out = torch.func.functional_call(model, {"own": own}, (edges, weight, 1))
        return torch.log_softmax(out, 1)[0, :5]

    assert torch.autograd.gradcheck(loss, model.own.detach().clone().requires_grad_())


def test_it_learns_the_two_tastes_and_places_what_nobody_watched():
    data = two_tastes()
    weights = build.weights(train.fit(data, QUICK, seed=0))
    for first, last, unseen in ((0, 9, 9), (10, 19, 19)):
        history = scorer.History(np.array([first, first + 1], np.int32), np.ones(2, np.float32))
        scores = scorer.score(weights, scorer.user_vector(weights, history))
        ours = set(range(first, last))
        assert set(np.argsort(-scores)[:9].tolist()) <= ours | {unseen}
        # Titles 9 and 19 were never watched: only their genre says where they belong.
        other = 19 if unseen == 9 else 9
        vector = scorer.user_vector(weights, history)
        assert weights.title[unseen] @ vector > weights.title[other] @ vector


def test_same_seed_same_bytes_other_seed_other_bytes():
    data = two_tastes()
    one, same, other = (train.fit(data, QUICK, seed=seed) for seed in (1, 1, 2))
    assert one.title.numpy().tobytes() == same.title.numpy().tobytes()
    assert one.title.numpy().tobytes() != other.title.numpy().tobytes()


def test_users_left_out_teach_nothing():
    """Whatever the users who are not learned from have done, the model is the same."""
    data, learn = two_tastes(), np.arange(5, USERS)
    other = two_tastes()
    edges = other["user", "watched", "title"].edge_index
    edges[1, edges[0] < 5] = (edges[1, edges[0] < 5] + 10) % 20
    one, same = (train.fit(d, QUICK, seed=0, users=learn) for d in (data, other))
    assert torch.equal(one.title, same.title)
    assert torch.equal(one.bias, same.bias)


def test_nothing_to_learn_from_says_so():
    data = from_pairs(np.array([0]), np.array([0]), users=1, about=Ragged.of([[0], [0]]))
    with pytest.raises(NothingToLearn, match="two titles or more"):
        train.fit(data, QUICK, seed=0)
