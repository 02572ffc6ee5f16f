"""Page tokens: what was shown so far, carried by the client.

They hold a CRC-32 for each id shown rather than a position, so that a list goes on without a repeat
after new events and after a new snapshot, on any worker. A token is bound to its call by `scope`
(who asked for what), which goes into its checksum and is not sent. It is a check against mistakes,
not against forgery: a forged token only hides titles from its own page.
"""

import base64
import binascii
import struct
import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

LONGEST = 1 << 20  # characters; a list of every title of a large catalogue stays below
Checks = NDArray[np.uint32]


def check(id: str) -> int:
    """The number that stands for an id inside a token."""
    return zlib.crc32(id.encode())


def checks(ids: Iterable[str]) -> Checks:
    return np.fromiter((check(id) for id in ids), np.uint32)


def encode(scope: str, *lists: Checks) -> str:
    """A token that carries some lists of numbers."""
    payload = struct.pack(f"<{len(lists)}I", *map(len, lists))
    payload += b"".join([numbers.astype("<u4", copy=False).tobytes() for numbers in lists])
    sealed = _seal(scope, payload) + payload
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def decode(scope: str, token: str, *, lists: int) -> list[Checks]:
    """The lists that `encode` was given; all empty for the empty token.

    Raises ValueError, in words fit for a field violation, for anything else.
    """
    if not token:
        return [np.zeros(0, np.uint32)] * lists
    try:
        sealed = base64.b64decode(_padded(token), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        sealed = b""
    payload = sealed[4:]
    if len(payload) < 4 * lists or len(payload) % 4 or sealed[:4] != _seal(scope, payload):
        raise ValueError("not a token this call gave out for this user; start without one")
    numbers = np.frombuffer(payload, "<u4").astype(np.uint32)
    ends = lists + np.cumsum(numbers[:lists], dtype=np.int64)
    if ends[-1] != len(numbers):
        raise ValueError("not a token this call gave out; start without one")
    return np.split(numbers[lists:], ends[:-1] - lists)


def _padded(token: str) -> str:
    if len(token) > LONGEST:
        raise ValueError("too long")
    return token + "=" * (-len(token) % 4)


def _seal(scope: str, payload: bytes) -> bytes:
    return zlib.crc32(payload, zlib.crc32(scope.encode())).to_bytes(4, "little")
