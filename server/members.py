"""The members of a snapshot as they are now: its histories and every event since, folded together.

Each request asks the event log's bell whether there may be anything new, and the log itself where
it rang, so that any worker shows an event as soon as any worker has acknowledged it.
"""

import threading
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph import behaviour, scorer
from graph.behaviour import Event, Interaction
from graph.events import Count, EventLog
from graph.light import Touched
from graph.past import Past
from graph.publishing import Manifest
from graph.snapshot import Users
from server.catalogue import Catalogue
from server.member import Member

# Members are kept while nothing new happens: no more than so many, and as many as fit. Of each
# title of the catalogue a member's taste takes 24 bytes and each of their views 7, of each facet 8.
MEMBERS_KEPT = 512
VIEWS_KEPT = 2  # of a member
MEMORY = 256_000_000
OF_A_MEMBER = 250_000  # bytes of what a member did, with a few hundred titles, of rows and cards


class _History(NamedTuple):
    """What one member did. n titles."""

    titles: NDArray[np.int32]  # [n] ascending
    past: Past  # [n]


@dataclass(frozen=True, eq=False)
class _Kept:
    """A member as of a position in the log."""

    bell: bytes  # as it was before the log was read
    position: int
    history: _History  # with all that happened since the snapshot
    live: bool  # whether something lasting happened since
    member: Member


class Members:
    """The members of one snapshot, by id."""

    def __init__(self, catalogue: Catalogue, manifest: Manifest, log: EventLog) -> None:
        self._catalogue = catalogue
        self._log = log
        # A snapshot that was learned from another log, or none, has seen nothing of this one.
        self._folded = manifest.log_position if manifest.log_id == log.log_id else 0
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        titles, all_facets = len(catalogue.ids), len(catalogue.facets.all)
        size = (24 + 7 * VIEWS_KEPT) * titles + 8 * all_facets + OF_A_MEMBER
        self.most = min(MEMORY // size + 1, MEMBERS_KEPT)  # that are kept
        self._lock = threading.Lock()

    def get(self, user: str) -> Member:
        """The member with all events that were acknowledged before this call."""
        bell = self._log.bell_of(user)
        with self._lock:
            kept = self._kept.get(user)
        if kept is None or kept.bell != bell:
            kept = self._newer(user, kept, bell)
        with self._lock:
            self._kept[user] = kept
            self._kept.move_to_end(user)
            if len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return kept.member

    def _newer(self, user: str, kept: _Kept | None, bell: bytes) -> _Kept:
        """The member with what the log holds, `bell` being from before this call."""
        newest = max(self._log.last_position_of(user), self._folded)
        if kept is not None and kept.position >= newest:  # it rang for somebody else
            return replace(kept, bell=bell)
        return self._after(user, kept, newest, bell)

    def _after(self, user: str, kept: _Kept | None, newest: int, bell: bytes) -> _Kept:
        """The member as of `newest`. An event that arrives meanwhile may be in it too, and is
        folded again by the next call, from all events with that title, to the same end."""
        users = self._catalogue.snapshot.users
        row = users.vocabulary.row(user)
        learned = _history(users, row)
        titles, history, live = None, learned, False
        if kept is not None:
            # Late events go before others with the title, so those are all folded once more.
            titles = {event.title for event in self._log.of_user(user, after=kept.position)}
            history, live = kept.history, kept.live
        events = self._log.of_user(user, after=self._folded, titles=titles)
        folded = _fold(learned, events, self._catalogue.row_of)
        history, live = _merged(history, folded), live or bool(folded)
        return _Kept(bell, newest, history, live, self._member(user, row, history, live=live))

    def _member(self, user: str, row: int | None, history: _History, *, live: bool) -> Member:
        users, weights = self._catalogue.snapshot.users, self._catalogue.snapshot.weights
        light = self._log.light_of(user, since=0)
        past = history.past
        touched = _touched(light.touched, self._catalogue.row_of).heeded(history.titles, past)
        # Told as of the last thing they did, for a member who does nothing stays who they are.
        now = int(max(past.last_at.max(initial=0), touched.at.max(initial=0)))
        told = scorer.History(history.titles, past.speaks, now - past.last_at)
        return Member(
            id=user,
            row=-1 if row is None else row,
            live=live or bool(touched.worth.any()),
            country=-1 if row is None else int(users.country[row]),
            maturity_ceiling=-1 if row is None else int(users.maturity_ceiling[row]),
            kids=row is not None and bool(users.kids[row]),
            titles=history.titles,
            past=past,
            touched=touched,
            passed=light.passed,
            searched=light.searched,
            catalogue=self._catalogue,
            vector=scorer.user_vector(weights, _with_light(told, touched, now)),
        )


def _touched(counts: list[Count], row_of: dict[str, int]) -> Touched:
    """Titles that are gone from the catalogue are left out."""
    ids, *numbers = zip(*counts, strict=True) if counts else ((), (), (), ())
    titles = np.array([row_of.get(id, -1) for id in ids], np.int32)
    kind, times, at = (np.array(of, np.int64) for of in numbers)
    return Touched(titles, kind.astype(np.int32), times.astype(np.int32), at).of(titles >= 0)


def _with_light(told: scorer.History, touched: Touched, now: float) -> scorer.History:
    """The history with what is left of light things."""
    age = now - touched.at
    return scorer.History(
        np.concatenate([told.titles, touched.titles]),
        np.concatenate([told.weight, touched.worth * behaviour.light(age)]),
        np.concatenate([told.age, age]),
    )


def _history(users: Users, row: int | None) -> _History:
    start, end = (0, 0) if row is None else users.history.offsets[row : row + 2]
    return _History(users.history.values[start:end], users.past.taken(slice(start, end)))


def _fold(history: _History, events: list[Event], row_of: dict[str, int]) -> dict[int, Interaction]:
    """What each title's events come to, by its row; titles that are gone from the catalogue are
    left out."""
    by_title: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        if (title := row_of.get(event.title)) is not None:
            by_title[title].append(event)
    folded = {
        title: behaviour.fold(_interaction(history, title), happened)
        for title, happened in by_title.items()
    }
    return {title: state for title, state in folded.items() if state is not None}


def _interaction(history: _History, title: int) -> Interaction | None:
    at = int(np.searchsorted(history.titles, title))
    if at == len(history.titles) or history.titles[at] != title:
        return None
    return history.past.interaction(at)


def _merged(history: _History, folded: dict[int, Interaction]) -> _History:
    """The history, with the states of the titles in `folded` in place of its own."""
    if not folded:
        return history
    untouched = ~np.isin(history.titles, list(folded))
    titles = np.concatenate([history.titles[untouched], np.fromiter(folded, np.int32)])
    past = Past.joined([history.past.taken(untouched), Past.of(folded.values())])
    order = np.argsort(titles, kind="stable")
    return _History(titles[order], past.taken(order))
