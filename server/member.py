"""One member as they are now: the snapshot's history and every event since, folded together.

Read from the event log on each request, so that any worker shows an event as soon as any worker has
acknowledged it.
"""

import threading
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, fields
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph import behaviour, scorer
from graph.behaviour import WEEK, Event, Interaction, Kind
from graph.events import Count, EventLog
from graph.publishing import Manifest
from graph.snapshot import Users
from server.catalogue import Catalogue
from server.taste import Evidence, Taste, taste

# Members are kept while nothing new happens: no more than so many, and as many as fit. Of each
# title of the catalogue a member's taste takes 24 bytes and each of their views 7, of each facet 8.
MEMBERS_KEPT = 512
VIEWS_KEPT = 2  # of a member
MEMORY = 256_000_000
OF_A_MEMBER = 250_000  # bytes of what a member did, with a few hundred titles, of rows and cards
EVIDENCE = 3.0  # watched titles at which half of a member's share of genres is their own
# [kinds] what each speaks for a title, where it does
_GOOD = np.zeros(max(Kind) + 1)
_GOOD[list(behaviour.WORTH)] = np.maximum(list(behaviour.WORTH.values()), 0)


@dataclass(frozen=True, eq=False)
class Member:
    """n titles that they did something with, in ascending order, and m that they touched lightly;
    d dimensions, g genres, f facets."""

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
    thumb_at: NDArray[np.int64]  # [n] when the thumb was given; 0 never
    listed_at: NDArray[np.int64]  # [n] when put on My list or, below 0, taken off; 0 never
    hidden_at: NDArray[np.int64]  # [n] when hidden or, below 0, shown again; 0 never
    abandons: NDArray[np.int32]  # [n] times given up
    touched: "Touched"  # [m]
    passed: list[Count]  # what they did with rows
    vector: NDArray[np.float32]  # [d] of length 1, or all 0 where nothing is known of their taste
    catalogue: Catalogue

    @cached_property
    def taste(self) -> Taste:
        """Added up when first asked for: it costs more than all else about a member."""
        weights = self.catalogue.snapshot.weights
        light = Evidence(self.touched.titles, _worth(self.touched), self.touched.at)
        return taste(weights, Evidence(self.titles, self.weight, self.last_at), light)

    @cached_property
    def against(self) -> NDArray[np.float32]:
        """[n] how much they said against each title, 0..1."""
        said = np.zeros(len(self.titles), np.float32)
        said[self.left_early] = -behaviour.WORTH[Kind.ABANDONED]
        said[self.hidden] = -behaviour.WORTH[Kind.HIDDEN]
        said[self.thumb < 0] = -behaviour.WORTH[Kind.THUMB_DOWN]
        return said

    @cached_property
    def facet_watched(self) -> NDArray[np.int32]:
        """[f] how many titles with each facet they watched."""
        return self._by_facet(self.begun & (self.weight > 0)).astype(np.int32)

    @cached_property
    def facet_taste(self) -> NDArray[np.float32]:
        """[f] of all that they watch, the share that has each facet."""
        weight = np.maximum(self.weight, 0)
        return (self._by_facet(weight) / max(float(weight.sum()), 1e-9)).astype(np.float32)

    @cached_property
    def genre_taste(self) -> NDArray[np.float32]:
        """[g] likewise of genres, each title's shared out among its own; where little was watched,
        mostly what is watched in general."""
        own = np.maximum(self.weight, 0) @ self.catalogue.genre_mix[self.titles]
        mixed = own + EVIDENCE * self.catalogue.genre_share
        return mixed / max(float(mixed.sum()), 1e-9)

    def _by_facet(self, values: NDArray) -> NDArray:
        """[f] sums of `values` [n] of the titles with each facet."""
        facets = self.catalogue.facets
        facet, counts = facets.of(self.titles)
        return np.bincount(facet, np.repeat(values, counts), len(facets.all))

    @cached_property
    def known(self) -> bool:
        """Whether they did enough to tell their taste; what they only dislike does not."""
        liked = (self.weight > 0) & (self.thumb >= 0)
        return bool(self.vector.any()) and bool(liked.any() or _worth(self.touched).any())

    @cached_property
    def begun(self) -> NDArray[np.bool_]:
        return behaviour.begun(self.plays, self.completion)

    @cached_property
    def finished(self) -> NDArray[np.bool_]:
        return behaviour.finished(self.completion)

    @cached_property
    def liked(self) -> NDArray[np.bool_]:
        """Given a thumb up or, without a thumb, watched well; and not hidden since."""
        well = (self.thumb > 0) | ((self.thumb == 0) & (self.weight >= 1))
        return well & ~self.hidden

    @cached_property
    def unclicked(self) -> "Touched":
        """The cards on screen that nothing was done with: those since the title was last opened,
        searched for, played or said anything of. They are counted by the week: of the week in which
        that was, only the newest is sure to be later, and counts."""
        touched, shown = self.touched, self.touched.kind == Kind.IMPRESSION
        clicked = np.zeros(len(self.catalogue.ids), np.int64)
        clicked[self.titles] = self.last_at
        np.maximum.at(clicked, touched.titles, np.where(shown, 0, touched.at))
        before = clicked[touched.titles]
        kept = shown & (touched.at > before)
        sure = np.where(before // WEEK == touched.at // WEEK, 1, touched.times)
        return Touched(*(part[kept] for part in touched._replace(times=sure)))

    @cached_property
    def listed(self) -> NDArray[np.bool_]:
        return self.listed_at > 0

    @cached_property
    def hidden(self) -> NDArray[np.bool_]:
        return self.hidden_at > 0

    @cached_property
    def left_early(self) -> NDArray[np.bool_]:
        """Looked at and left, and never watched further."""
        return (self.abandons > 0) & (self.completion < behaviour.EARLY) & (self.thumb <= 0)


class Touched(NamedTuple):
    """What was done lightly with titles: a line for each title, kind and week. All [m]."""

    titles: NDArray[np.int32]
    kind: NDArray[np.int32]
    times: NDArray[np.int32]
    at: NDArray[np.int64]  # seconds since 1970, the last time


@dataclass(frozen=True, eq=False)
class _Kept:
    """A member as of a position in the log."""

    position: int
    past: "_Past"  # with all that happened since the snapshot
    live: bool  # whether anything that lasts did
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
        newest = max(self._log.last_position_of(user), self._folded)
        with self._lock:
            kept = self._kept.get(user)
        if kept is None or kept.position < newest:
            kept = self._after(user, kept, newest)
        with self._lock:
            self._kept[user] = kept
            self._kept.move_to_end(user)
            if len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return kept.member

    def _after(self, user: str, kept: _Kept | None, newest: int) -> _Kept:
        """The member as of `newest`. An event that arrives meanwhile may be in it too, and is
        folded again by the next call, from all events with that title, to the same end."""
        users = self._catalogue.snapshot.users
        row = users.vocabulary.row(user)
        learned = _past(users, row)
        titles, past, live = None, learned, False
        if kept is not None:
            # Late events go before others with the title, so those are all folded once more.
            titles = {event.title for event in self._log.of_user(user, after=kept.position)}
            past, live = kept.past, kept.live
        events = self._log.of_user(user, after=self._folded, titles=titles)
        folded = _fold(learned, events, self._catalogue.row_of)
        past, live = _merged(past, folded), live or bool(folded)
        return _Kept(newest, past, live, self._member(user, row, past, live=live))

    def _member(self, user: str, row: int | None, past: "_Past", *, live: bool) -> Member:
        users, weights = self._catalogue.snapshot.users, self._catalogue.snapshot.weights
        titles, passed = self._log.light_of(user, since=0)
        touched = _touched(titles, self._catalogue.row_of)
        # Told as of the last thing they did, for a member who does nothing stays who they are.
        now = int(max(past.last_at.max(initial=0), touched.at.max(initial=0)))
        told = scorer.History(past.titles, past.weight, now - past.last_at)
        return Member(
            id=user,
            row=-1 if row is None else row,
            live=live or bool(_worth(touched).any()),
            country=-1 if row is None else int(users.country[row]),
            maturity_ceiling=-1 if row is None else int(users.maturity_ceiling[row]),
            kids=row is not None and bool(users.kids[row]),
            touched=touched,
            passed=passed,
            catalogue=self._catalogue,
            vector=scorer.user_vector(weights, _with_light(told, touched, now)),
            **vars(past),
        )


def _touched(counts: list[Count], row_of: dict[str, int]) -> Touched:
    """Titles that are gone from the catalogue are left out."""
    known = [(row_of[c.of], int(c.kind), c.times, c.at) for c in counts if c.of in row_of]
    lines = np.array(known, np.int64).reshape(-1, 4)
    narrow = lines[:, :3].astype(np.int32).T
    return Touched(*narrow, lines[:, 3])


def _with_light(told: scorer.History, touched: Touched, now: float) -> scorer.History:
    """The history with what is left of light things."""
    age = now - touched.at
    return scorer.History(
        np.concatenate([told.titles, touched.titles]),
        np.concatenate([told.weight, _worth(touched) * behaviour.light(age)]),
        np.concatenate([told.age, age]),
    )


def _worth(touched: Touched) -> NDArray[np.float32]:
    """[m] what each light line is worth: more each time, up to twice the first."""
    return (_GOOD[touched.kind] * 2 * (1 - 0.5**touched.times)).astype(np.float32)


@dataclass(frozen=True)
class _Past:
    """The arrays of a Member that come from what they did. All [n], titles ascending."""

    titles: NDArray[np.int32]
    weight: NDArray[np.float32]
    plays: NDArray[np.int32]
    completion: NDArray[np.float32]
    thumb: NDArray[np.int8]
    last_at: NDArray[np.int64]
    thumb_at: NDArray[np.int64]
    listed_at: NDArray[np.int64]
    hidden_at: NDArray[np.int64]
    abandons: NDArray[np.int32]


def _past(users: Users, row: int | None) -> _Past:
    start, end = (0, 0) if row is None else users.history.offsets[row : row + 2]
    parallel = {field.name: getattr(users, field.name)[start:end] for field in fields(_Past)[1:]}
    return _Past(titles=users.history.values[start:end], **parallel)


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
    listed_at, hidden_at = int(past.listed_at[at]), int(past.hidden_at[at])
    return Interaction(
        plays=int(past.plays[at]),
        completion=float(past.completion[at]),
        thumb=int(past.thumb[at]),
        first_at=moment,
        last_at=moment,
        thumb_at=int(past.thumb_at[at]),
        listed=listed_at > 0,
        listed_at=abs(listed_at),
        hidden=hidden_at > 0,
        hidden_at=abs(hidden_at),
        abandons=int(past.abandons[at]),
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
        thumb_at=np.array([state.thumb_at for state in states], np.int64),
        listed_at=np.array([s.listed_at if s.listed else -s.listed_at for s in states], np.int64),
        hidden_at=np.array([s.hidden_at if s.hidden else -s.hidden_at for s in states], np.int64),
        abandons=np.array([state.abandons for state in states], np.int32),
    )
    order = np.argsort(np.concatenate([past.titles[untouched], new.titles]), kind="stable")
    return _Past(
        **{
            name: np.concatenate([old[untouched], vars(new)[name]])[order]
            for name, old in vars(past).items()
        }
    )
