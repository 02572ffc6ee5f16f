"""Tells, without a question to the event log, that a user has done nothing since one last looked.

A file beside the log, which every process that opens the log maps into its memory: a number for
each group of users, which becomes another whenever something of a user in the group was committed.
Whoever reads the number first and the log then may keep what they read while the number stays.
"""

import mmap
import os
import zlib
from collections.abc import Iterable
from pathlib import Path

GROUPS = 65_536  # of users; with so many a busy neighbour rarely rings for somebody else
WIDTH = 8  # bytes of a number, drawn by chance, so that none comes twice
SIZE = GROUPS * WIDTH


class Bells:
    def __init__(self, path: Path) -> None:
        """Raises OSError where the file cannot be made, opened or, on a full disk, given its
        size."""
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            os.posix_fallocate(file, 0, SIZE)  # or a full disk would end a process that rings
            self._numbers = mmap.mmap(file, SIZE)
        finally:
            os.close(file)

    def of(self, user: str) -> bytes:
        """The user's number."""
        at = _at(user)
        return self._numbers[at : at + WIDTH]

    def ring(self, users: Iterable[str]) -> None:
        for at in {_at(user) for user in users}:
            self._numbers[at : at + WIDTH] = os.urandom(WIDTH)

    def ring_all(self) -> None:
        self._numbers[:] = os.urandom(SIZE)

    def close(self) -> None:
        self._numbers.close()


def _at(user: str) -> int:
    return zlib.crc32(user.encode(errors="surrogatepass")) % GROUPS * WIDTH
