"""Ratings by the million: blocks go through arrow, and only a block with a fault is read line by
line, so that each bad line still gets its number and reason."""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from graph.sources.refusal import Refusal
from playbill.errors import BadInput

_BLOCK = 16 << 20  # bytes: large enough for arrow to be fast, small beside the columns of 32M
_LATEST = 253402300799  # the last second of the year 9999, as in graph.schema.Seconds
_COLUMNS = ("user", "title", "rating", "timestamp")


@dataclass(frozen=True)
class Format:
    """How a layout writes a rating. `header` is None where its file has none."""

    separator: str
    header: str | None = None


@dataclass(frozen=True)
class Block:
    """Some lines of a file, in its order. All [n]."""

    user: NDArray[np.int64]
    title: NDArray[np.int64]
    stars: NDArray[np.float32]
    at: NDArray[np.int64]
    line: NDArray[np.int64]


def blocks(
    stream: IO[bytes], format: Format, *, file: str, refused: list[Refusal], size: int = _BLOCK
) -> Iterator[Block]:
    """The ratings of a file, `size` bytes of it at a time; what is wrong goes to `refused`.

    Raises BadInput where the header is another one.
    """
    line = 1
    if format.header is not None:
        _check_header(stream.readline(), format.header, file)
        line = 2
    while content := stream.read(size):
        content += stream.readline()
        lines = content.count(b"\n") + (not content.endswith(b"\n"))
        block = _fast(content, format, first=line, lines=lines)
        yield block or _slow(content, format, first=line, file=file, refused=refused)
        line += lines


def _check_header(line: bytes, expected: str, file: str) -> None:
    found = line.decode("utf-8-sig", errors="replace").strip().replace('"', "")
    if found != expected:
        raise BadInput(
            f"{file} begins with {found[:200]!r} instead of {expected!r}, so it is not MovieLens' "
            "file of ratings. Give the folder or the zip as GroupLens ships it."
        )


def _fast(content: bytes, format: Format, *, first: int, lines: int) -> Block | None:
    """None where anything at all is odd."""
    separator = format.separator
    if len(separator) > 1:
        content, separator = content.replace(separator.encode(), b"\t"), "\t"
    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(content),
            read_options=pyarrow.csv.ReadOptions(column_names=list(_COLUMNS)),
            parse_options=pyarrow.csv.ParseOptions(delimiter=separator),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(_COLUMNS[:2], pa.int64())
                | dict.fromkeys(_COLUMNS[2:], pa.float64()),
                null_values=[],
            ),
        )
    except pa.ArrowInvalid:
        return None
    user, title, stars, at = (column.to_numpy() for column in table.columns)
    in_range = (stars >= 0.5) & (stars <= 5) & (at >= 0) & (at <= _LATEST)
    if len(user) != lines or not in_range.all():  # an empty line shifts the numbers of the rest
        return None
    numbers = np.arange(first, first + lines)
    return Block(user, title, stars.astype(np.float32), at.astype(np.int64), numbers)


def _slow(
    content: bytes, format: Format, *, first: int, file: str, refused: list[Refusal]
) -> Block:
    rows = []
    for number, line in enumerate(content.split(b"\n"), first):
        text = line.decode("latin-1").strip()
        if not text:
            continue
        try:
            rows.append((*_rating(text, format.separator), number))
        except ValueError as error:
            refused.append(Refusal(file, number, str(error)))
    user, title, stars, at, numbers = zip(*rows, strict=True) if rows else ([],) * 5
    return Block(
        np.array(user, np.int64), np.array(title, np.int64), np.array(stars, np.float32),
        np.array(at, np.int64), np.array(numbers, np.int64),
    )  # fmt: skip


def _rating(text: str, separator: str) -> tuple[int, int, float, int]:
    """Raises ValueError whose message is the reason."""
    quoted = separator == "," and '"' in text
    fields = next(csv.reader([text])) if quoted else text.split(separator)
    if len(fields) != len(_COLUMNS):
        raise ValueError(f"has {len(fields)} fields instead of 4: {text[:80]!r}")
    user, title = _whole("user", fields[0]), _whole("title", fields[1])
    stars = _number("rating", fields[2])
    if not 0.5 <= stars <= 5:
        raise ValueError(f"rating must be between 0.5 and 5, got {fields[2]!r}")
    at = _number("timestamp", fields[3])
    if not 0 <= at <= _LATEST:
        raise ValueError(f"timestamp must be seconds since 1970, got {fields[3]!r}")
    return user, title, stars, int(at)


def _whole(name: str, text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.lstrip("-").isdigit() and len(text) < 19):
        raise ValueError(f"{name} must be a whole number, got {text!r}")
    return int(text)


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name} must be a number, got {text!r}")
    return number
