"""The one way to Neo4j: reads, streams and retried writes, with its errors said in our words."""

import contextlib
import itertools
import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import LiteralString, TypeVar, cast

import neo4j
from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConfigurationError,
    DatabaseError,
    DriverError,
    Forbidden,
    ForbiddenOnReadOnlyDatabase,
    IncompleteCommit,
    Neo4jError,
)

from graph import behaviour, private_neo4j, schema
from playbill.errors import BadInput, Neo4jRefusedLogin, Neo4jUnavailable, PlaybillError
from playbill.settings import Settings

# No try begins later than this: long enough for a restart of Neo4j, short enough for a person.
RETRY_SECONDS = 15.0
_PAUSE = 0.5  # seconds between two tries
_URI_FORM = "Write it as bolt://host:7687 or neo4j+s://host."
_FETCH = 10_000  # records a round trip where all of a large result is wanted

T = TypeVar("T")
Run = Callable[..., list[neo4j.Record]]  # all records of a query, with its parameters by name

# The driver logs each try of a retried transaction; we raise once they are used up.
logging.getLogger("neo4j").setLevel(logging.ERROR)


class Store:
    """One Neo4j database. Not to be shared between threads while it writes.

    Every method raises Neo4jUnavailable where Neo4j fails or is away for longer than
    `retry_seconds`, and Neo4jRefusedLogin where it refuses the password or a right. Writes are
    tried again after a lost answer, so each must be idempotent. `logs` is where Neo4j's are, if we
    know.
    """

    def __init__(
        self, driver: neo4j.Driver, *, uri: str, database: str, retry_seconds: float,
        logs: Path | None,
    ) -> None:  # fmt: skip
        self._driver, self._uri, self._database = driver, uri, database
        self._retry_seconds, self._logs = retry_seconds, logs
        # One bookmark chain: on a cluster, each read sees the writes before it.
        self._bookmarks = neo4j.GraphDatabase.bookmark_manager()

    def read(self, query: str, /, **params: object) -> list[neo4j.Record]:
        """All records of a reading query; a write in it is refused."""
        with self._in_our_words(), self._session(neo4j.READ_ACCESS) as session:
            return session.execute_read(_all_records, query, **params)

    def stream(self, query: str, /, **params: object) -> Iterator[neo4j.Record]:
        """The records of a large result, a few thousand in memory at a time. Not retried."""
        with self._in_our_words(), self._session(neo4j.READ_ACCESS, fetch=_FETCH) as session:
            yield from session.run(cast(LiteralString, query), params)

    def write(self, query: str, /, **params: object) -> list[neo4j.Record]:
        """All records of a writing query, committed before this returns."""
        return self.transaction(lambda run: run(query, **params))

    def transaction(self, work: Callable[[Run], T]) -> T:
        """What `work` makes of the queries that it runs, which are committed together before this
        returns. Where they are tried again, it is called again."""
        with self._in_our_words(), self._session(neo4j.WRITE_ACCESS) as session:
            return _committed(session, work, self._retry_seconds)

    def write_batches(
        self,
        query: str,
        rows: Iterable[dict],
        *,
        size: int = 10_000,
        progress: Callable[[int], None] | None = None,
        **params: object,
    ) -> int:
        """Runs a query that begins with `UNWIND $rows AS row` (added where it does not mention
        $rows) on all rows, `size` to a transaction, and returns their number.

        `progress` hears the number written so far after each batch. What was committed before an
        error stays.
        """
        if "$rows" not in query:
            query = f"UNWIND $rows AS row\n{query}"
        written, rows = 0, iter(rows)
        with self._session(neo4j.WRITE_ACCESS) as session:
            while batch := list(itertools.islice(rows, size)):
                params["rows"] = batch
                with self._in_our_words():  # errors of `rows` itself pass as they are
                    _committed(session, lambda run: run(query, **params), self._retry_seconds)
                written += len(batch)
                if progress:
                    progress(written)
        return written

    def ensure_schema(self) -> None:
        """Makes constraints and indexes, and waits until they are online. Can be run again.

        Raises BadInput where a newer Playbill made this database.
        """
        found = self.read("MATCH (s:Schema {id: 'playbill'}) RETURN s.version AS version")
        version = found[0]["version"] if found else None
        if version is not None and version > schema.VERSION:
            raise BadInput(
                f"The graph at {self._uri} has schema version {version}, written by a newer "
                f"Playbill; this one knows up to {schema.VERSION}. Upgrade Playbill on this host."
            )
        for statement in schema.statements():
            self.write(statement)
        self.read("CALL db.awaitIndexes(300)")
        if version != schema.VERSION:
            self.write(
                "MERGE (s:Schema {id: 'playbill'}) ON CREATE SET s.behaviour = $behaviour "
                "SET s.version = $version",
                version=schema.VERSION,
                behaviour=behaviour.VERSION,  # of what Playbill will write
            )

    def close(self) -> None:
        self._driver.close()

    def _in_our_words(self) -> contextlib.AbstractContextManager[None]:
        return _in_our_words(self._uri, self._logs)

    def _session(self, access: str, *, fetch: int = 1000) -> neo4j.Session:
        return self._driver.session(
            database=self._database,
            default_access_mode=access,
            fetch_size=fetch,
            bookmark_manager=self._bookmarks,
        )


@contextlib.contextmanager
def opened(
    settings: Settings, *, progress: Callable[[str], None] | None = None
) -> Generator[Store]:
    """A Store on PLAYBILL_NEO4J_URI, or on the private Neo4j where that is unset.

    A private Neo4j that is not running is started, and stopped again at the end. `progress` hears
    what it waits for. Raises as `Store` and `private_neo4j.start` do.
    """
    with contextlib.ExitStack() as stack:
        if settings.neo4j_uri:
            uri, user = settings.neo4j_uri, settings.neo4j_user
            secret = settings.neo4j_password
            password = secret.get_secret_value() if secret else ""
            database, logs = settings.neo4j_database, None
        else:
            private = private_neo4j.borrowed(settings, progress=progress or (lambda _: None))
            running = stack.enter_context(private)
            uri, user, password = running.uri, running.user, running.password
            database, logs = "neo4j", running.log.parent
        yield stack.enter_context(connected(uri, user, password, database=database, logs=logs))


@contextlib.contextmanager
def connected(
    uri: str, user: str, password: str, *, database: str = "neo4j", logs: Path | None = None,
    retry_seconds: float = RETRY_SECONDS,
) -> Generator[Store]:  # fmt: skip
    """A Store on a Neo4j that runs already. Raises as `Store` does, BadInput on a malformed URI."""
    if not uri.startswith(("bolt", "neo4j")):
        raise BadInput(f"PLAYBILL_NEO4J_URI is {uri!r}: {_URI_FORM}")
    try:
        driver = neo4j.GraphDatabase.driver(
            uri,
            auth=(user, password),
            connection_timeout=5.0,
            max_transaction_retry_time=retry_seconds,
            # The driver would double its pauses, and sleep past the end of that time in the last.
            initial_retry_delay=_PAUSE,
            retry_delay_multiplier=1.0,
            connection_acquisition_timeout=RETRY_SECONDS,
            # An empty graph has none of our labels yet, and some queries have to read it all.
            notifications_disabled_classifications=["UNRECOGNIZED", "PERFORMANCE", "HINT"],
            user_agent="playbill",
        )
    except (ConfigurationError, ValueError) as error:
        raise BadInput(
            f"PLAYBILL_NEO4J_URI is {uri!r}: {_first_line(error)} {_URI_FORM}"
        ) from error
    with driver:
        with _in_our_words(uri, logs):
            driver.verify_connectivity()
        yield Store(driver, uri=uri, database=database, retry_seconds=retry_seconds, logs=logs)


def _all_records(
    transaction: neo4j.ManagedTransaction, query: str, /, **params: object
) -> list[neo4j.Record]:
    return list(transaction.run(cast(LiteralString, query), params))


def _committed(session: neo4j.Session, work: Callable[[Run], T], retry_seconds: float) -> T:
    """The driver does not retry a commit whose answer was lost, for it may have happened. Our
    writes are idempotent, so we do."""
    give_up = time.monotonic() + retry_seconds
    while True:
        try:
            return session.execute_write(lambda within: work(partial(_all_records, within)))
        except IncompleteCommit:
            if time.monotonic() > give_up:
                raise


@contextlib.contextmanager
def _in_our_words(uri: str, logs: Path | None) -> Generator[None]:
    try:
        yield
    except (Neo4jError, DriverError, OSError) as error:
        if said := _told(error, uri, logs):
            raise said from error
        raise


def _told(error: Exception, uri: str, logs: Path | None) -> PlaybillError | None:
    """None where Neo4j objects to our own Cypher."""
    code = getattr(error, "code", None) or ""
    if isinstance(error, AuthError):
        return Neo4jRefusedLogin(
            f"Neo4j at {uri} refused the login: {_first_line(error)} Check PLAYBILL_NEO4J_USER and "
            "PLAYBILL_NEO4J_PASSWORD."
        )
    if isinstance(error, Forbidden | ForbiddenOnReadOnlyDatabase) or ".Security." in code:
        return Neo4jRefusedLogin(
            f"Neo4j at {uri} lets the user of PLAYBILL_NEO4J_USER in, but refuses this: "
            f"{_said(error)} Give that user the right to it, or name another."
        )
    if code == "Neo.ClientError.Database.DatabaseNotFound":
        return BadInput(f"{_first_line(error)} Set PLAYBILL_NEO4J_DATABASE to one that {uri} has.")
    if isinstance(error, ClientError):
        return None
    if isinstance(error, DatabaseError):
        return Neo4jUnavailable(
            f"Neo4j at {uri} failed: {_said(error)} Its logs{f' in {logs}' if logs else ''} say "
            "more. Mend that and run the command again."
        )
    return Neo4jUnavailable(
        f"Neo4j at {uri} cannot be reached, or went away: {_first_line(error)} "
        "See that it runs (`playbill neo4j status`, or PLAYBILL_NEO4J_URI) and run the command "
        "again: what was written stays, and nothing is written twice."
    )


def _said(error: Exception) -> str:
    """All that Neo4j said, without its code, on one line."""
    message = getattr(error, "message", None) or str(error)
    return " ".join(message.split()).rstrip(" .:") + "."


def _first_line(error: Exception) -> str:
    """What Neo4j or the driver said, without its code, as one sentence."""
    said = getattr(error, "message", None) or str(error) or type(error).__name__
    return said.splitlines()[0].rstrip(" .:") + "."
