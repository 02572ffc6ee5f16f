"""The models that every verdict compares with, on three users and three titles, by hand."""

import numpy as np
import pytest

from gnn.baselines import ease, linear_filter, popularity
from graph.arrays import Ragged

HISTORIES = Ragged.of([[0, 1], [0, 1, 2], [0]])
EVERYBODY = np.arange(3)


def test_popularity_is_the_number_of_users() -> None:
    assert popularity(HISTORIES, 4)(EVERYBODY).tolist() == [[3, 2, 1, 0]] * 3


def test_ease_by_hand() -> None:
    """Two titles, both watched by one user and the first by another: XᵀX + I = [[3, 1], [1, 2]],
    whose inverse is [[2, -1], [-1, 3]] / 5. So B = [[0, 1/3], [1/2, 0]]: of title 1 its column of
    the inverse, over its own entry of 3/5, says 1/3 for who watched title 0."""
    score = ease(Ragged.of([[0, 1], [0]]), 2, ridge=1.0)
    assert score(np.array([1]))[0].tolist() == pytest.approx([0, 1 / 3])
    told = ease(Ragged.of([[0, 1], [0]]), 2, ridge=1.0, told=Ragged.of([[1]]))
    assert told(np.array([0]))[0].tolist() == pytest.approx([1 / 2, 0])


def test_the_linear_filter_is_the_product_it_stands_for() -> None:
    """The third user watched title 0 alone. A = Du^-1/2 X Dt^-1/2, title 0 has three users: their
    signal 1/√3 reaches title 1 through the users of two titles and of three."""
    found = linear_filter(HISTORIES, 3)(EVERYBODY)
    gram = 1 / 2 * np.outer([3**-0.5, 2**-0.5, 0], [3**-0.5, 2**-0.5, 0])
    gram += 1 / 3 * np.outer([3**-0.5, 2**-0.5, 1], [3**-0.5, 2**-0.5, 1])
    gram += np.outer([3**-0.5, 0, 0], [3**-0.5, 0, 0])
    x = np.array([[1, 1, 0], [1, 1, 1], [1, 0, 0]])
    scale = np.array([3, 2, 1]) ** -0.5
    assert found == pytest.approx(x @ np.diag(scale) @ gram @ np.diag(1 / scale), rel=1e-5)
    assert found[2, 1] == pytest.approx((1 / 2 + 1 / 3) / 3)


@pytest.mark.parametrize(
    "model", [popularity, linear_filter, lambda *of, **more: ease(*of, ridge=2.0, **more)]
)
def test_titles_in_another_order_change_nothing_but_theirs(model) -> None:
    order = np.array([2, 0, 1])  # the new row of each title
    moved = Ragged.of([np.sort(order[HISTORIES[user]]) for user in EVERYBODY])
    assert model(moved, 3)(EVERYBODY)[:, order] == pytest.approx(model(HISTORIES, 3)(EVERYBODY))
