"""What a request for titles says beside for whom: where, when, on what, within which bounds."""

from dataclasses import dataclass

MINUTE = 60  # seconds in which scores are taken for the same


@dataclass(frozen=True)
class Asked:
    """`now` in seconds since 1970."""

    country: str  # "" for that of the account
    now: float
    device: str = ""
    utc_offset: int = 0  # minutes
    seed: int = 0
    maturity_ceiling: int = -1  # years, -1 none; with that of the account the lower holds
    kids: bool = False  # a child's profile, whatever the account says

    @property
    def minute(self) -> float:
        """That of `now`, which scores are those of."""
        return self.now // MINUTE * MINUTE
