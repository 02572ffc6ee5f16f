"""The refresh job: fold ► read ► choose ► learn ► judge ► publish ► write back.

It can die at any step: until the pointer moves, the old snapshot serves; after that, running it
again only finishes the write-back.

While the graph has grown little since the recipe was chosen (`gnn.learn`), a refresh takes the
recipe of what is serving and starts from its embeddings and, of a large catalogue, its filter.
"""

import hashlib
import json
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

from torch_geometric.data import HeteroData

from gnn import build, judge, learn, limits, model, reading, train, trial, warm
from gnn.blend import Recipe
from gnn.lock import lock
from gnn.tensors import Interactions, surroundings
from graph import behaviour, columns, publishing, write_back
from graph.columns import Columns
from graph.events import EventLog
from graph.fold import compact, fold, folded_position
from graph.publishing import Manifest, Published
from graph.snapshot import Reading, Snapshot
from graph.store import Store
from graph.weigh import reweigh
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
    reading: dict[str, float] = field(default_factory=dict)  # what the event log tells of pages


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
        took = self.seconds.get(name, 0.0) + time.perf_counter() - begun  # where it is done again
        self.seconds[name] = round(took, 2)


def refresh(
    store: Store,
    settings: Settings,
    *,
    seed: int,
    now: int,
    dry_run: bool = False,
    anew: bool = False,
    parameters: train.Parameters | None = None,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Learns the graph of `store` anew and publishes it under `settings.snapshots_dir`.

    A dry run publishes nothing and leaves the graph as it is: it learns neither from events not
    folded yet nor by a newer table of behaviour. `anew` chooses and learns everything from the
    beginning, whatever is serving. Raises Locked, NothingToLearn, Neo4jUnavailable, NoSpace.
    """
    job = _Job(
        store, settings, parameters or train.Parameters(), seed, now, dry_run, anew,
        Steps(progress or (lambda _: None)),
    )  # fmt: skip
    with (
        lock(settings.refresh_lock, now=now),
        closing(EventLog.open(settings.event_log)) as log,
    ):
        report = _refreshed(job, log)
        if not dry_run:
            compact(store, log, settings.snapshots_dir, now=now)
        return report


@dataclass(frozen=True)
class _Job:
    """What a refresh was asked to do."""

    store: Store
    settings: Settings
    parameters: train.Parameters
    seed: int
    now: int
    dry_run: bool
    anew: bool
    steps: Steps


@dataclass(frozen=True)
class _From:
    """What a candidate is made from, beside the graph."""

    inputs: str  # a digest of graph, parameters and seed
    last: warm.Start | None  # where it starts
    log_id: str  # the event log that was folded into the graph, "" for none
    log_position: int
    reading: Reading


def _refreshed(job: _Job, log: EventLog) -> Report:
    """Folds and reads; learns, unless the graph teaches nothing new."""
    folded = 0
    if not job.dry_run:
        with job.steps.step("fold"):
            job.store.ensure_schema()
            reweigh(job.store)
            folded = fold(job.store, log)
    serving = _serving(job.settings)
    with job.steps.step("read"):
        position, graph = _read(job.store, log)
    with job.steps.step("impressions"):
        told = reading.fit(log, graph, serving)
    inputs = _inputs(graph, job.parameters, job.seed, told)
    report = Report(
        "published", inputs, "", folded, graph.counts(), {}, job.steps.seconds, told.record()
    )
    if serving and not job.anew and serving.manifest.parameters.get("inputs") == inputs:
        _finish_write_back(job, serving)
        version, metrics = serving.manifest.version, serving.manifest.metrics
        return replace(report, status="unchanged", version=version, metrics=metrics)
    last = None if job.anew or serving is None else warm.start(serving, graph, job.parameters)
    known = publishing.rejected(job.settings.snapshots_dir)
    if known and known.serving == _version_of(serving):
        if known.version == _version(inputs, serving, None):
            _finish_write_back(job, serving)
            version, reason = known.version, known.reason
            return replace(report, status="rejected", version=version, rejected=reason)
        last = None  # it did not help then
    report = replace(report, version=_version(inputs, serving, last))
    # A log that has given nothing to the graph has no part in what is learned.
    at = (log.log_id, position) if position else ("", 0)
    return _learned(job, graph, serving, report, _From(inputs, last, *at, told))


def _read(store: Store, log: EventLog) -> tuple[int, Columns]:
    """(up to where `log` is folded in, the graph), of one moment: a fold in between would put
    events into the snapshot that the server then counts again."""
    position = folded_position(store, log)
    while True:
        graph = columns.read(store)
        before, position = position, folded_position(store, log)
        if position == before:
            return position, graph


def _finish_write_back(job: _Job, serving: Published | None) -> None:
    """Of what goes on serving, where it was cut off."""
    if job.dry_run or serving is None:
        return
    if not write_back.is_written_back(job.store, serving.manifest.version):
        _write_back(job, serving.snapshot, serving.manifest)


def _learned(
    job: _Job, graph: Columns, serving: Published | None, report: Report, origin: _From
) -> Report:
    """Learns and judges; publishes what is not worse."""
    candidate, manifest, verdict = _candidate(job, graph, serving, report.version, origin)
    if verdict.rejected and origin.last:
        job.steps.tell("once more, from the beginning")
        origin = replace(origin, last=None)
        report = replace(report, version=_version(origin.inputs, serving, None))
        candidate, manifest, verdict = _candidate(job, graph, serving, report.version, origin)
    report = replace(report, rejected=verdict.rejected, metrics=verdict.metrics)
    if job.dry_run:
        return replace(report, status="dry run")
    folder = job.settings.snapshots_dir
    with job.steps.step("publish"):
        if verdict.rejected:
            serving = _within_limits(job, graph, serving, report.version)
            publishing.reject(folder, report.version, _version_of(serving), verdict.rejected)
        publishing.write(candidate, manifest, folder)
        if not verdict.rejected:
            publishing.make_current(folder, report.version, now=job.now)
        publishing.prune(folder, keep=KEEP)
    if verdict.rejected:
        _finish_write_back(job, serving)
        return replace(report, status="rejected")
    _write_back(job, candidate, manifest)
    return report


def _within_limits(
    job: _Job, graph: Columns, serving: Published | None, candidate: str
) -> Published | None:
    """What goes on serving where a candidate, named by its version, was turned down: with today's
    limits, as a snapshot of its own where those are others."""
    today = limits.renewed(serving.snapshot, graph) if serving else None
    if serving is None or today is None:
        return serving
    folder = job.settings.snapshots_dir
    version = warm.version(f"{candidate}/limits", serving)
    # made from no graph alone, so that no later one counts as unchanged
    parameters = serving.manifest.parameters | {"inputs": ""}
    manifest = serving.manifest.model_copy(update={"version": version, "parameters": parameters})
    publishing.write(today, manifest, folder)
    publishing.make_current(folder, version, now=job.now)
    return publishing.current(folder)


def _write_back(job: _Job, snapshot: Snapshot, manifest: Manifest) -> None:
    with job.steps.step("write back"):
        write_back.write_back(job.store, snapshot, manifest, now=job.now, progress=job.steps.tell)


def _candidate(
    job: _Job, graph: Columns, serving: Published | None, version: str, origin: _From
) -> tuple[Snapshot, Manifest, judge.Verdict]:
    """Learned and judged, not published. Raises NothingToLearn."""
    if not graph.interactions:
        raise NothingToLearn(
            "The graph holds no interactions. Import some first: `playbill import movielens` or "
            "`playbill import interactions FILE`."
        )
    interactions, data = Interactions.of(graph.users), surroundings(graph)
    withheld = trial.withheld(interactions, graph.users.vocabulary)
    if origin.last:
        recipe, tuned_on = origin.last.recipe, origin.last.tuned_on
        start, kept = origin.last.embeddings, origin.last.kept
        chosen = judge.Verdict(origin.last.metrics, "")
    else:
        recipe, chosen, start = _choose(job, data, withheld.learn)
        tuned_on, kept = graph.interactions, None
    with job.steps.step("learn"):
        learned = learn.learn(
            data, withheld.learn, job.parameters, recipe, seed=job.seed, start=start, last=kept
        )
        weights = learn.weights(learned)
    with job.steps.step("judge"):
        verdict = judge.against_serving(
            withheld, weights, titles=graph.titles.vocabulary, serving=serving
        )
        weights = judge.with_match_quantiles(withheld, weights)
    with job.steps.step("neighbours"):
        candidate = build.snapshot(
            graph, learned.embeddings, weights, reading=origin.reading, seed=job.seed
        )
    verdict = judge.Verdict(
        chosen.metrics | verdict.metrics,
        "; ".join(filter(None, (chosen.rejected, verdict.rejected))),
    )
    carried = learned.kept.carried
    manifest = _manifest(job, graph, version, origin, recipe, tuned_on, carried, verdict)
    return candidate, manifest, verdict


def _manifest(
    job: _Job,
    graph: Columns,
    version: str,
    origin: _From,
    recipe: Recipe,
    tuned_on: int,
    carried: int,
    verdict: judge.Verdict,
) -> Manifest:
    """It tells nothing of what is serving, so that it depends on the graph, the seed and the start
    alone."""
    return Manifest(
        format_version=publishing.FORMAT_VERSION,
        version=version,
        code_version=__version__,
        counts=graph.counts(),
        metrics={k: v for k, v in verdict.metrics.items() if not k.startswith("serving/")},
        parameters=job.parameters.record()
        | recipe.record()
        | {"seed": job.seed, "inputs": origin.inputs, "tuned_on": tuned_on, "carried": carried}
        | {"behaviour": behaviour.VERSION, "passed_by": origin.reading.strength},
        data_until=build.data_until(graph),
        log_id=origin.log_id,
        log_position=origin.log_position,
        files={},
    )


def _choose(
    job: _Job, data: HeteroData, interactions: Interactions
) -> tuple[Recipe, judge.Verdict, model.Start | None]:
    """A recipe, how it stands against what is simple on later behaviour, and where learning
    starts."""
    with job.steps.step("choose"):
        chosen = learn.choose(
            data, interactions, job.parameters, seed=job.seed, progress=job.steps.tell
        )
    if chosen is None:
        return Recipe(), judge.Verdict({}, ""), None
    with job.steps.step("compare"):
        verdict = judge.against_simple(chosen.trial, learn.weights(chosen.learned))
    return chosen.recipe, verdict, chosen.start


def _version(inputs: str, serving: Published | None, last: warm.Start | None) -> str:
    """Named for what it is made from. What serves is never written over, not even by the same
    learned anew."""
    if serving and (last or serving.manifest.version == inputs):
        return warm.version(inputs, serving)
    return inputs


def _version_of(serving: Published | None) -> str:
    return serving.manifest.version if serving else ""


def _inputs(graph: Columns, parameters: train.Parameters, seed: int, told: Reading) -> str:
    """A digest of what is learned from; the version of what is learned from nothing else. Lifts are
    no part of it: plays that change them change the graph too, or were forgotten since."""
    recipe = {
        "graph": graph.digest(),
        "parameters": parameters.record(),
        "seed": seed,
        "code": __version__,
        "format": publishing.FORMAT_VERSION,
        "behaviour": behaviour.VERSION,
        "attention": told.attention.tolist(),
        "passed_by": told.strength,
    }
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]


def _serving(settings: Settings) -> Published | None:
    """What serves now; a damaged snapshot counts as none, since a refresh is what mends it."""
    try:
        return publishing.current(settings.snapshots_dir)
    except (NoSnapshot, BadSnapshot):
        return None
