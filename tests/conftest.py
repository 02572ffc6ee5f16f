"""What the tests share: one private Neo4j a session, and an empty graph on it for each test."""

import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from graph import private_neo4j
from graph.store import Store, connected
from playbill.settings import Settings
from playbill.v1.playbill_service_pb2_grpc import PlaybillServiceStub
from tests import tastes
from tests.served import SHAPE, World
from tests.serving import serving
from tests.snapshots import build, publish

# How long an example takes says how busy the machine is; the benchmarks measure time.
hypothesis.settings.register_profile(
    "playbill", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("playbill")


@pytest.fixture(scope="session")
def neo4j_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings whose private Neo4j runs, in a data directory of this session alone."""
    # neo4j_uri said outright: the tests must never empty the graph of the developer's environment
    chosen = Settings(data_dir=tmp_path_factory.mktemp("playbill"), neo4j_uri=None, neo4j_port=0)
    private_neo4j.start(chosen)
    yield chosen
    private_neo4j.stop(chosen)


@pytest.fixture
def store(neo4j_settings: Settings) -> Iterator[Store]:
    """A Store on a graph with a schema and nothing else."""
    running = private_neo4j.start(neo4j_settings)  # a test before may have stopped or killed it
    with connected(running.uri, running.user, running.password) as opened:
        for what in ("MATCH ()-[e]->()", "MATCH (e)"):
            while opened.write(f"{what} WITH e LIMIT 20000 DELETE e RETURN count(*) AS n")[0]["n"]:
                pass
        opened.ensure_schema()
        yield opened


@pytest.fixture
def service(store: Store) -> Store:
    """A Store on the graph of a small service (`tests.tastes`)."""
    tastes.fill(store)
    return store


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a data directory of the test's own."""
    return Settings(data_dir=tmp_path)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running server, shared by all tests that leave it as they found it but for events."""
    data = tmp_path_factory.mktemp("served")
    built = build(SHAPE, now=int(time.time()))
    publish(built, data / "snapshots")
    with serving(data) as running:
        yield World(running, built, data)


@pytest.fixture
def stub(world: World) -> PlaybillServiceStub:
    return world.running.stub
