"""The event log: what members did, durable before it is acknowledged.

One SQLite file in WAL mode. Rows are only ever added; each has a position, which grows by commit
order, and an event id, which is stored once. Any number of processes may append and read at once.
"""

import errno
import json
import sqlite3
import threading
import uuid
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graph.behaviour import Event, Kind
from playbill.errors import BadEventLog, Locked, NoSpace

FORMAT_VERSION = 1
BUSY_SECONDS = 2.0  # how long a writer waits for another before it gives up

# Impressions change nobody's state and outnumber all else: what is asked about one user leaves
# them out, in these words, which are also those of the index that answers it.
_COUNTS = f"kind != {int(Kind.IMPRESSION)}"

# AUTOINCREMENT: a position is never used again, not even after old rows were compacted away.
_SCHEMA = f"""
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
CREATE INDEX IF NOT EXISTS deeds_by_user ON events (user, position) WHERE {_COUNTS};
PRAGMA user_version = {FORMAT_VERSION};
"""
_COLUMNS = "id, user, title, kind, at, completion, row, card, device"
_INSERT = f"INSERT OR IGNORE INTO events ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FULL = (errno.ENOSPC, errno.EDQUOT)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@dataclass(frozen=True)
class Appended:
    """What became of a batch: `duplicates` had been stored before and changed nothing."""

    stored: int
    duplicates: int


class EventLog:
    """An open log. Threads may share it: each gets a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []

    @classmethod
    def open(cls, path: Path) -> "EventLog":
        """Opens the log, and makes an empty one where there is none.

        Raises BadEventLog for a file that cannot be opened, is damaged or no event log, NoSpace
        when the disk is full.
        """
        log = cls(path)
        with log._faults():
            path.parent.mkdir(parents=True, exist_ok=True)
            version = log._connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, FORMAT_VERSION):
            raise BadEventLog(
                f"{path}: event log of format {version}, and this Playbill reads "
                f"{FORMAT_VERSION}; use the Playbill that wrote it."
            )
        if version == 0:
            log._create()
        return log

    @property
    def log_id(self) -> str:
        """Tells this log from any other; a snapshot names it together with a position."""
        with self._faults():
            return self._connection.execute("SELECT id FROM log").fetchone()[0]

    @property
    def last_position(self) -> int:
        """Position of the newest event, 0 before the first."""
        with self._faults():
            return self._newest("SELECT max(position) FROM events")

    def last_position_of(self, user: str) -> int:
        """Position of the user's newest event that is no impression, 0 where there is none."""
        with self._faults():
            query = f"SELECT max(position) FROM events WHERE user = ? AND {_COUNTS}"
            return self._newest(query, user)

    def append(self, events: Sequence[Event], *, wait: float = BUSY_SECONDS) -> Appended:
        """Stores the events whose ids are new, all or none; they are on disk when it returns.

        Raises NoSpace when the disk is full, Locked when other writers kept it waiting for `wait`
        seconds, BadEventLog when the file cannot be written; then nothing of the batch was stored.
        """
        rows = [
            (e.id, e.user, e.title, int(e.kind), e.at, e.completion, e.row, e.position, e.device)
            for e in events
        ]
        with self._faults(), self._transaction(wait) as connection:
            before = connection.total_changes
            connection.executemany(_INSERT, rows)
            stored = connection.total_changes - before
        return Appended(stored, len(rows) - stored)

    def of_user(
        self, user: str, *, after: int, titles: Collection[str] | None = None
    ) -> list[Event]:
        """The user's events past position `after`, in the order they were stored, without their
        impressions; given `titles`, only those with one of them."""
        query = f"SELECT {_COLUMNS} FROM events WHERE user = ? AND position > ? AND {_COUNTS}"
        values: list[str | int] = [user, after]
        if titles is not None:
            query += " AND title IN (SELECT value FROM json_each(?))"
            values.append(json.dumps(list(titles)))
        with self._faults():
            rows = self._connection.execute(f"{query} ORDER BY position", values)
            return [_event(row) for row in rows]

    def read(self, after: int, limit: int) -> list[tuple[int, Event]]:
        """Up to `limit` events past position `after`, each with its position, ascending."""
        query = (
            f"SELECT position, {_COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ?"
        )
        with self._faults():
            rows = self._connection.execute(query, (after, limit))
            return [(row[0], _event(row[1:])) for row in rows]

    def close(self) -> None:
        """Closes the connections of all threads; none may be in use."""
        while self._connections:
            self._connections.pop().close()
        self._local = threading.local()

    @property
    def _connection(self) -> sqlite3.Connection:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connections.append(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            self._local.connection = connection
        return connection

    def _create(self) -> None:
        # Several processes may get here at once: all statements can be repeated, and one id wins.
        with self._faults(), self._transaction(BUSY_SECONDS) as connection:
            for statement in _SCHEMA.split(";")[:-1]:
                connection.execute(statement)
            connection.execute(
                "INSERT INTO log SELECT ? WHERE NOT EXISTS (SELECT * FROM log)",
                (str(uuid.uuid4()),),
            )

    def _newest(self, query: str, *values: str) -> int:
        return self._connection.execute(query, values).fetchone()[0] or 0

    @contextmanager
    def _transaction(self, wait: float) -> Generator[sqlite3.Connection]:
        connection = self._connection
        _begin(connection, wait)
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite itself rolls back when the disk is full
                connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _faults(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            raise self._full() if error.errno in _FULL else self._bad(error) from None
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte: the primary code
            if code == sqlite3.SQLITE_FULL:
                raise self._full() from None
            if code in _BUSY:
                raise Locked(
                    f"{self.path}: other writers kept the event log busy; send the events again "
                    "under the same ids."
                ) from None
            raise self._bad(error) from None

    def _full(self) -> NoSpace:
        return NoSpace(
            f"{self.path}: the disk is full; the events were not stored. Free some space and send "
            "them again under the same ids."
        )

    def _bad(self, error: Exception) -> BadEventLog:
        return BadEventLog(
            f"{self.path}: the event log cannot be read or written ({error}). Look at its disk, "
            "quota and permissions; if the file is damaged, restore it from a copy, or move "
            "it and its -wal file away to begin an empty one."
        )


def _begin(connection: sqlite3.Connection, wait: float) -> None:
    """Becomes the one writer, after at most `wait` seconds."""
    connection.execute(f"PRAGMA busy_timeout = {round(wait * 1000)}")
    try:
        connection.execute("BEGIN IMMEDIATE")
    finally:
        connection.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")


def _event(row: tuple) -> Event:
    id, user, title, kind, at, completion, page_row, card, device = row
    return Event(
        id=id,
        user=user,
        title=title,
        kind=Kind(kind),
        at=at,
        completion=completion,
        row=page_row,
        position=card,
        device=device,
    )
