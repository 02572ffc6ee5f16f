"""The three shapes a snapshot is made of: plain arrays, ragged lists, and strings."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ragged:
    """A list of lists of numbers: row i is `values[offsets[i]:offsets[i + 1]]`.

    offsets int64 [n + 1], values [total].
    """

    offsets: NDArray[np.int64]
    values: NDArray

    @classmethod
    def of(cls, rows: Sequence[Sequence | NDArray], dtype: type = np.int32) -> "Ragged":
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(row) for row in rows], out=offsets[1:])
        values = np.concatenate([np.asarray(row, dtype) for row in rows] or [np.zeros(0, dtype)])
        return cls(offsets, values.astype(dtype, copy=False))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> NDArray:
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.offsets)


@dataclass(frozen=True)
class Strings:
    """n strings as one block of UTF-8: string i is `utf8[offsets[i]:offsets[i + 1]]`.

    utf8 uint8 [total], offsets int64 [n + 1]. Read one at a time, so that a million of them cost a
    process nothing until they are asked for.
    """

    offsets: NDArray[np.int64]
    utf8: NDArray[np.uint8]

    @classmethod
    def of(cls, strings: Iterable[str]) -> "Strings":
        encoded = [text.encode() for text in strings]
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(text) for text in encoded], out=offsets[1:])
        return cls(offsets, np.frombuffer(b"".join(encoded), np.uint8))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> str:
        return self.bytes_at(row).decode()

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(len(self)))

    def bytes_at(self, row: int) -> bytes:
        return self.utf8[self.offsets[row] : self.offsets[row + 1]].tobytes()


@dataclass(frozen=True)
class Vocabulary:
    """Ids outside, rows inside: the one place that translates. Ids are distinct and in the order of
    their UTF-8 bytes, so that a row is found by bisection, without a table in memory."""

    ids: Strings

    @classmethod
    def of(cls, ids: Iterable[str]) -> "Vocabulary":
        return cls(Strings.of(sorted(set(ids), key=str.encode)))

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, row: int) -> str:
        return self.ids[row]

    def row(self, id: str) -> int | None:
        """The row of an id, or None where it is unknown."""
        wanted, low, high = id.encode(), 0, len(self.ids)
        while low < high:
            middle = (low + high) // 2
            if self.ids.bytes_at(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self.ids) and self.ids.bytes_at(low) == wanted else None

    def rows(self, ids: Iterable[str]) -> NDArray[np.int32]:
        """The rows of many ids, all of which are known; KeyError names the first that is not."""
        table = {id: row for row, id in enumerate(self.ids)}
        return np.fromiter((table[id] for id in ids), np.int32)

    def rows_in(self, other: "Vocabulary") -> NDArray[np.int32]:
        """[n] the row that each id has in another vocabulary, -1 where it is unknown there."""
        table = {id: row for row, id in enumerate(other.ids)}
        return np.fromiter((table.get(id, -1) for id in self.ids), np.int32, len(self))


def positions(ascending: NDArray, wanted: NDArray) -> NDArray[np.int64]:
    """[m] where each of `wanted` [m] stands among numbers that each come once, in ascending order;
    -1 where it does not."""
    if not len(ascending):
        return np.full(len(wanted), -1)
    at = np.searchsorted(ascending, wanted).clip(max=len(ascending) - 1)
    return np.where(ascending[at] == wanted, at, -1)
