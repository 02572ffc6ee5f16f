"""When a candidate is turned down, and how a match is spread."""

from dataclasses import replace

import numpy as np
import pytest

from gnn import judge, learn, trial
from gnn.learn import Chosen
from gnn.metrics import Ranking
from gnn.tensors import Interactions
from gnn.trial import Trial
from graph import scorer
from graph.arrays import Ragged, Vocabulary
from graph.publishing import Published
from graph.snapshot import Weights
from tests import snapshots
from tests.trials import QUICK, TITLES, genres, two_tastes

IDS = Vocabulary.of(f"t{title:02}" for title in range(TITLES))


@pytest.fixture(scope="module")
def chosen() -> Chosen:
    found = learn.choose(genres(), two_tastes(), QUICK, seed=0)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def good(chosen: Chosen) -> Weights:
    return learn.weights(chosen.learned)


@pytest.fixture(scope="module")
def useless(good: Weights) -> Weights:
    """Every title speaks for random others; what is popular does not count."""
    random = np.random.default_rng(0)
    return replace(
        good,
        near=random.permuted(good.near, axis=1),
        title=random.permutation(good.title),
        bias=np.zeros_like(good.bias),
        recent=np.zeros_like(good.recent),
    )


def served(weights: Weights, ids: Vocabulary = IDS) -> Published:
    """A snapshot with these weights, of titles with these ids."""
    built = snapshots.build(snapshots.Shape(titles=len(ids), users=2))
    titles = replace(built.titles, vocabulary=ids)
    snapshot = replace(built, titles=titles, weights=weights)
    return Published(snapshot, snapshots.manifest(snapshot), published_at=0)


def rows_of(weights: Weights, rows: np.ndarray) -> Weights:
    """The weights of some titles alone."""
    place = np.full(len(weights.title) + 1, -1, np.int32)
    place[rows] = np.arange(len(rows))
    near = place[weights.near[rows]]
    return replace(
        weights, near=near, nearness=np.where(near < 0, 0, weights.nearness[rows]),
        history=weights.history[rows], title=weights.title[rows], bias=weights.bias[rows],
        recent=weights.recent[rows],
    )  # fmt: skip


def first(judged: Trial, n: int) -> Trial:
    """With the first n judges alone."""
    some = np.arange(n)
    held_out = Interactions.positives(judged.held_out).of_users(some).titles
    return Trial(
        judged.learn, judged.told.of_users(some), held_out, judged.now[:n], judged.arriving[:n]
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "worse"),
    [
        ([0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5], False),
        ([0.1, 0.2, 0.1, 0.2], [0.5, 0.6, 0.5, 0.7], True),
        # a little lower on average, but up here and down there: chance
        ([0.9, 0.1, 0.5, 0.3], [0.1, 0.9, 0.5, 0.4], False),
        ([0.6, 0.7, 0.6, 0.7], [0.5, 0.5, 0.5, 0.5], False),
    ],
)
def test_worse_only_beyond_chance(ours, theirs, worse):
    assert judge.worse(*(Ranking(np.array(r), np.array(r)) for r in (ours, theirs))) is worse


def test_a_recipe_that_learned_something_passes(chosen: Chosen, good: Weights):
    verdict = judge.against_simple(chosen.trial, good)
    assert verdict.rejected == ""
    metrics = verdict.metrics
    assert metrics["later/judges"] == chosen.trial.judges >= judge.ENOUGH_JUDGES
    models = {name.rsplit("/", 1)[0] for name in metrics} - {"later"}
    assert models == {
        f"later/{model}" for model in ("recipe", "popularity", "popular lately", "EASE")
    }
    assert metrics["later/recipe/ndcg@20"] > metrics["later/popularity/ndcg@20"]


def test_a_recipe_that_learned_nothing_is_turned_down(chosen: Chosen, useless: Weights):
    verdict = judge.against_simple(chosen.trial, useless)
    for rival in ("popularity's", "popular lately's", "EASE's"):
        assert f"worse than {rival}" in verdict.rejected
    assert f"on {chosen.trial.judges} held-out users" in verdict.rejected


def test_a_catalogue_too_large_for_ease_is_compared_with_the_linear_filter(
    chosen: Chosen, useless: Weights, monkeypatch
):
    monkeypatch.setattr(judge, "EASE_TITLES", TITLES - 1)
    verdict = judge.against_simple(chosen.trial, useless)
    assert "worse than linear filter's" in verdict.rejected
    assert "later/EASE/ndcg@20" not in verdict.metrics


def test_where_times_are_unknown_nothing_is_popular_lately():
    timeless = Interactions.positives(two_tastes().titles)
    assert "popular lately" not in judge.simple(trial.cut(timeless, seed=0), TITLES)


def test_too_few_judges_turn_nothing_down(chosen: Chosen, useless: Weights):
    few, enough = (first(chosen.trial, n) for n in (judge.ENOUGH_JUDGES - 1, judge.ENOUGH_JUDGES))
    assert judge.against_simple(few, useless).rejected == ""
    assert judge.against_simple(enough, useless).rejected != ""
    nobody = first(chosen.trial, 0)
    assert judge.against_simple(nobody, useless) == judge.Verdict({}, "")
    for serving in (None, served(useless)):
        verdict = judge.against_serving(nobody, useless, titles=IDS, serving=serving)
        assert verdict == judge.Verdict({"judges": 0}, "")


def test_a_candidate_stands_against_popularity_and_what_is_serving(
    chosen: Chosen, good: Weights, useless: Weights
):
    def verdict(candidate: Weights, serving: Weights | None) -> judge.Verdict:
        published = None if serving is None else served(serving)
        return judge.against_serving(chosen.trial, candidate, titles=IDS, serving=published)

    assert verdict(good, None).rejected == ""
    assert "serving/ndcg@20" not in verdict(good, None).metrics
    assert verdict(good, useless).rejected == ""
    assert verdict(good, good).rejected == ""
    worse = verdict(useless, good)
    assert "worse than popularity's" in worse.rejected
    assert "worse than serving's" in worse.rejected
    assert worse.metrics["judges"] == chosen.trial.judges
    assert worse.metrics["serving/ndcg@20"] == verdict(good, None).metrics["candidate/ndcg@20"]


def test_the_serving_snapshot_over_a_changed_catalogue_worked_by_hand():
    """It served b, bb, d and e. Since then a and c came, and bb went."""
    today = Vocabulary.of(["a", "b", "c", "d", "e"])
    nothing = np.zeros((4, 2), np.float32)
    serving = Weights(
        near=np.array([[3, 2], [2, 0], [-1, -1], [-1, -1]], np.int32),
        nearness=np.array([[5, 1], [100, 9], [0, 0], [0, 0]], np.float32),  # b → e and less to d
        near_evidence=np.zeros(4, np.float32),
        history=nothing, title=nothing, bias=np.zeros(4, np.float32),
        recent=np.array([0, 9, 1, 2], np.float32), blend=scorer.Blend().array(),
        match_quantiles=np.zeros(101, np.float32),
    )  # fmt: skip
    told = [
        ([0, 1], [4]),  # told a and b: e comes first
        ([1], [3]),  # told b: d comes second
        ([0], [4]),  # told a, of which it knows nothing: e is the most popular of those left
        ([1], [2]),  # it cannot recommend c: after e, d and, of those it does not know, a and b
    ]
    judged = Trial(
        learn=Interactions.positives(Ragged.of([[0, 1]])),
        told=Interactions.positives(Ragged.of([titles for titles, _ in told])),
        held_out=Ragged.of([held_out for _, held_out in told]),
        now=np.zeros(4, np.int64), arriving=np.ones(4, bool),
    )  # fmt: skip
    candidate = replace(
        serving, **{
            name: np.resize(getattr(serving, name), (5, *getattr(serving, name).shape[1:]))
            for name in ("near", "nearness", "history", "title", "bias", "recent")
        },
    )  # fmt: skip
    published = served(serving, Vocabulary.of(["b", "bb", "d", "e"]))
    metrics = judge.against_serving(judged, candidate, titles=today, serving=published).metrics
    ndcg = [1, 1 / np.log2(3), 1, 1 / np.log2(6)]
    assert metrics["serving/ndcg@20"] == pytest.approx(np.mean(ndcg))


def test_what_the_serving_snapshot_does_not_know_it_cannot_recommend(chosen: Chosen, good: Weights):
    """The titles that are held out of anybody are new to it."""
    new = np.unique(chosen.trial.held_out.values)[:10]
    known = np.setdiff1d(np.arange(TITLES), new)
    held_out = Ragged.of([[new[row % 10]] for row in range(chosen.trial.judges)])
    judged = replace(chosen.trial, held_out=held_out)
    serving = served(rows_of(good, known), Vocabulary.of(IDS[row] for row in known))
    metrics = judge.against_serving(judged, good, titles=IDS, serving=serving).metrics
    assert metrics["serving/recall@20"] == 0
    assert metrics["candidate/recall@20"] > 0


def test_titles_that_nobody_could_have_watched_do_not_count_against_a_candidate(
    chosen: Chosen, good: Weights
):
    """It shows 15 of them to everybody first; but not where what serves knew them."""
    ids = Vocabulary.of([*IDS.ids, *(f"u{i:02}" for i in range(15))])
    blend = scorer.blend(good)._replace(recent=1.0).array()
    good = replace(good, blend=blend, recent=np.zeros_like(good.recent))
    candidate = with_titles(good, 15, recent=9)
    knew = with_titles(good, 15, recent=-9)
    for serving, rejected in ((served(good), False), (served(knew, ids), True)):
        verdict = judge.against_serving(chosen.trial, candidate, titles=ids, serving=serving)
        assert ("worse than serving's" in verdict.rejected) == rejected


def with_titles(weights: Weights, n: int, *, recent: float) -> Weights:
    """With n more titles, of which nothing is known but how popular they are now."""

    def more(array: np.ndarray, value: float) -> np.ndarray:
        return np.concatenate([array, np.full((n, *array.shape[1:]), value, array.dtype)])

    return replace(
        weights, near=more(weights.near, -1), nearness=more(weights.nearness, 0),
        history=more(weights.history, 0), title=more(weights.title, 0), bias=more(weights.bias, 0),
        recent=more(weights.recent, recent),
    )  # fmt: skip


def random_weights(titles: int) -> Weights:
    random = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return random.normal(size=shape).astype(np.float32)

    return Weights(
        near=random.integers(0, titles, (titles, 5)).astype(np.int32), nearness=normal(titles, 5),
        near_evidence=np.zeros(titles, np.float32),
        history=normal(titles, 8), title=normal(titles, 8), bias=normal(titles),
        recent=normal(titles), blend=scorer.Blend(1, 0.5, 0.2, 2, 1000).array(),
        match_quantiles=np.zeros(101, np.float32),
    )  # fmt: skip


def test_matches_are_spread_evenly_over_what_judges_went_on_to_watch():
    random = np.random.default_rng(5)
    rows = [np.sort(random.choice(60, 15, replace=False)) for _ in range(2000)]
    known = Interactions.positives(Ragged.of(rows), random.permutation(2000 * 15))
    judged = trial.withheld(known, Vocabulary.of(f"user {i}" for i in range(2000)))
    weights = judge.with_match_quantiles(judged, random_weights(60))
    score = judge.as_scored(judged, weights)
    matches = np.concatenate([
        scorer.match_percent(weights, score(np.array([row]))[0], judged.held_out[row], known=1e9)
        for row in range(judged.judges)
    ])  # fmt: skip
    assert len(matches) >= judge.ENOUGH_WATCHES
    deciles = np.histogram(matches, bins=range(0, 101, 10))[0] / len(matches)
    assert deciles == pytest.approx(np.full(10, 0.1), abs=0.03)


def test_where_too_little_is_held_out_a_match_is_a_place_in_the_catalogue():
    weights = random_weights(200)
    nobody = Interactions.positives(Ragged.of([]))
    few = Trial(nobody, nobody, Ragged.of([]), np.zeros(0, np.int64), np.zeros(0, bool))
    found = judge.with_match_quantiles(few, weights)
    # a newcomer is shown what is popular now
    scores = np.float32(1.2) * weights.recent
    assert found.match_quantiles == pytest.approx(np.percentile(scores, range(101)), abs=1e-5)
    middle = np.argsort(scores)[100:101].astype(np.int32)
    assert scorer.match_percent(found, scores, middle, known=1e9).tolist() == [50]


def test_figures_in_words():
    metrics = {"later/recipe/recall@20": 0.25, "later/recipe/ndcg@20": 0.1234, "later/judges": 9.0}
    line = judge.figures(metrics, ["later/recipe", "later/EASE"])
    assert line == "recipe 0.250/0.123"
