"""One member as they are now, and what follows from what they did."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph import behaviour
from graph.behaviour import WEEK, Kind
from graph.events import Count
from graph.past import Past
from server.catalogue import Catalogue
from server.taste import Evidence, Taste, taste

HALF_YEAR = 180 * 86_400.0  # seconds in which what was said against a title fades by half
NEAR = 50  # neighbours of a title that share in what is said against it
EVIDENCE = 3.0  # watched titles at which half of a member's share of genres is their own
# [kinds] what each speaks for a title, where it does
_GOOD = np.zeros(max(Kind) + 1, np.float32)
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
    past: Past  # [n]
    touched: "Touched"  # [m]
    passed: list[Count]  # what they did with rows
    searched: list[Count]  # what they searched for without a choice
    vector: NDArray[np.float32]  # [d] of length 1, or all 0 where nothing is known of their taste
    catalogue: Catalogue

    @cached_property
    def taste(self) -> Taste:
        """Added up when first asked for: it costs more than all else about a member."""
        lasting = Evidence(self.titles, self.past.weight, self.past.last_at)
        light = Evidence(self.touched.titles, self.touched.worth, self.touched.at)
        light = Evidence(*map(np.concatenate, zip(light, self.passed_by, strict=True)))
        return taste(self.catalogue.snapshot.weights, lasting, light)

    @cached_property
    def passed_by(self) -> Evidence:
        """What cards on screen say against what is like them, of titles with which nothing was ever
        done but to look: one that was watched or listed, and is not chosen today, is no mistake."""
        shown = self.unclicked.of(~np.isin(self.unclicked.titles, self.titles))
        weight = behaviour.PASSED_BY * shown.often
        told = float(weight @ behaviour.light(shown.at.max(initial=0) - shown.at))
        most = behaviour.PASSED_BY_MOST * float(self.past.weight.sum() + self.touched.worth.sum())
        return Evidence(
            shown.titles, -weight * np.float32(min(1, most / max(told, 1e-9))), shown.at
        )

    @cached_property
    def against(self) -> NDArray[np.float32]:
        """[n] how much they said against each title, 0..1."""
        said = np.zeros(len(self.titles), np.float32)
        said[self.left_early] = -behaviour.WORTH[Kind.ABANDONED]
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
        return self._by_facet(self.begun & (self.past.weight > 0)).astype(np.int32)

    @cached_property
    def facet_taste(self) -> NDArray[np.float32]:
        """[f] of all that they watch, the share that has each facet."""
        weight = np.maximum(self.past.weight, 0)
        return (self._by_facet(weight) / max(float(weight.sum()), 1e-9)).astype(np.float32)

    @cached_property
    def genre_taste(self) -> NDArray[np.float32]:
        """[g] likewise of genres, each title's shared out among its own; where little was watched,
        mostly what is watched in general."""
        own = np.maximum(self.past.weight, 0) @ self.catalogue.genre_mix[self.titles]
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
        liked = (self.past.weight > 0) & (self.past.thumb >= 0)
        return bool(self.vector.any()) and bool(liked.any() or self.touched.worth.any())

    @cached_property
    def sought(self) -> list[Count]:
        """Those searches, a line for each row whose theme they name."""
        return [
            count._replace(of=row)
            for count in self.searched
            for row in sorted(self.catalogue.facets.named_in(count.of))
        ]

    @cached_property
    def begun(self) -> NDArray[np.bool_]:
        return behaviour.begun(self.past.plays, self.past.completion)

    @cached_property
    def finished(self) -> NDArray[np.bool_]:
        return behaviour.finished(self.past.completion)

    @cached_property
    def liked(self) -> NDArray[np.bool_]:
        """Given a thumb up or, without a thumb, watched well; and not hidden since."""
        well = (self.past.thumb > 0) | ((self.past.thumb == 0) & (self.past.weight >= 1))
        return well & ~self.hidden

    @cached_property
    def unclicked(self) -> "Touched":
        """The cards on screen that nothing was done with: those since the title was last opened,
        searched for, played or said anything of. They are counted by the week: of the week in which
        that was, only the newest is sure to be later, and counts."""
        touched, shown = self.touched, self.touched.kind == Kind.IMPRESSION
        clicked = np.zeros(len(self.catalogue.ids), np.int64)
        clicked[self.titles] = self.past.last_at
        np.maximum.at(clicked, touched.titles, np.where(shown, 0, touched.at))
        before = clicked[touched.titles]
        kept = shown & (touched.at > before)
        sure = np.where(before // WEEK == touched.at // WEEK, 1, touched.times)
        return touched._replace(times=sure).of(kept)

    @cached_property
    def listed(self) -> NDArray[np.bool_]:
        return self.past.listed_at > 0

    @cached_property
    def hidden(self) -> NDArray[np.bool_]:
        return self.past.hidden_at > 0

    @cached_property
    def left_early(self) -> NDArray[np.bool_]:
        """Looked at and left, and never watched further."""
        return (
            (self.past.abandons > 0)
            & (self.past.completion < behaviour.EARLY)
            & (self.past.thumb <= 0)
        )


class Cooled(NamedTuple):
    """All [k] but the moment."""

    titles: NDArray[np.int64]  # ascending
    said: NDArray[np.float32]  # how much was said against titles like each, as of
    newest: int  # the last moment at which anything was, in seconds since 1970


class Touched(NamedTuple):
    """What was done lightly with titles: a line for each title, kind and week. All [m]."""

    titles: NDArray[np.int32]
    kind: NDArray[np.int32]
    times: NDArray[np.int32]
    at: NDArray[np.int64]  # seconds since 1970, the last time

    def of(self, some: NDArray[np.bool_]) -> "Touched":
        return Touched(self.titles[some], self.kind[some], self.times[some], self.at[some])

    @property
    def often(self) -> NDArray[np.float32]:
        """[m] what each line counts: 1 for the first time, more each time, up to twice as much."""
        return (2 * (1 - 0.5**self.times)).astype(np.float32)

    @property
    def worth(self) -> NDArray[np.float32]:
        """[m] what each line is worth as evidence for its title."""
        return _GOOD[self.kind] * self.often
