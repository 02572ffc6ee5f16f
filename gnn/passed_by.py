"""How much a card on screen that was not chosen says against what is like it: the strength by which
what members chose, of the cards that they saw, is likeliest.

Each card of a page that somebody saw, with a title new to them, is a trial: it was chosen, or not,
with a chance that grows with the title's score,

    chance = 1 / (1 + exp(-(a + b * score)))

as it was when the page was shown, by what serves now, if cards that were passed by before counted
so much. a and b are fitted for each strength on its own. Who finds something stops reading, so the
better cards of one page are those that were not chosen, and to compare within pages would mislead.
But as where they stop hangs on nothing but what they saw so far, the likelihood of what became of
each card seen is that of the whole, whatever made them stop (Berger & Wolpert, The Likelihood
Principle, 1988).

What serves may have learned from what was chosen there. It knows titles and not members, so what
one of them chose tells it little of that choice; and pages since it was published alone would be
too few.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from graph.arrays import Vocabulary
from graph.behaviour import CLICKS, HOUR, LIGHT, Kind
from graph.columns import UserColumns
from graph.events import Seen
from graph.light import Touched, passed_by, unclicked
from graph.past import Past
from graph.scorer import Sums
from graph.snapshot import Snapshot
from graph.taste import Evidence, taste

STRENGTHS = (0.1, 0.2, 0.4, 0.8, 1.6)
MEMBERS = 400  # are looked at: those who did something last
PAGES = 6  # of each, the newest
ENOUGH = 30  # members with trials, so that what differs between them can be told
# Standard errors, over members, by which scores must tell what is chosen, and another strength must
# be likelier; and by how much at least, in natural logarithms, for both can be next to nothing.
# Where choices told nothing, or what served was right, none of 260 services moved.
SURE, LEAST = 2.0, 2.0


@dataclass(frozen=True, eq=False)
class Trials:
    """Of one page, t cards."""

    user: str
    scores: NDArray[np.float32]  # [strengths, t]
    chosen: NDArray[np.bool_]  # [t]


def fit(seen: Iterable[Seen], titles: Vocabulary, users: UserColumns, serving: Snapshot) -> float:
    """The strength: of those about as likely as the likeliest, the nearest to that of `serving`,
    which stays where no other is surely likelier. `seen` as in `EventLog.seen`; `titles` and
    `users` of the graph."""
    now = serving.reading.strength
    strengths = np.unique([*STRENGTHS, now])
    pages = list(trials(seen, titles, users, serving, strengths))
    members, member = np.unique(
        [page.user for page in pages for _ in page.chosen], return_inverse=True
    )
    if len(members) < ENOUGH:
        return now
    scores = np.concatenate([page.scores for page in pages], axis=1)
    chosen = np.concatenate([page.chosen for page in pages])
    likely = np.zeros((len(strengths) + 1, len(members)))  # at the end whatever the scores
    for of, each in zip(likely, [*scores, np.zeros(len(chosen), np.float32)], strict=True):
        np.add.at(of, member, _likelihood(each, chosen))
    likely, blind = likely[:-1], likely[-1]
    sure = np.flatnonzero(_surely(likely, blind) & _surely(likely, likely[strengths == now]))
    if not len(sure):
        return now
    best = likely[sure[np.argmax(likely[sure].sum(axis=1))]]
    short, doubt = _more(best, likely[sure])
    as_likely = strengths[sure[short <= doubt]]
    return float(as_likely[np.argmin(np.abs(np.log(as_likely / now)))])


def _surely(likely: NDArray[np.float64], than: NDArray[np.float64]) -> NDArray[np.bool_]:
    more, doubt = _more(likely, than)
    return (more > SURE * doubt) & (more > LEAST)


def _more(
    likely: NDArray[np.float64], than: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """([s] how much more likely it is than another, [s] the standard error of that), of members'
    likelihoods [s, members]."""
    more = likely - than
    return more.sum(axis=1), more.std(axis=1) * np.sqrt(more.shape[1])


def trials(
    seen: Iterable[Seen],
    titles: Vocabulary,
    users: UserColumns,
    serving: Snapshot,
    strengths: NDArray[np.float64],
) -> Iterator[Trials]:
    """Of the newest pages of each member, with the scores that each strength would have given."""
    row_of = {id: row for row, id in enumerate(serving.titles.vocabulary.ids)}
    rows = titles.rows_in(serving.titles.vocabulary)
    for user, lines in groupby(seen, key=lambda line: line.user):
        done = _Lines.of(lines, row_of)
        history, past = _history(users, user, rows)
        pages = done.page[done.page >= 0]
        for page in np.unique(pages)[-PAGES:]:
            here = done.page == page
            begun = int(done.at[here].min())
            here &= done.at < begun + HOUR  # a page that is open for long is told of that hour
            known = past.first_at < begun  # for what was chosen here may have been known before
            shown = np.unique(done.titles[here & (done.kind == Kind.IMPRESSION)])
            shown = shown[~np.isin(shown, history[known])]
            if not len(shown):
                continue
            light = (done.at < begun) & np.isin(done.kind, LIGHT)
            so_far = _as_of(past.taken(known), begun)
            touched = Touched.counted(done.titles[light], done.kind[light], done.at[light])
            touched = touched.heeded(history[known], so_far)
            scores = _scores(serving, history[known], so_far, touched, strengths, now=begun)
            chosen = done.titles[here & np.isin(done.kind, CLICKS)]
            yield Trials(user, scores[:, shown], np.isin(shown, chosen))


@dataclass(frozen=True, eq=False)
class _Lines:
    """What one member did with titles that serve, in the order of time. All [m]."""

    page: NDArray[np.int64]  # counted from their first, -1 where none was told
    titles: NDArray[np.int32]
    kind: NDArray[np.int32]
    at: NDArray[np.int64]

    @classmethod
    def of(cls, lines: Iterable[Seen], row_of: dict[str, int]) -> "_Lines":
        number: dict[str, int] = {}
        done = [
            (number.setdefault(page, len(number)) if page else -1, row_of[title], kind, at)
            for _, page, title, kind, at in lines
            if title in row_of
        ]
        page, titles, kind, at = np.array(done, np.int64).reshape(-1, 4).T
        return cls(page, titles.astype(np.int32), kind.astype(np.int32), at)


def _history(
    users: UserColumns, user: str, rows: NDArray[np.int32]
) -> tuple[NDArray[np.int32], Past]:
    """What the graph tells of a user, of the titles that serve; `rows` [titles of the graph] is
    where each stands among those, -1 for none."""
    row = users.vocabulary.row(user)
    start, end = (0, 0) if row is None else users.history.offsets[row : row + 2]
    titles = rows[users.history.values[start:end]]
    return titles[titles >= 0], users.past.taken(slice(start, end)).taken(titles >= 0)


def _as_of(past: Past, moment: int) -> Past:
    """Nearly as it was then, without what was said of titles since: of what went on afterwards no
    more is known than when it began."""
    return replace(
        past,
        last_at=np.where(past.last_at < moment, past.last_at, past.first_at),
        thumb=np.where(past.thumb_at < moment, past.thumb, 0).astype(past.thumb.dtype),
        hidden_at=np.where(past.hidden_at < moment, past.hidden_at, 0),
    )


def _scores(
    serving: Snapshot,
    titles: NDArray[np.int32],
    past: Past,
    touched: Touched,
    strengths: NDArray[np.float64],
    *,
    now: int,
) -> NDArray[np.float32]:
    """[strengths, n titles]"""
    weights, lasting = serving.weights, Evidence(titles, past.speaks, past.last_at)
    shown = unclicked(touched, titles, past)
    against = passed_by(shown, touched, titles, past, strength=1.0)
    if not against.weight.any():  # then any strength says the same
        scores = taste(weights, lasting, touched.evidence).scores(weights, now=now)
        return np.repeat(scores[None], len(strengths), axis=0)
    ends = strengths[[0, -1]].astype(np.float32)
    parts = [against._replace(weight=end * against.weight) for end in ends]
    low, high = (
        taste(
            weights, lasting, Evidence(*map(np.concatenate, zip(touched.evidence, of, strict=True)))
        )
        for of in parts
    )
    found = []
    for share in ((strengths - ends[0]) / (ends[1] - ends[0])).tolist():
        # what histories add up to grows evenly with the strength
        sums = (
            one + np.float32(share) * (other - one)
            for one, other in zip(low.sums, high.sums, strict=True)
        )
        found.append(replace(low, sums=Sums(*sums)).scores(weights, now=now))
    return np.stack(found)


def _likelihood(scores: NDArray[np.float32], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """[t] the logarithm of the likelihood of each trial, for the a and b that make that of all of
    them greatest (logistic regression)."""
    told = np.stack([np.ones(len(scores)), scores.astype(np.float64)], axis=1)

    def unlikely(ab: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = told @ ab
        gradient = told.T @ (expit(odds) - chosen)
        return float(np.logaddexp(0, odds).sum() - odds[chosen].sum()), gradient

    never_less = [(None, None), (0, None)]  # a better title is not chosen the less for it
    odds = told @ minimize(unlikely, np.zeros(2), jac=True, bounds=never_less).x
    return odds * chosen - np.logaddexp(0, odds)
