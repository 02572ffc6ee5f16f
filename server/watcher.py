"""Keeps the newest good snapshot loaded: looks at the pointer, loads beside what serves, swaps."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from graph import snapshot
from graph.events import EventLog
from graph.snapshot import Manifest, Pointer
from playbill.errors import NoSnapshot, PlaybillError
from server.catalogue import Catalogue, catalogue
from server.member import Members

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


class Watcher:
    def __init__(
        self, folder: Path, events: EventLog, *, loaded: Callable[[Serving], None]
    ) -> None:
        """`loaded` is called after each swap."""
        self._folder = folder
        self._events = events
        self._loaded = loaded
        self._serving: Serving | None = None
        self._refused: tuple[object, str] | None = (
            None  # the pointer that led to what was refused, and why
        )
        self._refused_for = 0.0

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
            pointer = snapshot.pointer(self._folder)
            if pointer is None or self._is_serving(pointer) or self._was_refused(pointer):
                return
            self._serving = self._load()
        except (PlaybillError, OSError) as error:
            self._refuse(pointer, error)
            return
        except Exception as error:  # a snapshot nobody foresaw must not end the watch
            self._refuse(pointer, error)
            log.exception("snapshot.unreadable")
            return
        self._refused = None
        log.info("snapshot.serving", version=self._serving.manifest.version)
        self._loaded(self._serving)

    def _load(self) -> Serving:
        published = snapshot.current(self._folder)
        derived = catalogue(published.snapshot)
        members = Members(derived, published.manifest, self._events)
        return Serving(derived, published.manifest, published.published_at, members)

    def _is_serving(self, pointer: Pointer) -> bool:
        serving = self._serving
        return (
            serving is not None
            and pointer.version == serving.manifest.version
            and pointer.published_at == serving.published_at
        )

    def _was_refused(self, pointer: object) -> bool:
        known = self._refused is not None and self._refused[0] == pointer
        return known and self._refused_for < RETRY_SECONDS

    def _refuse(self, pointer: object, error: Exception) -> None:
        refused = (pointer, str(error))
        if refused != self._refused:
            keeps = self._serving.manifest.version if self._serving else None
            log.error("snapshot.refused", reason=str(error), keeps_serving=keeps)
        self._refused, self._refused_for = refused, 0.0
