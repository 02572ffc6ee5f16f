"""How pages are read and what is watched when, told from the events that the log still holds."""

import numpy as np

from gnn import attention, lifts, passed_by
from graph.behaviour import PASSED_BY
from graph.columns import Columns
from graph.events import EventLog
from graph.publishing import Published
from graph.snapshot import Reading


def fit(log: EventLog, graph: Columns, serving: Published | None) -> Reading:
    """`log` is folded into `graph`."""
    return Reading(
        attention=attention.fit(log.shown()),
        passed_by=np.array([_passed_by(log, graph, serving)], np.float32),
        lifts=lifts.fit(log.watched(), graph),
    )


def _passed_by(log: EventLog, graph: Columns, serving: Published | None) -> float:
    """Told from how what serves would have scored what was seen. Where nothing serves, or nothing
    that this Playbill reads, it is what is believed; where nothing happened since it stays."""
    if serving is None:
        return PASSED_BY
    snapshot, about = serving.snapshot, serving.manifest
    if (about.log_id, about.log_position) == (log.log_id, log.last_position):
        return snapshot.reading.strength
    seen = log.seen(members=passed_by.MEMBERS)
    return passed_by.fit(seen, graph.titles.vocabulary, graph.users, snapshot)
