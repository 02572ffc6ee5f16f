"""How well each title fits a user: the one function that the judge and the server both call.

    personal = blend.filter * z(sum of the filter's rows of the history)
             + blend.embedding * z(<user, title> + bias)
    score    = trust * personal + (blend.recent + 1 - trust) * recent

z standardises over the titles, so that unlike models can be added. Within a history what is older
than the newest fades with a half-life, but never to less than LEAST of itself: one title watched
after years away is not all that is known. trust = e / (e + blend.doubt) grows with the evidence, e,
which fades by a half-life of its own: somebody who comes back after long, or is new, is shown more
of what is popular now. But taste outlasts any absence: trust never falls below LEAST of what it
would be if nothing faded.

The user side is inductive. All of it is computed from the user's weighted history, so a user who
was never trained on, or an event a second old, needs no training.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.snapshot import Weights

Floats = NDArray[np.float32]

# Neighbours added up at once. Arrays of 128 KiB and more would be taken from the operating system
# and given back on each call, which costs more than the sums.
AT_ONCE = 8_192
LEAST = 0.15  # of trust, and of what is old: on two cuts of MovieLens 100K as good as 0, and better
# than 0.3, for trust
UNSURE = 5.0  # titles watched to their end at which a match is half as far from 50 as it could be
ROUNDING = 1e-6  # of their mean, up to which a spread of scores is none


class Blend(NamedTuple):
    """How the parts of a score are mixed; chosen on a validation cut."""

    filter: float = 1.0  # of the title-to-title filter
    embedding: float = 0.0  # of the embeddings
    recent: float = 0.0  # of what is popular now
    doubt: float = 0.0  # evidence (1 is one title watched to its end) at which trust is a half
    half_life: float = 0.0  # seconds in which what a user did fades by half beside newer; 0 never
    away: float = 0.0  # seconds in which it fades by half as evidence to be trusted now; 0 never

    def array(self) -> Floats:
        """As `Weights.blend`."""
        return np.array(self, np.float32)


@dataclass(frozen=True)
class History:
    """What one user did. All [m]."""

    titles: NDArray[np.int32]  # rows of titles; one that comes twice counts twice
    weight: Floats  # strength as evidence of taste; 0 says nothing, good or bad
    age: NDArray  # seconds before now


class Sums(NamedTuple):
    """What a history adds up to, by the weights of its titles: the sums of two histories are those
    of both together. Of several histories each [histories, ...]."""

    filter: Floats  # [n titles]
    liking: Floats  # [n titles] products of their embeddings with the vector
    vector: Floats  # [d]


class Parts(NamedTuple):
    """What a score is made of."""

    filter: Floats  # [n titles] standardised
    embedding: Floats  # [n titles] standardised
    # What is left of the history's weight now, and what it was; [users, 1] each of many users.
    evidence: float | NDArray
    known: float | NDArray = 0.0


def user_vector(weights: Weights, history: History) -> Floats:
    """The user's embedding [d], of length 1; all 0 where the history holds no evidence of taste."""
    told = aged(history.weight, _since_newest(history), blend(weights).half_life)
    return _unit(told @ weights.history[history.titles])


def score(weights: Weights, history: History) -> Floats:
    """Scores [n titles], higher is better, comparable between users."""
    return _mixed(weights, parts(weights, history))


def score_sums(weights: Weights, sums: Sums, *, evidence: float, known: float) -> Floats:
    """The scores of a history that was added up before; `evidence` and `known` as in `Parts`."""
    return _mixed(weights, _parts(weights, sums, evidence, known))


def parts(weights: Weights, history: History) -> Parts:
    """The parts, before the blend mixes them (it says how the history fades, and no more)."""
    mixed = blend(weights)
    # how a history fades as a whole is for trust alone
    told = aged(history.weight, _since_newest(history), mixed.half_life)
    evidence = float(faded(history.weight, history.age, mixed.away).sum())
    sums = add_up(weights, history.titles, told)
    return _parts(weights, sums, evidence, float(history.weight.sum()))


def add_up(weights: Weights, titles: NDArray[np.int32], told: Floats) -> Sums:
    """The sums of `titles` [m], each with what is left of its weight, `told` [..., m], of one
    history or several of the same titles."""
    vector = told @ weights.history[titles]
    liking = (weights.title @ vector.T).T  # three times as fast as the other way about
    return Sums(_filtered(weights, titles, told), liking, vector)


def blend(weights: Weights) -> Blend:
    """How the parts of its scores are mixed."""
    return Blend(*weights.blend.tolist())


def mix(blend: Blend, parts: Parts, recent: Floats) -> Floats:
    """Scores [n titles] from their parts; `recent` [n titles] as in `Weights`."""
    trust = np.float32(trusted(blend, parts.evidence, parts.known))
    personal = np.float32(blend.filter) * parts.filter
    personal += np.float32(blend.embedding) * parts.embedding
    personal *= trust
    personal += (np.float32(blend.recent + 1) - trust) * recent
    return personal


def trusted(blend: Blend, evidence: float | NDArray, known: float | NDArray) -> NDArray:
    """The trust in what is known of a user, 0..1; both as in `Parts`, of one user or many."""
    left, whole = np.asarray(evidence, np.float32), np.asarray(known, np.float32)
    return np.maximum(_share(left, blend.doubt), LEAST * _share(whole, blend.doubt))


def faded(weight: Floats, age: NDArray, half_life: float) -> Floats:
    """[m] weights of what was done so many seconds ago, halved once a half-life; 0 is never."""
    if not half_life:
        return weight
    return (weight * 0.5 ** (np.maximum(age, 0) / half_life)).astype(np.float32)


def aged(weight: Floats, age: NDArray, half_life: float) -> Floats:
    """[m] what is left of the parts of a history, each so many seconds older than its newest."""
    left = faded(weight, age, half_life)
    return (LEAST * weight + np.float32(1 - LEAST) * left).astype(np.float32)


def standardise(scores: Floats) -> Floats:
    """Scores [n titles] in standard deviations from their mean; all 0 where they are all alike."""
    centred, deviation = _centred(scores)
    return np.divide(centred, np.float32(deviation)) if deviation else np.zeros_like(scores)


def spread(scores: Floats) -> float:
    """The standard deviation of scores [n titles]; 0 where they are all alike."""
    return _centred(scores)[1]


def match_percent(
    weights: Weights, scores: Floats, titles: NDArray[np.int32], *, known: float
) -> NDArray[np.int32]:
    """How well `titles` fit, 1..99, of a user whose scores [n titles] are given.

    The share of held-out watches that scored lower: were a member to watch one more title, as
    members did, it would fit less well than this with that probability. But one title alone makes
    nobody sure: it is drawn to 50 where little is known, with `known` as in `Parts`.
    """
    below = np.searchsorted(weights.match_quantiles, scores[titles], side="right") - 1
    sure = known / (known + UNSURE)
    return np.clip(np.rint(50 + sure * (below - 50)), 1, 99).astype(np.int32)


def _filtered(weights: Weights, titles: NDArray[np.int32], told: Floats) -> Floats:
    """[..., n titles] sums of the filter's rows of `titles` [m], each times what is left of its
    weight, `told` [..., m]."""
    told, shape = np.atleast_2d(told), told.shape[:-1]
    sums = np.zeros((len(told), len(weights.title) + 1), np.float32)  # at the end those of row -1
    rows = max(AT_ONCE // max(weights.near.shape[1], 1), 1)
    counts = told != 0
    who = 2 ** np.arange(len(told)) @ counts  # tells in which histories a title counts
    for which in np.unique(who[who > 0]):
        lines = np.flatnonzero(who == which)
        histories = np.flatnonzero(counts[:, lines[0]])
        for start in range(0, len(lines), rows):
            part = lines[start : start + rows]
            near, nearness = weights.near[titles[part]].ravel(), weights.nearness[titles[part]]
            for history in histories:
                values = nearness * told[history, part, None]
                np.add.at(sums[history], near, values.ravel())
    return sums[:, :-1].reshape(*shape, -1)


def _parts(weights: Weights, sums: Sums, evidence: float, known: float) -> Parts:
    length = np.float32(np.linalg.norm(sums.vector)) or np.float32(1)
    liking = np.asarray(sums.liking / length + weights.bias, np.float32)
    return Parts(standardise(sums.filter), standardise(liking), evidence, known)


def _mixed(weights: Weights, parts: Parts) -> Floats:
    return mix(blend(weights), parts, weights.recent)


def _centred(scores: Floats) -> tuple[Floats, float]:
    """(scores less their mean, their standard deviation, 0 where they are all alike)."""
    if not len(scores):
        return scores, 0.0
    mean = scores.sum() / np.float32(len(scores))
    centred = scores - mean
    deviation = float(np.sqrt(centred @ centred / len(scores)))
    return centred, deviation if deviation > ROUNDING * abs(float(mean)) else 0.0


def _unit(vector: Floats) -> Floats:
    length = np.linalg.norm(vector)
    return np.asarray(vector / length, np.float32) if length > 0 else vector


def _since_newest(history: History) -> NDArray:
    """[m] seconds before the newest of what says anything."""
    telling = history.age[history.weight > 0]
    return history.age - telling.min() if len(telling) else history.age


def _share(evidence: Floats, doubt: float) -> Floats:
    """e / (e + doubt), 0 where there is none."""
    none = np.zeros_like(evidence)
    return np.divide(evidence, evidence + np.float32(doubt), out=none, where=evidence > 0)
