"""A process that appends to an event log until it is killed, and says what was acknowledged.

python -m tests.event_writer PATH NAME: batches of 1 to 5 events, ids "<name>/<n>", every second one
an impression. After each append returns, one line with the last n goes to stdout. Every third batch
is then sent once more, as by a client that missed the answer; not all, for that would mend a loss.
"""

import sys
from itertools import count
from pathlib import Path

from graph.behaviour import Event, Kind
from graph.events import EventLog
from playbill.errors import Locked


def main(path: Path, name: str) -> None:
    log, n = EventLog.open(path), 0
    for turn in count():
        size = 1 + turn % 5
        batch = [
            Event(
                id=f"{name}/{i}",
                user=f"u{i % 3}",
                title="t",
                kind=Kind.IMPRESSION if i % 2 else Kind.FINISHED,
                at=i + 1,
            )
            for i in range(n, n + size)
        ]
        _append(log, batch)
        n += size
        print(n, flush=True)
        if turn % 3 == 0:
            _append(log, batch)


def _append(log: EventLog, batch: list[Event]) -> None:
    while True:
        try:
            log.append(batch)
        except Locked:  # on a busy machine; as it says, once more under the same ids
            continue
        return


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
