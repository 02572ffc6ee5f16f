"""Moments, as records may write them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from graph.sources.instant import seconds

NOON = 1762084800  # 2025-11-02T12:00:00Z


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (NOON, NOON),
        (NOON + 0.9, NOON),
        (str(NOON), NOON),
        ("2025-11-02T12:00:00Z", NOON),
        ("2025-11-02T13:00:00+01:00", NOON),
        ("2025-11-02 12:00", NOON),
        ("2025-11-02", NOON - 12 * 3600),
        (datetime(2025, 11, 2, 12), NOON),
        (datetime(2025, 11, 2, 14, tzinfo=timezone(timedelta(hours=2))), NOON),
        (date(2025, 11, 2), NOON - 12 * 3600),
        (0, 0),
    ],
)
def test_times(written: object, meant: int) -> None:
    assert seconds(written) == meant


@pytest.mark.parametrize(
    "written", ["", "yesterday", "2025-13-01", True, None, [1], "nan", "inf", -1,
                "1969-12-31", NOON * 1000, datetime(1960, 1, 1, tzinfo=UTC)],
)  # fmt: skip
def test_what_is_no_time(written: object) -> None:
    with pytest.raises(ValueError, match="must"):
        seconds(written)
