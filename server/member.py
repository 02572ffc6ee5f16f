"""One member as they are now: the snapshot's history and every event since, folded together.

Read from the event log on each request, so that any worker shows an event as soon as any worker has
acknowledged it.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

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
    live: bool  # whether something happened since the snapshot
    country: int  # row of `Snapshot.countries`, -1 unknown
    maturity_ceiling: int  # years, -1 none
    kids: bool
    titles: NDArray[np.int32]  # [n]
    weight: NDArray[np.float32]  # [n] strength as evidence of taste
    begun: NDArray[np.bool_]  # [n] was played
    completion: NDArray[np.float32]  # [n]
    thumb: NDArray[np.int8]  # [n]
    last_at: NDArray[np.int64]  # [n] seconds since 1970
    vector: NDArray[np.float32]  # [d] of length 1, or all 0 where nothing is known of their taste

    @property
    def known(self) -> bool:
        """Whether they did enough to tell their taste."""
        return bool(self.vector.any())

    @property
    def finished(self) -> NDArray[np.bool_]:
        return self.completion >= behaviour.FINISHED_AT


class Members:
    """The members of one snapshot, by id."""

    def __init__(self, catalogue: Catalogue, manifest: Manifest, log: EventLog) -> None:
        self._catalogue = catalogue
        self._log = log
        # A snapshot that was learned from another log, or none, has seen nothing of this one.
        self._folded = manifest.log_position if manifest.log_id == log.log_id else 0
        self._at = lru_cache(MEMBERS_KEPT)(self._load)

    def get(self, user: str) -> Member:
        """The member with all events that were acknowledged before this call."""
        return self._at(user, max(self._log.last_position_of(user), self._folded))

    def _load(self, user: str, position: int) -> Member:
        """`position` is what tells one state from the next in the cache. An event that arrives
        between the two reads makes a state newer than its key says, never older."""
        users = self._catalogue.snapshot.users
        row = users.vocabulary.row(user)
        past = _past(users, row)
        events = self._log.of_user(user, after=self._folded) if position > self._folded else []
        if events:
            past = _with(past, events, self._catalogue.row_of)
        weights = self._catalogue.snapshot.weights
        history = scorer.History(past.titles, past.weight)
        return Member(
            id=user,
            row=-1 if row is None else row,
            live=bool(events),
            country=-1 if row is None else int(users.country[row]),
            maturity_ceiling=-1 if row is None else int(users.maturity_ceiling[row]),
            kids=row is not None and bool(users.kids[row]),
            vector=scorer.user_vector(weights, history),
            **vars(past),
        )


@dataclass(frozen=True)
class _Past:
    """The arrays of a Member that come from what they did. All [n], titles ascending."""

    titles: NDArray[np.int32]
    weight: NDArray[np.float32]
    begun: NDArray[np.bool_]
    completion: NDArray[np.float32]
    thumb: NDArray[np.int8]
    last_at: NDArray[np.int64]


def _past(users: Users, row: int | None) -> _Past:
    start, end = (0, 0) if row is None else users.history.offsets[row : row + 2]
    weight, completion = users.weight[start:end], users.completion[start:end]
    thumb = users.thumb[start:end]
    # A thumb without a play counts as watched elsewhere (graph.behaviour.weight), and only that
    # has the full weight of its thumb at completion 0.
    elsewhere = (completion == 0) & (thumb != 0)
    for value, factor in behaviour.THUMB_FACTOR.items():
        elsewhere &= (thumb != value) | (weight == np.float32(factor))
    return _Past(
        titles=users.history.values[start:end],
        weight=weight,
        begun=(weight > 0) & ~elsewhere,
        completion=completion,
        thumb=thumb,
        last_at=users.last_at[start:end],
    )


def _with(past: _Past, events: list[Event], row_of: dict[str, int]) -> _Past:
    """The past after `events`; those with titles that are no longer in the catalogue are left."""
    by_title: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        if (title := row_of.get(event.title)) is not None:
            by_title[title].append(event)
    folded = {
        title: state
        for title, happened in by_title.items()
        if (state := behaviour.fold(_interaction(past, title), happened)) is not None
    }
    return _merged(past, folded)


def _interaction(past: _Past, title: int) -> Interaction | None:
    at = int(np.searchsorted(past.titles, title))
    if at == len(past.titles) or past.titles[at] != title:
        return None
    moment = int(past.last_at[at])
    return Interaction(
        plays=int(past.begun[at]),
        completion=float(past.completion[at]),
        thumb=int(past.thumb[at]),
        first_at=moment,
        last_at=moment,
    )


def _merged(past: _Past, folded: dict[int, Interaction]) -> _Past:
    untouched = ~np.isin(past.titles, list(folded))
    states = folded.values()
    new = _Past(
        titles=np.fromiter(folded, np.int32),
        weight=np.array([state.weight for state in states], np.float32),
        begun=np.array([state.plays > 0 for state in states], bool),
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
