"""How a process hears that it is to stop."""

import signal
from contextlib import suppress
from queue import Empty, SimpleQueue

LOOK = 0.5  # seconds


def told_by(*signals: signal.Signals) -> SimpleQueue[int]:
    """Where signals arrive from now on. A handler runs in the middle of whatever the main thread
    does: an Event could be in its hands, locked, and to set that would wait for ever. This queue
    may be put to at any time."""
    told: SimpleQueue[int] = SimpleQueue()
    for number in signals:
        signal.signal(number, lambda number, _: told.put(number))
    return told


def wait(told: SimpleQueue[int]) -> None:
    """Until something was told. Once in some ten stops under load the main thread slept on, though
    the process had its signal: whatever wakes it then lets the handler run."""
    while True:
        with suppress(Empty):
            told.get(timeout=LOOK)
            return
