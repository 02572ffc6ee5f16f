"""Simulated members: their hidden tastes, and what becomes of them from visit to visit.

Of a family unlike any model of Playbill's: a member has a few prototype titles, and a title is
worth what it is like the nearest of them, weighed by a mood that changes between visits (a hidden
Markov chain), and what it is worth by itself; the genres of the last visits bore them, and late in
the evening long films do, except on weekends.

    satisfaction = .9 max over prototypes (mood x likeness) + .3 quality - boredom - length

A past is made of choices: of some titles that came along, the more popular ones more often, the one
that seemed best. Kinds, these weights and how many came along are set so that a past tells as much
as MovieLens 100K does, where EASE finds twice of what popularity finds of a random fifth held out.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.world import COUNTRIES, Watch, World

WORTH_IT = 0.6  # satisfaction from which a title was worth watching
PROTOTYPES, MOODS = 4, 3
STAYS = 0.6  # chance that the mood of the visit before goes on
FADED = 0.3  # weight of a prototype that is out of the mood
BORED, RECOVERS = 0.06, 0.7  # by one watch of a genre; share of it left a visit later
LATE, LONG = 21, 110  # hour of the day, minutes
TIRED = 0.08  # what a long film loses late on a weekday
SEEN = 0.5  # share of the satisfaction that is left a second time
CAME_ALONG, KNOWN = 50, 0.7  # titles that a choice was made of; exponent of their popularity
SEEMED = 0.1  # standard deviation of what a title seemed to be worth
DAY = 86_400


@dataclass(frozen=True, eq=False)
class Member:
    prototypes: NDArray[np.int64]  # [PROTOTYPES] titles
    weight: NDArray[np.float64]  # [MOODS, PROTOTYPES]
    country: str
    device: str
    utc_offset: int  # minutes


@dataclass(eq=False)
class Life:
    """What has become of a member so far; each policy's page makes it another."""

    mood: int = 0
    boredom: dict[int, float] = field(default_factory=dict)  # by genre
    finished: set[int] = field(default_factory=set)
    begun: list[int] = field(default_factory=list)  # left in the middle, to go on with
    refused: set[int] = field(default_factory=set)  # thumbed down, hidden, or abandoned early
    listed: set[int] = field(default_factory=set)
    satisfied: list[float] = field(default_factory=list)  # a visit


def member(world: World, random: np.random.Generator) -> Member:
    liked = world.popularity**0.5
    prototypes = random.choice(len(liked), PROTOTYPES, replace=False, p=liked / liked.sum())
    weight = np.where(random.random((MOODS, PROTOTYPES)) < 0.5, 1.0, FADED)
    weight[np.arange(MOODS), random.integers(PROTOTYPES, size=MOODS)] = 1.0
    return Member(
        prototypes=prototypes,
        weight=weight,
        country=str(random.choice(COUNTRIES)),
        device=str(random.choice(["tv", "phone", "tablet"])),
        utc_offset=int(random.choice([-300, 0, 60])),
    )


def satisfaction(world: World, of: Member, life: Life, *, at: int) -> NDArray[np.float64]:
    """[t] 0..1 of each title, were it watched now."""
    near = (of.weight[life.mood][:, None] * world.likeness[of.prototypes]).max(axis=0)
    boredom = np.zeros(world.genres.shape[1])
    boredom[list(life.boredom)] = list(life.boredom.values())
    bored = (world.genres * boredom).max(axis=1)
    long = TIRED * (world.runtime > LONG) * is_late(at, of.utc_offset)
    worth = np.clip(0.9 * near + 0.3 * world.quality - bored - long, 0.0, 1.0)
    worth[list(life.finished)] *= SEEN
    return worth


def is_late(at: int, utc_offset: int) -> bool:
    """Late in the evening of a day before a working day: Sunday to Thursday."""
    local = at + utc_offset * 60
    weekday = (local // DAY + 3) % 7  # 0 is Monday; 1970 began on a Thursday
    return local % DAY >= LATE * 3600 and weekday not in (4, 5)


def next_visit(life: Life, random: np.random.Generator) -> None:
    """What changes between visits: boredom wears off, and the mood may turn."""
    life.boredom = {genre: bored * RECOVERS for genre, bored in life.boredom.items()}
    if random.random() > STAYS:
        life.mood = int(random.integers(MOODS))


def watched(world: World, title: int, life: Life) -> None:
    """A film seen to the end: never new again, and its genres bore for a while."""
    life.finished.add(title)
    if title in life.begun:
        life.begun.remove(title)
    for genre in np.flatnonzero(world.genres[title]).tolist():
        life.boredom[genre] = life.boredom.get(genre, 0.0) + BORED


def returns(life: Life, chance: float) -> bool:
    """Whether the member comes back, given a uniform `chance`: the more surely the better the
    visits so far were, of which the newest count most."""
    newest_first = np.array(life.satisfied[::-1])
    weight = 0.7 ** np.arange(len(newest_first))
    return chance < 0.4 + 0.6 * float(newest_first @ weight / weight.sum())


def history(
    world: World, of: Member, user: str, *, watches: int, until: int, random: np.random.Generator
) -> list[Watch]:
    """What the member watched in the 200 days before `until`, at most `watches` titles."""
    life = Life(mood=int(random.integers(MOODS)))
    moods = [satisfaction(world, of, Life(mood=mood), at=0) for mood in range(MOODS)]
    known = np.cumsum(world.popularity**KNOWN)
    came = np.searchsorted(known, known[-1] * random.random((watches, CAME_ALONG)))
    seemed = random.normal(0, SEEMED, came.shape)
    found: dict[int, Watch] = {}
    for at, titles, noise in zip(
        np.sort(random.integers(until - 200 * DAY, until, watches)).tolist(), came, seemed,
        strict=True,
    ):  # fmt: skip
        next_visit(life, random)
        title = int(titles[np.argmax(moods[life.mood][titles] + noise)])
        if title not in found:
            found[title] = _watch(user, title, at, float(moods[life.mood][title]), random)
    return list(found.values())


def _watch(user: str, title: int, at: int, worth: float, random: np.random.Generator) -> Watch:
    good, tells = worth >= WORTH_IT, random.random() < 0.2
    completion = 1.0 if good else float(np.clip(worth + random.normal(0, 0.15), 0.03, 0.95))
    thumb = (1 + (worth > 0.8) if good else -1 if worth < 0.35 else 0) if tells else 0
    return Watch(user, title, at, completion, thumb)
