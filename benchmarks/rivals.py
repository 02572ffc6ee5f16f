"""The pages that Playbill's is compared with: titles in an order, cut into rows.

By popularity, by Playbill's own scores, and by a member's true satisfaction, which only a
simulation knows. Each of these pages has a title once, but what was begun, which a row above them
may hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log2

from benchmarks.visits import SCREEN, Row


def by_genre(
    titles: Iterable[int], genres: Mapping[int, Sequence[str]], *, rows: int, cards: int
) -> list[Row]:
    """Rows of the genres of `titles`, best first, in that order.

    The genre whose best titles stand highest comes first: by the sum of 1 / log2(rank + 2) over the
    SCREEN best of it that no row above has, ranks counted from 0 (the discount of NDCG, Jarvelin &
    Kekalainen 2002). No row has a single card.
    """
    left: dict[str, list[tuple[int, int]]] = {}
    for rank, title in enumerate(titles):
        for genre in genres[title]:
            left.setdefault(genre, []).append((rank, title))
    page: list[Row] = []
    while (left := {genre: of for genre, of in left.items() if len(of) > 1}) and len(page) < rows:
        best = max(left, key=lambda genre: _worth(left[genre]))
        row = [title for _, title in left.pop(best)][:cards]
        taken = set(row)
        left = {
            genre: [(rank, title) for rank, title in of if title not in taken]
            for genre, of in left.items()
        }
        page.append(Row(f"genre/{best}", row))
    return page


def in_order(titles: Sequence[int], *, rows: int) -> list[Row]:
    """`titles`, best first, cut into rows of a screen's width, so that none hides off screen."""
    return [
        Row(f"best/{at // SCREEN}", titles[at : at + SCREEN])
        for at in range(0, min(len(titles), rows * SCREEN), SCREEN)
    ]


def _worth(ranked: Sequence[tuple[int, int]]) -> float:
    return sum(1 / log2(rank + 2) for rank, _ in ranked[:SCREEN])
