"""What the event log counts and tells of light things (cards on screen, rows, searches), and what
becomes of that when it is compacted, or of an older format."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from graph.behaviour import Event, Kind
from graph.events import Appended, Count, EventLog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "events.sqlite"


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
    assert log.append([light("new", Kind.FINISHED)]) == Appended(1, 0)
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
