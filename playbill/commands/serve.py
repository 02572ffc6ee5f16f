"""`playbill serve`"""

from typing import Annotated

import typer

from playbill import settings


def serve(
    address: Annotated[
        str | None, typer.Option(help="host:port to listen on; port 0 takes a free one.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes.")] = None,
) -> None:
    """Answer gRPC requests from the newest snapshot and the event log, until SIGTERM."""
    chosen = settings.load(address=address, workers=workers)
    from server import supervisor

    def serving(where: str) -> None:
        print(f"playbill serves on {where} with {chosen.workers} workers", flush=True)

    code = supervisor.run(
        chosen.address,
        snapshots_dir=chosen.snapshots_dir,
        event_log=chosen.event_log,
        artwork_root=chosen.artwork_root,
        workers=chosen.workers,
        serving=serving,
    )
    raise typer.Exit(code)
