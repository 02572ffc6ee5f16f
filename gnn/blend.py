"""Chooses the few numbers of a model on a trial: the filter's shape, and how the parts of a score
are mixed (`gnn.climb`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from torch import Tensor

from gnn.charts import lately
from gnn.climb import climb, gains
from gnn.filters import Graph, Shape, Spectrum
from gnn.metrics import rank
from gnn.model import Embeddings
from gnn.tensors import Interactions
from gnn.trial import Trial
from graph import scorer
from graph.scorer import Blend, Parts

DAY = 86_400
K = 20
# Judges times titles that are looked at. Where times are known there are many more settings to try.
CELLS = 160_000_000
TIMED_CELLS = 15_000_000
ENOUGH = 100  # judges of a kind, returning or arriving, that count as much as any number

SHAPES: Mapping[str, Sequence[float]] = {
    "ridge": (0.01, 0.02, 0.03, 0.06, 0.1, 0.2, 0.4),
    "user": (0.0, 0.15, 0.25, 0.4, 0.5),
    "title": (0.15, 0.3, 0.4, 0.5),
    "ideal": (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6),
    "rank": (32, 64, 128, 256, 512),
    "appeal": (-0.3, -0.2, -0.1, 0.0, 0.1),
}
# To damp titles more flattens the spectrum, and of a flatter one the same ridge cuts less.
TOGETHER = (("ridge", "title"),)
BLENDS: Mapping[str, Sequence[float]] = {
    "embedding": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0),
    "recent": (0.0, 0.1, 0.2, 0.4, 0.7, 1.0, 2.0, 4.0),
    "doubt": (0.0, 1.0, 3.0, 10.0, 30.0),
}
HALF_LIVES = (0.0, 360.0 * DAY, 90.0 * DAY, 30.0 * DAY, 7.0 * DAY)  # of what a user did, in seconds
MONTH = 30.0 * DAY
POPULARITIES = (0.0, 180.0 * DAY, MONTH, 10.0 * DAY)  # half-lives of what is popular now


@dataclass(frozen=True)
class Recipe:
    """What was chosen."""

    shape: Shape = field(default_factory=Shape)
    blend: Blend = field(default_factory=lambda: Blend(embedding=0.6))
    popular_half_life: float = 0.0  # seconds in which popularity fades by half; 0 never

    def record(self) -> dict[str, float]:
        blend = {f"blend_{name}": value for name, value in self.blend._asdict().items()}
        return self.shape.record() | blend | {"popular_half_life": self.popular_half_life}

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Recipe":
        """From a record. Raises KeyError where it is not one."""
        shape = Shape(**{part.name: record[f"filter_{part.name}"] for part in fields(Shape)})
        blend = Blend(*(float(record[f"blend_{name}"]) for name in Blend._fields))
        return cls(shape, blend, float(record["popular_half_life"]))


# Where climbs begin. Without times more weight of embeddings found more, on cuts (docs/quality.md).
UNTIMED = Recipe(blend=Blend(embedding=1.5))
# Where histories are narrow, so that every step away from what is smooth must be sure, much as in
# the rule of one standard error (Breiman et al. 1984). Embeddings, of few dimensions, are smoother
# than the filter.
SMOOTH = Recipe(
    Shape(title=SHAPES["title"][-1], ridge=SHAPES["ridge"][-1]),
    Blend(embedding=BLENDS["embedding"][-1]),
)
# And where times are known: that popular titles get all their popularity back was better than less
# on the average of eight cuts, more weight of embeddings worse on twelve (docs/quality.md).
TIMED = Recipe(Shape(appeal=0.0), Blend(embedding=0.6, recent=0.2, doubt=1.0))


def recent(learn: Interactions, titles: int, *, now: int, half_life: float) -> NDArray[np.float32]:
    """[titles] standardised logarithms of popularity, faded with a half-life before `now`. Where
    little is left, it is that of all times."""
    weight = learn.speaks
    if half_life:
        weight = lately(weight, learn.at, now=now, half_life=half_life)
    counts = np.bincount(learn.titles.values, weight, minlength=titles)
    return scorer.standardise(np.log1p(counts / max(counts.mean(), 1e-9)).astype(np.float32))


def shape(trial: Trial, titles: int, *, seed: int) -> Shape:
    """The filter that finds most of what judges did next, on its own."""
    ranks = [rank for rank in SHAPES["rank"] if 8 * rank <= titles] or [min(titles // 2, 8) or 1]
    filtering = _Filtering.of(trial, titles, rank=int(ranks[-1]), seed=seed)
    # the larger a catalogue, the more tastes there are to tell apart
    first = max([rank for rank in ranks if 64 * rank <= titles], default=ranks[0])
    begin = replace(_beginning(trial).shape, rank=int(first))
    grids = {**SHAPES, "rank": ranks}
    return climb(begin, grids, filtering.found, replace, together=TOGETHER)[0]


def _beginning(trial: Trial) -> Recipe:
    if trial.learn.timed:
        return TIMED
    return SMOOTH if trial.narrow else UNTIMED


@dataclass(frozen=True, eq=False)
class _Filtering:
    """What filters of up to a rank are tried on: j judges, u users, n titles."""

    judged: Trial
    watched: sp.csr_matrix  # [u, n] of what is learned
    histories: sp.csr_matrix  # [j, n]
    rank: int
    spectra: dict[tuple[float, float], Spectrum] = field(default_factory=dict)  # by exponents
    # [n, j] of the smooth filter by exponents and ridge, the last one alone: each is as large as
    # all scores, and a climb seldom comes back to one
    last: dict[tuple[float, float, float], Tensor] = field(default_factory=dict)

    @classmethod
    def of(cls, trial: Trial, titles: int, *, rank: int, seed: int) -> "_Filtering":
        judged = _some(trial, titles, seed=seed)
        watched = judged.learn.sample(seed=seed).matrix(titles)
        return cls(judged, watched, judged.told.matrix(titles, judged.told.speaks), rank)

    def found(self, candidate: Shape) -> NDArray:
        """[j] as of `_found`."""
        exponents = (candidate.user, candidate.title)
        if exponents not in self.spectra:
            user, title = exponents
            spectrum = Spectrum.of(self.watched, user=user, title=title, rank=self.rank)
            self.spectra[exponents] = spectrum
        graph = Graph(self.spectra[exponents], candidate)
        key = (*exponents, candidate.ridge)
        if key not in self.last:
            self.last.clear()
            self.last[key] = graph.smooth(self.histories)
        return _found(self.judged, graph.scores(self.histories, self.last[key]))


class _Clocks(NamedTuple):
    """Half-lives in seconds, 0 never: of what a user did as evidence to be trusted now, and of what
    is popular."""

    away: float = 0.0
    popular: float = MONTH


def blend(
    trial: Trial, near: sp.csr_matrix, embeddings: Embeddings, *, seed: int
) -> tuple[Blend, float]:
    """(blend, half-life of popularity) of a filter [titles, titles], as it will be served, and
    embeddings, both learned from the trial."""
    judged = _some(trial, len(embeddings.title), seed=seed)
    mixing = _Mixing.of(judged, near, embeddings, half_life=0.0)
    begin = _beginning(trial).blend
    if not judged.learn.timed:
        return mixing.climbed(_Clocks(popular=0.0), begin, *BLENDS)[0], 0.0
    clocks, begin = _fading(mixing, begin)
    mixed, figures = mixing.climbed(clocks, begin, *BLENDS)
    for half_life in HALF_LIVES[1:]:
        faded = _Mixing.of(judged, near, embeddings, half_life=half_life)
        other, gained = faded.climbed(clocks, mixed, *BLENDS)
        if gains(gained, figures):
            mixed, figures = other, gained
    return mixed, clocks.popular


@dataclass(frozen=True, eq=False)
class _Mixing:
    """What blends are tried on: j judges, n titles."""

    judged: Trial
    half_life: float  # seconds in which what a judge did fades beside newer; 0 never
    personal: tuple[NDArray[np.float32], NDArray[np.float32]]  # [j, n] of filter and embeddings
    known: NDArray  # [j, 1] evidence of each, faded by nothing

    @classmethod
    def of(
        cls, judged: Trial, near: sp.csr_matrix, embeddings: Embeddings, *, half_life: float
    ) -> "_Mixing":
        personal = _personal(judged, near, embeddings, half_life)
        return cls(judged, half_life, personal, _evidence(judged, 0.0))

    def climbed(self, clocks: _Clocks, begin: Blend, *moved: str) -> tuple[Blend, NDArray]:
        """The best blend with these half-lives, where only the numbers `moved` do, and what each
        judge finds with it [j]."""
        learn, titles = self.judged.learn, self.personal[0].shape[1]
        popular = recent(learn, titles, now=learn.newest, half_life=clocks.popular)
        parts = Parts(*self.personal, _evidence(self.judged, clocks.away), self.known)

        def found(candidate: Blend) -> NDArray:
            return _found(self.judged, scorer.mix(candidate, parts, popular))

        # what fades must not be trusted wholly up to the day on which nothing is left
        grids = {**BLENDS, "doubt": BLENDS["doubt"][1:]} if clocks.away else BLENDS
        begin = begin._replace(half_life=self.half_life, away=clocks.away)
        return climb(begin, {name: grids[name] for name in moved}, found, Blend._replace)


def _fading(mixing: _Mixing, begin: Blend) -> tuple[_Clocks, Blend]:
    """Half-lives of trust and of popularity, tried together since both say how much of what is
    popular now is shown, and the blend that they want."""
    tried = {
        clocks: mixing.climbed(clocks, begin, "recent", "doubt")
        for clocks in (
            _Clocks(away=away, popular=popular) for popular in POPULARITIES for away in HALF_LIVES
        )
    }
    clocks, best = _Clocks(), max(tried, key=lambda clocks: tried[clocks][1].mean())
    if gains(tried[best][1], tried[clocks][1]):
        clocks = best
    return clocks, tried[clocks][0]


def _personal(
    trial: Trial, near: sp.csr_matrix, embeddings: Embeddings, half_life: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """`scorer.parts` of all judges at once, but for the evidence: [judges, titles] twice."""
    titles = len(embeddings.title)
    user = trial.told.user
    newest = np.full(trial.judges, np.iinfo(np.int64).max)
    telling = trial.weight > 0
    np.minimum.at(newest, user[telling], trial.age[telling])
    since = np.maximum(trial.age - newest[user], 0)
    histories = trial.told.matrix(titles, scorer.aged(trial.weight, since, half_life))
    vectors = np.asarray(histories @ embeddings.history.numpy(), np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-30)
    liking = vectors @ embeddings.title.numpy().T + embeddings.bias.numpy()
    return _standardised((histories @ near).toarray()), _standardised(liking)


def _evidence(trial: Trial, half_life: float) -> NDArray:
    """[judges, 1] what is left of each one's history now."""
    fading = 0.5 ** (np.maximum(trial.age, 0) / half_life) if half_life else 1
    left = np.bincount(trial.told.user, trial.weight * fading, minlength=trial.judges)
    return left[:, None]


def _standardised(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """`scores` [judges, titles], each judge's on their own; in place."""
    for row in scores:
        row[:] = scorer.standardise(row)
    return scores


def _found(trial: Trial, scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """[judges] w (Recall@20 + NDCG@20) / 2 of each. The weights w make the mean over all judges
    that of the two groups, returning and arriving, which weigh alike; but a group of n < ENOUGH
    weighs n / ENOUGH as much as one that is large enough: its noise would drown what is sure."""
    ranking = rank(lambda rows: scores[rows], seen=trial.told.titles, held_out=trial.held_out, k=K)
    sizes = np.bincount(trial.arriving.astype(np.int64), minlength=2)
    shares = np.minimum(sizes, ENOUGH)
    shares = shares / shares.sum()
    weight = trial.judges * (shares / np.maximum(sizes, 1))[trial.arriving.astype(np.int64)]
    return weight * (ranking.recall + ranking.ndcg) / 2


def _some(trial: Trial, titles: int, *, seed: int) -> Trial:
    """The trial with no more judges than can be looked at with so many titles."""
    most = (TIMED_CELLS if trial.learn.timed else CELLS) // max(titles, 1)
    if trial.judges <= most:
        return trial
    kept = np.sort(np.random.default_rng(seed).permutation(trial.judges)[:most])
    held_out = Interactions.positives(trial.held_out).of_users(kept).titles
    return replace(
        trial,
        told=trial.told.of_users(kept),
        held_out=held_out,
        now=trial.now[kept],
        arriving=trial.arriving[kept],
    )
