"""What the supervisor tells a worker."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Assignment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int  # of this worker, from 0
    workers: int  # how many there are
    address: str  # numeric host:port, reserved by the supervisor
    snapshots_dir: Path
    event_log: Path
    artwork_root: str  # what artwork uris without a scheme are relative to; ends with a slash
