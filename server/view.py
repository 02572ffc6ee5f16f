"""What one member may be shown at one moment, and how well it fits: the ground that rows, pages and
cards are built on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graph import scorer
from server import eligibility, mood
from server.asked import Asked
from server.catalogue import Catalogue
from server.eligibility import Mask
from server.member import Member
from server.ranking import Ranking, Titles, ranking

# How often a title's worth falls by e over the middle half of the scores of held-out watches. Their
# likelihood alone asks for 2; chosen for readers who stop at the first good title, on worlds 0 and
# 1 of `scripts/bench simulate`.
SHARPNESS = 4.0


@dataclass(frozen=True, eq=False)
class View:
    """n titles."""

    catalogue: Catalogue
    member: Member
    permitted: Mask  # [n] may be shown
    wanted: Mask  # [n] of those, neither finished, hidden nor thumbed down
    fresh: Mask  # [n] of those, not begun either
    scores: NDArray[np.float32]  # [n] how well each fits, higher is better
    warmth: Mapping[str, float]  # by row id, how warm its theme is now, -0.2..1; the rest 0
    country: int  # list of `Charts` that is theirs
    now: float
    minute: float  # which scores are those of, in seconds since 1970
    seed: int
    dealt: dict[int, bytes] = field(default_factory=dict)  # cards made so far, by title, serialised

    @cached_property
    def ranking(self) -> Ranking:
        """The fresh titles, the best for this member first."""
        return ranking(self.scores, self.fresh)

    @cached_property
    def liked(self) -> Titles:
        """Titles they watched, liked and may still see the name of, the newest first."""
        member = self.member
        at = np.flatnonzero(member.liked & member.begun & self.permitted[member.titles])
        return member.titles[at[np.lexsort((-member.past.weight[at], -member.past.last_at[at]))]]

    @cached_property
    def sought(self) -> Mapping[str, float]:
        """By row id, what is left of the searches that name it, the newest first."""
        return mood.sought(self.member, now=self.minute)

    @cached_property
    def spread(self) -> float:
        """The standard deviation of the scores, 1 where they are all alike."""
        return scorer.spread(self.scores) or 1.0

    def satisfaction(
        self, titles: NDArray[np.int32], *, best: int | None = None
    ) -> NDArray[np.float32]:
        """What can be expected of `titles` of any shape, where that of `best` is 1, or of the best
        title there is; 0 for -1.

        A reader takes one title, the best they meet, so what fits a little less is worth much
        less: it falls off exponentially with the score, as in a softmax.
        """
        if not self.ranking.count:
            return np.zeros(titles.shape, np.float32)
        top = float(self.scores[self.ranking.best(1)[0] if best is None else best])
        quantiles = self.catalogue.snapshot.weights.match_quantiles
        spread = max(float(quantiles[75] - quantiles[25]), 1e-9)
        expected = np.exp(np.minimum(SHARPNESS * (self.scores[titles] - top) / spread, 0))
        return np.where(titles >= 0, expected, 0).astype(np.float32)


def look(catalogue: Catalogue, member: Member, asked: Asked) -> View:
    """Availability is that of the very moment, scores are those of its minute."""
    country = eligibility.country(catalogue, member, asked)
    permitted = eligibility.permitted(catalogue, member, asked)
    wanted = eligibility.wanted(permitted, member)
    warmth = mood.warmth(member, now=asked.minute)
    return View(
        catalogue=catalogue,
        member=member,
        permitted=permitted,
        wanted=wanted,
        fresh=eligibility.fresh(wanted, member),
        scores=_scores(catalogue, member, asked, warmth, country),
        warmth=warmth,
        country=country if country >= 0 else len(catalogue.countries),
        now=asked.now,
        minute=asked.minute,
        seed=asked.seed,
    )


def _scores(
    catalogue: Catalogue, member: Member, asked: Asked, warmth: Mapping[str, float], country: int
) -> NDArray[np.float32]:
    """[n] what the model says, and on top what lighter signals and the moment say. What fits
    somebody of whose taste too little is known follows what is popular in their country."""
    now = asked.minute
    scores = member.taste.scores(catalogue.snapshot.weights, now=now)
    if country >= 0 and not member.known:
        scores[catalogue.by_popularity(country)] = np.sort(scores)[::-1]
    nudges = mood.adjustments(catalogue, member, now=now)
    nudges += mood.lift(catalogue, local=int(now) + 60 * asked.utc_offset, device=asked.device)
    nudges += mood.themes(catalogue, member, warmth, now=now)
    return scores + np.float32(scorer.spread(scores)) * nudges if nudges.any() else scores
