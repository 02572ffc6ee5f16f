"""Runs a command in a process of its own, and tells what it cost."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    seconds: float  # from start to end
    cpu_seconds: float  # of the process and the children it waited for
    peak_mb: float  # resident memory of the process
    output: str


def playbill(*arguments: str, env: dict[str, str]) -> Cost:
    """`playbill ARGUMENTS`, as a user would run it; ends the benchmark where it fails."""
    return python("playbill", *arguments, env=env)


def learned(data: Path, *imports: Sequence[str]) -> Cost:
    """Makes a service in the folder `data`, with a Neo4j of its own that is stopped again: each of
    `playbill import WORDS`, and a refresh, whose cost is told."""
    env = {"PLAYBILL_DATA_DIR": str(data), "PLAYBILL_NEO4J_URI": ""}
    playbill("neo4j", "start", env=env)
    try:
        for words in imports:
            playbill("import", *words, env=env)
        return playbill("refresh", "--json", env=env)
    finally:
        playbill("neo4j", "stop", env=env)


def python(module: str, *arguments: str, env: dict[str, str] | None = None) -> Cost:
    """`python -m MODULE ARGUMENTS`; ends the benchmark where it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{module} {' '.join(arguments)}: exit code {os.waitstatus_to_exitcode(status)}")
    return Cost(
        seconds=time.perf_counter() - started,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
        output=output,
    )
