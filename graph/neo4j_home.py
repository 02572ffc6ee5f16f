"""The directory of the private Neo4j: its folders, port, password and configuration."""

import contextlib
import hashlib
import os
import secrets
import socket
from pathlib import Path

from playbill import disk
from playbill.errors import Neo4jRefusedLogin, PortInUse
from playbill.settings import Settings

USER = "neo4j"
_FOLDERS = ("conf", "data", "import", "licenses", "logs", "plugins", "run")


def make_folders(settings: Settings) -> None:
    """Raises NoSpace or BadInput where they cannot be made."""
    with disk.writing(settings.neo4j_home):
        for folder in _FOLDERS:
            (settings.neo4j_home / folder).mkdir(parents=True, exist_ok=True)


def logs(settings: Settings) -> Path:
    return settings.neo4j_home / "logs"


def password_file(settings: Settings) -> Path:
    return settings.neo4j_home / "password"


def password(settings: Settings) -> str:
    try:
        return password_file(settings).read_text()
    except FileNotFoundError:
        raise Neo4jRefusedLogin(
            f"{password_file(settings)} is gone, and with it the password of the private Neo4j. "
            f"Put it back, or stop Neo4j, remove {settings.neo4j_home} and import again."
        ) from None


def holds_graph(settings: Settings) -> bool:
    """Whether a private Neo4j was ever started here."""
    return (settings.neo4j_home / "data" / "databases").exists()


def write_password(settings: Settings) -> None:
    """Before the first start, in Neo4j's own auth.ini, so that its well-known default password
    never opens anything. Neo4j reads it while its system database has no users, so each step may
    be cut short and run again."""
    home = settings.neo4j_home
    if not password_file(settings).exists() and not holds_graph(settings):
        _write_private(password_file(settings), secrets.token_urlsafe(24))
    secret = password(settings)
    salt = secrets.token_bytes(32)
    digest = hashlib.sha256(salt + secret.encode()).digest()
    for _ in range(1023):
        digest = hashlib.sha256(digest).digest()
    with disk.writing(home):
        (home / "data" / "dbms").mkdir(exist_ok=True)
    line = f"{USER}:SHA-256,{digest.hex().upper()},{salt.hex().upper()},1024:\n"
    _write_private(home / "data" / "dbms" / "auth.ini", line)


def _write_private(path: Path, text: str) -> None:
    beside = path.with_suffix(".part")
    with disk.writing(path):
        beside.unlink(missing_ok=True)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)


def choose_port(settings: Settings) -> int:
    """The port asked for, else the one of the last time, else a free one."""
    configured = settings.neo4j_home / "conf" / "port"
    if settings.neo4j_port:
        _bound(settings.neo4j_port)
        return settings.neo4j_port
    with contextlib.suppress(OSError, ValueError, PortInUse):  # analysts bookmark the address
        return _bound(int(configured.read_text()))
    port = _bound(0)
    with disk.writing(configured):
        configured.write_text(str(port))
    return port


def _bound(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortInUse(
                f"Cannot start Neo4j on port {port}: {error.strerror}. Stop what listens there, or "
                "set PLAYBILL_NEO4J_PORT to another (0 chooses a free one)."
            ) from error
        return probe.getsockname()[1]


def write_configuration(settings: Settings, port: int) -> None:
    file = settings.neo4j_home / "conf" / "neo4j.conf"
    with disk.writing(file):
        file.write_text(
            f"""# Written by `playbill neo4j start` at each start: changes made here are lost.
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.default_listen_address=127.0.0.1
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=512m
# What a crash needs is kept; what a backup would need is not.
db.tx_log.rotation.retention_policy=256M size
db.tx_log.preallocate=false
dbms.usage_report.enabled=false
# Each is 5 seconds by default, and spent waiting for nobody.
internal.server.bolt.thread_pool_shutdown_wait_time=1s
internal.server.bolt.connection_shutdown_wait_time=1s
"""
        )
