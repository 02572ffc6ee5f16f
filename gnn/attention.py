"""How attention falls off down a page and along its rows, fitted from what was on screen.

A reader who is at a row goes on to the next with one probability, and from a card on screen to the
next with another, so a card is looked at with p_row^row * p_card^card. What was on screen where,
over many pages, tells both. Who found something there to watch did not lose attention: they are
taken out of those who could have gone on.
"""

import numpy as np
from numpy.typing import NDArray

PRIOR = np.array([0.85, 0.9], np.float32)  # of rows and of cards, where nothing was seen yet
PAGES = 200.0  # impressions at the top that weigh as much as what is believed without any
LEAST, MOST = 0.3, 0.99  # a page that nobody reads down, or everybody to its end, is not believed
ROWS, CARDS = 40, 6  # positions that count; behind the sixth card a reader has to swipe


def fit(shown: list[tuple[int, int, int, int]]) -> NDArray[np.float32]:
    """[2] the shares of readers who go on, to the next row and to the next card.

    `shown` as in `EventLog.shown`. A share is the maximum of the likelihood of a geometric walk: of
    all the times that somebody was at a position and found nothing, the share in which they came to
    the one after it; with as many times more as `PAGES` in which they did as the prior says.
    """
    seen, found = np.zeros((ROWS, CARDS)), np.zeros((ROWS, CARDS))
    in_row = np.zeros(ROWS)  # found in each, whatever the card
    for row, card, impressions, plays in shown:
        if 0 <= row < ROWS:
            in_row[row] += plays
            if 0 <= card < CARDS:
                seen[row, card] += impressions
                found[row, card] += plays
    most = seen.sum(axis=1).argmax()  # of cards, the row that is seen most tells
    shares = (
        _share(seen.max(axis=1), in_row, float(PRIOR[0])),  # of a row, the card that is
        _share(seen[most], found[most], float(PRIOR[1])),
    )
    # in hundredths, so that a few impressions more do not make another snapshot
    return np.round(np.clip(shares, LEAST, MOST), 2).astype(np.float32)


def _share(reached: NDArray[np.float64], found: NDArray[np.float64], prior: float) -> float:
    searching = np.maximum(reached - found, 0)
    return (reached[1:].sum() + prior * PAGES) / (searching[:-1].sum() + PAGES)
