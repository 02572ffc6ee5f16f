"""Members of a snapshot with an event log beside it, and what they may do, for hypothesis."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import strategies as st

from graph.behaviour import Kind
from graph.events import EventLog
from graph.snapshot import Snapshot
from server.catalogue import Catalogue, catalogue
from server.members import Members
from tests.snapshots import manifest

kinds = st.sampled_from(list(Kind))
on_rows = st.sampled_from(["", "genre/Drama", "genre/Comedy", "top-picks", "because/t000003"])
deeds = st.lists(
    st.tuples(st.integers(0, 150), kinds, st.integers(0, 40), st.floats(0, 1), on_rows),
    max_size=40,
)


@contextmanager
def members(built: Snapshot) -> Generator[tuple[Catalogue, Members, EventLog]]:
    with tempfile.TemporaryDirectory() as folder:
        log = EventLog.open(Path(folder) / "events.sqlite")
        derived = catalogue(built, artwork_root="")
        yield derived, Members(derived, manifest(built), log), log
        log.close()
