"""The event log: what members did, durable before it is acknowledged.

One SQLite file in WAL mode. Rows are only ever added, until they are old and were learned from;
each has a position, which grows by commit order, and an event id, which is stored once. Any number
of processes may append and read at once; the threads of one share a commit. A file beside it tells
them who did nothing (`graph.bells`), so that most requests ask SQLite nothing.

The tables stand in `graph.log_schema`, and how the file is written to in `graph.log_file`.
"""

import json
import threading
import time
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from graph.behaviour import EARLY, VISIBLE, Event, Kind
from graph.bells import Bells
from graph.days import DAY, QUARTER, WEEKEND
from graph.log_file import BUSY_SECONDS, LogFile
from graph.log_schema import (
    COLUMNS,
    COUNTED,
    FORMAT_VERSION,
    INSERT,
    LASTING,
    PLAYED,
    TOUCHED,
    create,
    version,
)
from playbill.errors import BadEventLog, Locked

_KINDS = {int(kind): kind for kind in Kind}  # looking a number up is quicker than Kind(number)


@dataclass(frozen=True)
class Appended:
    """What became of a batch: `duplicates` had been stored before and changed nothing."""

    stored: int
    duplicates: int


class Count(NamedTuple):
    """How often a user did one light thing with a title or a row, or searched for something without
    a choice, in one week, and when last."""

    of: str  # title's id, or row's, or what was searched for
    kind: int  # of `Kind`
    times: int
    at: int


class Seen(NamedTuple):
    """A card that was on screen, or what was done with a title there."""

    user: str
    page: str  # id, "" where none was told
    title: str
    kind: Kind
    at: int  # seconds since 1970


class Light(NamedTuple):
    """What a user did lightly, as `graph.log_schema.COUNTED` names it."""

    touched: list[Count]  # titles
    passed: list[Count]  # rows
    searched: list[Count]  # what led to no choice


@dataclass(eq=False)
class _Waiting:
    """A batch on its way into the next commit."""

    rows: list[tuple]
    users: set[str]
    until: float  # when it gives up, by the monotonic clock
    done: bool = False
    appended: "Appended | None" = None
    error: Exception | None = None


class EventLog:
    """An open log. Threads may share it: each gets a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = LogFile(path)
        self._waiting: list[_Waiting] = []
        self._queue, self._committing = threading.Lock(), threading.Lock()

    @classmethod
    def open(cls, path: Path) -> "EventLog":
        """Opens the log, and makes an empty one where there is none.

        Raises BadEventLog for a file that cannot be opened, is damaged or no event log, NoSpace
        when the disk is full.
        """
        log = cls(path)
        with log._file.faults():
            path.parent.mkdir(parents=True, exist_ok=True)
            found = version(log._file.connection)
        if found > FORMAT_VERSION:
            log.close()
            raise BadEventLog(
                f"{path}: event log of format {found}, and this Playbill reads up to "
                f"{FORMAT_VERSION}; use the Playbill that wrote it."
            )
        if found < FORMAT_VERSION:
            with log._file.faults(), log._file.transaction(BUSY_SECONDS) as connection:
                create(connection)
        with log._file.faults():
            log._bells.ring_all()  # for a process that ended between its commit and its bells
        return log

    @property
    def log_id(self) -> str:
        """Tells this log from any other; a snapshot names it together with a position."""
        with self._file.faults():
            return self._file.connection.execute("SELECT id FROM log").fetchone()[0]

    @property
    def last_position(self) -> int:
        """Position of the newest event, 0 before the first."""
        with self._file.faults():
            return self._newest("SELECT max(position) FROM events")

    def last_position_of(self, user: str) -> int:
        """Position of the user's newest event, 0 where there is none."""
        with self._file.faults():
            return self._newest("SELECT max(position) FROM newest WHERE user = ?", user)

    def bell_of(self, user: str) -> bytes:
        """Another one whenever the user did something: what was read of the user after this holds
        until it changes."""
        return self._bells.of(user)

    def append(self, events: Sequence[Event], *, wait: float = BUSY_SECONDS) -> Appended:
        """Stores the events whose ids are new, all or none; they are on disk when it returns.

        Batches that other threads bring meanwhile go into the same commit. Raises NoSpace when the
        disk is full, Locked when other writers kept it waiting for `wait` seconds, BadEventLog when
        the file cannot be written; then nothing of the batch was stored.
        """
        rows, users = [_row(event) for event in events], {event.user for event in events}
        batch = _Waiting(rows, users, time.monotonic() + max(wait, 0.0))
        with self._queue:
            self._waiting.append(batch)
        if not self._committing.acquire(timeout=max(wait, 0.0)):
            with self._queue:
                waits = batch in self._waiting
                self._waiting = [other for other in self._waiting if other is not batch]
            if waits:
                raise self._file.busy()
            self._committing.acquire()  # it is in a commit under way, whose end decides
        try:
            if not batch.done:
                self._commit(batch.until)
        finally:
            self._committing.release()
        if batch.error is not None:
            raise batch.error
        assert batch.appended is not None
        return batch.appended

    def _commit(self, until: float) -> None:
        """Stores all that waits, in one transaction. Where other processes kept it waiting until
        then, batches of more patience wait on, for the next of them to commit."""
        with self._queue:
            taken, self._waiting = self._waiting, []
        failed: Exception | None = None
        try:
            with (
                self._file.faults(),
                self._file.transaction(until - time.monotonic()) as connection,
            ):
                for batch in taken:
                    stored = (
                        connection.executemany(INSERT, batch.rows).rowcount if batch.rows else 0
                    )
                    batch.appended = Appended(stored, len(batch.rows) - stored)
        except Exception as error:
            failed = error
        self._bells.ring({user for batch in taken for user in batch.users})  # whatever failed
        patient = [b for b in taken if isinstance(failed, Locked) and b.until > until]
        with self._queue:
            self._waiting = patient + self._waiting
        for batch in taken:
            if batch not in patient:
                batch.error, batch.done = failed, True

    def light_of(self, user: str, *, since: int) -> Light:
        """What the user did lightly, a count for each week in which they did it at or after the
        moment `since`."""
        with self._file.faults():
            found = {
                table: self._file.connection.execute(
                    f"SELECT {key}, kind, times, at FROM {table} "
                    f"WHERE user = ? AND at >= ? ORDER BY {key}, kind, week",
                    (user, since),
                )
                for table, (key, _) in COUNTED.items()
            }
            return Light(**{table: [*map(Count._make, rows)] for table, rows in found.items()})

    def shown(self) -> list[tuple[int, int, int, int]]:
        """(row of the page, card of the row, impressions there, plays begun there and not given up
        early) of all that is still held."""
        shown = f"(kind = {int(Kind.IMPRESSION)} AND coalesce(duration, 1) >= {VISIBLE})"
        given_up = f"(kind = {int(Kind.ABANDONED)} AND coalesce(completion, 0) < {EARLY})"
        query = (
            f"SELECT row_position, card, sum({shown}), max(sum({PLAYED}) - sum({given_up}), 0) "
            "FROM events WHERE row_position IS NOT NULL AND card IS NOT NULL "
            f"AND ({shown} OR {PLAYED} OR {given_up}) GROUP BY row_position, card ORDER BY 1, 2"
        )
        with self._file.faults():
            return [tuple(row) for row in self._file.connection.execute(query)]

    def seen(self, *, members: int) -> Generator[Seen]:
        """What so many members saw and chose, those who did anything last, of all that is still
        held: by member, in the order of time."""
        query = (
            f"SELECT user, page, title, kind, at FROM events WHERE ({TOUCHED} OR {PLAYED}) "
            "AND user IN (SELECT user FROM newest ORDER BY position DESC LIMIT ?) "
            "ORDER BY user, at, millis, position"
        )
        with self._file.faults():
            for user, page, title, kind, at in self._file.connection.execute(query, (members,)):
                yield Seen(user, page, title, _KINDS[kind], at)

    def watched(self) -> list[tuple[str, int, str, int]]:
        """(title, `graph.moments.moment` of the member's own clock, device, plays) of all that is
        still held."""
        moment = f"local % {DAY} / {QUARTER} + 4 * (local / {DAY} % 7 IN {WEEKEND})"
        query = (
            f"SELECT title, {moment}, device, count(*) "
            "FROM (SELECT title, device, at + utc_offset * 60 AS local FROM events "
            f"WHERE {PLAYED}) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )
        with self._file.faults():
            return [tuple(row) for row in self._file.connection.execute(query)]

    def compact(self, *, before: int, upto: int, batch: int = 10_000) -> int:
        """Forgets the events up to a position whose time is before a moment, and what was counted
        of the light ones among them; returns how many. Only what was learned from may go.

        What may go is looked for while others write, and goes a batch at a time."""
        with self._file.faults():
            for table, (key, _) in COUNTED.items():
                keys = ("user", key, "kind", "week")
                self._forget(table, keys, "at < ?", (before,), batch)
            which = "position <= ? AND at < ?"
            return self._forget("events", ("position",), which, (upto, before), batch)

    def _forget(
        self, table: str, keys: tuple[str, ...], which: str, bounds: tuple[int, ...], batch: int
    ) -> int:
        """Forgets the lines of a table for which `which` holds, with `bounds` for its marks; `keys`
        are the columns of its primary key."""
        key, marks = f"({', '.join(keys)})", f"({', '.join('?' * len(keys))})"
        find = f"SELECT {', '.join(keys)} FROM {table} WHERE {which}"
        total, past = 0, ""
        after: tuple = ()
        while found := self._file.connection.execute(
            f"{find} {past} ORDER BY {', '.join(keys)} LIMIT ?", (*bounds, *after, batch)
        ).fetchall():
            with self._file.transaction(BUSY_SECONDS) as connection:
                total += connection.executemany(
                    f"DELETE FROM {table} WHERE {key} = {marks} AND {which}",
                    [(*line, *bounds) for line in found],
                ).rowcount
            past, after = f"AND {key} > {marks}", found[-1]
        return total

    def of_user(
        self, user: str, *, after: int, titles: Collection[str] | None = None
    ) -> list[Event]:
        """The user's events past position `after` that are not light, in the order they were
        stored; given `titles`, only those with one of them."""
        query = f"SELECT {COLUMNS} FROM events WHERE user = ? AND position > ? AND {LASTING}"
        values: list[str | int] = [user, after]
        if titles is not None:
            query += " AND title IN (SELECT value FROM json_each(?))"
            values.append(json.dumps(list(titles)))
        with self._file.faults():
            rows = self._file.connection.execute(f"{query} ORDER BY position", values)
            return [_event(row) for row in rows]

    def read(self, after: int, limit: int) -> list[tuple[int, Event]]:
        """Up to `limit` events past position `after`, each with its position, ascending."""
        query = (
            f"SELECT position, {COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ?"
        )
        with self._file.faults():
            rows = self._file.connection.execute(query, (after, limit))
            return [(row[0], _event(row[1:])) for row in rows]

    def close(self) -> None:
        """Closes the connections of all threads; none may be in use."""
        self._file.close()
        if (bells := self.__dict__.pop("_bells", None)) is not None:
            bells.close()

    @cached_property
    def _bells(self) -> Bells:
        real = self.path.resolve()  # which every name of the log leads to
        return Bells(real.with_name(f"{real.name}-bells"))

    def _newest(self, query: str, *values: str) -> int:
        return self._file.connection.execute(query, values).fetchone()[0] or 0


def _row(event: Event) -> tuple:
    e = event
    return (
        e.id, e.user, e.title, int(e.kind), e.at, e.completion, e.row, e.position, e.device,
        e.page, e.row_position, e.duration, e.query, e.cards_shown, e.utc_offset, e.millis,
    )  # fmt: skip


def _event(row: tuple) -> Event:
    id, user, title, kind, at, completion, of_row, position, device, *more = row
    return Event(id, user, title, Kind(kind), at, completion, of_row, position, device, *more)
