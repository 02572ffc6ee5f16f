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
from graph.events import Appended, Count, EventLog
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
        log._connection.set_progress_handler(lambda: taken.append(None), 1)
        log.of_user("ada", after=0, titles={"t1"})
        log.last_position_of("ada")
        log._connection.set_progress_handler(None, 1)
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
    log._connection.execute("PRAGMA query_only = 1")
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


def test_another_format_is_refused(path: Path) -> None:
    EventLog.open(path)._connection.execute("PRAGMA user_version = 99")
    with pytest.raises(BadEventLog, match="format 99"):
        EventLog.open(path)


def test_a_full_disk_stores_nothing_of_the_batch_and_the_log_goes_on(path: Path) -> None:
    log = EventLog.open(path)
    log.append([event("before")])
    log._connection.execute("PRAGMA max_page_count = 20")  # the file may grow no further
    with pytest.raises(NoSpace, match="full"):
        log.append([event(str(i), device="x" * 60) for i in range(5000)])
    log._connection.execute("PRAGMA max_page_count = 100000")
    assert [e.id for _, e in log.read(0, 10)] == ["before"]
    assert log.append([event("after")]).stored == 1


def test_no_acknowledged_event_is_lost_or_counted_twice_by_kill_9(path: Path) -> None:
    outcome = killed(path, times=24, seed=5)
    assert outcome.acknowledged > 24
    assert (outcome.lost, outcome.doubled, outcome.torn) == (0, 0, 0)


def light(
    id: str, kind: Kind, *, at: int = 100, title: str = "t1", user: str = "ada", **more
) -> Event:
    return Event(id=id, user=user, title=title, kind=kind, at=at, **more)


def test_what_is_light_is_counted_once_an_id(path: Path) -> None:
    log = EventLog.open(path)
    shown = [
        light("1", Kind.IMPRESSION, at=100, duration=2.0),
        light("2", Kind.IMPRESSION, at=90, duration=None),
        light("3", Kind.IMPRESSION, at=500, duration=0.1),  # nobody saw it
        light("4", Kind.DETAIL_OPENED, at=110, row="genre/a"),
        light("5", Kind.ROW_SCROLLED_PAST, title="", row="genre/b", cards_shown=4, at=120),
        light("6", Kind.ROW_SCROLLED_PAST, title="", row="genre/b", cards_shown=0, at=130),
        light("7", Kind.ROW_SWIPED, title="", row="genre/b", at=140),
        light("8", Kind.SEARCHED, title="", query="heat", at=150),
        light("9", Kind.SEARCHED, title="", query="heat", at=160),
        light("10", Kind.SEARCHED, title="", query="", at=170),
    ]
    log.append(shown)
    log.append(shown)
    titles, rows, searches = log.light_of("ada", since=0)
    assert titles == [
        Count("t1", Kind.IMPRESSION, 2, 100), Count("t1", Kind.DETAIL_OPENED, 1, 110),
    ]  # fmt: skip
    assert rows == [
        Count("genre/a", Kind.DETAIL_OPENED, 1, 110),
        Count("genre/b", Kind.ROW_SCROLLED_PAST, 1, 120),
    ]
    assert log.light_of("ada", since=105)[0] == titles[1:]
    assert searches == [Count("heat", Kind.SEARCHED, 2, 160)]
    assert log.light_of("ada", since=161).searched == []
    assert log.light_of("bob", since=0) == ([], [], [])


def test_where_cards_were_on_screen(path: Path) -> None:
    log = EventLog.open(path)
    log.append(
        [
            light("1", Kind.IMPRESSION, row_position=0, position=0),
            light("2", Kind.IMPRESSION, row_position=0, position=0),
            light("3", Kind.IMPRESSION, row_position=1, position=2),
            light("4", Kind.IMPRESSION, row_position=1),
            light("5", Kind.DETAIL_OPENED, row_position=0, position=0),
            light("6", Kind.IMPRESSION, row_position=0, position=0, duration=0.1),
            light("7", Kind.PLAY_STARTED, row_position=0, position=0),
            light("8", Kind.PLAY_STARTED, row_position=1, position=2),
            light("9", Kind.ABANDONED, row_position=1, position=2, completion=0.1),
            light("10", Kind.ABANDONED, row_position=0, position=0, completion=0.9),
        ]
    )
    assert log.shown() == [(0, 0, 2, 1), (1, 2, 1, 0)]


def test_what_was_seen_and_chosen_of_those_who_did_something_last(path: Path) -> None:
    log = EventLog.open(path)
    log.append(
        [
            light("1", Kind.IMPRESSION, user="ada", at=200),
            light("2", Kind.IMPRESSION, user="bob", at=120, page="p"),
            light("3", Kind.PLAY_STARTED, user="bob", at=100),
            light("4", Kind.IMPRESSION, user="bob", at=130, duration=0.1),
            light("5", Kind.FINISHED, user="bob", at=140),
            light("6", Kind.SEARCHED, user="bob", at=150, title=""),
            light("7", Kind.DETAIL_OPENED, user="cyd", at=90),
        ]
    )
    seen = list(log.seen(members=2))
    assert [(s.user, s.page, s.kind, s.at) for s in seen] == [
        ("bob", "", Kind.PLAY_STARTED, 100),
        ("bob", "p", Kind.IMPRESSION, 120),
        ("cyd", "", Kind.DETAIL_OPENED, 90),
    ]
    assert len(list(log.seen(members=3))) == 4


def test_what_is_watched_when_by_the_members_own_clock(path: Path) -> None:
    log = EventLog.open(path)
    thursday, saturday = 23 * 3600, 2 * 86_400 + 5 * 3600  # of the first week of 1970, UTC
    log.append(
        [
            light("1", Kind.PLAY_STARTED, at=thursday, device="tv"),
            light("2", Kind.PLAY_STARTED, at=thursday + 60, device="tv"),
            light("3", Kind.PLAY_STARTED, at=saturday, device="tv"),
            light("4", Kind.PLAY_STARTED, at=saturday, device="tv", utc_offset=60),
            light("5", Kind.PLAY_STARTED, at=saturday, utc_offset=-360),  # still Friday night
            light("6", Kind.FINISHED, at=saturday),
        ]
    )
    assert log.watched() == [
        ("t1", 3, "", 1), ("t1", 3, "tv", 2), ("t1", 4, "tv", 1), ("t1", 5, "tv", 1)
    ]  # fmt: skip


def test_what_is_old_and_was_learned_from_is_forgotten(path: Path) -> None:
    log = EventLog.open(path)
    log.append([light(str(i), Kind.IMPRESSION, at=i, title=f"t{i}") for i in range(1, 11)])
    assert log.compact(before=5, upto=10, batch=3) == 4
    assert [e.id for _, e in log.read(0, 99)] == ["5", "6", "7", "8", "9", "10"]
    assert [c.of for c in log.light_of("ada", since=0)[0]] == ["t10", "t5", "t6", "t7", "t8", "t9"]
    log.append([light("s", Kind.SEARCHED, title="", query="heat", at=20)])
    assert log.light_of("ada", since=0).searched
    assert log.compact(before=100, upto=7) == 3
    assert not log.light_of("ada", since=0).searched
    assert log.append([event("new")]) == Appended(1, 0)
    assert log.last_position == 12


FORMAT_1 = """
CREATE TABLE log (id TEXT NOT NULL);
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, user TEXT NOT NULL,
    title TEXT NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL, completion REAL,
    row TEXT NOT NULL, card INTEGER, device TEXT NOT NULL
) STRICT;
CREATE INDEX deeds_by_user ON events (user, position) WHERE kind != 1;
INSERT INTO log VALUES ('the log');
INSERT INTO events VALUES (3, 'a', 'ada', 't1', 1, 50, NULL, 'genre/a', 2, 'tv');
INSERT INTO events VALUES (7, 'b', 'ada', 't2', 4, 60, NULL, '', NULL, '');
PRAGMA user_version = 1;
"""


def test_a_log_of_format_1_is_brought_up_in_place(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as old:
        old.executescript(FORMAT_1)
    log = EventLog.open(path)
    assert (log.log_id, log.last_position) == ("the log", 7)
    assert [(position, e.id) for position, e in log.read(0, 9)] == [(3, "a"), (7, "b")]
    assert log.last_position_of("ada") == 7
    assert log.light_of("ada", since=0)[0] == [Count("t1", Kind.IMPRESSION, 1, 50)]
    assert log.append([light("c", Kind.IMPRESSION, at=70, query="x")]) == Appended(1, 0)
    assert log.light_of("ada", since=0)[0] == [Count("t1", Kind.IMPRESSION, 2, 70)]
    assert EventLog.open(path).last_position == 8


def test_searches_of_a_log_of_format_3_are_counted_once_it_is_opened(path: Path) -> None:
    before = EventLog.open(path)
    before.append([light("s", Kind.SEARCHED, title="", query="heat", at=50)])
    counted = before.light_of("ada", since=0)
    before.close()
    with closing(sqlite3.connect(path)) as old:
        old.executescript(
            "DROP TRIGGER note_searched; DROP TABLE searched; PRAGMA user_version = 3;"
        )
    log = EventLog.open(path)
    assert log.light_of("ada", since=0) == counted
    assert counted.searched == [Count("heat", Kind.SEARCHED, 1, 50)]
    log.append([light("t", Kind.SEARCHED, title="", query="heat", at=70)])
    assert log.light_of("ada", since=0).searched == [Count("heat", Kind.SEARCHED, 2, 70)]


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


def test_old_and_new_light_things_are_counted_apart(path: Path) -> None:
    log = EventLog.open(path)
    long_ago, now = 100, 100 + 4 * 7 * 86_400
    log.append([light(f"old/{i}", Kind.IMPRESSION, at=long_ago) for i in range(30)])
    log.append([light("new", Kind.IMPRESSION, at=now)])
    assert log.light_of("ada", since=0)[0] == [
        Count("t1", Kind.IMPRESSION, 30, long_ago), Count("t1", Kind.IMPRESSION, 1, now),
    ]  # fmt: skip


def test_a_search_counts_whatever_duration_was_sent_with_it(path: Path) -> None:
    log = EventLog.open(path)
    log.append([light("s", Kind.SEARCHED, duration=0.0, query="x")])
    log.append([light("i", Kind.IMPRESSION, duration=0.0)])
    assert [c.kind for c in log.light_of("ada", since=0)[0]] == [Kind.SEARCHED]


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
