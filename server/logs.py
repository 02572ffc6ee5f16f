"""Structured logs to stderr: lines for a person at a terminal, JSON for everything else."""

import sys
from collections.abc import MutableMapping
from typing import Any

import structlog


def configure(**bound: object) -> None:
    """`bound` stands on every line of this process, in whichever thread it is written."""

    def bind(_logger: object, _method: str, line: MutableMapping[str, Any]) -> dict[str, Any]:
        return {**bound, **line}

    person = sys.stderr.isatty()
    structlog.configure(
        processors=[
            bind,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            *([] if person else [structlog.processors.format_exc_info]),
            structlog.dev.ConsoleRenderer() if person else structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
