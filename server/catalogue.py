"""The catalogue as rows need it: a few tables derived once from a snapshot's titles.

n titles, g genres. All of it together is a few hundred bytes a title; the large arrays (users,
histories, embeddings) stay in the snapshot, mapped and not copied.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graph import behaviour, moments
from graph.arrays import Ragged
from graph.snapshot import Snapshot
from playbill.v1 import page_pb2
from server import tokens
from server.facets import Facets, facets

SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, eq=False)
class Catalogue:
    snapshot: Snapshot
    artwork_root: str  # put before artwork uris that have no scheme
    ids: list[str]  # [n]
    row_of: dict[str, int]
    names: list[str]  # [n]
    years: list[int]  # [n]
    kinds: list[int]  # [n]
    checks: tokens.Checks  # [n] stands for the title inside a token
    by_check: NDArray[np.int64]  # [n] titles by that, ascending
    watchers: NDArray[np.int32]  # [n] users who ever watched it
    newest: NDArray[np.int32]  # titles whose availability began some time, the last first
    facets: Facets  # what rows can be about
    genre_mix: NDArray[np.float32]  # [n, g] each title shared out among its genres
    genre_share: NDArray[np.float32]  # [g] of all that is popular
    traits: NDArray[np.float32]  # [n, g + bands] as in `graph.moments`
    devices: dict[str, int]  # name: row of `Lifts.device`
    everywhere: NDArray[np.bool_]  # [n] may be shown in any country
    countries: dict[str, int]  # code: row of `Snapshot.countries`
    boundaries: NDArray[np.int64]  # moments at which the availability of a title begins or ends

    # Filled in as they are asked for. They belong to the catalogue, so that a swap drops them.
    _cards: dict[tuple[int, int], bytes] = field(default_factory=dict)
    _lifts: dict[tuple[str, int], NDArray[np.float32]] = field(default_factory=dict)
    _shown_in: dict[int, NDArray[np.bool_]] = field(default_factory=dict)
    _by_popularity: dict[int, NDArray[np.int32]] = field(default_factory=dict)

    @cached_property
    def with_taste(self) -> NDArray[np.int64]:
        """Users of whom something tells their taste, ascending; looked for when first asked for."""
        users = self.snapshot.users
        telling = np.cumsum(users.past.speaks > 0, dtype=np.int32)
        before = np.concatenate([np.zeros(1, np.int32), telling])
        return np.flatnonzero(np.diff(before[users.history.offsets]))

    def card(self, title: int, picture: int) -> bytes:
        """The part of a title's card that is the same for all who see it in a picture (a row of
        `Snapshot.artworks`, -1 none), serialised."""
        card = self._cards.get((title, picture))
        if card is None:
            card = self._cards[title, picture] = page_pb2.Card(
                title_id=self.ids[title],
                name=self.names[title],
                year=self.years[title],
                kind=self.kinds[title],  # ty: ignore[invalid-argument-type]
                artwork=self._artwork(picture) if picture >= 0 else None,
            ).SerializeToString()
        return card

    def _artwork(self, row: int) -> page_pb2.Artwork:
        artworks = self.snapshot.artworks
        uri = artworks.uri[row]
        if not SCHEME.match(uri):
            uri = self.artwork_root + uri
        return page_pb2.Artwork(artwork_id=artworks.vocabulary[row], uri=uri)

    def by_popularity(self, place: int) -> NDArray[np.int32]:
        """[n] titles, the most popular first: those charted in the country with this list of
        `Charts`, then all others as everywhere."""
        if place not in self._by_popularity:
            chart = self.snapshot.charts.popular[place]
            everywhere = np.argsort(-self.snapshot.titles.popularity, kind="stable")
            order = np.concatenate([chart[chart >= 0], everywhere])
            _, first = np.unique(order, return_index=True)
            self._by_popularity[place] = order[np.sort(first)].astype(np.int32)
        return self._by_popularity[place]

    def lifts_of(self, moment: int, device: str) -> NDArray[np.float32]:
        """[n] how much more each title is watched at a moment of the week and on a device than
        ever, by its traits; in natural logarithms. 0 for a device that is not known."""
        at_moment, row = self._lift("moment", moment), self.devices.get(device, -1)
        return at_moment + self._lift("device", row) if row >= 0 else at_moment

    def _lift(self, what: str, row: int) -> NDArray[np.float32]:
        if (what, row) not in self._lifts:
            self._lifts[what, row] = self.traits @ getattr(self.snapshot.reading.lifts, what)[row]
        return self._lifts[what, row]

    def titles_of(self, checks: tokens.Checks) -> NDArray[np.int32]:
        """The titles that these stand for, in their order, without those that are not there."""
        at = np.searchsorted(self.checks, checks, sorter=self.by_check)
        found = self.by_check[at.clip(max=len(self.by_check) - 1)]
        return found[self.checks[found] == checks].astype(np.int32)

    def shown_in(self, country: int) -> NDArray[np.bool_]:
        """[n] may be shown in the country with this row; -1, an unknown one, is shown only what
        is shown everywhere."""
        if country not in self._shown_in:
            allowed = self.everywhere.copy()
            countries = self.snapshot.titles.countries
            allowed[_rows(countries)[countries.values == country]] = True
            self._shown_in[country] = allowed
        return self._shown_in[country]


def catalogue(snapshot: Snapshot, *, artwork_root: str) -> Catalogue:
    """`artwork_root` ends with a slash."""
    titles, users = snapshot.titles, snapshot.users
    begun = behaviour.begun(users.past.plays, users.past.completion)
    ids = list(titles.vocabulary.ids)
    checks = tokens.checks(ids)
    popularity = np.asarray(titles.popularity, np.float32)
    n_genres = len(snapshot.genres.vocabulary)
    traits = moments.traits(titles.genres, titles.runtime, n_genres)
    genre_mix = np.ascontiguousarray(traits[:, :n_genres])
    genre_share = popularity @ genre_mix
    begins = np.asarray(titles.available_from)
    newest = np.argsort(-begins, kind="stable")
    boundaries = np.unique(np.concatenate([begins, titles.available_until]))
    return Catalogue(
        snapshot=snapshot,
        artwork_root=artwork_root,
        ids=ids,
        row_of={id: row for row, id in enumerate(ids)},
        names=list(titles.name),
        years=titles.year.tolist(),
        kinds=titles.kind.tolist(),
        checks=checks,
        by_check=np.argsort(checks, kind="stable"),
        watchers=np.bincount(users.history.values[begun], minlength=len(ids)).astype(np.int32),
        newest=newest[begins[newest] > 0].astype(np.int32),
        facets=facets(snapshot),
        genre_mix=genre_mix,
        genre_share=(genre_share / max(float(genre_share.sum()), 1e-9)).astype(np.float32),
        traits=traits,
        devices={name: row for row, name in enumerate(snapshot.reading.lifts.devices)},
        everywhere=titles.countries.lengths() == 0,
        countries={code: row for row, code in enumerate(snapshot.countries)},
        boundaries=boundaries[boundaries > 0],
    )


def _rows(ragged: Ragged) -> NDArray[np.int64]:
    """[total] the row that each value stands in."""
    return np.repeat(np.arange(len(ragged)), ragged.lengths())
