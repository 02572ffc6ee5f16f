"""Keeps the newest good snapshot loaded: looks at the pointer, loads beside what serves, swaps.

Where what should serve is damaged, what serves goes on; at a start, the newest other one is taken.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import structlog

from graph import publishing
from graph.events import EventLog
from graph.publishing import Manifest, Pointer, Published
from playbill.errors import NoSnapshot, PlaybillError
from server.catalogue import Catalogue, catalogue
from server.members import Members
from server.views import Views

POLL_SECONDS = 0.5
RETRY_SECONDS = 30.0  # a snapshot that was refused is looked at again; it may have been repaired

log = structlog.get_logger()


@dataclass(frozen=True, eq=False)
class Serving:
    """All that a request reads, taken once at its start: a swap never changes it halfway."""

    catalogue: Catalogue
    manifest: Manifest
    published_at: int
    members: Members
    views: Views


class _Refused(NamedTuple):
    """What cannot be served."""

    pointer: Pointer | None  # that led to it
    reason: str


class Watcher:
    def __init__(
        self,
        folder: Path,
        events: EventLog,
        *,
        artwork_root: str,
        loaded: Callable[[Serving], None],
    ) -> None:
        """`artwork_root` as in `catalogue`; `loaded` is called after each swap."""
        self._folder = folder
        self._events = events
        self._artwork_root = artwork_root
        self._loaded = loaded
        self._serving: Serving | None = None
        self._refused: _Refused | None = None
        self._refused_for = 0.0  # seconds

    def serving(self) -> Serving:
        """Raises NoSnapshot before the first."""
        if self._serving is None:
            raise NoSnapshot("no snapshot is published yet; run `playbill refresh` and try again.")
        return self._serving

    def run(self, stop: threading.Event, *, every: float = POLL_SECONDS) -> None:
        """Looks every so many seconds until `stop` is set."""
        while not stop.wait(every):
            self._refused_for += every
            self.look()

    def look(self) -> None:
        """Swaps if another snapshot became current. Never raises: what serves goes on serving."""
        pointer: Pointer | None = None
        try:
            pointer = publishing.pointer(self._folder)
            if pointer is None or self._is_serving(pointer) or self._was_refused(pointer):
                return
            serving = self._prepare(publishing.current(self._folder))
        except (PlaybillError, OSError) as error:
            self._refuse(pointer, error)
            return
        except Exception as error:  # a snapshot nobody foresaw must not end the watch
            self._refuse(pointer, error)
            log.exception("snapshot.unreadable")
            return
        self._refused = None
        self._swap(serving)

    def _swap(self, serving: Serving) -> None:
        self._serving = serving
        log.info("snapshot.serving", version=serving.manifest.version)
        self._loaded(serving)

    def _prepare(self, published: Published) -> Serving:
        derived = catalogue(published.snapshot, artwork_root=self._artwork_root)
        members = Members(derived, published.manifest, self._events)
        views = Views(derived, most=members.most)
        return Serving(derived, published.manifest, published.published_at, members, views)

    def _fall_back(self, pointer: Pointer | None) -> None:
        """Serves the newest other snapshot that is whole and was not judged worse, if any."""
        for path in _others(self._folder, pointer):
            try:
                opened, manifest = publishing.read(path)
                # When it was published is not known any more; it was written just before.
                written = int(path.stat().st_mtime)
                serving = self._prepare(Published(opened, manifest, written))
            except Exception as error:
                log.warning("snapshot.skipped", version=path.name, reason=str(error))
                continue
            self._swap(serving)
            return

    def _is_serving(self, pointer: Pointer) -> bool:
        serving = self._serving
        return (
            serving is not None
            and pointer.version == serving.manifest.version
            and pointer.published_at == serving.published_at
        )

    def _was_refused(self, pointer: Pointer) -> bool:
        known = self._refused is not None and self._refused.pointer == pointer
        return known and self._refused_for < RETRY_SECONDS

    def _refuse(self, pointer: Pointer | None, error: Exception) -> None:
        refused = _Refused(pointer, str(error))
        if refused != self._refused:
            if self._serving is None:
                self._fall_back(pointer)
            keeps = self._serving.manifest.version if self._serving else None
            log.error("snapshot.refused", reason=str(error), keeps_serving=keeps)
        self._refused, self._refused_for = refused, 0.0


def _others(folder: Path, pointer: Pointer | None) -> list[Path]:
    """The snapshots that `pointer` does not name and no judge turned down, the newest first."""
    try:
        rejected = publishing.rejected(folder)
        left_out = {each.version for each in (pointer, rejected) if each}
        found = [
            (path.stat().st_mtime, path)
            for path in folder.iterdir()
            if path.is_dir() and not path.name.startswith(".") and path.name not in left_out
        ]
    except OSError:  # a disk that fails: the refusal itself says so
        return []
    return [path for _, path in sorted(found, reverse=True)]
