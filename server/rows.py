"""The rows a member could be shown: for each, its name, its heading and its titles, best first.

A row is a question that is answered as deep as it is asked, so a page that shows twenty cards of a
row never orders the thousands behind them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from playbill.errors import NotFound
from playbill.v1 import page_pb2
from server import newcomer
from server.ranking import Titles
from server.view import View

WORTH_A_ROW = 4  # titles; a genre or a neighbourhood with fewer is no choice
BECAUSE_ROWS = 20  # of the titles liked most recently; also what keeps genre rows apart
FIT_TITLES = 6  # the cards of a row that are on screen, by which a genre's fit is judged
TASTE_WEIGHT = 0.5  # standard deviations of score that e times the usual share of a genre is worth
NEARNESS = 0.15  # cosine to the watched title that one standard deviation of score makes up for
PRIOR = 0.02  # share of a genre that is taken for granted, so that one title does not decide

CONTINUE = page_pb2.ROW_KIND_CONTINUE_WATCHING
TOP_PICKS = page_pb2.ROW_KIND_TOP_PICKS
GENRE = page_pb2.ROW_KIND_GENRE
BECAUSE = page_pb2.ROW_KIND_BECAUSE_YOU_WATCHED
POPULAR = page_pb2.ROW_KIND_POPULAR_NOW


@dataclass(frozen=True)
class Row:
    id: str
    kind: page_pb2.RowKind
    heading: str
    best: Callable[[int], Titles]  # the first k titles, each once, fewer where there are fewer
    subject: str = ""


def candidates(view: View) -> Iterator[Row]:
    """Every row with something in it. Within a kind, the one to show first comes first."""
    for row in (continue_watching(view), top_picks(view), popular_now(view)):
        if row is not None:
            yield row
    yield from genres(view)
    yield from because(view)


def find(view: View, row_id: str) -> Row:
    """The row of this name. Raises NotFound where the member has no such row."""
    family, _, subject = row_id.partition("/")
    single = {
        "continue-watching": continue_watching,
        "top-picks": top_picks,
        "popular-now": popular_now,
    }
    row = None
    if row_id in single:
        row = single[row_id](view)
    elif family == "genre":
        row = _genre_named(view, subject)
    elif family == "because":
        row = _because_named(view, subject)
    if row is None:
        raise NotFound(
            f"row {row_id!r}: user {view.member.id!r} has no such row now; GetPage names those "
            "there are."
        )
    return row


def continue_watching(view: View) -> Row | None:
    member = view.member
    begun = member.begun & view.wanted[member.titles]
    titles = member.titles[begun]
    newest = titles[np.argsort(-member.last_at[begun], kind="stable")]
    if not len(newest):
        return None
    return Row("continue-watching", CONTINUE, "Continue watching", lambda k: newest[:k])


def top_picks(view: View) -> Row | None:
    """None for a newcomer: nobody can pick for a stranger."""
    if not view.member.known or not view.ranking.count:
        return None
    return Row("top-picks", TOP_PICKS, "Top picks for you", view.ranking.best)


def popular_now(view: View) -> Row | None:
    """What most watch; for a newcomer spread over the genres."""
    if view.member.known:
        best = partial(_popular, view)
    else:
        spread = newcomer.spread(_popular(view, len(view.fresh)), view.catalogue)
        best = lambda k: spread[:k]  # noqa: E731
    return Row("popular-now", POPULAR, "Popular now", best) if len(best(1)) else None


def genres(view: View) -> list[Row]:
    """A row for each genre worth showing, the best fit first."""
    counts = np.count_nonzero(view.catalogue.of_genre & view.fresh, axis=1)
    worth = np.flatnonzero(counts >= WORTH_A_ROW)
    fits = _genre_fit(view)[worth]
    return [_genre(view, int(genre)) for genre in worth[np.argsort(-fits, kind="stable")]]


def because(view: View) -> list[Row]:
    """Rows of titles near those the member liked, the one liked last first."""
    return _because(view, _liked(view)[:BECAUSE_ROWS])


def _popular(view: View, k: int) -> Titles:
    """The first k fresh titles by popularity, looked for near the top before everywhere."""
    order = view.catalogue.by_popularity
    top = order[: 4 * k]
    found = top[view.fresh[top]]
    return (found if len(found) >= k else order[view.fresh[order]])[:k]


def _genre(view: View, genre: int) -> Row:
    catalogue = view.catalogue
    id, members = catalogue.genre_ids[genre], catalogue.of_genre[genre]
    return Row(
        id=f"genre/{id}",
        kind=GENRE,
        heading=catalogue.genre_headings[genre],
        best=lambda k: view.ranking.best_among(members, k),
        subject=id,
    )


def _genre_named(view: View, id: str) -> Row | None:
    genre = view.catalogue.snapshot.genres.vocabulary.row(id)
    row = None if genre is None else _genre(view, genre)
    return row if row and len(row.best(1)) else None


def _genre_fit(view: View) -> NDArray[np.float32]:
    """[g] how well each genre fits: what its screenful scores, in standard deviations, and how
    much more of it the member watches than is watched in general (the log of the ratio of the two
    shares, so that twice as much and half as much weigh alike)."""
    catalogue, member = view.catalogue, view.member
    best = [view.ranking.best_among(members, FIT_TITLES) for members in catalogue.of_genre]
    counts = np.array([len(titles) for titles in best])
    genre = np.repeat(np.arange(len(best)), counts)
    sums = np.bincount(genre, view.standardised[np.concatenate(best)], minlength=len(best))
    screenful = sums / np.maximum(counts, 1)
    total = float(member.weight.sum())
    if total == 0:
        return screenful
    share = catalogue.of_genre[:, member.titles] @ member.weight / total
    return screenful + TASTE_WEIGHT * np.log((share + PRIOR) / (catalogue.genre_share + PRIOR))


def _liked(view: View) -> Titles:
    """Titles the member watched, liked and may still see the name of, the newest first."""
    member = view.member
    liked = (member.thumb > 0) | ((member.thumb == 0) & (member.weight >= 1))
    at = np.flatnonzero(liked & member.begun & view.permitted[member.titles])
    return member.titles[at[np.lexsort((-member.weight[at], -member.last_at[at]))]]


def _because(view: View, titles: Titles) -> list[Row]:
    """A row for each of `titles` that has enough fresh ones near it: the nearest first, but of two
    about as near the one that fits the member better."""
    catalogue = view.catalogue
    near = catalogue.snapshot.titles.similar[titles]  # [n, k]
    similarity = catalogue.snapshot.titles.similarity[titles]
    fresh = view.fresh[near] & (near >= 0)
    worth = np.flatnonzero(np.count_nonzero(fresh, axis=1) >= WORTH_A_ROW)
    order = np.argsort(-(similarity + NEARNESS * view.standardised[near]), axis=1, kind="stable")

    def best(row: int, k: int) -> Titles:
        kept = order[row][fresh[row][order[row]]]
        return near[row][kept[:k]]

    return [
        Row(
            id=f"because/{catalogue.ids[title]}",
            kind=BECAUSE,
            heading=f"Because you watched {catalogue.names[title]}",
            best=partial(best, row),
            subject=catalogue.ids[title],
        )
        for row, title in zip(worth.tolist(), titles[worth].tolist(), strict=True)
    ]


def _because_named(view: View, id: str) -> Row | None:
    title = view.catalogue.row_of.get(id)
    liked = _liked(view)
    return next(iter(_because(view, liked[liked == title])), None)
