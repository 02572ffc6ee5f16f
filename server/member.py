"""One member as they are now: the snapshot's history and every event since, folded together.

Read from the event log on each request, so that any worker shows an event as soon as any worker has
acknowledged it.
"""

import threading
from collections import OrderedDict, defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph import behaviour, scorer
from graph.behaviour import Event, Interaction
from graph.events import EventLog
from graph.snapshot import Manifest, Users
from server.catalogue import Catalogue

MEMBERS_KEPT = 512  # folded states that are used again while nothing new has happened


@dataclass(frozen=True, eq=False)
class Member:
    """n titles that they did something with, in ascending order; d dimensions."""

    id: str
    row: int  # of `Snapshot.users`, -1 for one the snapshot does not know
    live: bool  # whether something that counts happened since the snapshot
    country: int  # row of `Snapshot.countries`, -1 unknown
    maturity_ceiling: int  # years, -1 none
    kids: bool
    titles: NDArray[np.int32]  # [n]
    weight: NDArray[np.float32]  # [n] strength as evidence of taste
    plays: NDArray[np.int32]  # [n] times started
    completion: NDArray[np.float32]  # [n]
    thumb: NDArray[np.int8]  # [n]
    last_at: NDArray[np.int64]  # [n] seconds since 1970
    vector: NDArray[np.float32]  # [d] of length 1, or all 0 where nothing is known of their taste

    def history(self, now: float) -> scorer.History:
        """For the scorer. `now` in seconds since 1970."""
        return scorer.History(self.titles, self.weight, age=now - self.last_at)

    @property
    def known(self) -> bool:
        """Whether they did enough to tell their taste."""
        return bool(self.vector.any())

    @property
    def listed(self) -> NDArray[np.bool_]:
        return np.zeros(len(self.titles), bool)

    @property
    def hidden(self) -> NDArray[np.bool_]:
        return np.zeros(len(self.titles), bool)

    @property
    def listed_at(self) -> NDArray[np.int64]:
        return self.last_at

    @property
    def begun(self) -> NDArray[np.bool_]:
        return self.plays > 0

    @property
    def finished(self) -> NDArray[np.bool_]:
        return behaviour.finished(self.completion)


@dataclass(frozen=True, eq=False)
class _Kept:
    """A member as of a position in the log."""

    position: int
    folded: dict[int, Interaction]  # by title, all that happened since the snapshot
    member: Member


class Members:
    """The members of one snapshot, by id."""

    def __init__(self, catalogue: Catalogue, manifest: Manifest, log: EventLog) -> None:
        self._catalogue = catalogue
        self._log = log
        # A snapshot that was learned from another log, or none, has seen nothing of this one.
        self._folded = manifest.log_position if manifest.log_id == log.log_id else 0
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, user: str) -> Member:
        """The member with all events that were acknowledged before this call."""
        newest = max(self._log.last_position_of(user), self._folded)
        with self._lock:
            kept = self._kept.get(user)
        if kept is None or kept.position < newest:
            kept = self._after(user, kept, newest)
        with self._lock:
            self._kept[user] = kept
            self._kept.move_to_end(user)
            if len(self._kept) > MEMBERS_KEPT:
                self._kept.popitem(last=False)
        return kept.member

    def _after(self, user: str, kept: _Kept | None, newest: int) -> _Kept:
        """The member as of `newest`. An event that arrives meanwhile may be in it too, and is
        folded again by the next call, from all events with that title, to the same end."""
        users = self._catalogue.snapshot.users
        row = users.vocabulary.row(user)
        past = _past(users, row)
        if kept is None:
            events, folded = self._log.of_user(user, after=self._folded), {}
        else:
            # Late events go before others with the title, so those are all folded once more.
            titles = {event.title for event in self._log.of_user(user, after=kept.position)}
            events = self._log.of_user(user, after=self._folded, titles=titles)
            folded = kept.folded
        folded = folded | _fold(past, events, self._catalogue.row_of)
        return _Kept(
            newest, folded, self._member(user, row, _merged(past, folded), live=bool(folded))
        )

    def _member(self, user: str, row: int | None, past: "_Past", *, live: bool) -> Member:
        users, weights = self._catalogue.snapshot.users, self._catalogue.snapshot.weights
        # A vector does not depend on the moment, so it is told as of the last thing they did.
        age = past.last_at.max(initial=0) - past.last_at
        return Member(
            id=user,
            row=-1 if row is None else row,
            live=live,
            country=-1 if row is None else int(users.country[row]),
            maturity_ceiling=-1 if row is None else int(users.maturity_ceiling[row]),
            kids=row is not None and bool(users.kids[row]),
            vector=scorer.user_vector(weights, scorer.History(past.titles, past.weight, age)),
            **vars(past),
        )


@dataclass(frozen=True)
class _Past:
    """The arrays of a Member that come from what they did. All [n], titles ascending."""

    titles: NDArray[np.int32]
    weight: NDArray[np.float32]
    plays: NDArray[np.int32]
    completion: NDArray[np.float32]
    thumb: NDArray[np.int8]
    last_at: NDArray[np.int64]


def _past(users: Users, row: int | None) -> _Past:
    start, end = (0, 0) if row is None else users.history.offsets[row : row + 2]
    return _Past(
        titles=users.history.values[start:end],
        weight=users.weight[start:end],
        plays=users.plays[start:end],
        completion=users.completion[start:end],
        thumb=users.thumb[start:end],
        last_at=users.last_at[start:end],
    )


def _fold(past: _Past, events: list[Event], row_of: dict[str, int]) -> dict[int, Interaction]:
    """What each title's events come to, by its row; titles that are gone from the catalogue are
    left out."""
    by_title: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        if (title := row_of.get(event.title)) is not None:
            by_title[title].append(event)
    folded = {
        title: behaviour.fold(_interaction(past, title), happened)
        for title, happened in by_title.items()
    }
    return {title: state for title, state in folded.items() if state is not None}


def _interaction(past: _Past, title: int) -> Interaction | None:
    at = int(np.searchsorted(past.titles, title))
    if at == len(past.titles) or past.titles[at] != title:
        return None
    moment = int(past.last_at[at])
    return Interaction(
        plays=int(past.plays[at]),
        completion=float(past.completion[at]),
        thumb=int(past.thumb[at]),
        first_at=moment,
        last_at=moment,
    )


def _merged(past: _Past, folded: dict[int, Interaction]) -> _Past:
    """The past, with the states of the titles in `folded` in place of its own."""
    if not folded:
        return past
    untouched = ~np.isin(past.titles, list(folded))
    states = folded.values()
    new = _Past(
        titles=np.fromiter(folded, np.int32),
        weight=np.array([state.weight for state in states], np.float32),
        plays=np.array([state.plays for state in states], np.int32),
        completion=np.array([state.completion for state in states], np.float32),
        thumb=np.array([state.thumb for state in states], np.int8),
        last_at=np.array([state.last_at for state in states], np.int64),
    )
    order = np.argsort(np.concatenate([past.titles[untouched], new.titles]), kind="stable")
    return _Past(
        **{
            name: np.concatenate([old[untouched], vars(new)[name]])[order]
            for name, old in vars(past).items()
        }
    )
