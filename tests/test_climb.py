"""Coordinate ascent, on hills whose top is known."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from gnn.climb import climb
from graph.scorer import Blend


def alike(figure: float) -> NDArray:
    """The same for each of four judges."""
    return np.full(4, figure, float)


def test_the_climb_ends_at_the_top_of_what_is_concave():
    grids = {"embedding": (0.0, 1.0, 2.0, 3.0, 4.0), "doubt": (0.0, 1.0, 10.0, 30.0)}
    asked = []

    def found(at: Blend) -> NDArray:
        asked.append(at)
        return alike(-((at.embedding - 3) ** 2) - (np.log(at.doubt + 1) - np.log(11)) ** 2)

    best, figures = climb(Blend(embedding=1.0), grids, found, Blend._replace)
    assert best == Blend(embedding=3, doubt=10)
    assert figures == pytest.approx(alike(0))
    assert len(asked) == len(set(asked))  # none is tried twice
    assert len(asked) < 4 + 5 + 4


@pytest.mark.parametrize("begin", [0.0, 1.0, 2.0, 5.0])
def test_the_climb_goes_both_ways_and_may_start_off_the_grid(begin: float):
    def found(at: Blend) -> NDArray:
        return alike(-abs(at.embedding - 1))

    grids = {"embedding": (0.0, 0.5, 1.0, 2.0)}
    assert climb(Blend(embedding=begin), grids, found, Blend._replace)[0].embedding == 1


@pytest.mark.parametrize("best", [0.2, 0.4])
def test_from_between_two_of_the_grid_both_are_tried(best: float):
    found: Callable[[Blend], NDArray] = lambda at: alike(-abs(at.embedding - best))  # noqa: E731
    grids = {"embedding": (0.1, 0.2, 0.4, 0.8)}
    assert climb(Blend(embedding=0.3), grids, found, Blend._replace)[0].embedding == best


def test_the_climb_does_not_move_for_what_may_be_chance():
    """Of four judges two gain 3 and two lose 1, or all gain 1."""
    grids = {"embedding": (0.0, 1.0, 2.0)}
    begin = Blend(embedding=1.0)
    mixed: Callable[[Blend], NDArray] = lambda at: (at.embedding - 1) * np.array([3, 3, -1, -1])  # noqa: E731
    assert climb(begin, grids, mixed, Blend._replace)[0] == begin
    sure: Callable[[Blend], NDArray] = lambda at: alike(at.embedding)  # noqa: E731
    assert climb(begin, grids, sure, Blend._replace)[0].embedding == 2


def test_numbers_that_only_gain_together_move_together():
    """A ridge from (0, 0) to (3, 3): every step off it, of one number alone, loses."""
    grids = {"embedding": (0.0, 1.0, 2.0, 3.0), "doubt": (0.0, 1.0, 2.0, 3.0)}

    def ridge(at: Blend) -> NDArray:
        return alike(at.doubt - 9 * (at.doubt - at.embedding) ** 2)

    begin, both = Blend(), [("embedding", "doubt")]
    assert climb(begin, grids, ridge, Blend._replace)[0] == begin
    best, figures = climb(begin, grids, ridge, Blend._replace, together=both)
    assert best == Blend(embedding=3, doubt=3)
    assert figures == pytest.approx(alike(3))

    def back(at: Blend) -> NDArray:
        return alike(-at.doubt - 9 * (at.doubt - at.embedding) ** 2)

    assert climb(best, grids, back, Blend._replace, together=both)[0] == begin
