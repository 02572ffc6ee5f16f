"""The knowledge graph, declared once: constraints, indexes and docs/graph.md come from here.

Node and edge properties are pydantic models, whose field descriptions are the documentation.
Times are seconds since 1970 in UTC. Whole ones are in Cypher `datetime({epochSeconds: r.last_at})`,
and those with milliseconds `datetime({epochMillis: toInteger(round(1000 * r.thumb_at))})`.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

VERSION = 4  # of this schema; kept on the Schema node, raised with every change below

Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Seconds = Annotated[int, Field(ge=0, le=253402300799, description="Seconds since 1970, UTC")]
Moment = Annotated[float, Field(ge=0, le=253402300799, description="Likewise, with milliseconds")]


class Element(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Node(Element):
    """A node is identified by its label and its `id`, a string of the source's choosing."""

    label: ClassVar[str]
    written_by: ClassVar[Literal["import", "refresh"]] = "import"
    has_embedding: ClassVar[bool] = True
    id: Id = Field(description="The key, unique among the nodes of this label.")


class User(Node):
    """A member of the service."""

    label: ClassVar[str] = "User"
    country: Country | None = Field(default=None, description="ISO 3166-1 alpha-2, capitals.")
    maturity_ceiling: int | None = Field(
        default=None, ge=0, le=21, description="Oldest age rating this member may see, in years."
    )
    kids: bool = Field(
        default=False, description="A child's profile: sees only what is rated for 7 or younger."
    )
    age_band: str | None = Field(default=None, description="As the source gives it, such as 25-34.")


class Title(Node):
    """A film or a series."""

    label: ClassVar[str] = "Title"
    name: Name = Field(description="Shown to members.")
    kind: Literal["film", "series"] = Field(default="film", description="film or series.")
    year: int | None = Field(default=None, ge=1870, le=2100, description="Of the first release.")
    maturity: int | None = Field(
        default=None, ge=0, le=21, description="Age rating in years; unset counts as unrated."
    )
    runtime: int | None = Field(default=None, ge=1, le=6000, description="Minutes.")
    countries: tuple[Country, ...] = Field(
        default=(), description="Where it may be shown; empty is everywhere."
    )
    available_from: Seconds | None = Field(default=None, description="Unset: always was.")
    available_until: Seconds | None = Field(default=None, description="Unset: for good.")


class Genre(Node):
    """What kind of film or series: Comedy, Documentary."""

    label: ClassVar[str] = "Genre"
    name: Name = Field(description="Shown in row headings.")


class Tag(Node):
    """A theme or mood: psychological, friendship, award-winning."""

    label: ClassVar[str] = "Tag"
    name: Name = Field(description="Lower case, as it reads inside a heading.")


class Person(Node):
    """An actor, director or creator."""

    label: ClassVar[str] = "Person"
    name: Name = Field(description="As credited.")


class Artwork(Node):
    """A picture a title can wear. What it depicts decides whom it speaks to."""

    label: ClassVar[str] = "Artwork"
    uri: Name = Field(
        description="Where the picture is: any URI the backend's clients can open. One without a "
        "scheme is relative to PLAYBILL_ARTWORK_BASE."
    )


class Community(Node):
    """A group of users of like taste, found in the similar-user graph."""

    label: ClassVar[str] = "Community"
    written_by: ClassVar[Literal["import", "refresh"]] = "refresh"
    has_embedding: ClassVar[bool] = False
    size: int = Field(ge=1, description="Members.")
    name: str = Field(description="The genres its members watch more than others do.")


class Model(Node):
    """One published model. Its id is the snapshot's version."""

    label: ClassVar[str] = "Model"
    written_by: ClassVar[Literal["import", "refresh"]] = "refresh"
    has_embedding: ClassVar[bool] = False
    trained_at: Seconds = Field(description="When the refresh ran.")
    written_at: Seconds | None = Field(
        default=None, description="When the write-back was complete; unset while it is under way."
    )
    metrics: str = Field(description="JSON: held-out figures of this model and of popularity.")
    parameters: str = Field(
        description="JSON: the model's hyperparameters and seed; passed_by, 0.1 to 1.6, is how "
        "much a card that was on screen and not chosen says against what is like it, as far as "
        "the event log tells."
    )
    code_version: str = Field(description="Playbill's version.")


class Interacted(Element):
    """All that a user did with a title, folded into one edge."""

    weight: float = Field(
        ge=0, le=10, description="Strength as evidence of taste; 1 is one film watched to its end."
    )
    plays: int = Field(default=1, ge=0, le=1_000_000, description="Times started.")
    completion: float = Field(
        default=1.0, ge=0, le=1, description="Largest share of the runtime reached."
    )
    thumb: Literal[-1, 0, 1, 2] = Field(
        default=0, description="-1 down, 0 none, 1 up, 2 two thumbs up."
    )
    first_at: Seconds = Field(description="First event.")
    last_at: Seconds = Field(description="Newest event.")
    thumb_at: Moment = Field(default=0.0, description="When the thumb was given; 0 never.")
    listed: bool = Field(default=False, description="Whether it is on the user's My list.")
    listed_at: Moment = Field(default=0.0, description="Put on My list or taken off; 0 never.")
    hidden: bool = Field(default=False, description="Whether the user hid it.")
    hidden_at: Moment = Field(default=0.0, description="Hidden or shown again; 0 never.")
    abandons: int = Field(default=0, ge=0, description="Times given up.")
    playhead: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Where playback stands, as a share of the runtime; unset: the completion.",
    )
    playhead_at: Moment = Field(default=0.0, description="As of when; 0 where it was never played.")


class Scored(Element):
    score: float = Field(
        gt=0,
        le=1,
        description="Cosine of the two embeddings, where it is above 0; between titles, damped "
        "where few watched the other.",
    )
    model: str = Field(description="Id of the Model that says so.")


class Relationship(BaseModel):
    model_config = ConfigDict(frozen=True)

    type: str
    start: str
    end: tuple[str, ...]
    about: str
    properties: type[Element] | None = None
    written_by: Literal["import", "refresh"] = "import"


NODES: tuple[type[Node], ...] = (
    User, Title, Genre, Tag, Person, Artwork, Community, Model,
)  # fmt: skip

RELATIONSHIPS = (
    Relationship(
        type="INTERACTED", start="User", end=("Title",), about="What a user did with a title.",
        properties=Interacted,
    ),
    Relationship(type="HAS_GENRE", start="Title", end=("Genre",), about="Of this genre."),
    Relationship(type="HAS_TAG", start="Title", end=("Tag",), about="Has this theme or mood."),
    Relationship(type="ACTED_IN", start="Person", end=("Title",), about="Acted in it."),
    Relationship(type="DIRECTED", start="Person", end=("Title",), about="Directed it."),
    Relationship(type="CREATED", start="Person", end=("Title",), about="Created the series."),
    Relationship(type="HAS_ARTWORK", start="Title", end=("Artwork",), about="May wear it."),
    Relationship(
        type="DEPICTS", start="Artwork", end=("Genre", "Tag", "Person"),
        about="What the picture conveys.",
    ),
    Relationship(
        type="SIMILAR_TO", start="User", end=("User",), properties=Scored, written_by="refresh",
        about="One of the 20 users nearest in taste; of more than 100,000 users, for so many.",
    ),
    Relationship(
        type="SIMILAR_TO", start="Title", end=("Title",), properties=Scored, written_by="refresh",
        about="One of the 20 titles nearest in the embedding.",
    ),
    Relationship(
        type="MEMBER_OF", start="User", end=("Community",), about="The user's community of taste.",
        written_by="refresh",
    ),
)  # fmt: skip


def statements() -> list[str]:
    """The Cypher that makes an empty database ready; each can be run again without effect."""
    unique = [
        f"CREATE CONSTRAINT {node.label.lower()}_id IF NOT EXISTS "
        f"FOR (n:{node.label}) REQUIRE n.id IS UNIQUE"
        for node in NODES
    ]
    named = [
        f"CREATE INDEX {node.label.lower()}_name IF NOT EXISTS FOR (n:{node.label}) ON (n.name)"
        for node in (Title, Genre, Tag, Person)
    ]
    vector = (
        "CREATE VECTOR INDEX title_embedding IF NOT EXISTS FOR (t:Title) ON t.embedding "
        "OPTIONS {indexConfig: {`vector.similarity_function`: 'cosine'}}"
    )
    return [*unique, *named, vector]
