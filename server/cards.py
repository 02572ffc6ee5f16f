"""Turns titles into the cards a client draws: name, year, match, artwork, how far it was watched.

Serialised protobuf messages merge by concatenation, so a card is put together from parts that were
serialised once: what is the same for everybody, the match, the artwork; and a row's cards from its
cards. That is five times as fast as filling in their fields.
"""

from collections.abc import Iterable
from functools import cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from graph import scorer
from graph.arrays import positions
from playbill.v1 import page_pb2
from server import artwork
from server.member import Member
from server.ranking import Titles
from server.view import View

MATCH = [page_pb2.Card(match_percent=percent).SerializeToString() for percent in range(100)]


def card(view: View, title: int) -> page_pb2.Card:
    (row,) = deal(view, [np.array([title], np.int32)])
    return page_pb2.Row.FromString(row).cards[0]


def deal(view: View, hands: Iterable[Titles]) -> list[bytes]:
    """The cards of several rows, of each as a serialised `Row` with nothing else in it. One that
    was dealt before in this view is kept."""
    rows = [hand.tolist() for hand in hands]
    new = [title for title in dict.fromkeys(chain(*rows)) if title not in view.dealt]
    if new:
        view.dealt.update(zip(new, _cards(view, np.array(new, np.int32)), strict=True))
    return [b"".join([view.dealt[title] for title in row]) for row in rows]


def _cards(view: View, titles: Titles) -> list[bytes]:
    catalogue = view.catalogue
    at = positions(view.member.titles, titles)
    pictures = artwork.choose(catalogue.snapshot, titles, view.member.vector).tolist()
    numbers = zip(
        titles.tolist(), _match(view, titles, at), pictures, _completion(view.member, at),
        strict=True,
    )  # fmt: skip
    return [
        _as_row(
            catalogue.card(title, picture)
            + MATCH[match]
            + (page_pb2.Card(completion=completion).SerializeToString() if completion else b"")
        )
        for title, match, picture, completion in numbers
    ]


def _as_row(card: bytes) -> bytes:
    """A serialised `Row` of a serialised `Card`."""
    return _head(len(card)) + card


@cache
def _head(length: int) -> bytes:
    """What stands before a card of so many bytes in its row: the field's tag and the length, seven
    bits to a byte, the lowest first (protobuf's wire format)."""
    head = bytearray([page_pb2.Row.CARDS_FIELD_NUMBER << 3 | 2])
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*head, length])


def _match(view: View, titles: Titles, at: NDArray[np.int64]) -> list[int]:
    """0..99 for each title; `at` is where it stands among those the member did something with, -1
    for the others."""
    member, weights = view.member, view.catalogue.snapshot.weights
    if not member.known:
        return [0] * len(titles)
    known = member.taste.known(now=view.minute)
    match = scorer.match_percent(weights, view.scores, titles, known=known)
    done = np.flatnonzero(at >= 0)
    unwanted = member.hidden[at[done]] | (member.past.thumb[at[done]] < 0)
    match[done[unwanted]] = 0
    return match.tolist()


def _completion(member: Member, at: NDArray[np.int64]) -> list[float]:
    """The share of the runtime that `Card` tells; `at` as in `_match`."""
    told, done = np.zeros(len(at)), at >= 0
    past = member.past
    reached = np.where(member.finished, past.completion, past.playhead)
    told[done] = reached[at[done]]
    return np.round(told, 4).tolist()  # a float32 .4 would read .4000000059
