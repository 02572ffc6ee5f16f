"""How the numbers of a recipe are chosen, and that judges are scored at once as users are one by
one."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from gnn import blend, charts, learn, tensors, trial
from gnn.blend import Recipe
from gnn.climb import gains
from gnn.filters import Graph, Shape
from gnn.kept import matrix, strongest
from gnn.model import Embeddings
from gnn.tensors import Interactions
from gnn.trial import Trial
from graph import scorer
from graph.arrays import Ragged
from graph.scorer import Blend
from tests.trials import DAY, QUICK, TITLES, genres, odds, two_tastes

NOW = 400 * DAY
JUDGES = 100


def embeddings(vectors: torch.Tensor) -> Embeddings:
    return Embeddings(vectors, vectors, torch.zeros(len(vectors)), {})


NOISE = embeddings(torch.randn(TITLES, 4, generator=torch.Generator().manual_seed(0)))
PARITY = embeddings(torch.eye(2).repeat(TITLES // 2, 1))  # even and odd titles


def judged(learn: Interactions, told: list, held_out: list) -> Trial:
    random = np.random.default_rng(9)
    n = sum(map(len, told))
    return Trial(
        learn=learn,
        told=Interactions.positives(Ragged.of(told), random.integers(0, NOW, n)),
        held_out=Ragged.of(held_out),
        now=np.full(len(told), NOW, np.int64),
        arriving=np.zeros(len(told), bool),
    )


def fashion(seed: int = 0) -> Trial:
    """What anybody watches next has come out lately, whatever they watched before."""
    random = np.random.default_rng(seed)

    def draw(first: int, last: int, n: int) -> np.ndarray:
        return np.sort(first + random.choice(last - first, n, replace=False))

    rows = [np.concatenate([draw(0, 40, 8), draw(40, 50, 2)]) for _ in range(200)]
    at = [np.concatenate([random.integers(0, 300 * DAY, 8), random.integers(390 * DAY, NOW, 2)])
          for _ in rows]  # fmt: skip
    return judged(
        Interactions.positives(Ragged.of(rows), np.concatenate(at)),
        told=[draw(0, 40, 8) for _ in range(JUDGES)],
        held_out=[draw(40, 50, 3) for _ in range(JUDGES)],
    )


def taste(seed: int = 0, *, learnable: bool = True) -> Trial:
    """No title is more popular than another, and everybody keeps to their taste; others show it
    only where it is `learnable`."""
    random = np.random.default_rng(seed)

    def draw(user: int, n: int, strength: float = 20) -> np.ndarray:
        chances = odds(user, np.ones(TITLES), strength)
        return random.choice(TITLES, n, replace=False, p=chances)

    rows = [np.sort(draw(user, 10, 20 if learnable else 1)) for user in range(200)]
    judges = [draw(user, 9) for user in range(JUDGES)]
    return judged(
        Interactions.positives(Ragged.of(rows), random.integers(0, NOW, 2000)),
        told=[np.sort(watched[:6]) for watched in judges],
        held_out=[np.sort(watched[6:]) for watched in judges],
    )


def back_after_long(seed: int = 0) -> Trial:
    """Who was here yesterday keeps to their taste; who comes back watches what has come out."""
    random = np.random.default_rng(seed)
    new = np.arange(TITLES) >= 50

    def draw(user: int, n: int) -> np.ndarray:
        chances = odds(user, np.where(new, 0.0, 1.0))
        return random.choice(TITLES, n, replace=False, p=chances)

    def lately(n: int) -> np.ndarray:
        return random.choice(np.flatnonzero(new), n, replace=False)

    rows = [np.sort(np.concatenate([draw(user, 10), lately(2)])) for user in range(200)]
    at = [np.where(new[row], NOW - DAY, random.integers(0, 300 * DAY, 12)) for row in rows]
    judges = [draw(user, 9) for user in range(2 * JUDGES)]
    here = [user < JUDGES for user in range(2 * JUDGES)]
    on = judged(
        Interactions.positives(Ragged.of(rows), np.concatenate(at)),
        told=[np.sort(watched[:6]) for watched in judges],
        held_out=[
            np.sort(w[6:] if stays else lately(3)) for w, stays in zip(judges, here, strict=True)
        ],
    )
    age = np.where(np.repeat(here, 6), random.integers(0, DAY, 1200), 300 * DAY)
    return replace(on, told=replace(on.told, at=NOW - age))


def chosen(on: Trial, vectors: Embeddings = NOISE) -> tuple[Blend, float]:
    near = strongest(Graph.of(on.learn.matrix(TITLES), Shape(rank=2)).rows(), TITLES, TITLES - 1)
    return blend.blend(on, matrix(*near), vectors, seed=0)


def test_popularity_worked_by_hand(monkeypatch):
    monkeypatch.setattr(charts, "LASTING", 0.0)
    # Now, one and two half-lives ago: title 0 has 2 + 2 / 2, title 1 has 4 / 4; the mean of four
    # titles is 1. Their logarithms, log 4, log 2 and twice log 1, are as 2, 1, 0 and 0.
    rows = Interactions(
        titles=Ragged.of([[0, 1], [0]]), weight=np.array([2, 4, 2], np.float32),
        at=np.array([100, 80, 90]), welcome=np.ones(3, bool),
    )  # fmt: skip
    expected = np.array([1.25, 0.25, -0.75, -0.75]) / 0.6875**0.5
    assert blend.recent(rows, 4, now=100, half_life=10) == pytest.approx(expected, rel=1e-5)
    # what is ahead of the clock counts as now
    ahead = replace(rows, at=np.array([150, 80, 90]))
    assert blend.recent(ahead, 4, now=100, half_life=10) == pytest.approx(expected, rel=1e-5)
    # without a half-life both titles have 4
    never = blend.recent(rows, 4, now=100, half_life=0)
    assert never.tolist() == pytest.approx([1, 1, -1, -1])


def test_after_years_of_silence_popularity_is_that_of_all_times():
    """One late interaction does not make everything else alike."""
    titles = Ragged.of([[0, 1], [0, 1], [0, 2], [3]])
    at = np.array([5, 5, 6, 6, 7, 7, 900 * DAY])
    counts = np.array([3.0, 2, 1, 1]) / 7 * charts.LASTING + [0, 0, 0, 1]
    expected = scorer.standardise(np.log1p(counts / counts.mean()).astype(np.float32))
    rows = Interactions.positives(titles, at)
    now = blend.recent(rows, 4, now=900 * DAY, half_life=10 * DAY)
    assert now == pytest.approx(expected, rel=1e-4)
    assert now[0] > now[1] > now[3] > now[2]


def test_where_only_what_is_popular_now_works_it_is_added():
    mixed, half_life = chosen(fashion())
    assert mixed.recent > 0
    assert 0 < half_life <= 30 * DAY  # old titles have more viewers, but not lately


def test_where_only_taste_works_it_decides():
    mixed, _ = chosen(taste())
    assert mixed.recent <= 0.2
    assert mixed.embedding <= 0.4  # they are noise here
    vectors, _ = chosen(taste(learnable=False), PARITY)
    assert vectors.embedding >= 1  # and here the filter is
    assert vectors.recent <= 0.4


def test_of_who_comes_back_after_long_little_is_trusted():
    mixed, _ = chosen(back_after_long())
    assert 0 < mixed.away <= 90 * DAY
    assert mixed.doubt > 0


def test_where_times_are_unknown_nothing_fades():
    timeless = fashion()
    unknown = replace(timeless.learn, at=np.zeros_like(timeless.learn.at))
    mixed, half_life = chosen(replace(timeless, learn=unknown))
    assert (mixed.half_life, mixed.away, half_life) == (0, 0, 0)


def test_the_filter_is_shaped_by_what_judges_did():
    """The same every time, and no worse than the shape it begins with."""
    on = trial.cut(two_tastes(), seed=0)
    found = blend.shape(on, TITLES, seed=0)
    assert blend.shape(on, TITLES, seed=0) == found
    assert found.rank <= TITLES // 2

    def figure(shape: Shape) -> float:
        scores = Graph.of(on.learn.matrix(TITLES), shape).scores(on.told.matrix(TITLES))
        return blend._found(on, scores).mean()

    assert figure(found) >= figure(replace(blend.TIMED.shape, rank=8))
    nearby = [replace(found, ridge=ridge) for ridge in blend.SHAPES["ridge"]]
    assert figure(found) >= max(figure(shape) for shape in nearby) - 0.02


@pytest.mark.parametrize(
    ("timed", "narrow", "shape", "mixed"),
    [
        (True, False, Shape(appeal=0.0, rank=8), Blend(embedding=0.6, recent=0.2, doubt=1.0)),
        (False, False, Shape(rank=8), Blend(embedding=1.5)),
        (False, True, Shape(title=0.5, ridge=0.4, rank=8), Blend(embedding=3.0)),
    ],
)
def test_where_nothing_is_sure_everything_stays_where_it_began(
    monkeypatch, timed: bool, narrow: bool, shape: Shape, mixed: Blend
):
    """Of one judge nothing is known for sure."""
    monkeypatch.setattr(blend, "TIMED_CELLS" if timed else "CELLS", TITLES)
    histories = two_tastes()
    on = trial.cut(histories if timed else Interactions.positives(histories.titles), seed=0)
    on = replace(on, narrow=narrow)
    assert blend.shape(on, TITLES, seed=0) == shape
    assert chosen(on)[0] == mixed


def test_what_a_filter_finds_does_not_depend_on_those_tried_before():
    on = trial.cut(two_tastes(), seed=0)
    begin = Shape(rank=4)
    moved = {"ideal": 1.6, "rank": 2, "appeal": 0.1, "ridge": 0.4, "user": 0.0, "title": 0.5}
    tried = [begin, *(replace(begin, **{name: to}) for name, to in moved.items()), begin]
    one = blend._Filtering.of(on, TITLES, rank=8, seed=0)
    found = [one.found(shape) for shape in tried]
    alone = [blend._Filtering.of(on, TITLES, rank=8, seed=0).found(shape) for shape in tried]
    assert [figures.tolist() for figures in found] == [figures.tolist() for figures in alone]
    assert all(figures.tolist() != found[0].tolist() for figures in found[1:-1])


def test_the_largest_graphs_are_tried_on_a_part(monkeypatch):
    on = trial.cut(two_tastes(), seed=0)
    monkeypatch.setattr(blend, "TIMED_CELLS", 40 * TITLES)
    monkeypatch.setattr(tensors, "MANY", 2_500)
    monkeypatch.setattr(tensors, "SAMPLED", 2_000)
    some, drawn = blend._some(on, TITLES, seed=0), on.learn.sample(seed=0)
    assert some.judges == len(some.told) == len(some.held_out) == len(some.arriving) == 40
    whole = {
        (*on.told.titles[row], -1, *on.held_out[row]): (on.now[row], on.arriving[row])
        for row in range(on.judges)
    }
    for row in range(40):
        of_judge = (*some.told.titles[row], -1, *some.held_out[row])
        assert whole[of_judge] == (some.now[row], some.arriving[row])
    assert 1_400 < len(drawn.weight) < 2_600
    assert blend.shape(on, TITLES, seed=0).rank == 8


@pytest.mark.parametrize(
    ("returning", "arriving", "share"), [(1, 2, 1 / 3), (100, 300, 1 / 2), (25, 300, 1 / 5)]
)
def test_kinds_of_judges_count_alike_where_there_are_enough(
    returning: int, arriving: int, share: float
):
    """Those who return are served right; those who arrive are not."""
    n = returning + arriving
    told = Interactions.positives(Ragged.of([[9]] * n))
    on = Trial(told, told, Ragged.of([[0]] * n), np.zeros(n, np.int64), np.arange(n) >= returning)
    scores = np.zeros((n, 40), np.float32)
    scores[:, 10:] = 1
    scores[:returning, 0] = 2
    assert blend._found(on, scores).mean() == pytest.approx(share)


def test_a_few_who_arrive_do_not_drown_what_is_sure_of_the_many():
    """A thousand return and find a little more; of nine who arrive some gain and some lose."""
    random = np.random.default_rng(0)
    arriving = np.arange(1_009) >= 1_000
    told = Interactions.positives(Ragged.of([[59]] * 1_009))
    held_out = Ragged.of([[0]] * 1_009)
    on = Trial(told, told, held_out, np.zeros(1_009, np.int64), arriving)

    def at(rank: np.ndarray) -> np.ndarray:
        """Scores under which the title that is looked for stands at a rank, of each judge."""
        return np.where(np.arange(60) == 0, 60.5 - rank[:, None], 60.0 - np.arange(60))

    before = random.integers(3, 19, 1_009)
    after = np.where(arriving, random.integers(3, 19, 1_009), before - (random.random(1_009) < 0.3))
    found = [blend._found(on, at(rank).astype(np.float32)) for rank in (before, after)]
    assert gains(found[1], found[0])
    assert not gains(found[1][:1], found[0][:1])  # one judge says nothing for sure


def test_a_recipe_survives_its_record():
    recipe = Recipe(
        Shape(user=0.4, title=0.15, appeal=0.1, ridge=0.2, ideal=0.0, rank=32),
        Blend(filter=1.0, embedding=0.4, recent=0.7, doubt=3.0, half_life=90 * DAY, away=7 * DAY),
        popular_half_life=30.0 * DAY,
    )
    record = json.loads(json.dumps(recipe.record() | {"dimensions": 128}))
    assert Recipe.of(record) == recipe
    assert isinstance(Recipe.of(record).shape.rank, int)
    del record["filter_ridge"]
    with pytest.raises(KeyError):
        Recipe.of(record)


@pytest.mark.parametrize("half_life", [0.0, 30.0 * DAY])
def test_judges_at_once_are_scored_as_users_one_by_one(half_life: float):
    on = trial.cut(two_tastes(), seed=0)
    mixed = Blend(
        filter=1, embedding=0.7, recent=0.3, doubt=2, half_life=half_life, away=2 * half_life
    )
    learned = learn.learn(
        genres(), on.learn, QUICK, Recipe(Shape(rank=8), mixed, popular_half_life=30 * DAY), seed=0
    )
    weights = learn.weights(learned)
    told = replace(on.told, weight=np.linspace(0, 2, len(on.told.weight)).astype(np.float32))
    on = replace(on, told=told)
    near = matrix(learned.kept.near, learned.kept.nearness)
    personal = blend._personal(on, near, learned.embeddings, half_life)
    evidence, known = blend._evidence(on, 2 * half_life), blend._evidence(on, 0)
    parts = scorer.Parts(*personal, evidence, known)
    scores = scorer.mix(mixed, parts, weights.recent)
    for judge in range(0, on.judges, 7):
        span = slice(*told.titles.offsets[judge : judge + 2])
        history = scorer.History(told.titles.values[span], on.weight[span], on.age[span])
        alone = scorer.parts(weights, history)
        assert parts.embedding[judge] == pytest.approx(alone.embedding, abs=1e-4)
        assert evidence[judge] == pytest.approx(alone.evidence, rel=1e-4)
        assert parts.filter[judge] == pytest.approx(alone.filter, abs=1e-4)
        assert known[judge] == pytest.approx(alone.known, rel=1e-4)
        same = alone._replace(filter=parts.filter[judge], embedding=parts.embedding[judge])
        assert scores[judge] == pytest.approx(scorer.mix(mixed, same, weights.recent), abs=1e-5)


def test_a_judge_who_told_nothing_is_shown_what_is_popular():
    on = trial.cut(two_tastes(), seed=0)
    silent = replace(on, told=replace(on.told, weight=np.zeros_like(on.told.weight)))
    near = strongest(Graph.of(on.learn.matrix(TITLES), Shape(rank=8)).rows(), TITLES, TITLES - 1)
    personal = blend._personal(silent, matrix(*near), NOISE, 30 * DAY)
    parts = scorer.Parts(*personal, blend._evidence(silent, 30 * DAY))
    popular = blend.recent(on.learn, TITLES, now=on.learn.newest, half_life=0)
    scores = scorer.mix(Blend(embedding=1, recent=0.5), parts, popular)
    assert scores == pytest.approx(np.tile(1.5 * popular, (on.judges, 1)))
