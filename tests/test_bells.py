"""Who did nothing is told without a question to the log, and who did something always is."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from graph.behaviour import Event, Kind
from graph.bells import GROUPS, Bells
from graph.events import EventLog
from graph.log_schema import INSERT
from server.members import Members
from tests.live import members
from tests.snapshots import NOW, Shape, build, manifest, title_id

BUILT = build(Shape(titles=30, users=3, per_user=5, dimensions=4))


def finished(id: str, title: int, user: str = "zoe") -> Event:
    return Event(id, user, title_id(title), Kind.FINISHED, NOW)


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return EventLog.open(tmp_path / "events.sqlite")


def test_it_rings_for_who_did_something_and_for_nobody_else(log: EventLog) -> None:
    zoe, bob = log.bell_of("zoe"), log.bell_of("bob")
    log.append([finished("1", 3)])
    assert log.bell_of("zoe") != zoe
    assert log.bell_of("bob") == bob


def test_it_rings_for_what_was_stored_before_whose_answer_was_lost(log: EventLog) -> None:
    log.append([finished("1", 3)])
    before = log.bell_of("zoe")
    assert log.append([finished("1", 3)]).duplicates == 1
    assert log.bell_of("zoe") != before


def test_no_number_comes_twice(tmp_path: Path) -> None:
    bells, seen = Bells(tmp_path / "bells"), set()
    for _ in range(1_000):
        bells.ring(["zoe"])
        seen.add(bells.of("zoe"))
    bells.ring_all()
    assert len(seen | {bells.of("zoe")}) == 1_001
    assert len({bells.of(str(user)) for user in range(GROUPS)}) > GROUPS / 2


def test_it_rings_in_every_process(log: EventLog) -> None:
    write = (
        "import sys; from pathlib import Path; from graph.events import EventLog\n"
        "from tests.test_bells import finished\n"
        "log = EventLog.open(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()\n"
        "log.append([finished('1', 3)])"
    )
    command = [sys.executable, "-c", write, str(log.path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        before = log.bell_of("zoe")
        writer.communicate()
    assert writer.returncode == 0
    assert log.bell_of("zoe") != before


def test_members_of_two_logs_see_what_either_stores() -> None:
    with members(BUILT) as (derived, known, log), closing(EventLog.open(log.path)) as other:
        also = Members(derived, manifest(BUILT), other)
        for title, by in enumerate((log, other, other, log, other)):
            by.append([finished(str(title), title)])
            assert known.get("zoe").titles.tolist() == list(range(title + 1))
            assert also.get("zoe") is also.get("zoe")
            assert also.get("zoe").titles.tolist() == list(range(title + 1))


def test_what_a_process_committed_and_died_is_seen_once_the_log_is_opened_again() -> None:
    """As the supervisor opens it for the worker that follows."""
    with members(BUILT) as (_, known, log):
        assert known.get("zoe").titles.tolist() == []
        with closing(sqlite3.connect(log.path)) as connection, connection:
            row = ["1", "zoe", title_id(3), int(Kind.FINISHED), NOW, None, "", None, "", ""]
            connection.execute(INSERT, [*row, None, None, "", None, 0, 0])
        EventLog.open(log.path).close()
        assert known.get("zoe").titles.tolist() == [3]
