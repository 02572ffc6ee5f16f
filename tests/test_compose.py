"""The composition of a page against all possible pages, where those can be counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.candidates import SCREEN_CARDS
from server.compose import CALIBRATION, SCREEN_ROWS, Composer, Offers, Reader

CARDS = 3


@dataclass(frozen=True)
class World:
    offers: Offers
    reader: Reader
    titles: int


def world(seed: int, *, rows: int = 5, titles: int = 9, genres: int = 3, kinds: int = 3) -> World:
    """Rows of three to six of the titles, those worth most first, as rows are."""
    rng = np.random.default_rng(seed)
    worth = rng.random(titles).astype(np.float32)
    heads = np.full((rows, 6), -1, np.int32)
    for row in heads:
        some = rng.choice(titles, rng.integers(CARDS, 7), replace=False)
        row[: len(some)] = some[np.argsort(-worth[some])]
    mix = np.eye(genres, dtype=np.float32)[rng.integers(0, genres, titles)]
    offers = Offers(
        kind=rng.integers(1, kinds + 1, rows).astype(np.int32),
        heads=heads,
        worth=np.where(heads >= 0, worth[heads], 0).astype(np.float32),
        appeal=rng.uniform(0.6, 1.4, rows).astype(np.float32),
    )
    attention = np.array([rng.uniform(0.5, 0.95), rng.uniform(0.5, 0.95)], np.float32)
    return World(offers, Reader(attention, mix, rng.dirichlet(np.ones(genres))), titles)


def value(made: World, order: tuple[int, ...]) -> float:
    """What the objective says of some rows in some order: worked out afresh, term by term. Nothing
    of an order that breaks a rule."""
    offers, reader = made.offers, made.reader
    seen: set[int] = set()
    mass, total = np.zeros(len(reader.taste)), 0.0
    for depth, row in enumerate(order):
        down = float(reader.attention[0]) ** depth
        heads = [t for t in offers.heads[row].tolist() if t >= 0 and t not in seen][:CARDS]
        if len(heads) < (2 if depth < SCREEN_ROWS else 1):
            return 0.0
        for card, title in enumerate(heads):
            look = float(offers.appeal[row]) * down * float(reader.attention[1]) ** card
            worth = float(offers.worth[row][offers.heads[row].tolist().index(title)])
            total += look * worth
            mass += look * reader.genre_mix[title]
        seen |= set(heads)
    return total + CALIBRATION * float(np.log1p(mass) @ reader.taste)


def composed(made: World) -> tuple[int, ...]:
    composer = Composer(made.offers, made.reader, cards=CARDS)
    pages = composer.begin(made.titles)
    return tuple(composer.next_rows(pages))


def allowed(made: World, order: tuple[int, ...]) -> bool:
    kinds = made.offers.kind[list(order)]
    return bool((kinds[1:] != kinds[:-1]).all())


def share_of_best(made: World) -> float:
    """Of the best first screen."""
    order, rows = composed(made), range(len(made.offers.kind))
    lengths = range(1, min(len(rows), SCREEN_ROWS) + 1)
    orders = (other for length in lengths for other in permutations(rows, length))
    best = max(value(made, other) for other in orders if allowed(made, other))
    return value(made, order) / best


@pytest.mark.parametrize(("rows", "titles", "worlds"), [(5, 9, 300), (6, 12, 60), (7, 16, 75)])
def test_tiny_pages_are_the_best_there_are_or_nearly(rows: int, titles: int, worlds: int):
    made = [world(seed, rows=rows, titles=titles) for seed in range(worlds)]
    shares = np.array([share_of_best(one) for one in made])
    assert shares.min() > 0.995
    assert shares.mean() > 0.999
    assert shares.max() <= 1 + 1e-9


def chosen(made: World, *, until: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """(the rows so far, the next one) of a page of so many rows at most."""
    composer = Composer(made.offers, made.reader, cards=CARDS)
    pages, order = composer.begin(made.titles), ()
    while len(order) < until and (planned := composer.next_rows(pages)):
        for at in planned:
            yield order, at
            heads = made.offers.heads[at]
            unseen = heads[pages.unseen[0, heads]][:CARDS]
            appeal = float(made.offers.appeal[at])
            pages = composer.placed(pages, int(made.offers.kind[at]), unseen, appeal=appeal, at=at)
            order = (*order, at)


def adds_most(made: World, order: tuple[int, ...], at: int) -> bool:
    others = [o for o in range(len(made.offers.kind)) if o not in order]
    best = max(value(made, (*order, o)) for o in others if allowed(made, (*order, o)))
    return value(made, (*order, at)) == pytest.approx(best, abs=1e-5)


@settings(max_examples=100)
@given(st.integers(0, 10**6))
def test_below_the_first_screen_the_row_that_adds_most_comes_next(seed: int):
    made = world(seed, rows=12, titles=40, kinds=6)
    below = [(so_far, at) for so_far, at in chosen(made, until=12) if len(so_far) >= SCREEN_ROWS]
    assert all(adds_most(made, *each) for each in below)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_of_many_rows_the_one_that_adds_most_comes_next_from_the_first_on(seed: int):
    made = world(seed, rows=60, titles=120, kinds=6)
    page = list(chosen(made, until=8))
    assert len(page) == 8
    assert all(adds_most(made, *each) for each in page)


def test_of_many_rows_the_best_one_after_the_other_are_worth_what_many_pages_find():
    shares = []
    for seed in range(40):
        made = world(seed, rows=60, titles=120, kinds=6)
        composer = Composer(made.offers, made.reader, cards=CARDS)
        pages = composer.begin(made.titles)
        for _ in range(SCREEN_ROWS):
            pages = composer.extended(pages, width=200)
            assert pages is not None
        *_, (order, at) = chosen(made, until=SCREEN_ROWS)
        shares.append(value(made, (*order, at)) / float(pages.value[0]))
    assert min(shares) > 0.96
    assert np.mean(shares) > 0.99


def test_a_page_worked_by_hand():
    """Two readers in three go on down, half of them right. Row 0 holds titles 0 and 1, row 1 titles
    0 and 2, row 2 titles 3 and 4; one genre, so that calibration says nothing of which."""
    offers = Offers(
        kind=np.array([1, 2, 3], np.int32),
        heads=np.array([[0, 1], [0, 2], [3, 4]], np.int32),
        worth=np.array([[0.9, 0.5], [0.9, 0.6], [0.6, 0.4]], np.float32),
        appeal=np.ones(3, np.float32),
    )
    mix = np.ones((5, 1), np.float32)
    reader = Reader(np.array([2 / 3, 0.5], np.float32), mix, np.ones(1))
    made = World(offers, reader, 5)
    # row 1 first (.9 + .3 against .9 + .25); then row 2 (.6 + .2), for of row 0 only 1 is unseen
    assert composed(made) == (1, 2)
    attention = (1 + 0.5) * (1 + 2 / 3)
    by_hand = 1.2 + 2 / 3 * 0.8 + CALIBRATION * np.log1p(attention)
    assert value(made, (1, 2)) == pytest.approx(by_hand)


def test_the_genres_of_a_page_are_those_of_its_reader():
    """Titles of two genres, equally good; a reader of one part in four of the second genre."""
    titles, rows = 240, 40
    mix = np.zeros((titles, 2), np.float32)
    mix[:120, 0] = mix[120:, 1] = 1
    heads = np.arange(titles, dtype=np.int32).reshape(rows, SCREEN_CARDS)
    offers = Offers(
        kind=np.arange(rows, dtype=np.int32),
        heads=heads,
        worth=np.full(heads.shape, 0.5, np.float32),
        appeal=np.ones(rows, np.float32),
    )
    reader = Reader(np.array([0.95, 0.9], np.float32), mix, np.array([0.75, 0.25]))
    composer = Composer(offers, reader, cards=SCREEN_CARDS)
    pages, second = composer.begin(titles), 0
    while pages.depth < 20:
        for at in composer.next_rows(pages):
            appeal = float(offers.appeal[at])
            pages = composer.placed(pages, int(offers.kind[at]), heads[at], appeal=appeal, at=at)
            second += at >= 20
    assert second == pytest.approx(5, abs=1)


@settings(max_examples=50)
@given(st.integers(0, 10**6), st.randoms())
def test_the_order_of_titles_and_rows_is_nothing_to_a_page(seed: int, random):
    made = world(seed, rows=6)
    rows = list(range(6))
    random.shuffle(rows)
    titles = np.array(random.sample(range(made.titles), made.titles))
    mix = np.empty_like(made.reader.genre_mix)
    mix[titles] = made.reader.genre_mix
    o = made.offers
    renamed = np.where(o.heads >= 0, titles[o.heads], -1).astype(np.int32)
    other = World(
        Offers(o.kind[rows], renamed[rows], o.worth[rows], o.appeal[rows]),
        Reader(made.reader.attention, mix, made.reader.taste),
        made.titles,
    )
    assert tuple(rows[at] for at in composed(other)) == composed(made)
