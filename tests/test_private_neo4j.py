"""The private Neo4j, started, killed and started again as people do."""

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from graph import neo4j_home, neo4j_jars, private_neo4j
from graph.store import Store, connected, opened
from playbill.errors import BadInput, Neo4jRefusedLogin, Neo4jUnavailable, PortInUse
from playbill.settings import Settings


@pytest.fixture
def settings(tmp_path: Path):
    """An own home, stopped afterwards."""
    chosen = Settings(data_dir=tmp_path / "data dir", neo4j_uri=None, neo4j_port=0)
    yield chosen
    private_neo4j.stop(chosen)


def test_two_starts_at_once_make_one_and_it_survives_a_kill(settings: Settings) -> None:
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda _: private_neo4j.start(settings), range(2))
    assert first == second == private_neo4j.status(settings)
    assert neo4j_home.password_file(settings).stat().st_mode & 0o777 == 0o600
    assert first.password not in repr(first)
    loopback = {c.laddr.ip for c in psutil.Process(first.pid).net_connections() if not c.raddr}
    assert loopback <= {"127.0.0.1", "::ffff:127.0.0.1"}

    with connected(first.uri, first.user, first.password) as store:
        store.write("CREATE (:User {id: 'kept'})")
    os.kill(first.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(first.pid)] if psutil.pid_exists(first.pid) else [], 10)
    assert private_neo4j.status(settings) is None

    again = private_neo4j.start(settings)
    assert (again.pid != first.pid, again.uri) == (True, first.uri)  # the address is kept
    with opened(settings) as store:
        assert store.read("MATCH (u:User) RETURN u.id AS id")[0]["id"] == "kept"
    assert private_neo4j.status(settings) == again  # started on purpose: opened leaves it alone
    assert private_neo4j.stop(settings)
    assert not psutil.pid_exists(again.pid) or _is_zombie(again.pid)
    assert not private_neo4j.stop(settings)


def test_opened_starts_and_the_last_to_leave_stops(settings: Settings) -> None:
    with opened(settings) as outer:
        with opened(settings) as inner:
            inner.write("CREATE (:User {id: 'u'})")
        assert outer.read("MATCH (u:User) RETURN count(u) AS n")[0]["n"] == 1
        assert private_neo4j.status(settings) is not None
    assert private_neo4j.status(settings) is None


def test_survives_the_process_that_started_it_and_a_kill_between_the_steps(
    settings: Settings,
) -> None:
    code = (
        "import sys, threading, os, time; from pathlib import Path\n"
        "from playbill.settings import Settings; from graph import private_neo4j\n"
        "s = Settings(data_dir=Path(sys.argv[1]), neo4j_uri=None, neo4j_port=0)\n"
        "def die():\n"
        "    while private_neo4j.status(s) is None: time.sleep(0.01)\n"
        "    os.kill(os.getpid(), 9)\n"
        "threading.Thread(target=die).start(); private_neo4j.start(s)\n"
    )
    died = subprocess.run([sys.executable, "-c", code, str(settings.data_dir)], check=False)
    assert died.returncode == -signal.SIGKILL
    orphan = private_neo4j.status(settings)
    assert orphan is not None
    assert private_neo4j.start(settings).pid == orphan.pid


def test_another_process_is_never_taken_for_neo4j(settings: Settings) -> None:
    neo4j_home.make_folders(settings)
    (settings.neo4j_home / "run" / "neo4j.pid").write_text(str(os.getpid()))
    assert private_neo4j.status(settings) is None
    assert not private_neo4j.stop(settings)


def test_port_in_use_is_named(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        asked = settings.model_copy(update={"neo4j_port": port})
        with pytest.raises(PortInUse, match=str(port)):
            private_neo4j.start(asked)


def test_a_port_that_it_does_not_run_on_is_refused(
    neo4j_settings: Settings,
    store: Store,  # noqa: ARG001 (runs it)
) -> None:
    running = private_neo4j.start(neo4j_settings)
    port = int(running.uri.rpartition(":")[2])
    asked = neo4j_settings.model_copy(update={"neo4j_port": port + 1})
    with pytest.raises(BadInput, match=rf"{running.uri} and not on port {port + 1}.*neo4j stop"):
        private_neo4j.start(asked)
    same = neo4j_settings.model_copy(update={"neo4j_port": port})
    assert private_neo4j.start(same) == running


def test_what_neo4j_said_is_quoted_when_it_does_not_start(settings: Settings) -> None:
    neo4j_home.make_folders(settings)
    (settings.neo4j_home / "data" / "databases").write_text("a file where Neo4j wants a folder")
    neo4j_home.password_file(settings).write_text("secret-secret")
    with pytest.raises(Neo4jUnavailable, match="databases") as caught:
        private_neo4j.start(settings)
    assert str(settings.neo4j_home / "logs") in str(caught.value)


def test_a_lost_password_is_explained(settings: Settings) -> None:
    neo4j_home.make_folders(settings)
    (settings.neo4j_home / "data" / "databases").mkdir()
    with pytest.raises(Neo4jRefusedLogin, match="password"):
        private_neo4j.start(settings)


def test_a_damaged_jar_is_fetched_again_and_no_other(tmp_path: Path) -> None:
    cache, said = tmp_path / "cache", []
    coordinates = (
        "org.reactivestreams:reactive-streams:1.0.4",
        "org.neo4j.driver:neo4j-java-driver:5.28.9",
    )
    jars = neo4j_jars.resolved(coordinates, cache, name="two", progress=said.append)
    assert len(said) == 1
    assert neo4j_jars.resolved(coordinates, cache, name="two", progress=said.append) == jars
    assert len(said) == 1  # remembered: nothing was resolved
    whole, untouched = jars[0].read_bytes(), jars[1].stat().st_mtime_ns
    jars[0].write_bytes(whole[:100])
    assert neo4j_jars.resolved(coordinates, cache, name="two", progress=said.append) == jars
    assert (jars[0].read_bytes(), jars[1].stat().st_mtime_ns) == (whole, untouched)
    jars[0].unlink()
    assert neo4j_jars.resolved(coordinates, cache, name="two", progress=said.append) == jars
    assert not list(cache.rglob(".arriving-*"))


def _is_zombie(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
