"""Whether histories are broad, and what is held out together where they are narrow."""

from dataclasses import replace

import numpy as np
import pytest

from gnn import trial
from gnn.blocks import BROAD, Likeness, blocks, breadth
from gnn.tensors import Interactions
from graph.arrays import Ragged

INTERESTS, EACH = 40, 5  # of so many titles each


def of(*rows: list[int]) -> Interactions:
    return Interactions.positives(Ragged.of(rows))


def narrow(users: int, *, seed: int = 0) -> Interactions:
    """Everybody has four interests out of many, and watched all of each."""
    random = np.random.default_rng(seed)
    chosen = [np.sort(random.choice(INTERESTS, 4, replace=False)) for _ in range(users)]
    return of(*[(EACH * c[:, None] + np.arange(EACH)).ravel().tolist() for c in chosen])


def broad(users: int) -> Interactions:
    """Everybody has a half of all titles, any half."""
    random = np.random.default_rng(0)
    return of(*[np.sort(random.choice(20, 10, replace=False)).tolist() for _ in range(users)])


def test_cosines_worked_by_hand():
    likeness = Likeness.of(of([0, 1], [0, 1], [0, 2]))
    first, all_three = np.array([0]), np.arange(3)
    expected = [3 / 3, 2 / np.sqrt(6), 1 / np.sqrt(3)]
    assert likeness.cosines(first, all_three)[0].tolist() == pytest.approx(expected)
    expected = [2 / 3, 1 / np.sqrt(6), 0]
    assert likeness.cosines(first, all_three, without=1)[0].tolist() == pytest.approx(expected)


def test_breadth_worked_by_hand():
    """Apart from the first user, two watched 0 and 1 and one 1 and 2; 3 is theirs alone."""
    interactions = of([0, 1, 2, 3], [0, 1], [0, 1], [1, 2])
    a, b = 2 / np.sqrt(3 * 4), 1 / np.sqrt(4 * 2)  # 0 and 1, 1 and 2
    of_one = (a + b) ** 2 / (3 * (a**2 + b**2))
    expected = (1 / 3 + of_one + 1 / 3) / 3  # nothing vouches for 3
    assert breadth(Likeness.of(interactions), np.array([0]), seed=0) == pytest.approx(expected)


def test_a_history_in_which_all_are_alike_is_wholly_broad():
    alike = Likeness.of(of(*[[0, 1, 2, 3, 4]] * 9))
    assert breadth(alike, np.arange(9), seed=0) == pytest.approx(1)


def test_where_nothing_is_like_anything_histories_are_not_called_narrow():
    assert breadth(Likeness.of(of([0, 1, 2], [3, 4, 5])), np.arange(2), seed=0) == 1
    assert breadth(Likeness.of(of()), np.arange(0), seed=0) == 1


def test_breadth_tells_many_small_interests_from_one_large_one():
    assert breadth(Likeness.of(narrow(300)), np.arange(300), seed=0) < 0.5 < BROAD
    assert breadth(Likeness.of(broad(300)), np.arange(300), seed=0) > 0.9 > BROAD


def test_the_numbers_of_titles_and_users_do_not_matter():
    known = narrow(200)
    random = np.random.default_rng(1)
    titles, users = random.permutation(INTERESTS * EACH), random.permutation(200)
    renamed = of(*[np.sort(titles[known.titles[user]]).tolist() for user in users])
    before = breadth(Likeness.of(known), np.arange(200), seed=0)
    assert breadth(Likeness.of(renamed), np.arange(200), seed=5) == pytest.approx(before)


def test_a_block_ends_with_a_title_after_those_ever_more_like_it():
    known = narrow(50)
    before = np.random.default_rng(0).random(len(known.weight))
    likeness = Likeness.of(known)
    order = blocks(likeness, known, np.arange(50), before, seed=0)
    ends = set()
    for user in range(50):
        span = slice(*known.titles.offsets[user : user + 2])
        titles = known.titles[user][np.argsort(order[span])]
        [like] = likeness.cosines(titles[[-1]], titles[:-1])
        assert np.all(np.diff(like) >= 0)
        ends.add(int(np.searchsorted(known.titles[user], titles[-1])))
    assert len(ends) > 10  # any title of a history may be the one


def test_where_histories_are_narrow_every_other_judge_looks_for_a_whole_interest():
    known = narrow(300)
    cut, other = (trial.cut(known, seed=seed) for seed in (0, 1))
    assert cut.narrow
    assert cut.judges == 100
    interests = [len(set(cut.held_out[judge] // EACH)) for judge in range(cut.judges)]
    assert all(len(cut.held_out[judge]) == 4 for judge in range(cut.judges))
    assert interests[::2] == [1] * 50
    assert np.mean(interests[1::2]) > 2
    assert cut.held_out.values.tolist() != other.held_out.values.tolist()


def test_those_alike_end_a_block_in_the_order_they_had():
    """Nobody else watched any of it: each title is as like as the other."""
    known, before = of([0, 1, 2, 3, 4]), np.array([3.0, 1.0, 4.0, 0.0, 2.0])
    order = blocks(Likeness.of(known), known, np.arange(1), before, seed=0)
    drawn = int(np.argmax(order))
    others = [title for title in np.argsort(before) if title != drawn]
    assert np.argsort(order).tolist() == [*others, drawn]


def test_what_speaks_for_nothing_vouches_for_nothing():
    known = of([0, 1, 2], [0, 1], [0, 2], [1, 2])
    silent = replace(known, weight=np.array([1, 1, 0, 1, 1, 1, 0, 1, 0], np.float32))
    told, without = Likeness.of(silent), Likeness.of(of([0, 1], [0, 1], [0], [1]))
    assert breadth(told, np.arange(4), seed=0) == breadth(without, np.arange(4), seed=0)
    assert told.watchers.tolist() == [3, 3, 0]


def test_where_they_are_broad_all_judges_look_for_any_titles(monkeypatch):
    known = broad(300)
    cut = trial.cut(known, seed=0)
    assert not cut.narrow
    monkeypatch.setattr(trial, "BROAD", 2.0)
    narrow_cut = trial.cut(known, seed=0)
    same = [np.array_equal(cut.held_out[j], narrow_cut.held_out[j]) for j in range(cut.judges)]
    assert narrow_cut.narrow
    assert np.mean(same[::2]) < 0.2  # 1 of 45 by chance
    assert all(same[1::2])


def test_there_are_at_most_so_many_judges_of_either_kind(monkeypatch):
    monkeypatch.setattr(trial, "AT_MOST", 30)
    assert trial.cut(narrow(300), seed=0).judges == 60
    assert trial.cut(broad(300), seed=0).judges == 30
