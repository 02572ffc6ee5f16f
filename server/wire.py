"""Serialised protobuf messages, put together from parts.

Two that stand one behind the other are their merge, and a field that holds a message is its tag,
its length and its bytes (https://protobuf.dev/programming-guides/encoding).
"""

from collections.abc import Iterable
from typing import Any

LENGTH_DELIMITED = 2  # the wire type of a field that holds a message
BITS = 7  # of a number in each byte; the eighth says that more follow


def repeated(message: Any, name: str, values: Iterable[bytes]) -> bytes:
    """The part of a message of this class in which the field `name`, one that holds messages, has
    these."""
    tag = number(message.DESCRIPTOR.fields_by_name[name].number << 3 | LENGTH_DELIMITED)
    return b"".join([part for value in values for part in (tag, number(len(value)), value)])


def number(value: int) -> bytes:
    """A number that is not negative, as a varint."""
    return VARINTS[value] if value < len(VARINTS) else _varint(value)


def _varint(value: int) -> bytes:
    more = (1 << BITS) - 1
    encoded = bytearray()
    while value > more:
        encoded.append(value & more | 1 << BITS)
        value >>= BITS
    encoded.append(value)
    return bytes(encoded)


VARINTS = [_varint(value) for value in range(1024)]
