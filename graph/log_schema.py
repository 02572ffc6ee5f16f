"""The tables of the event log, and how they are made.

What a page needs of what is light (cards on screen, rows scrolled past, searches that led to
nothing) is counted by triggers as it is stored, so that an id that comes twice counts once, and
reading it costs what a member touched and not what scrolled by. It is counted by the week, so that
old and new fade each on their own.
"""

import re
import sqlite3
import uuid
from collections.abc import Collection

from graph.behaviour import CLICKS, LIGHT, VISIBLE, WEEK, Kind

FORMAT_VERSION = 4


def _in(kinds: Collection[Kind]) -> str:
    return f"({', '.join(str(int(kind)) for kind in sorted(kinds))})"


def _new(which: str) -> str:
    """A condition on a row, as a trigger says it of the new one."""
    for column in ("kind", "title", "duration", "row", "cards_shown", "query"):
        which = re.sub(rf"\b{column}\b", f"new.{column}", which)
    return which


# What is asked about one user's interactions leaves out what is light and outnumbers all else, in
# these words, which are also those of the index that answers it.
LASTING = f"kind NOT IN {_in(LIGHT)}"
_TOUCHED = (Kind.IMPRESSION, Kind.DETAIL_OPENED, Kind.SEARCHED)
_PASSED = (Kind.ROW_SCROLLED_PAST, Kind.ROW_SWIPED)

# AUTOINCREMENT: a position is never used again, not even after old rows were compacted away.
_TABLES = """
CREATE TABLE IF NOT EXISTS log (id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    user TEXT NOT NULL,
    title TEXT NOT NULL,
    kind INTEGER NOT NULL,
    at INTEGER NOT NULL,
    completion REAL,
    row TEXT NOT NULL,
    card INTEGER,
    device TEXT NOT NULL
) STRICT;
"""
# What formats 2 and 3 added to it; an older file is brought up by the same statements. Format 4
# counts searches.
_ADDED = {
    "page": "TEXT NOT NULL DEFAULT ''",
    "row_position": "INTEGER",
    "duration": "REAL",
    "query": "TEXT NOT NULL DEFAULT ''",
    "cards_shown": "INTEGER",
    "utc_offset": "INTEGER NOT NULL DEFAULT 0",
    "millis": "INTEGER NOT NULL DEFAULT 0",
}
PLAYED = f"kind = {int(Kind.PLAY_STARTED)}"
TOUCHED = (  # what was done lightly with a title
    f"kind IN {_in(_TOUCHED)} AND title != '' "
    f"AND (kind != {int(Kind.IMPRESSION)} OR coalesce(duration, 1) >= {VISIBLE})"
)
_ROW = f"row != '' AND (kind IN {_in(CLICKS)} OR (kind IN {_in(_PASSED)} AND cards_shown > 0))"
_NO_CHOICE = f"kind = {int(Kind.SEARCHED)} AND title = '' AND query != ''"
# Tables of counts, and of each by what it counts and which events.
COUNTED = {
    "touched": ("title", TOUCHED),
    "passed": ("row", _ROW),
    "searched": ("query", _NO_CHOICE),
}
_DERIVED = ("newest", *COUNTED)
_COUNTERS = [
    "DROP INDEX IF EXISTS deeds_by_user",
    f"CREATE INDEX IF NOT EXISTS lasting_by_user ON events (user, position) WHERE {LASTING}",
    # what was counted in an older file is counted again, from the events it holds
    *(f"DROP TABLE IF EXISTS {table}" for table in _DERIVED),
    *(f"DROP TRIGGER IF EXISTS note_{table}" for table in _DERIVED),
    "CREATE TABLE newest (user TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT",
    "INSERT INTO newest SELECT user, max(position) FROM events WHERE true GROUP BY user",
    "CREATE TRIGGER note_newest AFTER INSERT ON events BEGIN INSERT INTO newest VALUES "
    "(new.user, new.position) ON CONFLICT (user) DO UPDATE SET position = new.position; END",
    *(
        statement
        for table, (key, which) in COUNTED.items()
        for statement in (
            f"CREATE TABLE {table} (user TEXT NOT NULL, {key} TEXT NOT NULL, "
            "kind INTEGER NOT NULL, week INTEGER NOT NULL, times INTEGER NOT NULL, "
            f"at INTEGER NOT NULL, PRIMARY KEY (user, {key}, kind, week)) STRICT, WITHOUT ROWID",
            f"INSERT INTO {table} SELECT user, {key}, kind, at / {int(WEEK)}, count(*), max(at) "
            f"FROM events WHERE {which} GROUP BY user, {key}, kind, at / {int(WEEK)}",
            f"CREATE TRIGGER note_{table} AFTER INSERT ON events WHEN {_new(which)} BEGIN "
            f"INSERT INTO {table} VALUES "
            f"(new.user, new.{key}, new.kind, new.at / {int(WEEK)}, 1, new.at) "
            f"ON CONFLICT (user, {key}, kind, week) "
            "DO UPDATE SET times = times + 1, at = max(at, new.at); END",
        )
    ),
    f"PRAGMA user_version = {FORMAT_VERSION}",
]
COLUMNS = f"id, user, title, kind, at, completion, row, card, device, {', '.join(_ADDED)}"
INSERT = (
    f"INSERT INTO events ({COLUMNS}) VALUES ({', '.join('?' * 16)}) ON CONFLICT (id) DO NOTHING"
)


def create(connection: sqlite3.Connection) -> None:
    """Makes the tables, or brings those of an older format up, inside a transaction. All statements
    can be repeated and one id wins, for several processes may get here, one after the other."""
    if version(connection) == FORMAT_VERSION:
        return  # another process was quicker
    for statement in _TABLES.split(";")[:-1]:
        connection.execute(statement)
    there = {row[1] for row in connection.execute("PRAGMA table_info(events)")}
    for column, declared in _ADDED.items():
        if column not in there:
            connection.execute(f"ALTER TABLE events ADD COLUMN {column} {declared}")
    for statement in _COUNTERS:
        connection.execute(statement)
    connection.execute(
        "INSERT INTO log SELECT ? WHERE NOT EXISTS (SELECT * FROM log)", (str(uuid.uuid4()),)
    )


def version(connection: sqlite3.Connection) -> int:
    """Of the format, 0 for an empty file."""
    return connection.execute("PRAGMA user_version").fetchone()[0]
