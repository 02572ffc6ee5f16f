"""Kills writers of an event log at random moments, and counts what that did to it."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
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
    sent = [id for name, ends in acknowledged.items() for id in _ids(name, range(ends[-1]))]
    under_way = [
        _ids(name, range(ends[-1], ends[-1] + 1 + len(ends) % 5))
        for name, ends in acknowledged.items()
    ]
    return outcome(path, acknowledged=sent, unsure=under_way)


def outcome(path: Path, *, acknowledged: Sequence[str], unsure: Sequence[Sequence[str]]) -> Outcome:
    """What the log at `path` holds of the ids that were acknowledged, and of the batches whose
    sender does not know whether they were stored."""
    log = EventLog.open(path)
    events = [event for _, event in log.read(0, 10**7)]
    stored = Counter(event.id for event in events)
    lost = sum(id not in stored for id in acknowledged)
    torn = sum(0 < sum(id in stored for id in batch) < len(batch) for batch in unsure)
    torn += len(stored.keys() - {*acknowledged, *(id for batch in unsure for id in batch)})
    shown = Counter(e.user for e in events if e.kind is Kind.IMPRESSION)
    counted = {u: sum(c.times for c in log.light_of(u, since=0)[0]) for u in shown}
    doubled = sum(times > 1 for times in stored.values())
    doubled += sum(abs(counted[user] - shown[user]) for user in shown)
    log.close()
    return Outcome(len(acknowledged), lost, doubled, torn)


def _ids(name: str, numbers: range) -> list[str]:
    return [f"{name}/{n}" for n in numbers]


def _line(process: subprocess.Popen) -> str:
    assert process.stdout
    return process.stdout.readline()


def _writer(path: Path, name: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.event_writer", str(path), name],
        stdout=subprocess.PIPE,
        text=True,
    )
