"""Who judges, what is held out, and when a candidate is turned down."""

import numpy as np
import pytest

from gnn import judge
from gnn.metrics import Ranking
from graph import scorer
from graph.arrays import Ragged, Vocabulary
from graph.columns import UserColumns
from graph.snapshot import Weights


def columns(users: int, titles: int = 30, each: int = 10) -> UserColumns:
    random = np.random.default_rng(5)
    history = [np.sort(random.choice(titles, each, replace=False)) for _ in range(users)]
    n = users * each
    return UserColumns(
        vocabulary=Vocabulary.of(f"user {i}" for i in range(users)),
        country=np.full(users, -1, np.int32),
        maturity_ceiling=np.full(users, -1, np.int8),
        kids=np.zeros(users, np.int8),
        history=Ragged.of(history),
        weight=np.ones(n, np.float32),
        plays=np.ones(n, np.int32),
        completion=np.ones(n, np.float32),
        thumb=np.zeros(n, np.int8),
        last_at=random.permutation(n).astype(np.int64),
    )


def test_a_tenth_judges_and_teaches_nothing():
    users = columns(1000)
    trial = judge.trial(users)
    judges = np.flatnonzero(trial.held_out.lengths())
    assert 60 < len(judges) < 140
    assert not set(judges) & set(trial.learn)
    assert len(judges) + len(trial.learn) == 1000


def test_a_judge_stays_one_when_others_come_and_go():
    def judges(users: UserColumns) -> set[str]:
        held_out = judge.trial(users).held_out
        return {users.vocabulary[i] for i in np.flatnonzero(held_out.lengths())}

    few, many = judges(columns(500)), judges(columns(1000))
    assert few == {id for id in many if int(id.split()[1]) < 500}


def test_the_newest_fifth_is_held_out():
    users = columns(200)
    trial = judge.trial(users)
    for user in np.flatnonzero(trial.held_out.lengths()):
        span = slice(users.history.offsets[user], users.history.offsets[user + 1])
        at = dict(zip(users.history[user].tolist(), users.last_at[span].tolist(), strict=True))
        folded, held_out = trial.folded[user].tolist(), trial.held_out[user].tolist()
        assert len(held_out) == 2
        assert sorted(folded + held_out) == sorted(at)
        assert max(at[t] for t in folded) < min(at[t] for t in held_out)


def test_too_short_a_history_judges_nobody():
    trial = judge.trial(columns(200, each=4))
    assert trial.judges == 0


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


def test_matches_are_spread_evenly_over_what_judges_went_on_to_watch():
    users = columns(2000, titles=60, each=15)
    trial = judge.trial(users)
    random = np.random.default_rng(0)
    weights = judge.with_match_quantiles(
        trial,
        Weights(
            history=random.normal(size=(60, 8)).astype("f4"),
            title=random.normal(size=(60, 8)).astype("f4"),
            bias=random.normal(size=60).astype("f4"),
            match_quantiles=np.zeros(101, np.float32),
        ),
    )
    matches = []
    for user in np.flatnonzero(trial.held_out.lengths()):
        scores = judge.scores(trial, weights, np.array([user]))[0]
        matches.extend(scorer.match_percent(weights, scores, trial.held_out[user]))
    deciles = np.histogram(matches, bins=range(0, 101, 10))[0] / len(matches)
    assert deciles == pytest.approx(np.full(10, 0.1), abs=0.03)
