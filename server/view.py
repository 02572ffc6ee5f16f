"""What one member may be shown at one moment, and how well it fits: the ground that rows, pages and
cards are built on."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graph import scorer
from server import eligibility
from server.catalogue import Catalogue
from server.eligibility import Mask
from server.member import Member
from server.ranking import Ranking, ranking


@dataclass(frozen=True, eq=False)
class View:
    """n titles."""

    catalogue: Catalogue
    member: Member
    permitted: Mask  # [n] may be shown
    wanted: Mask  # [n] of those, neither finished nor thumbed down
    fresh: Mask  # [n] of those, not begun either
    scores: NDArray[np.float32]  # [n] how well each fits, higher is better

    @cached_property
    def ranking(self) -> Ranking:
        """The fresh titles, the best for this member first."""
        return ranking(self.scores, self.fresh)

    @cached_property
    def standardised(self) -> NDArray[np.float32]:
        """[n] scores in standard deviations from their mean."""
        return scorer.standardise(self.scores)


def look(catalogue: Catalogue, member: Member, *, country: str, now: float) -> View:
    """`country` as in `eligibility.permitted`, `now` in seconds since 1970."""
    permitted = eligibility.permitted(catalogue, member, country=country, now=now)
    wanted = eligibility.wanted(permitted, member)
    return View(
        catalogue=catalogue,
        member=member,
        permitted=permitted,
        wanted=wanted,
        fresh=eligibility.fresh(wanted, member),
        scores=scorer.score(catalogue.snapshot.weights, member.history(now)),
    )
