"""Scores worked by hand: four titles, two dimensions, two neighbours."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import scorer
from graph.scorer import Blend, History, Parts
from graph.snapshot import Weights
from tests.snapshots import Shape, build

HAND = Weights(
    near=np.array([[1, 2], [0, -1], [3, 0], [-1, -1]], np.int32),
    nearness=np.array([[2, 1], [9, 0], [4, -2], [0, 0]], np.float32),
    near_evidence=np.zeros(4, np.float32),
    history=np.array([[3, 0], [7, 7], [0, 8], [-1, 1]], np.float32),
    title=np.array([[5, 0], [0, 5], [5, 5], [0, 0]], np.float32),
    bias=np.array([-1, 0, -1, 0], np.float32),
    recent=np.array([1, -1, 1, -1], np.float32),
    blend=Blend(filter=2, embedding=0.5, recent=0.25, doubt=1.5).array(),
    match_quantiles=np.arange(101, dtype=np.float32),
)
# Titles 0 and 2 with the weights 1 and 1/2: the filter's rows sum to [-1, 2, 1, 2]; the vector is
# (3, 4) / 5, to which the titles come, with their bias, to [2, 4, 6, 0].
FILTER = np.array([-2, 1, 0, 1]) / 1.5**0.5
EMBEDDING = np.array([-1, 1, 3, -3]) / 5**0.5

random = build(Shape(titles=30, users=1, dimensions=8, near=6)).weights
deeds = st.lists(
    st.tuples(st.integers(0, 29), st.floats(0.05, 2), st.integers(0, 10**8)),
    min_size=1,
    max_size=12,
    unique_by=lambda deed: deed[0],
)


def history(*deeds: tuple[int, float, float]) -> History:
    """Of (title, weight, age) each."""
    titles, weight, age = zip(*deeds, strict=True) if deeds else ((), (), ())
    return History(np.array(titles, np.int32), np.array(weight, np.float32), np.array(age))


def fading(weights: Weights, half_life: float) -> Weights:
    """By both clocks."""
    blend = Blend(*weights.blend)._replace(half_life=half_life, away=half_life)
    return replace(weights, blend=blend.array())


def test_the_parts_are_those_worked_by_hand() -> None:
    parts = scorer.parts(HAND, history((0, 1, 50), (2, 0.5, 10**9)))
    assert parts.filter == pytest.approx(FILTER)
    assert parts.embedding == pytest.approx(EMBEDDING)
    assert parts.evidence == 1.5
    assert {parts.filter.dtype, parts.embedding.dtype} == {np.dtype(np.float32)}


def test_of_a_long_history_every_row_counts() -> None:
    weights = build(Shape(titles=600, users=1, dimensions=4, near=512)).weights
    missing = np.random.default_rng(0).random(weights.near.shape) < 0.1
    near, nearness = np.where(missing, -1, weights.near), np.where(missing, 0, weights.nearness)
    dense = np.zeros((600, 601))  # the last column is that of -1
    dense[np.arange(600)[:, None], near] = nearness
    sums = dense[100:150, :600].sum(axis=0)
    told = history(*((title, 1, 0) for title in range(100, 150)))
    parts = scorer.parts(replace(weights, near=near, nearness=nearness), told)
    assert parts.filter == pytest.approx((sums - sums.mean()) / sums.std(), abs=1e-4)


# Of what fades a quarter is left after two half-lives: of a weight that comes to a half then, as
# above, so much was there.
AGED = 0.5 / (scorer.LEAST + (1 - scorer.LEAST) / 4)


def test_what_was_done_fades_by_half_in_a_half_life() -> None:
    # Twenty seconds lie between. By now the newer has faded by half as well.
    told, weights = history((0, 1, 10), (2, AGED, 30)), fading(HAND, 10)
    parts = scorer.parts(weights, told)
    assert parts.filter == pytest.approx(FILTER)
    assert parts.embedding == pytest.approx(EMBEDDING)
    assert parts.evidence == pytest.approx(0.5 + AGED / 8)
    assert scorer.user_vector(weights, told) == pytest.approx([0.6, 0.8])


def test_trust_fades_by_a_clock_of_its_own() -> None:
    told = history((0, 1, 10), (2, AGED, 30))
    one = replace(HAND, blend=Blend(*HAND.blend)._replace(half_life=10).array())
    other = replace(HAND, blend=Blend(*HAND.blend)._replace(away=10).array())
    assert scorer.parts(one, told).evidence == pytest.approx(1 + AGED)
    assert scorer.parts(one, told).filter == pytest.approx(FILTER)
    assert scorer.parts(other, told).evidence == pytest.approx(0.5 + AGED / 8)
    both = scorer.parts(HAND, told)
    assert scorer.parts(other, told).filter.tolist() == both.filter.tolist()


def test_one_title_after_years_away_is_not_all_that_is_known() -> None:
    weights, years = fading(random, 30 * 86_400), 28 * 365 * 86_400
    old = history(*((title, 1, years) for title in range(12)))
    new = history(*((title, 1, years) for title in range(12)), (20, 0.5, 0))
    before, after = (scorer.user_vector(weights, told) for told in (old, new))
    alone = scorer.user_vector(weights, history((20, 0.5, 0)))
    assert before @ after > max(0.8, alone @ after)


def test_taste_outlasts_any_absence() -> None:
    """Of evidence 3 to a doubt of 1.5 trust is 2 / 3, and never less than LEAST of that."""
    done = history((0, 1, 0), (2, 2, 0))
    weights = replace(HAND, blend=Blend(*HAND.blend)._replace(away=10).array())
    blend = scorer.blend(weights)
    for years, share in ((0, 1.0), (28, scorer.LEAST)):
        parts = scorer.parts(weights, replace(done, age=done.age + years * 365 * 86_400))
        trust = scorer.trusted(blend, parts.evidence, parts.known)
        assert trust == pytest.approx(share * 2 / 3, abs=1e-6)
        personal = blend.filter * parts.filter + blend.embedding * parts.embedding
        expected = trust * personal + (1 + blend.recent - trust) * HAND.recent
        assert scorer.mix(blend, parts, HAND.recent) == pytest.approx(expected, abs=1e-5)


def test_what_is_ahead_of_the_clock_is_no_more_than_now() -> None:
    assert scorer.parts(fading(HAND, 10), history((0, 1, -10), (2, 2, 10))).evidence == 1 + 1


def test_what_says_nothing_makes_nothing_else_older() -> None:
    """Of weight 0 and newer, or the only one there is."""
    done, weights = [(0, 1, 10), (2, 2, 30)], fading(HAND, 10)
    plain, beside = history(*done), history(*done, (1, 0, 0))
    assert scorer.parts(weights, beside).filter == pytest.approx(
        scorer.parts(weights, plain).filter
    )
    ages = [10**8, 0]  # 0.5 ** (10**8 / 10) is 0
    old = History(np.array([0, 1], np.int32), np.array([1, 0], np.float32), np.array(ages))
    assert scorer.user_vector(weights, old).tolist() == [1, 0]
    assert scorer.user_vector(weights, history((1, 0, 5))).tolist() == [0, 0]


def test_the_mix_is_the_one_worked_by_hand() -> None:
    # Evidence as large as the doubt: trust is a half. Personal is 2 * 1 + 0.5 * 2 = 3, and -3.
    parts = Parts(np.array([1, -1], np.float32), np.array([2, -2], np.float32), evidence=1.5)
    blend, recent = Blend(*HAND.blend.tolist()), np.array([-1, 1], np.float32)
    assert scorer.mix(blend, parts, recent).tolist() == [1.5 - 0.75, -1.5 + 0.75]
    sure = scorer.mix(blend._replace(doubt=0), parts, recent)
    assert sure.tolist() == [3 - 0.25, -3 + 0.25]


def test_a_score_is_its_parts_mixed() -> None:
    scores = scorer.score(HAND, history((0, 1, 0), (2, 0.5, 0)))
    personal = 2 * FILTER + 0.5 * EMBEDDING
    assert scores == pytest.approx(0.5 * personal + 0.75 * HAND.recent)
    assert scores.dtype == np.float32


@pytest.mark.parametrize("told", [history(), history((1, 0, 5), (3, 0, 0))], ids=["none", "zero"])
@pytest.mark.parametrize("doubt", [0, 1.5])
def test_without_evidence_a_score_is_what_is_popular_now(told: History, doubt: float) -> None:
    weights = replace(HAND, blend=Blend(*HAND.blend.tolist())._replace(doubt=doubt).array())
    assert scorer.score(weights, told).tolist() == (1.25 * HAND.recent).tolist()
    assert scorer.user_vector(weights, told).tolist() == [0, 0]


@given(deeds, st.floats(1.1, 10))
def test_more_evidence_brings_scores_nearer_to_the_personal(done: list, factor: float) -> None:
    little, much = history(*done), history(*((t, w * factor, age) for t, w, age in done))
    weights = fading(random, 0)
    parts, blend = scorer.parts(weights, little), Blend(*weights.blend.tolist())
    personal = scorer.mix(blend._replace(doubt=0), parts, weights.recent)

    def away(told: History) -> float:
        return float(np.abs(scorer.score(weights, told) - personal).max())

    assert away(much) < away(little)


@given(deeds, st.integers(1, 10**9))
def test_later_the_parts_are_the_same_and_the_evidence_less(done: list, seconds: int) -> None:
    before = history(*done)
    after = replace(before, age=before.age + seconds)
    assert (scorer.user_vector(random, before) == scorer.user_vector(random, after)).all()
    then, now = scorer.parts(random, before), scorer.parts(random, after)
    assert (then.filter == now.filter).all()
    assert (then.embedding == now.embedding).all()
    away = Blend(*random.blend.tolist()).away
    assert now.evidence == pytest.approx(then.evidence * 0.5 ** (seconds / away))


@given(deeds, st.permutations(range(30)), st.randoms())
def test_the_order_of_titles_does_not_matter(done: list, order: list, shuffler) -> None:
    old, place = np.array(order), np.argsort(order)  # the old row of each new one, and back
    permuted = replace(
        random,
        near=place[random.near[old]].astype(np.int32),
        **{
            name: getattr(random, name)[old]
            for name in ("nearness", "history", "title", "bias", "recent")
        },
    )
    moved = [(int(place[title]), weight, age) for title, weight, age in done]
    shuffler.shuffle(moved)
    scores = scorer.score(random, history(*done))
    assert scorer.score(permuted, history(*moved)) == pytest.approx(scores[old], abs=1e-4)


def test_what_is_all_alike_standardises_to_nothing() -> None:
    assert scorer.standardise(np.full(5, 0.1, np.float32)).tolist() == [0] * 5
    assert not scorer.standardise(np.full(20_000, 3.1, np.float32)).any()  # whose mean is rounded
    assert scorer.standardise(np.zeros(0, np.float32)).tolist() == []
    assert scorer.standardise(np.array([1, 3], np.float32)).tolist() == [-1, 1]


def test_a_match_is_the_share_of_watches_that_scored_lower() -> None:
    scores = np.array([50.5, 7, 50, 49.9, -3, 1000, 0.5], np.float32)
    titles = np.array([0, 2, 3, 4, 5, 6], np.int32)
    match = partial(scorer.match_percent, HAND, scores, titles)
    assert match(known=1e9).tolist() == [50, 50, 49, 1, 99, 1]


def test_a_match_is_nearer_the_middle_where_little_is_known() -> None:
    scores, titles = np.array([99.5, 74, 50, 1], np.float32), np.arange(4, dtype=np.int32)
    match = partial(scorer.match_percent, HAND, scores, titles)
    assert match(known=scorer.UNSURE).tolist() == [74, 62, 50, 26]  # 24.5 more is rounded to even
    assert match(known=0).tolist() == [50] * 4
