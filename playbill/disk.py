"""What the operating system says of a file or a disk, in our words."""

import contextlib
import errno
from collections.abc import Generator
from pathlib import Path

from playbill.errors import BadInput, NoSpace

_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (
    errno.EACCES, errno.EPERM, errno.EROFS,
    errno.ENOTDIR, errno.EEXIST, errno.EISDIR,  # a file where a folder is to be, or the reverse
)  # fmt: skip


def in_our_words(error: OSError, path: Path | None = None) -> NoSpace | BadInput | None:
    """None where it is neither a full disk nor a missing right. `path` stands in where
    `error` names no file, as that of a write does not."""
    where = error.filename or path
    if error.errno in _FULL:
        return NoSpace(
            f"The disk is full: {where or 'a file'} could not be written ({error.strerror}). Make "
            "room and run the command again."
        )
    if error.errno in _CLOSED and where:
        return BadInput(
            f"{where} cannot be used: {error.strerror}. Name another file or see to the rights "
            "there; PLAYBILL_DATA_DIR and PLAYBILL_CACHE_DIR say where Playbill keeps its own."
        )
    return None


@contextlib.contextmanager
def writing(path: Path) -> Generator[None]:
    """Around what writes `path` or below it. Raises NoSpace or BadInput in place of an OSError."""
    try:
        yield
    except OSError as error:
        if said := in_our_words(error, path):
            raise said from error
        raise
