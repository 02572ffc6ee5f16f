"""What members were shown a moment ago, kept for what they ask next: the page goes on, or a row."""

import threading
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from server import candidates
from server.asked import Asked
from server.candidates import Candidates
from server.catalogue import Catalogue
from server.member import Member
from server.members import VIEWS_KEPT
from server.view import View, look


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
        """Keeps those of so many members at most."""
        self._catalogue = catalogue
        self._kept: OrderedDict[str, _Views] = OrderedDict()  # by user id
        self._most = most
        self._lock = threading.Lock()

    def look(self, member: Member, asked: Asked) -> Looked:
        period = bisect_right(self._catalogue.boundaries, asked.now)
        key = (period, replace(asked, now=asked.minute))
        with self._lock:
            theirs = self._kept.get(member.id)
            if theirs is None or theirs.member is not member:  # who has done something since
                theirs = self._kept[member.id] = _Views(member, OrderedDict())
            self._kept.move_to_end(member.id)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
            looked = theirs.looked.get(key)
        if looked is None:
            looked = Looked(look(self._catalogue, member, asked))
            with self._lock:
                theirs.looked[key] = looked
                if len(theirs.looked) > VIEWS_KEPT:
                    theirs.looked.popitem(last=False)
        return looked


class _Views(NamedTuple):
    """Those of one member."""

    member: Member
    looked: OrderedDict[tuple, Looked]  # by where and when they were asked for, the oldest first
