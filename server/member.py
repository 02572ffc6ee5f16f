"""One member as they are now, and what follows from what they did."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph import behaviour, light
from graph.behaviour import CLICKS, Kind
from graph.events import Count
from graph.light import Touched
from graph.past import Past
from graph.taste import Evidence, Taste, taste
from server.catalogue import Catalogue

HALF_YEAR = 180 * 86_400.0  # seconds in which what was said against a title fades by half
NEAR = 50  # neighbours of a title that share in what is said against it
PASSED = 0.7  # share of what a row scrolled past once more can still lose
EVIDENCE = 3.0  # watched titles at which half of a member's share of genres is their own


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
    past: Past  # [n]
    touched: Touched  # [m]
    passed: list[Count]  # what they did with rows
    searched: list[Count]  # what they searched for without a choice
    vector: NDArray[np.float32]  # [d] of length 1, or all 0 where nothing is known of their taste
    catalogue: Catalogue

    @cached_property
    def taste(self) -> Taste:
        """Added up when first asked for: it costs more than all else about a member."""
        lasting = Evidence(self.titles, self.past.speaks, self.past.last_at)
        passing = zip(self.touched.evidence, self.passed_by, strict=True)
        weights = self.catalogue.snapshot.weights
        return taste(weights, lasting, Evidence(*map(np.concatenate, passing)))

    @cached_property
    def passed_by(self) -> Evidence:
        strength = self.catalogue.snapshot.reading.strength
        return light.passed_by(
            self.unclicked, self.touched, self.titles, self.past, strength=strength
        )

    @cached_property
    def against(self) -> NDArray[np.float32]:
        """[n] how much they said against each title, 0..1."""
        said = np.zeros(len(self.titles), np.float32)
        said[self.past.left_early] = -behaviour.WORTH[Kind.ABANDONED]
        said[self.hidden] = -behaviour.WORTH[Kind.HIDDEN]
        said[self.past.thumb < 0] = -behaviour.WORTH[Kind.THUMB_DOWN]
        return said

    @cached_property
    def cooled(self) -> "Cooled":
        """Titles like those that they said something against."""
        at = np.flatnonzero(self.against)
        said_at = self.past.last_at[at]
        newest = int(said_at.max(initial=0))
        said = self.against[at] * 0.5 ** ((newest - said_at) / HALF_YEAR)
        titles = self.catalogue.snapshot.titles
        near = titles.similar[self.titles[at], :NEAR]
        like = np.maximum(titles.similarity[self.titles[at], :NEAR], 0) * said[:, None]
        known = near >= 0
        sums = np.bincount(near[known], like[known])
        cooled = np.flatnonzero(sums)
        return Cooled(cooled, sums[cooled].astype(np.float32), newest)

    @cached_property
    def facet_watched(self) -> NDArray[np.int32]:
        """[f] how many titles with each facet they watched."""
        return self._by_facet(self.begun & (self.past.speaks > 0)).astype(np.int32)

    @cached_property
    def facet_taste(self) -> NDArray[np.float32]:
        """[f] of all that they watch, the share that has each facet."""
        told = self.past.speaks
        return (self._by_facet(told) / max(float(told.sum()), 1e-9)).astype(np.float32)

    @cached_property
    def genre_taste(self) -> NDArray[np.float32]:
        """[g] likewise of genres, each title's shared out among its own; where little was watched,
        mostly what is watched in general."""
        own = self.past.speaks @ self.catalogue.genre_mix[self.titles]
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
        told = bool(self.past.speaks.any()) or bool(self.touched.worth.any())
        return told and bool(self.vector.any())

    @cached_property
    def sought(self) -> list[Count]:
        """Those searches, a line for each row whose theme they name."""
        return [
            count._replace(of=row)
            for count in self.searched
            for row in self.catalogue.facets.named_in(count.of)
        ]

    @cached_property
    def rows(self) -> "Rows":
        """What they did with rows, and the searches that name a row's theme."""
        counts = self.passed + self.sought
        ids = list(dict.fromkeys(count.of for count in counts))
        place = {id: at for at, id in enumerate(ids)}
        return Rows(
            ids,
            np.array([place[count.of] for count in counts], np.int64),
            np.array([_worth(count) for count in counts], np.float32),
            np.array([count.at for count in counts], np.int64),
        )

    @cached_property
    def begun(self) -> NDArray[np.bool_]:
        return behaviour.begun(self.past.plays, self.past.completion)

    @cached_property
    def finished(self) -> NDArray[np.bool_]:
        return behaviour.finished(self.past.completion, self.past.playhead)

    @cached_property
    def liked(self) -> NDArray[np.bool_]:
        """Given a thumb up or, without a thumb, watched well; and not hidden since."""
        well = (self.past.thumb > 0) | ((self.past.thumb == 0) & (self.past.weight >= 1))
        return well & ~self.hidden

    @cached_property
    def unclicked(self) -> Touched:
        return light.unclicked(self.touched, self.titles, self.past)

    @cached_property
    def listed(self) -> NDArray[np.bool_]:
        return self.past.listed_at > 0

    @cached_property
    def hidden(self) -> NDArray[np.bool_]:
        return self.past.hidden_at > 0


class Cooled(NamedTuple):
    """All [k] but the moment."""

    titles: NDArray[np.int64]  # ascending
    said: NDArray[np.float32]  # how much was said against titles like each, as of
    newest: int  # the last moment at which anything was, in seconds since 1970


class Rows(NamedTuple):
    """What they did with r rows' themes. A line, of k, for each row, kind and week."""

    ids: list[str]  # [r]
    row: NDArray[np.int64]  # [k] of those
    worth: NDArray[np.float32]  # [k] for or against the theme, just then
    at: NDArray[np.int64]  # [k] seconds since 1970, the last time


def _worth(count: Count) -> float:
    """For or against a row's theme. One click there, or a search that names it, says it all, also
    where the title chosen was refused: they came there for something like it."""
    if count.kind in CLICKS:
        return 1.0
    if count.kind == Kind.ROW_SWIPED:
        return behaviour.WORTH[Kind.ROW_SWIPED]
    return behaviour.WORTH[Kind.ROW_SCROLLED_PAST] * (1 - PASSED**count.times)
