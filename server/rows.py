"""The rows that are not about a facet of the catalogue: what was begun, listed, picked, charted, or
is near something liked. For each, its name, heading, reason and titles, best first.

A row is a question that is answered as deep as it is asked, so a page that shows twenty cards of a
row never orders the thousands behind them.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from playbill.v1 import page_pb2
from server import newcomer, tokens
from server.facets import WORTH_A_ROW
from server.ranking import Titles, best_where
from server.view import View

CHARTED = 40  # titles of a chart that a row is picked from
BECAUSE_ROWS = 12  # of the titles liked most recently
LIKED = 50  # titles liked most recently, that "more like" looks around
NEARNESS = 0.15  # cosine to the watched title that one standard deviation of score makes up for
TOP = 10
JOINED = 5  # titles near one of their own that stands alone: with it they fill a screen,
NEAREST = 15  # the best of so many, or what hardly is like it would stand there for its fit
RESUMED_WITHIN = 30 * 86_400  # seconds in which somebody may still go on with what they began
NEW_FOR = 60 * 86_400  # seconds that a title counts as new
WELL_LIKED = 400  # of the most popular titles
DIFFERENT_POOL = 60  # well-liked titles outside the usual taste, of which some are drawn
DIFFERENT = 20
MIXED = np.uint32(2_654_435_761)  # multiplicative hashing: Knuth, The Art of Computer Programming 3

CONTINUE = page_pb2.ROW_KIND_CONTINUE_WATCHING
MY_LIST = page_pb2.ROW_KIND_MY_LIST
TOP_PICKS = page_pb2.ROW_KIND_TOP_PICKS
TOP_10 = page_pb2.ROW_KIND_TOP_10
TRENDING = page_pb2.ROW_KIND_TRENDING
NEW = page_pb2.ROW_KIND_NEW
BECAUSE = page_pb2.ROW_KIND_BECAUSE_YOU_WATCHED
MORE_LIKE = page_pb2.ROW_KIND_MORE_LIKE_LIKED
WATCH_AGAIN = page_pb2.ROW_KIND_WATCH_AGAIN
COMMUNITY = page_pb2.ROW_KIND_COMMUNITY
POPULAR = page_pb2.ROW_KIND_POPULAR_NOW
DIFFERENT_KIND = page_pb2.ROW_KIND_SOMETHING_DIFFERENT


class Row(NamedTuple):
    id: str
    kind: page_pb2.RowKind
    heading: str
    reason: str
    best: Callable[[int], Titles]  # the first k titles, each once, fewer where there are fewer
    subject: str = ""
    second: str = ""
    ordered: bool = False  # its order says something, and is kept


def singles(view: View) -> Iterator[Row]:
    """Every such row with something in it, but for those of `because`."""
    for make in SINGLES.values():
        row = make(view)
        if row is not None:
            yield row


def continue_watching(view: View) -> Row | None:
    """What was begun and not given up early, the newest first; none where that was long ago."""
    member = view.member
    begun = member.begun & ~member.past.left_early & view.wanted[member.titles]
    titles, last_at = member.titles[begun], member.past.last_at[begun]
    if view.now - last_at.max(initial=0) > RESUMED_WITHIN:
        return None
    newest = titles[np.argsort(-last_at, kind="stable")]
    return _own(
        view, "continue-watching", CONTINUE, "Continue watching", newest,
        reason="You began these.", of_one="You began {}; the others are near it.",
    )  # fmt: skip


def my_list(view: View) -> Row | None:
    member = view.member
    listed = member.listed & view.wanted[member.titles]
    titles = member.titles[listed]
    newest = titles[np.argsort(-member.past.listed_at[listed], kind="stable")]
    return _own(
        view, "my-list", MY_LIST, "My list", newest,
        reason="You put these on your list.",
        of_one="You put {} on your list; the others are near it.",
    )  # fmt: skip


def top_picks(view: View) -> Row | None:
    """None for a newcomer: nobody can pick for a stranger."""
    if not view.member.known or not view.ranking.count:
        return None
    reason = "Of all titles, these fit you best."
    return Row("top-picks", TOP_PICKS, "Top picks for you", reason, view.ranking.best)


def top_10(view: View) -> Row | None:
    """By country, or everywhere where the country watched too little."""
    charts = view.catalogue.snapshot.charts.top
    for place in (view.country, len(charts) - 1):
        titles = charts[place]
        titles = titles[titles >= 0]
        titles = titles[view.wanted[titles]][:TOP]
        if len(titles) == TOP:
            where = "here" if 0 <= place < len(charts) - 1 else "everywhere"
            reason = (
                f"Most watched {where} in the last week, "
                "of what you neither finished nor turned down."
            )
            return _ordered("top-10", TOP_10, f"Top 10 {where} this week", reason, titles)
    return None


def trending(view: View) -> Row | None:
    titles = view.catalogue.snapshot.charts.trending
    reason = "More members than usual have been watching these in the last week."
    return _charted(view, "trending", TRENDING, "Trending", reason, titles)


def new(view: View) -> Row | None:
    titles = view.catalogue.newest
    since = view.catalogue.snapshot.titles.available_from[titles]
    heading, reason = "New here", "These became available lately."
    return _charted(view, "new", NEW, heading, reason, titles[since > view.now - NEW_FOR])


def community(view: View) -> Row | None:
    snapshot, row = view.catalogue.snapshot, view.member.row
    of = int(snapshot.users.community[row]) if row >= 0 else -1
    if of < 0:
        return None
    reason = "Members of like taste watch these more than others do."
    return _charted(
        view, "community", COMMUNITY, "Popular with people like you", reason,
        snapshot.charts.community[of],
    )  # fmt: skip


def popular_now(view: View) -> Row | None:
    """What most watch here; for a newcomer spread over the genres."""
    reason = "Many members have been watching these lately."
    if view.member.known:
        titles = _popular(view, CHARTED)
        return _charted(view, "popular-now", POPULAR, "Popular now", reason, titles)
    titles = newcomer.spread(_popular(view, len(view.fresh)), view.catalogue)
    return _titled("popular-now", POPULAR, "Popular now", reason, titles)


def more_like_liked(view: View) -> Row | None:
    """What is near most of the titles liked lately."""
    liked = view.liked[:LIKED]
    if len(liked) < 2:
        return None
    titles = view.catalogue.snapshot.titles
    total = np.zeros(len(view.fresh) + 1, np.float32)  # at the end that of no title, row -1
    np.add.at(total, titles.similar[liked].ravel(), titles.similarity[liked].ravel())
    total = total[:-1]
    order = best_where(total, (total > 0) & view.fresh, CHARTED)
    heading, reason = "More like what you liked", "These are near several titles you liked."
    return _fitting(view, "more-like-liked", MORE_LIKE, heading, reason, order)


def watch_again(view: View) -> Row | None:
    member = view.member
    titles = member.titles[member.liked & member.finished & view.permitted[member.titles]]
    reason = "You finished and liked these."
    return _fitting(view, "watch-again", WATCH_AGAIN, "Watch again", reason, titles)


def something_different(view: View) -> Row | None:
    """Drawn from well-liked titles none of whose genres the member watches as much as others do."""
    if not view.member.known:
        return None
    catalogue = view.catalogue
    usual = (view.member.genre_taste >= catalogue.genre_share).astype(np.float32)
    popular = _popular(view, WELL_LIKED)
    mix = catalogue.genre_mix[popular]
    outside = popular[mix.any(axis=1) & (mix @ usual == 0)][:DIFFERENT_POOL]
    if len(outside) < WORTH_A_ROW:
        return None
    seed = np.uint32(tokens.check(f"{view.seed}/{view.member.id}"))
    drawn = np.argsort((catalogue.checks[outside] ^ seed) * MIXED)[:DIFFERENT]
    reason = "Liked by many, and unlike what you usually watch."
    return _fitting(
        view, "something-different", DIFFERENT_KIND, "Something different", reason, outside[drawn]
    )


def because(view: View) -> list[Row]:
    """Rows of titles near those the member liked, the one liked last first."""
    return _because(view, view.liked[:BECAUSE_ROWS])


def because_named(view: View, id: str) -> Row | None:
    title = view.catalogue.row_of.get(id)
    liked = view.liked
    return next(iter(_because(view, liked[liked == title])), None)


SINGLES: dict[str, Callable[[View], Row | None]] = {
    "continue-watching": continue_watching,
    "my-list": my_list,
    "top-picks": top_picks,
    "popular-now": popular_now,
    "top-10": top_10,
    "trending": trending,
    "new": new,
    "more-like-liked": more_like_liked,
    "community": community,
    "watch-again": watch_again,
    "something-different": something_different,
}


def _titled(
    id: str, kind: page_pb2.RowKind, heading: str, reason: str, titles: Titles
) -> Row | None:
    return Row(id, kind, heading, reason, lambda k: titles[:k]) if len(titles) else None


def _ordered(
    id: str, kind: page_pb2.RowKind, heading: str, reason: str, titles: Titles
) -> Row | None:
    if not len(titles):
        return None
    return Row(id, kind, heading, reason, lambda k: titles[:k], ordered=True)


def _own(
    view: View, id: str, kind: page_pb2.RowKind, heading: str, titles: Titles, *, reason: str,
    of_one: str,
) -> Row | None:  # fmt: skip
    """What they did something with themselves. One title alone is joined by the best of those
    nearest to it, since a row of one card is none."""
    if len(titles) != 1:
        return _ordered(id, kind, heading, reason, titles)
    near = view.catalogue.snapshot.titles.similar[titles[0]]
    near = near[near >= 0]
    near = near[view.fresh[near] & (near != titles[0])][:NEAREST]
    fitting = near[np.argsort(-view.scores[near], kind="stable")][:JOINED]
    name = view.catalogue.names[titles[0]]
    joined = np.concatenate([titles, fitting])
    return _ordered(id, kind, f"{heading}, and more like it", of_one.format(name), joined)


def _charted(
    view: View, id: str, kind: page_pb2.RowKind, heading: str, reason: str, chart: Titles
) -> Row | None:
    """The first of a chart, in the order in which they fit the member; of equal fit as charted."""
    first = chart[chart >= 0]
    first = first[view.fresh[first]][:CHARTED]
    return _fitting(view, id, kind, heading, reason, first)


def _fitting(
    view: View, id: str, kind: page_pb2.RowKind, heading: str, reason: str, titles: Titles
) -> Row | None:
    """The titles, those that fit the member best first."""
    order = np.argsort(-view.scores[titles], kind="stable")[:CHARTED]
    return _titled(id, kind, heading, reason, titles[order])


def _popular(view: View, k: int) -> Titles:
    """The first k fresh titles by popularity here, looked for near the top before everywhere."""
    order = view.catalogue.by_popularity(view.country)
    top = order[: 4 * k]
    found = top[view.fresh[top]]
    return (found if len(found) >= k else order[view.fresh[order]])[:k]


def _because(view: View, titles: Titles) -> list[Row]:
    """A row for each of `titles` that has enough fresh ones near it: the nearest first, but of two
    about as near the one that fits the member better."""
    catalogue = view.catalogue
    near = catalogue.snapshot.titles.similar[titles]  # [n, k]
    similarity = catalogue.snapshot.titles.similarity[titles]
    fresh = view.fresh[near] & (near >= 0)
    worth = np.flatnonzero(fresh.sum(axis=1) >= WORTH_A_ROW)
    fit = similarity + NEARNESS / view.spread * view.scores[near]
    order = np.argsort(-fit, axis=1, kind="stable")

    def best(row: int, k: int) -> Titles:
        kept = order[row][fresh[row][order[row]]]
        return near[row][kept[:k]]

    return [
        Row(
            id=f"because/{catalogue.ids[title]}",
            kind=BECAUSE,
            heading=f"Because you watched {catalogue.names[title]}",
            reason=f"Those who watched {catalogue.names[title]} watch these.",
            best=partial(best, row),
            subject=catalogue.ids[title],
        )
        for row, title in zip(worth.tolist(), titles[worth].tolist(), strict=True)
    ]
