"""How a process hears that it is to stop."""

import signal
from queue import SimpleQueue


def told_by(*signals: signal.Signals) -> SimpleQueue[int]:
    """Where signals arrive from now on. A handler runs in the middle of whatever the main thread
    does: an Event could be in its hands, locked, and to set that would wait for ever. This queue
    may be put to at any time."""
    told: SimpleQueue[int] = SimpleQueue()
    for number in signals:
        signal.signal(number, lambda number, _: told.put(number))
    return told
