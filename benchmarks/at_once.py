"""Whether the next page shows what a member just did, whichever workers are told and asked."""

import sys
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from playbill.v1 import event_pb2, page_pb2
from playbill.v1 import playbill_service_pb2 as pb
from tests.serving import event

KINDS = (event_pb2.EVENT_KIND_PROGRESS, event_pb2.EVENT_KIND_THUMB_DOWN)
KNOWN = (page_pb2.ROW_KIND_CONTINUE_WATCHING, page_pb2.ROW_KIND_WATCH_AGAIN)


def rounds(
    stubs: Sequence[Any], users: Sequence[str], ask: Callable[[Any, str, int], pb.GetPageResponse]
) -> Callable[[int], None]:
    """What is to be called with 0, 1, 2, and so on: each time one of `stubs` is told what one of
    `users` did with the title that heads their last page, and one of them is asked for the next.

    Every pair of stubs and every kind has its turn. Ends the benchmark, with exit code 1, where a
    title that was begun is not the first to go on with, or one thumbed down is still on the page.
    """
    cases = list(product(stubs, stubs, KINDS))
    heads = {user: _head(ask(stubs[0], user, 0)) for user in users}

    def go(turn: int) -> None:
        times = turn // len(users)
        user = users[(turn + times) % len(users)]  # so that the same one has other cases
        title, (tells, asks, kind) = heads[user], cases[turn % len(cases)]
        done = event(f"at-once/{turn}", user, title, kind, completion=0.5)
        done.time.seconds += times  # one user's turns may share a second, and the newest is first
        tells.RecordEvents(pb.RecordEventsRequest(events=[done]))
        page = ask(asks, user, turn)
        if not _shows(page, title, kind):
            sys.exit(f"turn {turn}: the page of {user} does not show what was done with {title}")
        heads[user] = _head(page)

    return go


def _head(page: pb.GetPageResponse) -> str:
    """The first title of the first row that is of something new to them."""
    return next(row.cards[0].title_id for row in page.rows if row.kind not in KNOWN)


def _shows(page: pb.GetPageResponse, title: str, kind: int) -> bool:
    if kind == event_pb2.EVENT_KIND_THUMB_DOWN:
        return all(card.title_id != title for row in page.rows for card in row.cards)
    first = page.rows[0]
    return first.kind == page_pb2.ROW_KIND_CONTINUE_WATCHING and first.cards[0].title_id == title
