"""What goes on serving, within limits that have changed."""

from dataclasses import replace

import numpy as np
import pytest

from gnn.limits import GONE, renewed
from graph.arrays import Ragged, Strings, Vocabulary
from graph.columns import Columns
from graph.past import Past
from graph.snapshot import Snapshot
from tests import snapshots, test_warm


def serving() -> Snapshot:
    """Titles a to c and users u and v, of countries DE and JP."""
    built = snapshots.build(snapshots.Shape(titles=3, users=2, per_user=0, restricted=False))
    titles = replace(
        built.titles,
        vocabulary=Vocabulary.of("abc"),
        maturity=np.array([0, 12, 18], np.int8),
        countries=Ragged.of([[], [1], [0, 1]]),
        available_from=np.zeros(3, np.int64),
        available_until=np.array([0, 0, 90], np.int64),
    )
    users = replace(
        built.users,
        vocabulary=Vocabulary.of("uv"),
        country=np.array([1, -1], np.int32),
        maturity_ceiling=np.array([-1, 12], np.int8),
        kids=np.zeros(2, np.int8),
    )
    charts = replace(
        built.charts,
        top=np.array([[0], [1], [2]], np.int32),
        popular=np.array([[2], [1], [0]], np.int32),
    )
    countries = Strings.of(["DE", "JP"])
    return replace(built, titles=titles, users=users, countries=countries, charts=charts)


def graph(*, countries: str = "DE JP", **changed) -> Columns:
    """What `serving` was made of, and what has changed since."""
    of, base = serving(), test_warm.graph(0)
    titles = replace(
        base.titles,
        **{
            name: changed.get(name, getattr(of.titles, name))
            for name in ("vocabulary", "maturity", "countries", "available_from", "available_until")
        },
    )
    names = ("vocabulary", "country", "maturity_ceiling", "kids")
    users = replace(
        base.users,
        **{name: changed.get(f"users_{name}", getattr(of.users, name)) for name in names},
        history=Ragged.of([[], []]),
        past=Past.of([]),
    )
    return replace(base, titles=titles, users=users, countries=Strings.of(countries.split()))


def test_limits_that_hold_already_make_nothing_new():
    assert renewed(serving(), graph()) is None


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"maturity": np.array([0, 16, 18], np.int8)}, ("titles", "maturity", [0, 16, 18])),
        ({"available_until": np.array([7, 0, 90])}, ("titles", "available_until", [7, 0, 90])),
        ({"available_from": np.array([0, 5, 0])}, ("titles", "available_from", [0, 5, 0])),
        ({"users_kids": np.array([0, 1], np.int8)}, ("users", "kids", [0, 1])),
        ({"users_maturity_ceiling": np.array([6, 12], np.int8)},
         ("users", "maturity_ceiling", [6, 12])),
        ({"users_country": np.array([0, 1], np.int32)}, ("users", "country", [0, 1])),
    ],
)  # fmt: skip
def test_each_limit_is_todays(changed: dict, expected: tuple):
    part, name, values = expected
    made = renewed(serving(), graph(**changed))
    assert made is not None
    assert getattr(getattr(made, part), name).tolist() == values
    assert renewed(made, graph(**changed)) is None


def test_countries_keep_their_rows_and_new_ones_come_before_everywhere():
    today = graph(
        countries="AT DE JP",
        users_country=np.array([2, 0], np.int32),
    )
    today = replace(today, titles=replace(today.titles, countries=Ragged.of([[], [0, 2], [1, 2]])))
    made = renewed(serving(), today)
    assert made is not None
    assert list(made.countries) == ["DE", "JP", "AT"]
    assert [of.tolist() for of in made.titles.countries] == [[], [1, 2], [0, 1]]
    assert made.users.country.tolist() == [1, 2]
    assert made.charts.top.tolist() == [[0], [1], [-1], [2]]
    assert made.charts.popular.tolist() == [[2], [1], [-1], [0]]


def test_a_title_that_is_gone_is_shown_no_more_and_who_is_gone_stays():
    today = graph(
        vocabulary=Vocabulary.of("bcd"),
        maturity=np.array([12, 18, 0], np.int8),
        available_until=np.array([0, 90, 0], np.int64),
        users_vocabulary=Vocabulary.of("vw"),
        users_country=np.array([-1, 0], np.int32),
        users_maturity_ceiling=np.array([12, -1], np.int8),
    )
    today = replace(today, titles=replace(today.titles, countries=Ragged.of([[1], [0, 1], []])))
    made = renewed(serving(), today)
    assert made is not None
    assert made.titles.available_until.tolist() == [GONE, 0, 90]
    assert made.users.country.tolist() == [1, -1]
    assert list(made.users.vocabulary.ids) == ["u", "v"]
