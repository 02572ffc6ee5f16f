"""Turns titles into the cards a client draws: name, year, match, artwork, how far it was watched.

Serialised protobuf messages merge by concatenation, so a card is put together from parts that were
serialised once: what is the same for everybody, the match, the artwork. That is five times as fast
as filling in its fields.
"""

from collections.abc import Iterable
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from graph import scorer
from playbill.v1 import page_pb2
from server import artwork
from server.ranking import Titles
from server.view import View

MATCH = [page_pb2.Card(match_percent=percent).SerializeToString() for percent in range(100)]


def deal(view: View, hands: Iterable[Titles]) -> list[list[bytes]]:
    """The serialised `Card`s of several rows. One that was dealt before in this view is kept."""
    rows = [hand.tolist() for hand in hands]
    new = [title for title in dict.fromkeys(chain(*rows)) if title not in view.dealt]
    if new:
        view.dealt.update(zip(new, _cards(view, np.array(new, np.int32)), strict=True))
    return [[view.dealt[title] for title in row] for row in rows]


def _cards(view: View, titles: Titles) -> list[bytes]:
    catalogue = view.catalogue
    pictures = artwork.choose(catalogue.snapshot, titles, view.member.vector).tolist()
    numbers = zip(
        titles.tolist(), _match(view, titles), pictures, _completion(view, titles), strict=True
    )
    return [
        catalogue.card(title)
        + MATCH[match]
        + (catalogue.artwork(picture) if picture >= 0 else b"")
        + (page_pb2.Card(completion=completion).SerializeToString() if completion else b"")
        for title, match, picture, completion in numbers
    ]


def _match(view: View, titles: Titles) -> list[int]:
    if not view.member.known:
        return [0] * len(titles)
    member, weights = view.member, view.catalogue.snapshot.weights
    known = member.taste.known(now=view.minute)
    match = scorer.match_percent(weights, view.scores, titles, known=known)
    match[np.isin(titles, member.titles[member.hidden | (member.thumb < 0)])] = 0
    return match.tolist()


def _completion(view: View, titles: Titles) -> list[float]:
    """Share of the runtime reached, 0 where not begun."""
    member = view.member
    if not len(member.titles):
        return [0.0] * len(titles)
    at: NDArray[np.int64] = np.searchsorted(member.titles, titles).clip(max=len(member.titles) - 1)
    reached = np.where(member.titles[at] == titles, member.completion[at], 0)
    return np.round(reached.astype(np.float64), 4).tolist()  # a float32 .4 would read .4000000059
