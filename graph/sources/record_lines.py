"""Records out of .jsonl, .csv and .parquet files: each is a value or a refusal with its line."""

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet
from pydantic import BaseModel, TypeAdapter, ValidationError

from graph.sources.refusal import Refusal, in_plain_words
from playbill.errors import BadInput

Record = TypeVar("Record", bound=BaseModel)
Lines = Iterator[tuple[int, Record | Refusal]]

LONGEST_LINE = 8 << 20  # bytes; a title with ten thousand actors takes 200 KB
_JSONL = (".jsonl", ".ndjson")


def jsonl(path: Path, adapter: TypeAdapter[Record]) -> Lines[Record]:
    """Raises BadInput where the file cannot be read."""
    for number, line in _numbered(path):
        if isinstance(line, Refusal):
            yield number, line
        elif told := line.rstrip():  # else JSON that ends too soon ends in the next line
            yield number, _checked(path, number, adapter.validate_json, told)


def table(path: Path, adapter: TypeAdapter[Record], model: type[Record]) -> Lines[Record]:
    """By the file's suffix. Line numbers count a csv's header; of parquet they are rows.

    Raises BadInput where the file cannot be read or its columns are other ones.
    """
    if path.suffix in _JSONL:
        return jsonl(path, adapter)
    if path.suffix == ".csv":
        return _csv(path, adapter, model)
    if path.suffix == ".parquet":
        return _parquet(path, adapter, model)
    raise BadInput(f"{path} must be a .jsonl, .csv or .parquet file; its suffix says what it is.")


def _checked(path: Path, number: int, validate: Callable, value: object) -> Record | Refusal:
    try:
        return validate(value)
    except ValidationError as error:
        return Refusal(path.name, number, in_plain_words(error))


def _numbered(path: Path) -> Iterator[tuple[int, bytes | Refusal]]:
    """Lines end at a newline and nowhere else: ids may hold any other separator."""
    with _file(path) as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            whole = line.endswith(b"\n") or len(line) < LONGEST_LINE
            if not whole:
                while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                    pass
                yield number, Refusal(path.name, number, f"is longer than {LONGEST_LINE} bytes")
            elif broken := _not_utf8(line):
                yield number, Refusal(path.name, number, broken)
            else:
                yield number, line


def _not_utf8(line: bytes) -> str | None:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return f"is not valid UTF-8 at byte {error.start + 1}"
    return None


def _file(path: Path) -> io.BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error


def _csv(path: Path, adapter: TypeAdapter[Record], model: type[Record]) -> Lines[Record]:
    # Bytes that are not UTF-8 become lone surrogates, which pydantic refuses line by line.
    with io.TextIOWrapper(_file(path), "utf-8-sig", "surrogateescape", newline="") as text:
        lines = _Lines(text)
        reader = csv.reader(lines, strict=True)
        first = _fields(path, lines.next_record(), reader)
        if isinstance(first, Refusal):
            raise BadInput(f"{path}, line 1: {first.reason}.")
        header = [name.strip() for name in first or ()]
        if any("\udc80" <= letter <= "\udcff" for name in header for letter in name):
            raise BadInput(f"{path} is not UTF-8 text; save it as that.")
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            raise BadInput(f"{path} begins with {header[0]!r}: put commas between its columns.")
        _check_columns(path, header, model)
        while (fields := _fields(path, number := lines.next_record(), reader)) is not None:
            if not fields:  # an empty line
                continue
            found = _record(path, number, adapter, header, fields)
            if isinstance(found, Refusal) and lines.read_again():
                found = replace(found, reason=f"{found.reason} (is a quote not closed?)")
            yield number, found


def _record(
    path: Path, number: int, adapter: TypeAdapter[Record], header: list[str],
    fields: list[str] | Refusal,
) -> Record | Refusal:  # fmt: skip
    if isinstance(fields, Refusal):
        return fields
    if len(fields) != len(header):
        return Refusal(path.name, number, f"has {len(fields)} fields instead of {len(header)}")
    given = {name: cell for name, cell in zip(header, fields, strict=True) if cell}
    return _checked(path, number, adapter.validate_python, given)


def _fields(path: Path, number: int, reader: Iterator[list[str]]) -> list[str] | Refusal | None:
    """Of the next record; None at the end of the file."""
    try:
        return next(reader)
    except StopIteration:
        return None
    except csv.Error as error:
        return Refusal(path.name, number, f"is not CSV: {error}")


class _Lines:
    """The physical lines of a file. A quoted field may hold newlines, and one whose quote was lost
    holds good records: when a record is refused, all but its first line are read again."""

    def __init__(self, text: Iterator[str]) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self._record: list[str] = []  # the lines of this record so far
        self._number = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self._record.append(line)
        return line

    def next_record(self) -> int:
        """Returns the number of its first line."""
        self._number += len(self._record)
        self._record = []
        return self._number

    def read_again(self) -> bool:
        """False where the record had one line only."""
        _, *rest = self._record
        self._again.extendleft(reversed(rest))
        self._record = self._record[:1]
        return bool(rest)


def _parquet(path: Path, adapter: TypeAdapter[Record], model: type[Record]) -> Lines[Record]:
    done = 0
    try:
        with _file(path) as file:
            parquet = pyarrow.parquet.ParquetFile(file)
            _check_columns(path, parquet.schema_arrow.names, model)
            for batch in parquet.iter_batches():
                for number, row in enumerate(_in_seconds(batch).to_pylist(), done + 1):
                    yield number, _checked(path, number, adapter.validate_python, row)
                done += len(batch)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(
            f"{path} is not a whole parquet file: {str(error).splitlines()[0]} Export it again."
        ) from error


def _in_seconds(batch: pa.RecordBatch) -> pa.Table:
    """Python's datetime has no nanoseconds, and we keep whole seconds."""
    whole = pa.Table.from_batches([batch])
    for i, field in enumerate(whole.schema):
        if pa.types.is_timestamp(field.type):
            seconds = pa.timestamp("s", field.type.tz)
            whole = whole.set_column(i, field.name, whole[i].cast(seconds, safe=False))
    return whole


def _check_columns(path: Path, columns: list[str], model: type[BaseModel]) -> None:
    fields = model.model_fields
    missing = [
        name for name, field in fields.items() if field.is_required() and name not in columns
    ]
    odd = [name for name in columns if name not in fields]
    if not columns:
        raise BadInput(f"{path} is empty. It must begin with a line of column names: {[*fields]}.")
    if missing or odd or len(set(columns)) < len(columns):
        raise BadInput(
            f"{path} has the columns {columns}. They must be among {[*fields]}, each once, and "
            f"user, title and at must be there."
        )
