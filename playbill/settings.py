"""Settings, read from PLAYBILL_* environment variables; the command line's flags override them."""

from functools import cached_property
from pathlib import Path

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from playbill.errors import BadInput


class Settings(BaseSettings):
    """Each field's description stands in the README's table of settings, rendered from here."""

    model_config = SettingsConfigDict(env_prefix="PLAYBILL_", frozen=True)

    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("playbill"),
        description="Where the private Neo4j, the event log, the artwork and the snapshots live.",
    )
    cache_dir: Path = Field(
        default_factory=lambda: platformdirs.user_cache_path("playbill"),
        description="Where downloads are kept (Neo4j's jars); safe to delete.",
    )
    neo4j_uri: str | None = Field(
        default=None,
        description="Your own Neo4j, as neo4j:// or bolt://. Unset: a private one is used.",
    )
    neo4j_user: str = Field(default="neo4j", description="User name for PLAYBILL_NEO4J_URI.")
    neo4j_password: SecretStr | None = Field(
        default=None, description="Password for PLAYBILL_NEO4J_URI."
    )
    neo4j_database: str = Field(
        default="neo4j", description="Database to use on PLAYBILL_NEO4J_URI."
    )
    neo4j_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Bolt port of the private Neo4j; 0 lets it choose a free one.",
    )
    artwork_base: str = Field(
        default="",
        description="Put before artwork uris without a scheme, such as those of the key art that "
        "Playbill draws: where you serve the artwork folder, as https://images.example/. Empty: "
        "file:// and that folder.",
    )
    address: str = Field(
        default="127.0.0.1:50051",
        description="host:port the gRPC server listens on, and the command line asks.",
    )
    workers: int = Field(
        default=2,
        ge=1,
        le=256,
        description="Worker processes of `playbill serve`; where there are as many for "
        "each processor, each keeps to one.",
    )

    @cached_property
    def snapshots_dir(self) -> Path:
        return self.data_dir / "snapshots"

    @cached_property
    def event_log(self) -> Path:
        return self.data_dir / "events.sqlite"

    @cached_property
    def artwork_dir(self) -> Path:
        return self.data_dir / "artwork"

    @cached_property
    def artwork_root(self) -> str:
        """What an artwork's uri without a scheme is relative to; ends with a slash."""
        return f"{self.artwork_base or self.artwork_dir.absolute().as_uri()}".rstrip("/") + "/"

    @cached_property
    def neo4j_home(self) -> Path:
        return self.data_dir / "neo4j"

    @cached_property
    def refresh_lock(self) -> Path:
        return self.data_dir / "refresh.lock"


def load(**overrides: object) -> Settings:
    """The settings of this process; `overrides` whose value is None are ignored.

    Raises BadInput that names the variable.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # ty: ignore[invalid-argument-type]
    except ValidationError as error:
        lines = [
            f"PLAYBILL_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']} (got {e['input']!r})"
            for e in error.errors()
        ]
        raise BadInput("\n".join(lines)) from None
