"""What came of users' interactions as arrays, a line for each user and title.

The titles stand beside them: those of one member, or all users' one after the other.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.behaviour import EARLY, Interaction

DTYPES: dict[str, Any] = {
    "weight": np.float32, "plays": np.int32, "completion": np.float32, "thumb": np.int8,
    "first_at": np.int64, "last_at": np.int64, "thumb_at": np.float64, "listed_at": np.float64,
    "hidden_at": np.float64, "abandons": np.int32, "playhead": np.float32,
    "playhead_at": np.float64,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Past:
    """All [n]. Moments are in seconds since 1970, those with a fraction to the millisecond."""

    weight: NDArray[np.float32]  # strength as evidence of taste
    plays: NDArray[np.int32]  # times started
    completion: NDArray[np.float32]  # 0..1
    thumb: NDArray[np.int8]  # -1, 0, 1, 2
    first_at: NDArray[np.int64]
    last_at: NDArray[np.int64]
    thumb_at: NDArray[np.float64]  # when the thumb was given; 0 never
    listed_at: NDArray[np.float64]  # when put on My list or, below 0, taken off; 0 never
    hidden_at: NDArray[np.float64]  # when hidden or, below 0, shown again; 0 never
    abandons: NDArray[np.int32]  # times given up
    playhead: NDArray[np.float32]  # where playback stands, 0..1
    playhead_at: NDArray[np.float64]  # as of when; 0 where it was never played

    @classmethod
    def read(cls, columns: Mapping[str, Any]) -> "Past":
        """From lists by these names."""
        return cls(**{name: np.array(columns[name], dtype) for name, dtype in DTYPES.items()})

    @classmethod
    def of(cls, states: Collection[Interaction]) -> "Past":
        columns = {name: [getattr(state, name) for state in states] for name in DTYPES}
        columns["listed_at"] = [s.listed_at if s.listed else -s.listed_at for s in states]
        columns["hidden_at"] = [s.hidden_at if s.hidden else -s.hidden_at for s in states]
        return cls.read(columns)

    @classmethod
    def joined(cls, parts: Sequence["Past"]) -> "Past":
        """One after the other."""
        none = cls.of([])
        return cls._each(lambda name: np.concatenate([vars(p)[name] for p in (none, *parts)]))

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def speaks(self) -> NDArray[np.float32]:
        """[n] what each says for titles like it to its own member: `weight`, but nothing of what
        they turned down after watching it. That they chose it still teaches what goes together."""
        return np.where(self.thumb < 0, np.float32(0), self.weight)

    @property
    def left_early(self) -> NDArray[np.bool_]:
        """[n] looked at and left, and never watched further."""
        return (self.abandons > 0) & (self.completion < EARLY) & (self.thumb <= 0)

    @property
    def refused_at(self) -> NDArray[np.float64]:
        """[n] when each was last refused: hidden, thumbed down or left early; 0 where it is not."""
        said = np.maximum(self.hidden_at, np.where(self.thumb < 0, self.thumb_at, 0))
        left = np.where(self.playhead_at > 0, self.playhead_at, self.last_at)
        return np.maximum(said, np.where(self.left_early, left, 0))

    def taken(self, some: NDArray | slice) -> "Past":
        """Of some of the lines."""
        return self._each(lambda name: vars(self)[name][some])

    def interaction(self, at: int) -> Interaction:
        """What one line says."""
        line = {field.name: vars(self)[field.name][at].item() for field in fields(self)}
        del line["weight"]
        listed_at, hidden_at = line.pop("listed_at"), line.pop("hidden_at")
        return Interaction(
            listed=listed_at > 0,
            listed_at=abs(listed_at),
            hidden=hidden_at > 0,
            hidden_at=abs(hidden_at),
            **line,
        )

    @classmethod
    def _each(cls, made: Callable[[str], NDArray]) -> "Past":
        return cls(**{name: made(name) for name in DTYPES})
