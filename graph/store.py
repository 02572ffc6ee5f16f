"""The one way to Neo4j: reads, streams and retried writes, with its errors said in our words."""

import contextlib
import itertools
import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import LiteralString, cast

import neo4j
from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConfigurationError,
    DriverError,
    IncompleteCommit,
    TransientError,
)

from graph import private_neo4j, schema
from playbill.errors import BadInput, Neo4jRefusedLogin, Neo4jUnavailable
from playbill.settings import Settings

# No try begins later than this: long enough for a restart of Neo4j, short enough for a person.
RETRY_SECONDS = 15.0
_URI_FORM = "Write it as bolt://host:7687 or neo4j+s://host."
_FETCH = 10_000  # records a round trip where all of a large result is wanted

# The driver logs each try of a retried transaction; we raise once they are used up.
logging.getLogger("neo4j").setLevel(logging.ERROR)


class Store:
    """One Neo4j database. Not to be shared between threads while it writes.

    Every method raises Neo4jUnavailable where Neo4j is away for longer than RETRY_SECONDS, and
    Neo4jRefusedLogin where it refuses the password. Writes are tried again after a lost answer, so
    each must be idempotent.
    """

    def __init__(self, driver: neo4j.Driver, *, uri: str, database: str = "neo4j") -> None:
        self._driver, self._uri, self._database = driver, uri, database
        # One bookmark chain: on a cluster, each read sees the writes before it.
        self._bookmarks = neo4j.GraphDatabase.bookmark_manager()

    def read(self, query: str, /, **params: object) -> list[neo4j.Record]:
        """All records of a reading query; a write in it is refused."""
        with _in_our_words(self._uri), self._session(neo4j.READ_ACCESS) as session:
            return session.execute_read(_all_records, query, params)

    def stream(self, query: str, /, **params: object) -> Iterator[neo4j.Record]:
        """The records of a large result, a few thousand in memory at a time. Not retried."""
        with _in_our_words(self._uri), self._session(neo4j.READ_ACCESS, fetch=_FETCH) as session:
            yield from session.run(cast(LiteralString, query), params)

    def write(self, query: str, /, **params: object) -> list[neo4j.Record]:
        """All records of a writing query, committed before this returns."""
        with _in_our_words(self._uri), self._session(neo4j.WRITE_ACCESS) as session:
            return _committed(session, query, params)

    def write_batches(
        self,
        query: str,
        rows: Iterable[dict],
        *,
        size: int = 10_000,
        progress: Callable[[int], None] | None = None,
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
                with _in_our_words(self._uri):  # errors of `rows` itself pass as they are
                    _committed(session, query, {"rows": batch})
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
                "MERGE (s:Schema {id: 'playbill'}) SET s.version = $version",
                version=schema.VERSION,
            )

    def close(self) -> None:
        self._driver.close()

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
            database = settings.neo4j_database
        else:
            private = private_neo4j.borrowed(settings, progress=progress or (lambda _: None))
            running = stack.enter_context(private)
            uri, user, password = running.uri, running.user, running.password
            database = "neo4j"
        yield stack.enter_context(connected(uri, user, password, database=database))


@contextlib.contextmanager
def connected(uri: str, user: str, password: str, *, database: str = "neo4j") -> Generator[Store]:
    """A Store on a Neo4j that runs already. Raises as `Store` does, BadInput on a malformed URI."""
    if not uri.startswith(("bolt", "neo4j")):
        raise BadInput(f"PLAYBILL_NEO4J_URI is {uri!r}: {_URI_FORM}")
    try:
        driver = neo4j.GraphDatabase.driver(
            uri,
            auth=(user, password),
            connection_timeout=5.0,
            max_transaction_retry_time=RETRY_SECONDS,
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
        with _in_our_words(uri):
            driver.verify_connectivity()
        yield Store(driver, uri=uri, database=database)


def _all_records(
    transaction: neo4j.ManagedTransaction, query: str, params: dict
) -> list[neo4j.Record]:
    return list(transaction.run(cast(LiteralString, query), params))


def _committed(session: neo4j.Session, query: str, params: dict) -> list[neo4j.Record]:
    """The driver does not retry a commit whose answer was lost, for it may have happened. Our
    writes are idempotent, so we do."""
    give_up = time.monotonic() + RETRY_SECONDS
    while True:
        try:
            return session.execute_write(_all_records, query, params)
        except IncompleteCommit:
            if time.monotonic() > give_up:
                raise


@contextlib.contextmanager
def _in_our_words(uri: str) -> Generator[None]:
    try:
        yield
    except AuthError as error:
        raise Neo4jRefusedLogin(
            f"Neo4j at {uri} refused the login: {_first_line(error)} Check PLAYBILL_NEO4J_USER and "
            "PLAYBILL_NEO4J_PASSWORD."
        ) from error
    except ClientError as error:
        if error.code != "Neo.ClientError.Database.DatabaseNotFound":
            raise
        raise BadInput(
            f"{_first_line(error)} Set PLAYBILL_NEO4J_DATABASE to one that {uri} has."
        ) from error
    except (DriverError, TransientError, OSError) as error:
        raise Neo4jUnavailable(
            f"Neo4j at {uri} cannot be reached, or went away: {_first_line(error)} "
            "See that it runs (`playbill neo4j status`, or PLAYBILL_NEO4J_URI) and run the command "
            "again: what was written stays, and nothing is written twice."
        ) from error


def _first_line(error: Exception) -> str:
    """What Neo4j or the driver said, without its code, as one sentence."""
    said = getattr(error, "message", None) or str(error) or type(error).__name__
    return said.splitlines()[0].rstrip(" .:") + "."
