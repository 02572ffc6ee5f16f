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
    """Until something was told. Another thread may take the signal, and only the main one runs
    handlers: asleep, it would not hear of it, so it looks again and again."""
    while True:
        with suppress(Empty):
            told.get(timeout=LOOK)
            return
