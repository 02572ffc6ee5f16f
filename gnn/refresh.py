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

    A dry run publishes nothing and leaves the graph as it is; events not folded yet are not in what
    it learns from. Raises Locked, NothingToLearn, Neo4jUnavailable, NoSpace.
    """
    job = _Job(
        store, settings, parameters or train.Parameters(), seed, now, dry_run,
        Steps(progress or (lambda _: None)),
    )  # fmt: skip
    with lock(settings.refresh_lock, now=now):
        log, folded = EventLog.open(settings.event_log), 0
        if not dry_run:
            with job.steps.step("fold"):
                store.ensure_schema()
                folded = fold(store, log)
        with job.steps.step("read"):
            position = folded_position(store, log)
            graph = columns.read(store)
        version = _version(graph, job.parameters, seed)
        serving = _serving(settings)
        report = Report("published", version, "", folded, graph.counts(), {}, job.steps.seconds)
        if serving and serving.manifest.version == version:
            return _unchanged(job, serving, report)
        known = snapshots.rejected(settings.snapshots_dir)
        if known and (known.version, known.serving) == (version, _version_of(serving)):
            return replace(report, status="rejected", rejected=known.reason)
        # A log that has given nothing to the graph has no part in what is learned.
        at = (log.log_id, position) if position else ("", 0)
        return _learned(job, graph, serving, report, at)


@dataclass(frozen=True)
class _Job:
    """What a refresh was asked to do."""

    store: Store
    settings: Settings
    parameters: train.Parameters
    seed: int
    now: int
    dry_run: bool
    steps: Steps


def _unchanged(job: _Job, serving: Published, report: Report) -> Report:
    """The graph teaches what is already served; an unfinished write-back is finished."""
    if not job.dry_run and not write_back.is_written_back(job.store, report.version):
        _write_back(job, serving.snapshot, serving.manifest)
    return replace(report, status="unchanged", metrics=serving.manifest.metrics)


def _learned(
    job: _Job, graph: Columns, serving: Published | None, report: Report, at: tuple[str, int]
) -> Report:
    """Trains and judges; publishes what is not worse. `at` is the log and its folded position."""
    candidate, manifest, verdict = _candidate(job, graph, serving, report.version, at)
    report = replace(report, rejected=verdict.rejected, metrics=verdict.metrics)
    if job.dry_run:
        return replace(report, status="dry run")
    folder = job.settings.snapshots_dir
    with job.steps.step("publish"):
        snapshots.write(candidate, manifest, folder)
        if verdict.rejected:
            snapshots.reject(folder, report.version, _version_of(serving), verdict.rejected)
            return replace(report, status="rejected")
        snapshots.make_current(folder, report.version, now=job.now)
        snapshots.prune(folder, keep=KEEP)
    _write_back(job, candidate, manifest)
    return report


def _write_back(job: _Job, snapshot: snapshots.Snapshot, manifest: Manifest) -> None:
    with job.steps.step("write back"):
        write_back.write_back(job.store, snapshot, manifest, now=job.now, progress=job.steps.tell)


def _candidate(
    job: _Job, graph: Columns, serving: Published | None, version: str, at: tuple[str, int]
) -> tuple[snapshots.Snapshot, Manifest, judge.Verdict]:
    """The manifest tells nothing of what is serving, so that it depends on the graph and the seed
    alone."""
    if not graph.interactions:
        raise NothingToLearn(
            "The graph holds no interactions. Import some first: `playbill import movielens` or "
            "`playbill import interactions FILE`."
        )
    with job.steps.step("train"):
        trial = judge.trial(graph.users)
        data = hetero_data(graph)
        embeddings = train.fit(data, job.parameters, seed=job.seed, users=trial.learn)
    with job.steps.step("judge"):
        weights = build.weights(embeddings)
        verdict = judge.judge(
            trial, weights, users=graph.users, titles=graph.titles.vocabulary, serving=serving
        )
        weights = judge.with_match_quantiles(trial, weights)
    with job.steps.step("neighbours"):
        candidate = build.snapshot(graph, embeddings, weights, seed=job.seed)
    manifest = Manifest(
        format_version=snapshots.FORMAT_VERSION,
        version=version,
        code_version=__version__,
        counts=graph.counts(),
        metrics={k: v for k, v in verdict.metrics.items() if not k.startswith("serving/")},
        parameters=job.parameters.record() | {"seed": job.seed},
        data_until=build.data_until(graph),
        log_id=at[0],
        log_position=at[1],
        files={},
    )
    return candidate, manifest, verdict


def _version_of(serving: Published | None) -> str:
    return serving.manifest.version if serving else ""


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
