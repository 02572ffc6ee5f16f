"""The snapshot: everything the server needs, as frozen arrays. `graph.publishing` keeps it on disk.

Row numbers are positions in the vocabularies. Times are seconds since 1970; 0 is "unset".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.arrays import Ragged, Strings, Vocabulary
from graph.past import Past

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Titles:
    """n titles."""

    vocabulary: Vocabulary
    name: Strings
    kind: Int8  # [n] 1 film, 2 series
    year: Int32  # [n] 0 unknown
    maturity: Int8  # [n] years, -1 unrated
    runtime: Int32  # [n] minutes, 0 unknown
    countries: Ragged  # rows of `Snapshot.countries`; empty is everywhere
    available_from: Int64  # [n] 0 always was
    available_until: Int64  # [n] 0 for good
    genres: Ragged  # rows of `Snapshot.genres`
    tags: Ragged  # rows of `Snapshot.tags`
    makers: Ragged  # rows of `Snapshot.people`: who directed or created it
    directors: Ragged  # those of them who directed it
    cast: Ragged  # rows of `Snapshot.people`: who acted in it
    artworks: Ragged  # rows of `Snapshot.artworks`
    popularity: Float32  # [n] weight of interactions, halving every 30 days before `data_until`
    # [n, k] the nearest titles, nearest first, -1 none: by the cosine of `Weights.title`, times
    # w / (w + 5) for a title watched with weight w, since where few watched it its place is a
    # guess. Of those where that is above 0: a title that nobody watched is near none
    similar: Int32
    similarity: Float32  # [n, k] those likenesses


@dataclass(frozen=True)
class Entities:
    """n genres, tags or people."""

    vocabulary: Vocabulary
    name: Strings
    embedding: Float32  # [n, d]


@dataclass(frozen=True)
class Artworks:
    """n pictures."""

    vocabulary: Vocabulary
    uri: Strings
    embedding: Float32  # [n, d] of what it depicts


@dataclass(frozen=True)
class Users:
    """n users."""

    vocabulary: Vocabulary
    country: Int32  # [n] row of `Snapshot.countries`, -1 unknown
    maturity_ceiling: Int8  # [n] years, -1 none
    kids: Int8  # [n] 1 a child's profile
    history: Ragged  # rows of titles, ascending
    past: Past  # parallel to the values of `history`
    embedding: Float32  # [n, d] of length 1, or all 0 for a user without evidence of taste
    similar: Int32  # [n, k] the nearest users by a cosine of `embedding` above 0, -1 none
    similarity: Float32  # [n, k] those cosines
    community: Int32  # [n] row of `Snapshot.communities`, -1 none


@dataclass(frozen=True)
class Charts:
    """What many watch, by place: c titles a list, the first first, -1 none. The last list of those
    by country is that of all countries together."""

    top: Int32  # [countries + 1, c] by users who watched it in the last week before `data_until`
    # [countries + 1, c] by weight, halving every 30 days; of a country with a little of everybody's
    popular: Int32
    trending: Int32  # [c] by how much this week's audience outgrew that of the four weeks before
    community: Int32  # [communities, c] by how much more its members watch it than all do


@dataclass(frozen=True)
class Weights:
    """The model's numbers, as `graph.scorer` uses them. n titles, d dimensions, k neighbours."""

    near: Int32  # [n, k] the titles that having watched a title says most for or against, -1 none
    nearness: Float32  # [n, k] how much; 0 where there is none
    # [n] what all who watched it had watched in all, when its own numbers were last made anew
    near_evidence: Float32
    history: Float32  # [n, d] what having watched a title adds to a user's vector
    title: Float32  # [n, d] the title's embedding
    bias: Float32  # [n] its appeal to anybody, beside its embedding
    recent: Float32  # [n] how popular it is now, in standard deviations from the mean
    blend: Float32  # [6] the numbers of `graph.scorer.Blend`
    match_quantiles: Float32  # [101] of scores of held-out watches


@dataclass(frozen=True)
class Lifts:
    """How much more of each trait (`graph.moments.traits`) is watched in some circumstance than in
    all of them: logarithms of ratios, 0 where nothing is known."""

    moment: Float32  # [8, traits] by `graph.moments.moment`
    devices: Strings
    device: Float32  # [devices, traits]


@dataclass(frozen=True)
class Reading:
    """What the event log tells of how pages are read."""

    # [2] share of a page's readers who go on to the next row, and to the next card on screen
    attention: Float32
    # [1] what a card on screen that was not chosen says against what is like it, where a title
    # watched to its end says 1 for it
    passed_by: Float32
    lifts: Lifts

    @property
    def strength(self) -> float:
        """`passed_by` as a number, rounded: 0.4 is not quite that in 32 bits."""
        return round(float(self.passed_by[0]), 3)

    def record(self) -> dict[str, float]:
        """What it says of pages, in numbers for people."""
        row, card = (round(share, 2) for share in self.attention.tolist())
        return {"next_row": row, "next_card": card, "passed_by": self.strength}


@dataclass(frozen=True)
class Snapshot:
    titles: Titles
    genres: Entities
    tags: Entities
    people: Entities
    artworks: Artworks
    users: Users
    countries: Strings
    communities: Strings  # names; a community's id is "<model version>/<row>"
    charts: Charts
    reading: Reading
    weights: Weights
