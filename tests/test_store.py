"""The store against a real Neo4j, and against one that goes away."""

import os
import signal
import time

import neo4j
import psutil
import pytest

from graph import private_neo4j, schema
from graph.store import Store, connected, opened
from playbill.errors import BadInput, Neo4jRefusedLogin, Neo4jUnavailable
from playbill.settings import Settings

MERGE_USERS = "UNWIND $rows AS row MERGE (:User {id: row.id})"
COUNT_USERS = "MATCH (u:User) RETURN count(u) AS n"


def test_rows_land_in_batches_and_only_once(store: Store) -> None:
    rows, heard = [{"id": f"u{i}"} for i in range(2500)], []
    for _ in range(2):
        heard.clear()
        assert (
            store.write_batches(MERGE_USERS, iter(rows), size=1000, progress=heard.append) == 2500
        )
        assert heard == [1000, 2000, 2500]
    assert store.read(COUNT_USERS)[0]["n"] == 2500
    streamed = [r["id"] for r in store.stream("MATCH (u:User) RETURN u.id AS id")]
    assert sorted(streamed) == sorted(row["id"] for row in rows)
    assert store.write_batches("MERGE (:User {id: row.id})", [{"id": "one more"}]) == 1
    assert store.write_batches(MERGE_USERS, []) == 0
    assert store.read(COUNT_USERS)[0]["n"] == 2501


@pytest.mark.parametrize(
    "id", ["it's", 'a "b"', "two\nlines", "\\u0027}) DETACH DELETE n //", "🎬"]
)
def test_ids_of_any_shape_come_back_as_they_went(store: Store, id: str) -> None:
    store.write("CREATE (:User {id: $id})", id=id)
    assert [r["id"] for r in store.read("MATCH (u:User {id: $id}) RETURN u.id AS id", id=id)] == [
        id
    ]
    assert [r["id"] for r in store.stream("MATCH (u:User) RETURN u.id AS id")] == [id]


def test_schema_is_complete_repeatable_and_versioned(store: Store) -> None:
    store.ensure_schema()
    indexes = store.read("SHOW INDEXES YIELD name, type, state, labelsOrTypes")
    assert {i["state"] for i in indexes} == {"ONLINE"}
    assert "VECTOR" in {i["type"] for i in indexes if i["labelsOrTypes"] == ["Title"]}
    constraints = store.read("SHOW CONSTRAINTS YIELD labelsOrTypes, properties")
    keyed = {c["labelsOrTypes"][0] for c in constraints if c["properties"] == ["id"]}
    assert keyed == {node.label for node in schema.NODES}
    version = store.read("MATCH (s:Schema {id: 'playbill'}) RETURN s.version AS version")
    assert [v["version"] for v in version] == [schema.VERSION]

    store.write("MATCH (s:Schema) SET s.version = s.version + 1")
    with pytest.raises(BadInput, match=rf"(?s)version {schema.VERSION + 1}.*Upgrade"):
        store.ensure_schema()


def test_a_wrong_password_is_refused_in_our_words(neo4j_settings: Settings, store: Store) -> None:
    running = private_neo4j.start(neo4j_settings)
    own = neo4j_settings.model_copy(update={"neo4j_uri": running.uri, "neo4j_password": None})
    with pytest.raises(Neo4jRefusedLogin, match="PLAYBILL_NEO4J_PASSWORD"), opened(own):
        pass
    assert store.read("RETURN 1 AS one")[0]["one"] == 1  # the right one still enters


def test_own_neo4j_is_used_and_left_running(neo4j_settings: Settings, store: Store) -> None:
    store.write("CREATE (:User {id: 'mine'})")
    running = private_neo4j.start(neo4j_settings)
    own = Settings(
        data_dir=neo4j_settings.data_dir / "elsewhere",
        neo4j_uri=running.uri,
        neo4j_password=running.password,
    )
    with opened(own) as mine:
        assert mine.read(COUNT_USERS)[0]["n"] == 1
    assert private_neo4j.status(neo4j_settings) == running
    with (
        pytest.raises(BadInput, match="PLAYBILL_NEO4J_DATABASE"),
        opened(own.model_copy(update={"neo4j_database": "nosuch"})) as wrong,
    ):
        wrong.read(COUNT_USERS)


@pytest.mark.parametrize(
    ("uri", "error"), [("http://localhost", BadInput), ("bolt://127.0.0.1:1", Neo4jUnavailable)]
)
def test_an_address_without_neo4j_is_named(
    neo4j_settings: Settings, uri: str, error: type[Exception]
) -> None:
    own = neo4j_settings.model_copy(update={"neo4j_uri": uri})
    with pytest.raises(error, match=uri), opened(own):
        pass


def test_a_missing_right_and_a_failure_of_neo4j_are_told_and_a_defect_is_not(
    neo4j_settings: Settings, store: Store
) -> None:
    running = private_neo4j.start(neo4j_settings)
    with connected(running.uri, running.user, running.password, database="system") as system:
        # Without the enterprise edition's roles, the one account that may not read.
        system.write("CREATE USER new IF NOT EXISTS SET PLAINTEXT PASSWORD 'changed-first'")
    with (
        connected(running.uri, "new", "changed-first") as limited,
        pytest.raises(Neo4jRefusedLogin, match=r"ACCESS on database.*must be changed"),
    ):
        limited.read(COUNT_USERS)

    store.write("UNWIND [1, 1] AS id CREATE (:Twice {id: id})")
    unique = "CREATE CONSTRAINT twice FOR (n:Twice) REQUIRE n.id IS UNIQUE"
    with (
        opened(neo4j_settings) as private,
        pytest.raises(Neo4jUnavailable, match=r"(?s)Both Node.*logs in .*/logs say"),
    ):
        private.write(unique)
    with pytest.raises(Neo4jUnavailable, match=r"Its logs say more"):
        store.write(unique)
    with pytest.raises(neo4j.exceptions.CypherSyntaxError):
        store.read("MATCH (n RETURN n")


def test_errors_of_the_rows_themselves_pass_as_they_are(store: Store) -> None:
    def rows():
        yield {"id": "u1"}
        raise OSError("the file of rows broke")

    with pytest.raises(OSError, match="file of rows"):
        store.write_batches(MERGE_USERS, rows(), size=1)
    assert store.read(COUNT_USERS)[0]["n"] == 1


def test_a_write_goes_on_over_a_restart(neo4j_settings: Settings, store: Store) -> None:
    """Killed in the middle and started again: the connections of before are found to be dead."""
    killed = private_neo4j.start(neo4j_settings)

    def restart(written: int) -> None:
        if written == 3000:
            os.kill(killed.pid, signal.SIGKILL)
            psutil.wait_procs([psutil.Process(killed.pid)])
            private_neo4j.start(neo4j_settings)

    rows = [{"id": f"u{i}"} for i in range(10_000)]
    assert store.write_batches(MERGE_USERS, rows, size=1000, progress=restart) == 10_000
    assert store.read(COUNT_USERS)[0]["n"] == 10_000


def test_stopped_mid_write_says_so_and_is_resumed(
    neo4j_settings: Settings,
    store: Store,  # noqa: ARG001 (empties the graph)
) -> None:
    def stop(written: int) -> None:
        if written == 2000:
            private_neo4j.stop(neo4j_settings)
            stopped.append(time.monotonic())

    rows, stopped = [{"id": f"u{i}"} for i in range(5000)], []
    running = private_neo4j.start(neo4j_settings)
    with (
        connected(running.uri, running.user, running.password, retry_seconds=4.0) as cut_off,
        pytest.raises(Neo4jUnavailable, match="run the command again"),
    ):
        cut_off.write_batches(MERGE_USERS, rows, size=1000, progress=stop)
    assert 4 < time.monotonic() - stopped[0] < 5.5  # the driver by itself would take 7
    running = private_neo4j.start(neo4j_settings)
    with connected(running.uri, running.user, running.password) as resumed:
        assert resumed.read(COUNT_USERS)[0]["n"] == 2000
        resumed.write_batches(MERGE_USERS, rows)
        assert resumed.read(COUNT_USERS)[0]["n"] == 5000
