"""Who judges, what they tell, what is held out, and what models may learn from."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnn import trial
from gnn.tensors import Interactions
from gnn.trial import Trial
from graph.arrays import Ragged, Vocabulary
from graph.behaviour import Interaction
from graph.columns import UserColumns
from graph.past import Past


def of(rows: list[dict[int, int]], *, unwelcome: tuple[tuple[int, int], ...] = ()) -> Interactions:
    """Of each user, when each title was watched; `unwelcome` are (user, title)."""
    at = [row[title] for row in rows for title in sorted(row)]
    told = Interactions.positives(Ragged.of([sorted(row) for row in rows]), np.array(at, np.int64))
    pairs = [(user, title) for user, row in enumerate(rows) for title in sorted(row)]
    return replace(told, welcome=np.array([pair not in unwelcome for pair in pairs], bool))


def random(users: int, *, titles: int = 30, each: int = 10, timed: bool = True) -> Interactions:
    """The first users are the same however many there are."""
    draws = np.random.default_rng(5)
    rows = [np.sort(draws.choice(titles, each, replace=False)) for _ in range(users)]
    at = np.random.default_rng(6).permutation(users * each) if timed else None
    return Interactions.positives(Ragged.of(rows), at)


def ids(users: int) -> Vocabulary:
    """Of the same width, so that more users stand behind the ones before."""
    return Vocabulary.of(f"user {i:05}" for i in range(users))


def lists(rows: Ragged) -> list[list[int]]:
    return [rows[row].tolist() for row in range(len(rows))]


# Of eleven moments the four before 85 are 40 %. Title 3 of the first user was watched later than
# its title 4 though it stands before it.
ROWS: list[dict[int, int]] = [
    {1: 10, 3: 90, 4: 20},  # was there before: returns
    {4: 30, 5: 40},  # never came back
    {1: 89, 2: 85, 3: 88, 4: 86, 5: 87},  # came since: arrives
    {2: 95},  # came since, and did too little to be parted
]


def test_a_time_cut_worked_by_hand():
    cut = trial.time_cut(of(ROWS), seed=0, share=0.6)
    assert lists(cut.learn.titles) == [[1, 4], [4, 5], [], []]
    assert cut.learn.at.tolist() == [10, 20, 30, 40]
    assert lists(cut.told.titles) == [[1, 4], [2, 4]]
    assert cut.told.at.tolist() == [10, 20, 85, 86]
    assert lists(cut.held_out) == [[3], [1, 3, 5]]
    assert cut.now.tolist() == [85, 86]  # the moment, and the newest that is told
    assert cut.arriving.tolist() == [False, True]
    assert cut.judges == 2


def test_what_was_not_welcome_is_told_and_not_held_out():
    unwelcome = ((0, 1), (0, 3), (2, 2), (2, 5))
    cut = trial.time_cut(of(ROWS, unwelcome=unwelcome), seed=0, share=0.6)
    assert lists(cut.learn.titles) == [[1, 4], [4, 5], [], []]
    assert lists(cut.told.titles) == [[2, 4]]  # the first user has nothing left to be found
    assert lists(cut.held_out) == [[1, 3]]
    assert cut.told.welcome.tolist() == [False, True]


def test_what_a_thumb_or_no_weight_says_is_not_welcome():
    seen = Interaction(plays=1, completion=1.0)
    users = UserColumns(
        vocabulary=Vocabulary.of(["a"]), country=np.zeros(1, np.int32),
        maturity_ceiling=np.zeros(1, np.int8), kids=np.zeros(1, np.int8),
        history=Ragged.of([range(4)]),
        past=Past.of([replace(seen, **said) for said in
                      ({}, {"thumb": -1}, {"hidden": True}, {"thumb": 2})]),
    )  # fmt: skip
    assert Interactions.of(users).welcome.tolist() == [True, False, False, True]


@given(
    st.lists(
        st.dictionaries(st.integers(0, 9), st.integers(1, 40), max_size=9), min_size=1, max_size=8
    ).filter(any),
    st.sampled_from([0.2, 0.5]),
)
def test_nothing_of_the_future_is_learned_or_told(rows: list[dict[int, int]], share: float):
    # of titles of their own, so that a judge can be told from the others
    rows = [{10 * user + title: row[title] for title in row} for user, row in enumerate(rows)]
    cut = trial.time_cut(of(rows), seed=0, share=share)
    learned = {title for titles in lists(cut.learn.titles) for title in titles}
    when = {title: at for row in rows for title, at in row.items()}
    moment = min(at for title, at in when.items() if title not in learned)
    assert all(when[title] < moment for title in learned)
    for judge in range(cut.judges):
        told, held_out = set(cut.told.titles[judge]), set(cut.held_out[judge])
        [user] = {title // 10 for title in told | held_out}
        assert not told & held_out
        assert told | held_out == set(rows[user])
        assert max(when[t] for t in told) <= cut.now[judge] <= min(when[t] for t in held_out)
        assert cut.arriving[judge] == (not told <= learned)


def test_a_cut_is_in_time_where_times_are_known():
    known = random(50)
    cut, same = trial.cut(known, seed=1), trial.time_cut(known, seed=1)
    assert cut.learn.at.max() < 400  # of 500 moments
    assert lists(cut.held_out) == lists(same.held_out)


def test_without_times_a_third_of_the_users_judge_by_a_random_fifth_of_their_histories():
    unknown = random(100, timed=False)
    cut, same, other = (trial.cut(unknown, seed=seed) for seed in (1, 1, 2))
    assert cut.judges == 34
    assert not cut.arriving.any()
    judges = np.flatnonzero(cut.learn.titles.lengths() < unknown.titles.lengths())
    assert len(judges) == 34
    for judge, row in enumerate(judges):
        told, held_out = cut.told.titles[judge].tolist(), cut.held_out[judge].tolist()
        assert len(held_out) == 2
        assert told == cut.learn.titles[row].tolist()
        assert sorted(told + held_out) == unknown.titles[row].tolist()
    places = [np.searchsorted(unknown.titles[row], cut.held_out[judge]).tolist()
              for judge, row in enumerate(judges)]  # fmt: skip
    assert {place for two in places for place in two} > {0, 9}  # not the last ones
    assert lists(cut.held_out) == lists(same.held_out)
    assert lists(cut.held_out) != lists(other.held_out)


def test_a_single_history_long_enough_is_enough_without_times():
    rows = Interactions.positives(Ragged.of([[0], [1, 2], [0, 1, 2, 3, 4]]))
    cut = trial.cut(rows, seed=0)
    [told], [held_out] = lists(cut.told.titles), lists(cut.held_out)
    assert lists(cut.learn.titles) == [[0], [1, 2], told]
    assert (len(told), sorted(told + held_out)) == (4, [0, 1, 2, 3, 4])


def withheld_rows(cut: Trial) -> list[int]:
    """Rows of the users that are not learned from."""
    return np.flatnonzero(cut.learn.titles.lengths() == 0).tolist()


def test_a_tenth_is_withheld_and_teaches_nothing():
    known = random(1000)
    cut = trial.withheld(known, ids(1000))
    judges = withheld_rows(cut)
    assert 60 < len(judges) < 140
    assert cut.judges == len(judges)
    assert cut.arriving.all()
    taught = [row for row in range(1000) if row not in judges]
    assert lists(cut.learn.of_users(np.array(taught)).titles) == [
        known.titles[row].tolist() for row in taught
    ]


def test_the_newest_fifth_of_their_histories_is_held_out():
    known = random(200)
    cut = trial.withheld(known, ids(200))
    for judge, row in enumerate(withheld_rows(cut)):
        span = slice(*known.titles.offsets[row : row + 2])
        at = dict(zip(known.titles[row].tolist(), known.at[span].tolist(), strict=True))
        told, held_out = cut.told.titles[judge].tolist(), cut.held_out[judge].tolist()
        assert len(held_out) == 2
        assert sorted(told + held_out) == sorted(at)
        assert max(at[t] for t in told) < min(at[t] for t in held_out)
        assert cut.now[judge] == max(at[t] for t in told)


def test_where_nobody_knows_when_any_titles_are_held_out():
    """And not those whose ids stand last."""
    cut = trial.withheld(random(1000, timed=False), ids(1000))
    told, held_out = cut.told.titles.values, cut.held_out.values
    assert abs(np.median(told) - np.median(held_out)) < 5


def test_a_time_cut_of_a_graph_most_of_which_came_without_times():
    known = random(200)
    at = np.where(np.arange(len(known.at)) % 10 < 9, 0, known.at)
    cut = trial.time_cut(replace(known, at=at), seed=0)
    assert len(cut.learn.weight) == np.count_nonzero(at == 0)
    assert cut.judges > 100


def test_a_judge_stays_one_when_others_come_and_go():
    def judges(first: int, last: int) -> set[str]:
        rows = np.arange(first, last)
        vocabulary = Vocabulary.of(f"user {i:05}" for i in rows)
        cut = trial.withheld(random(1000).of_users(rows), vocabulary)
        return {vocabulary[row] for row in withheld_rows(cut)}

    everybody = judges(0, 1000)
    assert judges(0, 500) == {id for id in everybody if id < "user 00500"}
    assert judges(300, 1000) == {id for id in everybody if id >= "user 00300"}


def test_no_more_judge_than_are_needed(monkeypatch):
    """And more of the others then teach; those who judge stay judges."""
    many = withheld_rows(trial.withheld(random(1000), ids(1000)))
    monkeypatch.setattr(trial, "AT_MOST", 20)
    few = trial.withheld(random(1000), ids(1000))
    assert few.judges == 20
    assert set(withheld_rows(few)) < set(many)
    assert trial.time_cut(random(1000), seed=0).judges == 20
    assert trial.cut(random(1000, timed=False), seed=0).judges == 20


def test_too_short_a_history_judges_nobody():
    short = random(200, each=4)
    cut = trial.withheld(short, ids(200))
    assert cut.judges == 0
    assert 5 < len(withheld_rows(cut)) < 40  # and yet they are not learned from
    assert trial.cut(random(200, each=4, timed=False), seed=0).judges == 0


def test_a_fifth_that_was_not_welcome_judges_nothing():
    known = random(200)
    none = replace(known, welcome=np.zeros(len(known.weight), bool))
    assert trial.withheld(none, ids(200)).judges == 0
    assert trial.time_cut(none, seed=0).judges == 0


def test_interactions_of_some_users_and_of_some_kind():
    told = of(ROWS)
    later = told.where(told.at > 86)
    assert lists(later.titles) == [[3], [], [1, 3, 5], [2]]
    assert later.at.tolist() == [90, 89, 88, 87, 95]
    assert later.user.tolist() == [0, 2, 2, 2, 3]
    some = later.of_users(np.array([1, 2]))
    assert lists(some.titles) == [[], [1, 3, 5]]
    assert some.at.tolist() == [89, 88, 87]
    assert len(some.weight) == len(some.welcome) == 3
    assert some.newest == 89
    assert told.of_users(np.zeros(0, np.int64)).newest == 0


def test_interactions_as_a_matrix():
    told = replace(of([{0: 1, 2: 5}, {}, {1: 7}]), weight=np.array([1, 2, 3], np.float32))
    assert told.matrix(4).toarray().tolist() == [[1, 0, 2, 0], [0, 0, 0, 0], [0, 3, 0, 0]]
    other = told.matrix(3, np.array([7, 8, 9], np.float32))
    assert other.toarray().tolist() == [[7, 0, 8], [0, 0, 0], [0, 9, 0]]


@pytest.mark.parametrize(("moments", "timed"), [([], False), ([5, 5], False), ([5, 6], True)])
def test_times_are_known_where_they_differ(moments: list[int], timed: bool):
    assert of([dict(enumerate(moments))]).timed is timed
