"""Records out of .jsonl, .csv and .parquet files: each is a value or a refusal with its line."""

import csv
import io
from collections.abc import Callable, Iterator
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
        elif line.strip():
            yield number, _checked(path, number, adapter.validate_json, line)


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
        rows = _rows(path, text)
        _, first = next(rows, (1, []))
        header = [] if isinstance(first, Refusal) else [name.strip() for name in first]
        _check_columns(path, header, model)
        for number, row in rows:
            if isinstance(row, Refusal):
                yield number, row
            elif len(row) == len(header):
                given = {name: cell for name, cell in zip(header, row, strict=True) if cell}
                yield number, _checked(path, number, adapter.validate_python, given)
            elif row:
                reason = f"has {len(row)} fields instead of {len(header)}"
                yield number, Refusal(path.name, number, reason)


def _rows(path: Path, text: io.TextIOWrapper) -> Iterator[tuple[int, list[str] | Refusal]]:
    """With the line each row begins on, for a quoted field may hold newlines."""
    reader = csv.reader(text)
    while True:
        number = reader.line_num + 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = f"{error} (is a quote not closed?); skipped up to line {reader.line_num}"
            yield number, Refusal(path.name, number, reason)


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
