"""`playbill fold`: what members did goes into the graph, without learning anything from it yet."""

import json
import time
from contextlib import closing
from typing import Annotated

import typer
from rich.console import Console

from playbill import settings


def fold(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for schedulers.")
    ] = False,
) -> None:
    """Fold the event log into the graph; a refresh does so first thing.

    Goes on where the last fold ended, also one that was cut off. Events older than 31 days that the
    graph and the serving snapshot hold are forgotten by the log.
    """
    from graph import fold as folding
    from graph.events import EventLog
    from graph.store import opened

    config = settings.load()
    with closing(EventLog.open(config.event_log)) as log, opened(config) as store:
        store.ensure_schema()
        folded = folding.fold(store, log)
        gone = folding.compact(store, log, config.snapshots_dir, now=int(time.time()))
    if as_json:
        print(json.dumps({"folded": folded, "forgotten": gone}))
    else:
        events = "1 event" if folded == 1 else f"{folded:,} events"
        Console().print(
            f"Folded {events} into the graph; {gone:,} old ones left the log.", highlight=False
        )
