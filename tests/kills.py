"""Kills writers of an event log at random moments, and counts what that did to it."""

import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from graph.behaviour import Kind
from graph.events import EventLog


@dataclass(frozen=True)
class Outcome:
    acknowledged: int  # events
    lost: int  # of them
    doubled: int  # ids that are stored, or whose impressions are counted, more than once
    torn: int  # batches stored in part


def killed(path: Path, *, times: int, seed: int) -> Outcome:
    """Starts two writers at once on the log at `path`, and kills them with SIGKILL at a random
    moment; so on, until `times` were killed."""
    rng = random.Random(seed)
    EventLog.open(path).close()  # made by one, as `playbill serve` does before its workers start
    acknowledged: dict[str, list[int]] = {}
    for pair in range((times + 1) // 2):
        names = [f"{pair}{side}" for side in "ab"][: times - 2 * pair]
        writers = [_writer(path, name) for name in names]
        first = [int(_line(process)) for process in writers]
        time.sleep(rng.uniform(0, 0.15))
        for process in writers:
            process.kill()
        for name, process, said in zip(names, writers, first, strict=True):
            more, _ = process.communicate()
            acknowledged[name] = [said, *map(int, more.split())]
    return _outcome(EventLog.open(path), acknowledged)


def _outcome(log: EventLog, acknowledged: dict[str, list[int]]) -> Outcome:
    events = [event for _, event in log.read(0, 10**7)]
    stored = Counter(event.id for event in events)
    of_writer = Counter(event.id.split("/")[0] for event in events)
    lost = torn = 0
    for name, ends in acknowledged.items():
        lost += sum(f"{name}/{i}" not in stored for i in range(ends[-1]))
        batch = 1 + len(ends) % 5  # the size of the one that was under way
        torn += of_writer[name] not in (ends[-1], ends[-1] + batch)
    shown = Counter(e.user for e in events if e.kind is Kind.IMPRESSION)
    counted = {u: sum(c.times for c in log.light_of(u, since=0)[0]) for u in shown}
    doubled = sum(times > 1 for times in stored.values())
    doubled += sum(abs(counted[user] - shown[user]) for user in shown)
    return Outcome(sum(ends[-1] for ends in acknowledged.values()), lost, doubled, torn)


def _line(process: subprocess.Popen) -> str:
    assert process.stdout
    return process.stdout.readline()


def _writer(path: Path, name: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.event_writer", str(path), name],
        stdout=subprocess.PIPE,
        text=True,
    )
