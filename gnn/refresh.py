"""The refresh job: fold ► read ► train ► judge ► publish ► write back.

It can die at any step: until the pointer moves, the old snapshot serves; after that, running it
again only finishes the write-back.
"""

import hashlib
import json
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

from gnn import build, judge, train
from gnn.lock import lock
from gnn.tensors import hetero_data
from graph import behaviour, columns, write_back
from graph import snapshot as snapshots
from graph.columns import Columns
from graph.events import EventLog
from graph.fold import fold, folded_position
from graph.snapshot import Manifest, Published
from graph.store import Store
from playbill import __version__
from playbill.errors import BadSnapshot, NoSnapshot, NothingToLearn
from playbill.settings import Settings

Status = Literal["published", "unchanged", "rejected", "dry run"]
KEEP = 2  # snapshots beside the current one


@dataclass(frozen=True)
class Report:
    """What a refresh did."""

    status: Status
    version: str
    rejected: str = ""  # why, where it was
    folded: int = 0  # events
    counts: dict[str, int] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)  # by step


@dataclass(frozen=True)
class Steps:
    """Tells what is under way, and remembers how long each step took."""

    tell: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Generator[None]:
        self.tell(name)
        begun = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - begun, 2)


def refresh(
    store: Store,
    settings: Settings,
    *,
    seed: int,
    now: int,
    dry_run: bool = False,
    parameters: train.Parameters | None = None,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Learns the graph of `store` anew and publishes it under `settings.snapshots_dir`.

    A dry run writes nothing anywhere. Raises Locked, NothingToLearn, Neo4jUnavailable, NoSpace.
    """
    steps = Steps(progress or (lambda _: None))
    parameters = parameters or train.Parameters()
    with lock(settings.refresh_lock, now=now):
        log = EventLog.open(settings.event_log)
        folded = 0
        if not dry_run:
            with steps.step("fold"):
                store.ensure_schema()
                folded = fold(store, log)
        with steps.step("read"):
            position = folded_position(store, log)
            graph = columns.read(store)
        version = _version(graph, parameters, seed)
        serving = _serving(settings)
        if serving and serving.manifest.version == version:
            return _unchanged(store, serving, steps, now=now, dry_run=dry_run, folded=folded)
        candidate, manifest, rejected = _candidate(
            graph, serving, parameters, steps, version=version, seed=seed,
            log=(log.log_id, position),
        )  # fmt: skip
        report = Report(
            "published", version, rejected, folded, manifest.counts, manifest.metrics, steps.seconds
        )
        if dry_run:
            return replace(report, status="dry run")
        with steps.step("publish"):
            folder = settings.snapshots_dir
            snapshots.write(candidate, manifest, folder)
            if rejected:
                return replace(report, status="rejected")
            snapshots.make_current(folder, version, now=now)
        with steps.step("write back"):
            write_back.write_back(store, candidate, manifest, now=now, progress=steps.tell)
            snapshots.prune(folder, keep=KEEP)
        return report


def _candidate(
    graph: Columns,
    serving: Published | None,
    parameters: train.Parameters,
    steps: Steps,
    *,
    version: str,
    seed: int,
    log: tuple[str, int],
) -> tuple[snapshots.Snapshot, Manifest, str]:
    """Trains and judges; (snapshot, manifest, why it must not be published or "")."""
    if not graph.interactions:
        raise NothingToLearn(
            "The graph holds no interactions. Import some first: `playbill import movielens` or "
            "`playbill import interactions FILE`."
        )
    with steps.step("train"):
        trial = judge.trial(graph.users)
        data = hetero_data(graph)
        embeddings = train.fit(data, parameters, seed=seed, users=trial.learn)
    with steps.step("judge"):
        weights = build.weights(embeddings)
        verdict = judge.judge(
            trial, weights, users=graph.users, titles=graph.titles.vocabulary, serving=serving
        )
        weights = judge.with_match_quantiles(trial, weights)
    with steps.step("neighbours"):
        candidate = build.snapshot(graph, embeddings, weights, seed=seed)
    manifest = Manifest(
        format_version=snapshots.FORMAT_VERSION,
        version=version,
        code_version=__version__,
        counts=graph.counts(),
        metrics=verdict.metrics,
        parameters=parameters.record() | {"seed": seed},
        data_until=build.data_until(graph),
        log_id=log[0],
        log_position=log[1],
        files={},
    )
    return candidate, manifest, verdict.rejected


def _unchanged(
    store: Store, serving: Published, steps: Steps, *, now: int, dry_run: bool, folded: int
) -> Report:
    """The graph teaches what is already served; an unfinished write-back is finished."""
    manifest = serving.manifest
    if not dry_run and not write_back.is_written_back(store, manifest.version):
        with steps.step("write back"):
            write_back.write_back(store, serving.snapshot, manifest, now=now, progress=steps.tell)
    return Report(
        "unchanged",
        manifest.version,
        folded=folded,
        counts=manifest.counts,
        metrics=manifest.metrics,
        seconds=steps.seconds,
    )


def _version(graph: Columns, parameters: train.Parameters, seed: int) -> str:
    """Named for what it was learned from: the same inputs and seed give the same version."""
    recipe = {
        "graph": graph.digest(),
        "parameters": parameters.record(),
        "seed": seed,
        "code": __version__,
        "format": snapshots.FORMAT_VERSION,
        "behaviour": behaviour.VERSION,
    }
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]


def _serving(settings: Settings) -> Published | None:
    """What serves now; a damaged snapshot counts as none, since a refresh is what mends it."""
    try:
        return snapshots.current(settings.snapshots_dir)
    except (NoSnapshot, BadSnapshot):
        return None
