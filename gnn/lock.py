"""One refresh at a time. The lock is the kernel's, so it is gone when its holder is, however it
died; the text in the file only says who holds it."""

import errno
import fcntl
import json
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from playbill.errors import Locked


@contextmanager
def lock(path: Path, *, now: int) -> Generator[None]:
    """Holds the lock while the block runs. Raises Locked, saying who has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            raise Locked(
                f"Another refresh is running: {_holder(path)}. Wait for it, or end it; the lock "
                f"({path}) goes with it."
            ) from None
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": now}))
        file.flush()
        yield


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text())
        since = datetime.fromtimestamp(holder["since"], UTC).isoformat(sep=" ", timespec="seconds")
        return f"process {holder['pid']} on {holder['host']}, since {since}"
    except (ValueError, KeyError, TypeError):
        return "it has only just begun"
