"""The objective worked by hand, and what training must and must not change."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from gnn import train
from gnn.model import Embeddings, Recommender, Start
from gnn.place import Placing
from gnn.tensors import Interactions, described
from gnn.train import Parameters, Split
from graph.arrays import Ragged
from playbill.errors import NothingToLearn

USERS, TITLES = 40, 20
GENRES = described({"genre": Ragged.of([[0]] * 10 + [[1]] * 10)})
QUICK = Parameters(dimensions=8, fewest_steps=60, most_steps=60, batch=16)


def two_tastes() -> Interactions:
    """That never mix: users 0..19 watch titles 0..8 (genre 0), the others 10..18 (genre 1); titles
    9 and 19 nobody."""
    random = np.random.default_rng(3)
    return Interactions.positives(
        Ragged.of([np.sort(random.permutation(9)[:6]) + 10 * (u >= 20) for u in range(USERS)])
    )


def fit(
    interactions: Interactions, parameters: Parameters = QUICK, *, seed: int = 0, **more
) -> Embeddings:
    placing = Placing.of(GENRES, interactions)
    return train.fit(GENRES, interactions, parameters, placing, seed=seed, **more)


# Five titles that score alike for everybody: chances of 1/10, 2/10, 2/10, 2/10, 3/10.
CHANCES = torch.tensor([0.1, 0.2, 0.2, 0.2, 0.3])


def biased(chances: torch.Tensor) -> Recommender:
    nothing = described({"genre": Ragged.of([[]] * len(chances))})
    model = Recommender(nothing, torch.ones(len(chances)), dimensions=2, alpha=0.5)
    with torch.no_grad():
        model.own.zero_()
        model.bias.copy_(chances.log())
    return model


def split(shown: list[tuple[int, int]], hidden: list[tuple[int, int]], users: int) -> Split:
    """Of (title, user) each, all of weight 1."""

    def edges(pairs: list[tuple[int, int]]) -> torch.Tensor:
        return torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T

    ones = torch.ones
    return Split(edges(shown), ones(len(shown)), edges(hidden), ones(len(hidden)), users)


def loss(model: Recommender, parts: Split, *, seed: int = 0, **parameters) -> float:
    generator = torch.Generator().manual_seed(seed)
    return float(train._loss(model, parts, Parameters(**parameters), generator).detach())


# Title 0 is hidden of user 0, titles 1, 2 and 3 of user 1.
HIDDEN = [(0, 0), (1, 1), (2, 1), (3, 1)]
RARE, COMMON = -np.log(0.1), -np.log(0.2)


@pytest.mark.parametrize(
    ("evenness", "expected"),
    [
        (0.0, (RARE + 3 * COMMON) / 2),
        (1.0, (2 * RARE + 2 * COMMON) / 2),  # four hidden titles, two for each user
        (0.5, 4 / (1 + 3**0.5) * (RARE + 3**0.5 * COMMON) / 2),
    ],
)
def test_evenness_says_how_much_users_count_who_watched_much(evenness: float, expected: float):
    found = loss(biased(CHANCES), split([], HIDDEN, 2), evenness=evenness)
    assert found == pytest.approx(expected, rel=1e-5)


def test_a_weight_counts_as_often_as_it_says():
    parts = replace(split([], [(0, 0), (1, 0)], 1), hidden_weight=torch.tensor([0.5, 2.0]))
    assert loss(biased(CHANCES), parts) == pytest.approx(0.5 * RARE + 2 * COMMON, rel=1e-5)


def test_titles_shown_are_left_out_of_the_race():
    """Of user 0 the last title is shown: seven tenths are left of the chances."""
    found = loss(biased(CHANCES), split([(4, 0)], [(0, 0), (1, 1)], 2))
    assert found == pytest.approx(-(np.log(0.1 / 0.7) + np.log(0.2)) / 2, rel=1e-5)


class Loss(nn.Module):
    """So that the objective can be called with other parameters of the model."""

    def __init__(self, model: Recommender, parts: Split, parameters: Parameters) -> None:
        super().__init__()
        self.model, self.parts, self.chosen = model, parts, parameters

    def forward(self) -> torch.Tensor:
        generator = torch.Generator().manual_seed(0)
        return train._loss(self.model, self.parts, self.chosen, generator)


@pytest.mark.parametrize("more", [{}, {"candidates": 8}], ids=str)
def test_gradients_of_the_loss_are_right(more: dict):
    torch.manual_seed(0)
    model = Recommender(GENRES, torch.ones(TITLES), dimensions=3, alpha=0.5).double()
    parts = split([(0, 0), (3, 0), (12, 1)], [(1, 0), (11, 1), (3, 1)], 2)
    parts = replace(
        parts, shown_weight=torch.tensor([1, 0.5, 2]).double(),
        hidden_weight=torch.tensor([1, 2, 0.3]).double(),
    )  # fmt: skip
    values = {name: part.detach().requires_grad_() for name, part in model.named_parameters()}

    def out(*given: torch.Tensor) -> torch.Tensor:
        named = {f"model.{name}": value for name, value in zip(values, given, strict=True)}
        return torch.func.functional_call(Loss(model, parts, Parameters(**more)), named, ())

    assert torch.autograd.gradcheck(out, tuple(values.values()), atol=1e-4)


def test_as_many_candidates_as_titles_are_all_of_them():
    parts = split([(4, 0)], [(0, 0), (1, 1)], 2)
    whole = loss(biased(CHANCES), parts, candidates=10**6)
    assert loss(biased(CHANCES), parts, candidates=5) == whole
    assert loss(biased(CHANCES), parts, candidates=4) != whole


def test_drawn_candidates_stand_for_all_others():
    parts = split([], [(3, 0), (7, 0), (3, 1)], 2)
    generator = torch.Generator().manual_seed(0)
    rows, rarity = train._candidates(parts, torch.arange(50), 10, generator)
    assert rows[:2].tolist() == [3, 7]
    assert len(set(rows.tolist())) == 10
    assert rarity.exp().tolist() == pytest.approx([1, 1] + [6] * 8)  # 8 of the 48 others


def test_titles_nobody_watched_are_not_drawn():
    watched = torch.tensor([0, 3, 4, 9, 11, 20])
    parts = split([], [(3, 0)], 1)
    rows, rarity = train._candidates(parts, watched, 4, torch.Generator())
    assert set(rows.tolist()) < set(watched.tolist())
    assert rarity.exp().tolist() == pytest.approx([1] + [5 / 3] * 3)


@pytest.mark.parametrize("candidates", [8, 4], ids=["all", "drawn"])
def test_that_nobody_watched_a_title_is_not_held_against_it(candidates: int):
    """Whatever it scores, the loss is the same."""
    parts = split([(0, 0)], [(1, 0), (2, 1)], 2)
    few, many = biased(torch.ones(8)), biased(torch.ones(8))
    few.watched = many.watched = torch.arange(6)
    with torch.no_grad():
        many.bias[6:] = 9.0
    one, same = (loss(model, parts, candidates=candidates) for model in (few, many))
    assert one == same


def test_more_hidden_titles_than_candidates_are_all_ranked():
    parts = split([], [(title, 0) for title in range(4)], 1)
    rows, rarity = train._candidates(parts, torch.arange(50), 3, torch.Generator())
    assert rows.tolist() == [0, 1, 2, 3]
    assert rarity.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("shown", [[], [(2, 0), (19, 0)]], ids=["none shown", "two shown"])
def test_with_drawn_candidates_the_race_is_as_long_on_average(shown: list):
    """1 / p of a hidden title is a sum over all others, of which the drawn ones give an estimate
    without bias."""
    chances = torch.arange(1.0, 21.0) / 210
    model, parts = biased(chances), split(shown, [(9, 0)], 1)
    whole = np.exp(loss(model, parts))
    left = 1 - float(chances[[title for title, _ in shown]].sum())
    assert whole == pytest.approx(left / float(chances[9]), rel=1e-5)
    drawn = np.exp([loss(model, parts, seed=seed, candidates=6) for seed in range(2000)])
    error = np.std(drawn) / len(drawn) ** 0.5
    assert error < 0.02 * whole
    assert np.mean(drawn) == pytest.approx(whole, abs=4 * error)


@pytest.mark.parametrize("parameters", [QUICK, replace(QUICK, candidates=15)], ids=["all", "drawn"])
def test_it_learns_the_two_tastes_and_places_what_nobody_watched(parameters: Parameters):
    learned = fit(two_tastes(), parameters)
    for first, unseen, other in ((0, 9, 19), (10, 19, 9)):
        user = nn.functional.normalize(learned.history[[first, first + 1]].sum(0), dim=0)
        scores = learned.title @ user + learned.bias
        ours = set(range(first, first + 9))
        assert set(scores.argsort(descending=True)[:9].tolist()) <= ours | {unseen}
        # Titles 9 and 19 were never watched: only their genre says where they belong.
        assert learned.title[unseen] @ user > learned.title[other] @ user


def test_same_seed_same_bytes_other_seed_other_bytes():
    one, same, other = (fit(two_tastes(), seed=seed).title for seed in (1, 1, 2))
    assert one.numpy().tobytes() == same.numpy().tobytes()
    assert one.numpy().tobytes() != other.numpy().tobytes()


def test_what_else_draws_at_random_neither_changes_it_nor_is_changed():
    torch.manual_seed(1)
    one, after = fit(two_tastes()).title, torch.rand(3)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(3), after)
    assert torch.equal(fit(two_tastes()).title, one)


def test_users_of_one_title_and_interactions_of_no_weight_teach_nothing():
    """Whatever they are, the model is the same."""
    learn = two_tastes()

    def more(single: int, ignored: int) -> Interactions:
        rows = [learn.titles[user] for user in range(USERS)] + [[single], [ignored]]
        added = Interactions.positives(Ragged.of(rows))
        return replace(added, weight=np.append(added.weight[:-1], np.float32(0)))

    one, same = fit(more(2, 3)), fit(more(15, 16))
    assert torch.equal(one.title, same.title)
    assert torch.equal(one.bias, same.bias)


def test_a_start_is_used_and_takes_fewer_steps():
    start, told = Start(torch.randn(TITLES, 8), torch.zeros(TITLES)), []
    still = replace(QUICK, learning_rate=1e-12, again=0.2)
    learned = fit(two_tastes(), still, start=start, progress=lambda *at: told.append(at))
    placed = Placing.of(GENRES, two_tastes())(start.title.numpy())
    assert torch.allclose(learned.title, torch.from_numpy(placed), atol=1e-6)
    assert told == [(step, 12) for step in range(1, 13)]
    assert len(told) == 0.2 * QUICK.most_steps


def test_among_many_users_learning_begins_with_what_the_graph_tells_apart():
    """Two tastes and a title that everybody watched. The first eigenvector says that all are
    watched, as the bias does; the second tells the tastes apart, by its sign."""
    learn = two_tastes()
    everybody = Interactions.positives(
        Ragged.of([np.sort(np.append(learn.titles[user], 9)) for user in range(USERS)])
    )
    still = replace(QUICK, dimensions=1, learning_rate=1e-12, length=2.0)
    assert still.cannot_pass(USERS)
    titles = fit(everybody, still).title[:, 0]
    first, second = titles[:9], titles[10:19]
    assert (first.sign() == first[0].sign()).all()
    assert (second.sign() == -first[0].sign()).all()
    assert torch.cat([first, second]).abs().mean() > 1.5
    more = fit(everybody, replace(still, dimensions=TITLES + 5)).title  # than there are titles
    assert more.shape == (TITLES, TITLES + 5)
    assert torch.isfinite(more).all()


def test_what_the_first_eigenvectors_leave_out_begins_by_chance():
    """Two tastes and one eigenvector: nobody begins as nothing, from where no step leads on."""
    learn = two_tastes()
    still = replace(QUICK, dimensions=1, learning_rate=1e-12)
    begin = train._beginning(learn, torch.arange(USERS), still, TITLES, seed=0)
    assert begin.title.norm(dim=1).min() >= still.length * 0.99
    assert torch.equal(
        train._beginning(learn, torch.arange(USERS), still, TITLES, seed=0).title, begin.title
    )


def test_where_everybody_watched_the_same_there_is_nothing_to_tell_apart():
    same = Interactions.positives(Ragged.of([[0, 1, 2]] * USERS))
    assert QUICK.cannot_pass(USERS)
    learned = fit(same)
    assert torch.isfinite(learned.title).all()
    assert torch.isfinite(learned.bias).all()


def test_among_few_users_learning_begins_by_chance():
    still = replace(QUICK, dimensions=2, learning_rate=1e-12, passes=1)
    assert not still.cannot_pass(USERS)
    assert fit(two_tastes(), still).title.norm(dim=1).max() < 0.1


def test_steps_follow_the_number_of_users_within_bounds():
    parameters = Parameters(passes=100, batch=10, fewest_steps=50, most_steps=500, again=0.1)
    assert [parameters.steps(users) for users in (1, 20, 1000)] == [50, 200, 500]
    assert parameters.steps(20, again=True) == 20
    assert replace(parameters, again=0).steps(20, again=True) == 1


DECAYING = Parameters(weight_decay=4.0, rare_decay=0.3, passes=100, batch=10, most_steps=500)


@pytest.mark.parametrize(("users", "decay"), [(5, 4.0), (10, 4.0), (20, 2.0), (50, 0.8)])
def test_a_step_decays_as_its_batch_is_of_all_users(users: int, decay: float):
    assert DECAYING.decay(7 * users, users, 100) == pytest.approx(decay)


@pytest.mark.parametrize(
    ("each", "decay"),
    [
        (20, 0.3 * 0.2**0.5),  # titles watched by each; of 100, 10 users hide one in a step
        (80, 0.3 * 0.8**0.5),
        (100, 0.3),
    ],
)
def test_among_many_users_decay_follows_how_often_a_title_is_hidden(each: int, decay: float):
    assert DECAYING.cannot_pass(1000)
    assert DECAYING.decay(1000 * each, 1000, 100) == pytest.approx(decay)


@pytest.mark.parametrize("start", [None, Start(torch.ones(TITLES, 8), torch.zeros(TITLES))])
def test_embeddings_decay_by_the_users_who_teach_and_popularity_does_not(monkeypatch, start):
    """Of 40 users who watched six titles each, and one who watched a single title."""
    told = []

    def spied(groups, **more):
        told.append([group["weight_decay"] for group in groups])
        return original(groups, **more)

    original = torch.optim.AdamW
    monkeypatch.setattr(torch.optim, "AdamW", spied)
    learn = two_tastes()
    rows = [*(learn.titles[user] for user in range(USERS)), [3]]
    interactions = Interactions.positives(Ragged.of(rows))
    for passes in (1, 100):
        fit(interactions, replace(QUICK, batch=10, passes=passes), start=start)
    often = 10 * 0.5 * 6 / TITLES
    assert told == [[pytest.approx(decay), 0] for decay in (4 * 10 / 40, 0.3 * (often / 5) ** 0.5)]


@pytest.mark.parametrize("rows", [[[0]], [[0], [1]], [[]]])
def test_nothing_to_learn_from_says_so(rows: list):
    with pytest.raises(NothingToLearn, match="two titles or more"):
        fit(Interactions.positives(Ragged.of(rows)))


def test_it_leaves_the_settings_of_the_process_as_they_were():
    before = torch.get_num_threads()
    during = []
    fit(two_tastes(), replace(QUICK, threads=before + 1),
        progress=lambda *_: during.append(torch.get_num_threads()))  # fmt: skip
    assert set(during) == {before + 1}
    assert torch.get_num_threads() == before


def test_of_more_users_than_the_steps_pass_over_each_step_counts():
    parameters = Parameters(passes=10, batch=100, fewest_steps=1, most_steps=50)
    assert not parameters.cannot_pass(500)
    assert parameters.cannot_pass(510)
