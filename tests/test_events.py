"""The event log: append-only, idempotent, shared by processes, and durable through kill -9."""

import re
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from graph.behaviour import Event, Kind
from graph.events import Appended, EventLog
from playbill.errors import BadEventLog, Locked, NoSpace
from tests.kills import killed


def event(id: str, user: str = "ada", title: str = "t1", **more) -> Event:
    return Event(id=id, user=user, title=title, kind=Kind.FINISHED, at=100, **more)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "events.sqlite"


def test_what_is_appended_is_read_back_whole(path: Path) -> None:
    full = Event(
        id="é/1", user="o'b\n😀", title='"t"', kind=Kind.PROGRESS, at=7, completion=0.25,
        row="genre/a", position=3, device="tv", page="p1", row_position=2, duration=1.5,
        query="heat", cards_shown=6, utc_offset=-60,
    )  # fmt: skip
    log = EventLog.open(path)
    assert log.append([full, event("2")]) == Appended(stored=2, duplicates=0)
    assert log.of_user(full.user, after=0) == [full]
    assert log.read(0, 10) == [(1, full), (2, event("2"))]


def test_an_id_is_stored_once_whatever_comes_with_it_later(path: Path) -> None:
    log = EventLog.open(path)
    first = event("1")
    assert log.append([first, event("1", user="bob")]) == Appended(1, 1)
    assert log.append([event("1", user="eve"), event("2")]) == Appended(1, 1)
    assert [e for _, e in log.read(0, 10)] == [first, event("2")]


def test_positions_grow_and_split_what_was_seen_from_what_is_new(path: Path) -> None:
    log = EventLog.open(path)
    assert (log.last_position, log.last_position_of("ada")) == (0, 0)
    log.append([event("1"), event("2", user="bob"), event("3")])
    positions = [position for position, _ in log.read(0, 10)]
    assert positions == sorted(set(positions))
    assert log.last_position == positions[-1] == log.last_position_of("ada")
    assert log.last_position_of("bob") == positions[1]
    assert [e.id for e in log.of_user("ada", after=positions[0])] == ["3"]
    assert [e.id for _, e in log.read(positions[0], 1)] == ["2"]


def test_a_users_events_with_some_titles(path: Path) -> None:
    log = EventLog.open(path)
    odd = '"], 😀'
    log.append([event("1"), event("2", title=odd), event("3", title="t3"), event("4", user="bob")])
    assert [e.id for e in log.of_user("ada", after=0, titles={odd, "t1"})] == ["1", "2"]
    assert log.of_user("ada", after=0, titles=set()) == []


def impression(id: str) -> Event:
    return Event(id=id, user="ada", title="t1", kind=Kind.IMPRESSION, at=100)


def test_a_users_impressions_are_stored_and_left_out(path: Path) -> None:
    log = EventLog.open(path)
    log.append([impression("1"), event("2"), impression("3")])
    assert [e.id for _, e in log.read(0, 10)] == ["1", "2", "3"]
    assert [e.id for e in log.of_user("ada", after=0)] == ["2"]
    assert [e.id for e in log.of_user("ada", after=0, titles={"t1"})] == ["2"]
    assert (log.last_position_of("ada"), log.last_position) == (3, 3)


def test_what_a_question_about_a_user_costs_does_not_grow_with_impressions(path: Path) -> None:
    log = EventLog.open(path)
    log.append([event("1")])

    def steps() -> int:
        """Of SQLite's virtual machine, for what a request asks."""
        taken: list[None] = []
        log._file.connection.set_progress_handler(lambda: taken.append(None), 1)
        log.of_user("ada", after=0, titles={"t1"})
        log.last_position_of("ada")
        log._file.connection.set_progress_handler(None, 1)
        return len(taken)

    before = steps()
    log.append([impression(f"shown/{i}") for i in range(2000)])
    assert 0 < steps() <= before


def test_a_log_keeps_its_id_and_no_two_share_one(path: Path, tmp_path: Path) -> None:
    first = EventLog.open(path)
    assert EventLog.open(path).log_id == first.log_id
    assert EventLog.open(tmp_path / "other.sqlite").log_id != first.log_id


def test_threads_share_a_log(path: Path) -> None:
    log = EventLog.open(path)

    def write(name: int) -> None:
        for i in range(20):
            log.append([event(f"{name}/{i}")])

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log.of_user("ada", after=0)) == 80


@pytest.mark.parametrize("damage", ["no database", "torn page"])
def test_a_damaged_file_is_named(path: Path, damage: str) -> None:
    log = EventLog.open(path)
    log.append([event(str(i)) for i in range(500)])
    log.close()
    content = bytearray(path.read_bytes())
    if damage == "no database":
        content[:16] = b"something else.."
    else:
        content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(BadEventLog, match=re.escape(str(path))):
        EventLog.open(path).append([event("new")])


@pytest.mark.parametrize("there", ["a file for a folder", "a folder for a file"])
def test_a_log_that_cannot_be_opened_is_named(path: Path, there: str) -> None:
    if there == "a folder for a file":
        path.mkdir(parents=True)
    else:
        path.parent.write_text("")
    with pytest.raises(BadEventLog, match=re.escape(str(path))):
        EventLog.open(path)


def test_a_log_that_cannot_be_written_is_named_and_can_be_read(path: Path) -> None:
    log = EventLog.open(path)
    log.append([event("before")])
    log._file.connection.execute("PRAGMA query_only = 1")
    with pytest.raises(BadEventLog, match=r"readonly.*permissions"):
        log.append([event("new")])
    assert [e.id for _, e in log.read(0, 10)] == ["before"]


def test_a_writer_waits_for_others_as_long_as_it_is_told(path: Path) -> None:
    log = EventLog.open(path)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Locked, match="same ids"):
        log.append([event("1")], wait=0)
    later = threading.Timer(0.3, other.execute, ["COMMIT"])
    later.start()
    assert log.append([event("1")]).stored == 1
    later.join()
    other.close()


def test_what_is_acknowledged_is_on_disk_whichever_thread_brought_it(path: Path) -> None:
    log, found = EventLog.open(path), []

    def ask() -> None:
        connection = log._file.connection
        pragmas = ("journal_mode", "synchronous")
        found.append([connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas])

    ask()
    other = threading.Thread(target=ask)
    other.start()
    other.join()
    full = 2
    assert found == [["wal", full]] * 2


def test_another_format_is_refused(path: Path) -> None:
    EventLog.open(path)._file.connection.execute("PRAGMA user_version = 99")
    with pytest.raises(BadEventLog, match="format 99"):
        EventLog.open(path)


def test_a_full_disk_stores_nothing_of_the_batch_and_the_log_goes_on(path: Path) -> None:
    log = EventLog.open(path)
    log.append([event("before")])
    log._file.connection.execute("PRAGMA max_page_count = 20")  # the file may grow no further
    with pytest.raises(NoSpace, match="full"):
        log.append([event(str(i), device="x" * 60) for i in range(5000)])
    log._file.connection.execute("PRAGMA max_page_count = 100000")
    assert [e.id for _, e in log.read(0, 10)] == ["before"]
    assert log.append([event("after")]).stored == 1


def test_no_acknowledged_event_is_lost_or_counted_twice_by_kill_9(path: Path) -> None:
    outcome = killed(path, times=24, seed=5)
    assert outcome.acknowledged > 24
    assert (outcome.lost, outcome.doubled, outcome.torn) == (0, 0, 0)


def test_batches_of_many_threads_share_commits(path: Path) -> None:
    log, commits, threads = EventLog.open(path), [], []
    begin = log._commit

    def counted(until: float) -> None:
        commits.append(1)
        begin(until)

    log._commit = counted
    ready = threading.Barrier(8)
    stored = []

    def write(name: int) -> None:
        ready.wait()
        for i in range(25):
            appended = log.append([event(f"{name}/{i}"), event(f"{i}")])
            stored.append(appended.stored)
            assert appended.stored + appended.duplicates == 2

    for name in range(8):
        threads.append(threading.Thread(target=write, args=(name,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert sum(stored) == len(log.of_user("ada", after=0)) == 8 * 25 + 25
    assert len(commits) < 200


def test_a_batch_of_more_patience_outlasts_the_one_it_was_committed_with(path: Path) -> None:
    log = EventLog.open(path)
    ends: dict[str, object] = {}

    def write(name: str, wait: float) -> None:
        try:
            ends[name] = log.append([event(name)], wait=wait)
        except Locked as error:
            ends[name] = error

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        both = [
            threading.Thread(target=write, args=("hasty", 0.3)),
            threading.Thread(target=write, args=("patient", 20.0)),
        ]
        for thread in both:
            thread.start()
        both[0].join()
        other.execute("COMMIT")
    both[1].join()
    assert isinstance(ends["hasty"], Locked)
    assert ends["patient"] == Appended(1, 0)
    assert [e.id for e in log.of_user("ada", after=0)] == ["patient"]


WRITES_ON = """
import sys
from itertools import count
from pathlib import Path
from graph.behaviour import Event, Kind
from graph.events import EventLog

log = EventLog.open(Path(sys.argv[1]))
print("writes", flush=True)
for n in count():
    log.append([Event(f"{sys.argv[2]}/{n}/{i}", "b", "t", Kind.FINISHED, 100) for i in range(500)])
"""


def test_a_writer_is_not_kept_out_by_others_that_never_pause(path: Path) -> None:
    """As worker processes under load. With SQLite's own waiting about one of these in ten fails."""
    log = EventLog.open(path)
    others = [
        subprocess.Popen([sys.executable, "-c", WRITES_ON, path, str(n)], stdout=subprocess.PIPE)
        for n in range(2)
    ]
    try:
        for other in others:
            assert other.stdout
            assert other.stdout.readline() == b"writes\n"
        for n in range(60):
            assert log.append([event(f"own/{n}", "a")], wait=5.0).stored == 1
    finally:
        for other in others:
            other.kill()
            other.communicate()
