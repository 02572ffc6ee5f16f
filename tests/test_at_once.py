"""That `bench serve` and `bench events` see on the page what they told, and notice where it is not
there."""

from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import at_once
from benchmarks.serve import PAGE
from tests.served import World

USERS = [f"at once {n}" for n in range(3)]


def test_every_pair_of_workers_shows_it_at_once(world: World) -> None:
    stubs = list(world.running.one_stub_a_worker().values())
    go = at_once.rounds(stubs, USERS, PAGE.ask)
    for turn in range(len(stubs) ** 2 * len(at_once.KINDS)):
        go(turn)


@pytest.mark.parametrize("turn", [0, 1])  # of one kind each
def test_a_page_that_does_not_show_it_ends_the_benchmark(stub, turn: int) -> None:
    def forget(_request: Any) -> None:
        pass

    deaf = SimpleNamespace(RecordEvents=forget, GetPage=stub.GetPage)
    go = at_once.rounds([deaf], USERS, PAGE.ask)
    with pytest.raises(SystemExit, match="does not show"):
        go(turn)
