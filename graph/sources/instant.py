"""Times as services write them, to whole seconds since 1970."""

import math
from datetime import UTC, date, datetime
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

_LATEST = 253402300799  # the last second of the year 9999
_AHEAD = 86_400  # seconds that an exporter's clock or time zone may be off


def seconds(value: object) -> int:
    """A datetime, ISO 8601 text or a number of seconds since 1970, fractions cut off. What has no
    offset is UTC. Raises ValueError."""
    if isinstance(value, datetime):
        return _since_1970(value)
    if isinstance(value, date):
        return _since_1970(datetime(value.year, value.month, value.day))
    number = _number(value)
    if number is None:
        try:
            return _since_1970(datetime.fromisoformat(str(value).strip()))
        except ValueError:
            raise ValueError(
                "must be a time, as 2025-11-02T20:15:00Z or as seconds since 1970, "
                f"got {str(value)[:60]!r}"
            ) from None
    if number > _LATEST:
        raise ValueError(f"must be seconds since 1970; {value} looks like a finer unit")
    if number < 0:
        raise ValueError(f"must not be before 1970, got {value}")
    return int(number)


def is_future(at: NDArray[np.int64], now: float) -> NDArray[np.bool_]:
    """[n] for [n]: more than a day later than `now`. What is popular is dated from the newest
    interaction of all, so a single one of these would make everything else look long gone."""
    return at > now + _AHEAD


def future_reason(at: int) -> str:
    """Why an interaction of that second is refused."""
    return f"lies in the future, at {datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    # A date without dashes, 20251102, is a number too: seconds since 1970 is what it is taken for.
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _since_1970(moment: datetime) -> int:
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment.timestamp() < 0:
        raise ValueError(f"must not be before 1970, got {moment.isoformat()}")
    return int(moment.timestamp())


Instant = Annotated[
    int,
    BeforeValidator(seconds),
    Field(
        ge=0,
        le=_LATEST,
        json_schema_extra={"format": "time"},
    ),
]
