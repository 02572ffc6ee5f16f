"""A line that an import does not take in, and why."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

SHOWN = 50  # refusals that a person is shown; with more, the file is of another kind
ALIKE = 3  # at most, of those, for one and the same reason
COUNTED = 10  # reasons of others that are told, with how many they are


@dataclass(frozen=True)
class Refusal:
    """`line` counts from 1, header and empty lines included; `reason` is for a person."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


def in_order(refused: Iterable[Refusal]) -> list[Refusal]:
    """As the files have them."""
    return sorted(refused, key=lambda refusal: (refusal.file, refusal.line))


def shown(refused: Iterable[Refusal]) -> list[str]:
    """The lines that a person is shown of them: the first few, and how many others there are."""
    times: Counter[str] = Counter()
    lines, others = [], Counter[str]()
    for refusal in in_order(refused):
        times[refusal.reason] += 1
        if times[refusal.reason] <= ALIKE and len(lines) < SHOWN:
            lines.append(str(refusal))
        else:
            others[refusal.reason] += 1
    counted = [(n, why) for why, n in others.most_common(COUNTED) if n > 1]
    lines += [f"{n:,} more: {why}" for n, why in counted]
    if rest := others.total() - sum(n for n, _ in counted):
        lines.append(f"and {rest:,} more")
    return lines


def in_plain_words(error: ValidationError) -> str:
    """What pydantic found, without its own vocabulary: `year: must be at least 1870, got 1492`."""
    return "; ".join(_sentence(fault) for fault in error.errors(include_url=False))


def _sentence(fault: Any) -> str:
    where = _where(fault["loc"])
    context = fault.get("ctx", {})
    if fault["type"] == "json_invalid":  # of one line, which has a number in its file
        context = {"error": str(context["error"]).replace(" line 1 column ", " byte ")}
    said = _WORDS.get(fault["type"], "{msg}").format(msg=_message(fault), **context)
    got = "" if fault["type"] in _WITHOUT_VALUE else f", got {_short(fault['input'])}"
    return f"{where}: {said}{got}" if where else f"{said}{got}"


def _where(loc: Sequence[int | str]) -> str:
    # pydantic begins with the member of a tagged union that it went into; the file has no such
    # thing.
    steps = loc[1:] if len(loc) > 1 and loc[0] in _TYPES else loc
    return ".".join(map(str, steps))


def _message(fault: Any) -> str:
    return fault["msg"].removeprefix("Value error, ").removesuffix(".")


def _short(value: object) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_TYPES = {"title", "genre", "tag", "person", "artwork", "user"}

_WITHOUT_VALUE = {"missing", "extra_forbidden", "json_invalid", "value_error", "string_unicode",
                  "union_tag_not_found", "union_tag_invalid"}  # fmt: skip

_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this record",
    "json_invalid": "is not JSON ({error})",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be empty",
    "string_too_long": "must be at most {max_length} characters",
    "string_type": "must be text",
    "string_unicode": "is not valid UTF-8",
    "string_pattern_mismatch": "must match {pattern}",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "literal_error": "must be one of {expected}",
    "tuple_type": "must be a list",
    "model_type": "must be an object with fields",
    "dict_type": "must be an object with fields",
    "union_tag_not_found": "type is missing; it says what the record is: title, genre, tag, "
    "person, artwork or user",
    "union_tag_invalid": "type {tag!r} is none of title, genre, tag, person, artwork and user",
}
