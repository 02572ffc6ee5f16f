"""What members were shown a moment ago, kept for what they ask next: the page goes on, or a row."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from server import candidates
from server.candidates import Candidates
from server.catalogue import Catalogue
from server.member import Member
from server.view import MINUTE, Asked, View, look


@dataclass(frozen=True, eq=False)
class Looked:
    view: View

    @cached_property
    def candidates(self) -> Candidates:
        """The rows that a page is composed from, found when the first is."""
        return candidates.candidates(self.view)


class Views:
    """Those of one snapshot. While a member does nothing, what they see changes by the minute
    alone, or when a title's availability begins or ends."""

    def __init__(self, catalogue: Catalogue, *, most: int) -> None:
        """Keeps so many at most."""
        self._catalogue = catalogue
        self._kept: OrderedDict[tuple, Looked] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def look(self, member: Member, asked: Asked) -> Looked:
        period = int(np.searchsorted(self._catalogue.boundaries, asked.now, side="right"))
        minute = int(asked.now // MINUTE)
        key = (member, period, minute, asked.country, asked.device, asked.utc_offset, asked.seed)
        with self._lock:
            looked = self._kept.get(key)
            if looked is not None:
                self._kept.move_to_end(key)
                return looked
        looked = Looked(look(self._catalogue, member, asked))
        with self._lock:
            self._kept[key] = looked
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return looked
