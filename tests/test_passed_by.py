"""How much a card that was passed by counts, told from members of whom that is known."""

from dataclasses import replace

import numpy as np
import pytest

from gnn.passed_by import ENOUGH, PAGES, fit, trials
from graph.arrays import Ragged, Vocabulary
from graph.behaviour import Event, Kind
from graph.columns import UserColumns
from graph.events import Seen
from graph.light import Touched, passed_by, unclicked
from graph.snapshot import Snapshot
from graph.taste import Evidence, taste
from tests.live import members
from tests.snapshots import DAY, NOW, Shape, build, title_id, user_id

MEMBERS, VISITS, CARDS = 80, 7, 12
BUILT = build(Shape(titles=300, users=MEMBERS, per_user=15, restricted=False), seed=4)
TITLES = BUILT.titles.vocabulary
USERS = UserColumns(
    *(
        getattr(BUILT.users, name)
        for name in ("vocabulary", "country", "maturity_ceiling", "kids", "history", "past")
    )
)


def serving(strength: float) -> Snapshot:
    reading = replace(BUILT.reading, passed_by=np.array([strength], np.float32))
    return replace(BUILT, reading=reading)


def visits(user: int, strength: float, *, sure: float, seed: int, base: float = 0) -> list[Seen]:
    """A page a day of the best that were not on the page before, each chosen the more likely the
    better it is for somebody of whom cards that were passed by say so much; `base` are the log odds
    of one as good as most."""
    random = np.random.default_rng([seed, user])
    history, done = USERS.history[user], []
    past = USERS.past.taken(slice(*USERS.history.offsets[user : user + 2].tolist()))
    lasting = Evidence(history, past.weight, past.last_at)
    for visit in range(VISITS):
        begun = NOW - (VISITS - visit) * DAY
        titles, kinds, at = (
            np.array([line[part] for line in done], dtype)
            for part, dtype in enumerate((np.int32, np.int32, np.int64))
        )
        touched = Touched.counted(titles, kinds, at)
        shown = unclicked(touched, history, past)
        against = passed_by(shown, touched, history, past, strength=strength)
        light = Evidence(*map(np.concatenate, zip(touched.evidence, against, strict=True)))
        scores = taste(BUILT.weights, lasting, light).scores(BUILT.weights, now=begun)
        order = np.argsort(-scores, kind="stable")
        page = order[~np.isin(order, history) & ~np.isin(order, titles)][: 3 * CARDS]
        for card, title in enumerate(np.sort(random.choice(page, CARDS, replace=False)).tolist()):
            done.append((title, Kind.IMPRESSION, begun + card, visit))
            odds = base + sure * (scores[title] - scores[page].mean())
            if random.random() < 1 / (1 + np.exp(-odds)):
                done.append((title, Kind.DETAIL_OPENED, begun + card, visit))
    return [
        Seen(user_id(user), f"{user}/{visit}", title_id(title), kind, at)
        for title, kind, at, visit in done
    ]


def seen(
    strength: float, *, sure: float, members: int = MEMBERS, seed: int = 0, base: float = 0
) -> list[Seen]:
    return [
        line
        for user in range(members)
        for line in visits(user, strength, sure=sure, seed=seed, base=base)
    ]


@pytest.mark.parametrize(("truly", "from_"), [(1.6, 0.4), (0.1, 1.6), (0.4, 0.4)])
def test_it_finds_how_much_members_mean_by_it(truly: float, from_: float):
    found = fit(seen(truly, sure=3.0), TITLES, USERS, serving(from_))
    assert truly / 2 <= found <= truly * 2


@pytest.mark.parametrize(("base", "seed"), [(0, 1), (-1.5, 4), (-1.5, 9), (-3, 2)])
def test_where_choices_tell_nothing_it_stays(base: float, seed: int):
    told = seen(0.4, sure=0.0, seed=seed, base=base)
    assert fit(told, TITLES, USERS, serving(0.4)) == 0.4


def test_a_few_members_are_not_enough():
    few = seen(1.6, sure=3.0, members=ENOUGH - 1)
    assert fit(few, TITLES, USERS, serving(0.4)) == 0.4
    assert fit([], TITLES, USERS, serving(0.4)) == 0.4


def test_what_is_judged_is_what_was_served():
    """The scores of each page are those that the server had just before it, of what the model and
    what was done say; titles that they knew are no trials."""
    told = visits(7, 0.8, sure=3.0, seed=1)
    strengths = np.array([0.2, 0.8])
    pages = list(trials(told, TITLES, USERS, serving(0.8), strengths))
    assert len(pages) == PAGES == VISITS - 1
    with members(serving(0.8)) as (_, known, log):
        for visit in range(VISITS):
            page = pages[max(visit - 1, 0)]  # the first of all is none of the newest
            here = [line for line in told if line.page == f"7/{visit}"]
            shown = sorted({line.title for line in here if line.kind is Kind.IMPRESSION})
            rows = np.searchsorted(list(TITLES.ids), shown)
            chosen = {line.title for line in here if line.kind is Kind.DETAIL_OPENED}
            member = known.get(user_id(7))
            scores = member.taste.scores(BUILT.weights, now=here[0].at)
            if visit:
                assert page.chosen.tolist() == [title in chosen for title in shown]
                assert page.scores[1] == pytest.approx(scores[rows], abs=1e-4)
                assert page.scores[0] != pytest.approx(scores[rows], abs=1e-3)
            log.append(
                [
                    Event(f"{visit}/{n}", line.user, line.title, line.kind, line.at)
                    for n, line in enumerate(here)
                ]
            )


def test_what_was_known_before_a_page_is_told_by_when_it_began():
    """Neither a title that they go on with, chosen from the page or not, is a trial; nor does what
    they began on a page or after it count before."""
    old, others = int(USERS.history[3][0]), np.setdiff1d(range(60), USERS.history[3])[:2].tolist()
    at, (start, end) = NOW - DAY, USERS.history.offsets[3:5].tolist()
    lines = [
        Seen(user_id(3), "p", title_id(title), kind, at)
        for title in (old, *others)
        for kind in (Kind.IMPRESSION, Kind.PLAY_STARTED)
    ]
    strengths = np.array([0.4, 0.8])
    (page,) = trials(lines, TITLES, USERS, BUILT, strengths)
    assert page.chosen.tolist() == [True, True]
    # as the graph knows it afterwards: the old one went on, one of the new was begun
    watched = np.sort([*USERS.history[3].tolist(), others[0]]).astype(np.int32)
    past = USERS.past.taken(slice(start, end))
    later = past.taken(np.searchsorted(USERS.history[3], watched).clip(max=len(past) - 1))
    began = np.where(watched == others[0], at + 5, later.first_at)
    ended = np.where(np.isin(watched, [old, others[0]]), at + 5, later.last_at)
    alone = replace(
        USERS,
        vocabulary=Vocabulary.of([user_id(3)]),
        history=Ragged.of([watched]),
        past=replace(later, first_at=began, last_at=ended),
    )
    (after,) = trials(lines, TITLES, alone, BUILT, strengths)
    assert after.chosen.tolist() == [True, True]
    assert after.scores == pytest.approx(page.scores, abs=0.02)


def test_of_those_as_likely_as_the_likeliest_it_takes_the_nearest():
    """Where 0.2 is the likeliest, and 0.4 nearly as likely."""
    told = seen(0.4, sure=0.5, members=50, seed=1)
    assert fit(told, TITLES, USERS, serving(1.6)) == 0.4


def test_what_was_known_or_is_gone_is_no_trial():
    watched = TITLES[int(USERS.history[3][0])]
    lines = [
        Seen(user_id(3), "p", title, Kind.IMPRESSION, NOW)
        for title in (watched, "gone", title_id(int(np.setdiff1d(range(9), USERS.history[3])[0])))
    ]
    (page,) = trials(lines, TITLES, USERS, BUILT, np.array([0.4, 0.8]))
    assert page.scores.shape == (2, 1)
    stranger = [line._replace(user="nobody") for line in lines]
    (page,) = trials(stranger, TITLES, USERS, BUILT, np.array([0.4, 0.8]))
    assert page.scores.shape == (2, 2)
