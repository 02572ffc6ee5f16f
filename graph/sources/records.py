"""The record format for a real service's catalogue and interactions.

A record of a node is the node of graph/schema.py, whose fields and rules it takes over, with what
it is tied to. The fields that are there are written; one that is left out stays as the graph has
it, null clears one that may be unset, and an empty list clears a list.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    field_validator,
    model_validator,
)

from graph import keyart, schema
from graph.behaviour import FINISHED_AT, thumb_of_rating
from graph.schema import Id
from graph.sources.instant import Instant

# A number is a fine id in most exports; in the graph an id is text.
_CONFIG = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False)


LowerName = Annotated[
    str, StringConstraints(to_lower=True, strip_whitespace=True, min_length=1, max_length=1024)
]


def _refuse_flags(value: object) -> object:
    """Else true would be taken for 1."""
    if isinstance(value, bool):
        raise ValueError(f"must be a number, got {str(value).lower()}")
    return value


class GenreRecord(schema.Genre):
    """Needed only for a genre whose id is not its name."""

    model_config = _CONFIG
    type: Literal["genre"]


class TagRecord(schema.Tag):
    """A theme or mood. Needed only for one whose id is not its name."""

    model_config = _CONFIG
    type: Literal["tag"]
    name: LowerName = Field(description="As it reads inside a heading; put into lower case.")


class PersonRecord(schema.Person):
    """An actor, director or creator."""

    model_config = _CONFIG
    type: Literal["person"]


class Depicted(BaseModel):
    """What a picture conveys."""

    model_config = _CONFIG
    type: Literal["genre", "tag", "person"] = Field(description="What it is.")
    id: Id = Field(description="Its id, or the name of a genre or tag.")


class ArtworkRecord(schema.Artwork):
    """A picture that titles can wear."""

    model_config = _CONFIG
    type: Literal["artwork"]
    depicts: tuple[Depicted, ...] = Field(
        default=(), description="What the picture conveys, which decides whom it is shown to."
    )

    @model_validator(mode="after")
    def _is_not_ours(self) -> "ArtworkRecord":
        if self.id.startswith(keyart.PREFIX):
            raise ValueError(
                f"id must not begin with {keyart.PREFIX!r}: so do those of the key art that "
                "Playbill draws, and takes down again"
            )
        return self


_REFERS = "Ids of records of this file or of the graph."
_NAMED = "Ids or names; a name that is neither in this file nor in the graph is made."


class TitleRecord(schema.Title):
    """A film or a series, with what it is tied to."""

    model_config = _CONFIG
    type: Literal["title"]
    available_from: Instant | None = Field(default=None, description="Left out: always was.")
    available_until: Instant | None = Field(default=None, description="Left out: for good.")
    genres: tuple[Id, ...] = Field(default=(), description=_NAMED)
    tags: tuple[Id, ...] = Field(default=(), description=f"Themes and moods. {_NAMED}")
    actors: tuple[Id, ...] = Field(default=(), description=f"People. {_REFERS}")
    directors: tuple[Id, ...] = Field(default=(), description=f"People. {_REFERS}")
    creators: tuple[Id, ...] = Field(default=(), description=f"People. {_REFERS}")
    artworks: tuple[Id, ...] = Field(
        default=(), description=f"{_REFERS} A title without any wears key art that Playbill draws."
    )

    _numbers = field_validator("year", "maturity", "runtime", mode="before")(_refuse_flags)

    @model_validator(mode="after")
    def _a_window_has_a_length(self) -> "TitleRecord":
        start, end = self.available_from, self.available_until
        if start is not None and end is not None and end <= start:
            raise ValueError("available_until must be later than available_from")
        return self


class UserRecord(schema.User):
    """A member. Needed only where something is known of one; interactions make members too."""

    model_config = _CONFIG
    type: Literal["user"]

    _numbers = field_validator("maturity_ceiling", mode="before")(_refuse_flags)


CatalogueRecord = TitleRecord | GenreRecord | TagRecord | PersonRecord | ArtworkRecord | UserRecord
CATALOGUE: TypeAdapter[CatalogueRecord] = TypeAdapter(
    Annotated[CatalogueRecord, Field(discriminator="type")]
)


class InteractionRecord(BaseModel):
    """What a user did with a title: either behaviour (any of plays, completion, thumb) or a rating.

    Several records of one user and title make one edge: plays are added up, completion is the
    furthest, the newest thumb counts, and a record that is there twice counts once.
    """

    model_config = _CONFIG
    user: Id = Field(description="Made where the graph does not have this member.")
    title: Id = Field(description="Must be in the graph.")
    at: Instant = Field(description="When.")
    plays: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        description="Times started. Left out: 1 with a completion, 0 with a thumb alone.",
    )
    completion: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Largest share of the runtime reached; the title is finished from "
        f"{FINISHED_AT} on. Left out: 1, or 0 where plays is 0.",
    )
    thumb: int | None = Field(
        default=None, ge=-1, le=2, description="-1 down, 0 none, 1 up, 2 two thumbs up."
    )
    rating: float | None = Field(
        default=None,
        ge=0.5,
        le=5,
        description="Stars, in place of behaviour: one watch to the end, and 2 or fewer a thumb "
        "down, 4 a thumb up, 5 two thumbs up.",
    )

    _numbers = field_validator(
        "plays", "completion", "thumb", "rating", mode="before"
    )(_refuse_flags)  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _null_is_left_out(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: field for name, field in value.items() if field is not None}
        return value

    @model_validator(mode="after")
    def _one_way(self) -> "InteractionRecord":
        behaves = (self.plays, self.completion, self.thumb) != (None, None, None)
        if behaves and self.rating is not None:
            raise ValueError("give either a rating or behaviour (plays, completion, thumb)")
        if not behaves and self.rating is None:
            raise ValueError(
                "give a rating or behaviour (at least one of plays, completion, thumb)"
            )
        return self

    def stated(self) -> tuple[int, float, int | None]:
        """(plays, completion, thumb), with what was left out filled in; thumb may stay None."""
        if self.rating is not None:
            return 1, 1.0, thumb_of_rating(self.rating)
        thumb_alone = self.thumb is not None and self.completion is None
        plays = self.plays if self.plays is not None else 0 if thumb_alone else 1
        completion = self.completion if self.completion is not None else float(plays > 0)
        return plays, completion, self.thumb


INTERACTION = TypeAdapter(InteractionRecord)
