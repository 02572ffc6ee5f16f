"""The event log's file: SQLite connections, transactions, and what goes wrong with them in our
words."""

import errno
import random
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from playbill.errors import BadEventLog, Locked, NoSpace

LOOK_SECONDS = 0.001  # between two looks whether it is done
BUSY_SECONDS = 2.0  # how long a writer waits for another before it gives up
_FULL = (errno.ENOSPC, errno.EDQUOT)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class LogFile:
    """A SQLite file in WAL mode. Threads may share it: each gets a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []

    @property
    def connection(self) -> sqlite3.Connection:
        """That of this thread."""
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

    @contextmanager
    def transaction(self, wait: float) -> Generator[sqlite3.Connection]:
        """All or nothing of what is done inside; waits so many seconds to be the one writer."""
        connection = self.connection
        _begin(connection, wait)
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite itself rolls back when the disk is full
                connection.execute("ROLLBACK")
            raise

    @contextmanager
    def faults(self) -> Generator[None]:
        """Turns what goes wrong inside into our errors: NoSpace, Locked, BadEventLog."""
        try:
            yield
        except OSError as error:
            raise self._full() if error.errno in _FULL else self._bad(error) from None
        except sqlite3.Error as error:
            code = _primary(error)
            if code == sqlite3.SQLITE_FULL:
                raise self._full() from None
            if code in _BUSY:
                raise self.busy() from None
            raise self._bad(error) from None

    def close(self) -> None:
        """Closes the connections of all threads; none may be in use."""
        while self._connections:
            self._connections.pop().close()
        self._local = threading.local()

    def busy(self) -> Locked:
        return Locked(
            f"{self.path}: other writers kept the event log busy; send the events again under the "
            "same ids."
        )

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


def _primary(error: sqlite3.Error) -> int:
    """SQLite's code without what it adds in the higher bytes."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _begin(connection: sqlite3.Connection, wait: float) -> None:
    """Becomes the one writer, after at most `wait` seconds.

    SQLite's own waiting looks again ten times a second after a while, and a process that commits
    without a pause would keep all others out.
    """
    until = time.monotonic() + wait
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if _primary(error) not in _BUSY or time.monotonic() > until:
                    raise
            time.sleep(LOOK_SECONDS * (0.5 + random.random()))
    finally:
        connection.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")
