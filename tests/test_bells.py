"""Who did nothing is told without a question to the log, and who did something always is."""

import errno
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from graph.behaviour import Event, Kind
from graph.bells import GROUPS, SIZE, Bells
from graph.events import EventLog, Light
from graph.log_schema import INSERT
from playbill.errors import BadEventLog, NoSpace
from server.catalogue import catalogue
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


def test_it_rings_for_a_log_by_whatever_name_it_was_opened(log: EventLog, tmp_path: Path) -> None:
    other_name = tmp_path / "elsewhere" / "log.sqlite"
    other_name.parent.mkdir()
    other_name.symlink_to(log.path)
    before = log.bell_of("zoe")
    with closing(EventLog.open(other_name)) as also:
        opened = log.bell_of("zoe")
        also.append([finished("1", 3)])
    assert len({before, opened, log.bell_of("zoe")}) == 3


def test_it_rings_once_the_event_is_there_and_not_before(log: EventLog) -> None:
    """Who looks in between would keep what they saw for good."""
    at_commit: list[bytes] = []

    def look(statement: str) -> None:
        if statement == "COMMIT":
            at_commit.append(log.bell_of("zoe"))

    before = log.bell_of("zoe")
    log._file.connection.set_trace_callback(look)
    log.append([finished("1", 3)])
    log._file.connection.set_trace_callback(None)
    assert at_commit == [before]
    assert log.bell_of("zoe") != before


def test_it_rings_too_where_the_commit_may_or_may_not_have_failed(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    transaction = log._file.transaction

    @contextmanager
    def reported_as_failed(wait: float) -> Generator[sqlite3.Connection]:
        with transaction(wait) as connection:
            yield connection
        raise OSError(errno.EIO, "the disk answered too late")

    before = log.bell_of("zoe")
    monkeypatch.setattr(log._file, "transaction", reported_as_failed)
    with pytest.raises(BadEventLog):
        log.append([finished("1", 3)])
    assert log.last_position_of("zoe") == 1
    assert log.bell_of("zoe") != before


def test_the_file_has_its_place_on_the_disk(log: EventLog) -> None:
    """Or a process that rings on a full one would be ended."""
    bells = log.path.with_name(f"{log.path.name}-bells")
    assert bells.stat().st_size == SIZE
    assert bells.stat().st_blocks * 512 >= SIZE


def test_a_disk_without_room_for_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(NoSpace, match=r"events\.sqlite"):
        EventLog.open(tmp_path / "events.sqlite")


class Busy(EventLog):
    """Somebody stores events just after it was read for a member."""

    looks = 0
    stored: tuple[Event, ...] = ()

    def last_position_of(self, user: str) -> int:
        self.looks += 1
        return super().last_position_of(user)

    def light_of(self, user: str, *, since: int) -> Light:  # which is read last
        found = super().light_of(user, since=since)
        stored, self.stored = self.stored, ()
        self.append(stored)
        return found


def test_what_comes_while_a_member_is_read_is_seen_by_the_next_request(tmp_path: Path) -> None:
    log = Busy.open(tmp_path / "events.sqlite")
    assert isinstance(log, Busy)
    known = Members(catalogue(BUILT, artwork_root=""), manifest(BUILT), log)
    log.stored = (finished("1", 3),)
    assert known.get("zoe").titles.tolist() == []
    assert known.get("zoe").titles.tolist() == [3]


def test_the_log_is_asked_once_for_each_time_it_rang(tmp_path: Path) -> None:
    log = Busy.open(tmp_path / "events.sqlite")
    assert isinstance(log, Busy)
    known = Members(catalogue(BUILT, artwork_root=""), manifest(BUILT), log)
    neighbour = next(
        id for id in map(str, range(10 * GROUPS))
        if zlib.crc32(id.encode()) % GROUPS == zlib.crc32(b"zoe") % GROUPS
    )  # fmt: skip
    before = known.get("zoe")
    assert known.get("zoe") is before
    assert log.looks == 1
    log.append([finished("1", 3, neighbour)])
    assert known.get("zoe") is known.get("zoe") is before
    assert log.looks == 2


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
