"""Quality on open data: the tables of docs/quality.md."""

import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks import datasets, new_titles, similar_users, time_order
from benchmarks.datasets import Timed
from benchmarks.million import SHARED
from gnn import evaluate
from gnn.evaluate import Row, Split
from gnn.train import Parameters
from graph.sources import movielens

MUST_REACH = {
    "100K": (0.372, 0.446),
    "ML-1M": (0.2860, 0.2730),
    "Yelp2018": (0.0723, 0.0604),
    "Gowalla": (0.1941, 0.1616),
}
PUBLISHED = {
    "ML-1M": "ml1m_ultragcn",
    "Yelp2018": "yelp2018_lightgcn",
    "Gowalla": "gowalla_lightgcn",
}
FOLD_IN = {"100K": 10, "ML-1M": 3}  # draws, at least: those of few users differ more
DRAWS = 20  # of new titles of MovieLens 100K, at least: they differ much, and take 15 s each
PARTS = "100K,ML-1M,Yelp2018,Gowalla,fold-in,time-order,new-titles,similar-users"
console = Console(width=120)  # figures are not to be cut where the terminal is narrow


def main(
    seeds: Annotated[int, typer.Option(min=1)] = 3,
    only: Annotated[str, typer.Option(help="Some of these, with commas between.")] = PARTS,
) -> None:
    """MovieLens 100K from its wheel; the other sets where ../shared/data is there."""
    wanted = [part for part in only.split(",") if SHARED.is_file() or part not in PUBLISHED]
    if unknown := set(wanted) - set(PARTS.split(",")):
        raise typer.BadParameter(f"{', '.join(unknown)}: not among {PARTS}")
    for name in MUST_REACH:
        if name in wanted:
            console.print(_split_table(name, seeds))
    if "fold-in" in wanted:
        console.print(_fold_in_table(seeds))
    if "time-order" in wanted:
        console.print(_time_order_table(seeds))
    if "new-titles" in wanted:
        console.print(_new_titles_table(seeds))
    if "similar-users" in wanted:
        console.print(_similar_users_table())


def _split_table(name: str, seeds: int) -> Table:
    references, ours, seconds, megabytes = _alone(_measure, name, seeds)
    table = _table(
        f"{name}: Recall@20 / NDCG@20, Playbill: mean ± spread of {seeds} seeds, "
        f"{seconds / seeds:,.0f} s each, at most {megabytes:,.0f} MB",
        "model", "Recall@20", "NDCG@20",
    )  # fmt: skip
    for row in (*references, ours):
        table.add_row(row.model, *row.in_words())
    table.add_row("must reach", *(f"{bar:.4f}" for bar in MUST_REACH[name]))
    return table


def _measure(name: str, seeds: int) -> tuple[list[Row], Row, float, float]:
    """(references, ours, seconds of ours, peak MB) of one split."""
    split, parameters = _split(name), Parameters()
    references = list(evaluate.references(split, seed=0, progress=_nothing))
    begun = time.perf_counter()
    ours = evaluate.ours(split, parameters, seeds=range(seeds), progress=_nothing)
    seconds = time.perf_counter() - begun
    return references, ours, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _fold_in_table(seeds: int) -> Table:
    table = _table(
        "what fold-in costs: a fifth of the users, mean ± spread of draws",
        "set", "draws", "model", "users are", "Recall@20", "NDCG@20",
    )  # fmt: skip
    for name, fewest in FOLD_IN.items():
        if name in PUBLISHED and not SHARED.is_file():
            continue
        draws = [_alone(_fold_in, name, seed) for seed in range(max(seeds, fewest))]
        for model, rows in draws[0].items():
            figures = np.array(
                [[(row.recall, row.ndcg) for row in draw[model].values()] for draw in draws]
            )
            means, spreads = figures.mean(axis=0).tolist(), figures.std(axis=0).tolist()
            for whom, mean, spread in zip(rows, means, spreads, strict=True):
                words = Row(model, *mean, *spread).in_words()
                table.add_row(name, f"{len(draws)}", model, whom, *words)
            lost = figures[:, -1:] / figures[:, :-1] - 1  # [draws, learned from them, figures]
            compared = list(rows)[:-1]
            for whom, *both in zip(compared, lost.mean(axis=0), lost.std(axis=0), strict=True):
                words = (f"{mean:+.1%} ± {spread:.1%}" for mean, spread in zip(*both, strict=True))
                table.add_row(name, f"{len(draws)}", model, f"folded in / {whom}", *words)
    return table


def _fold_in(name: str, seed: int) -> dict[str, dict[str, Row]]:
    return evaluate.fold_in(_split(name), Parameters(), seed=seed, progress=_nothing)


def _time_order_table(seeds: int) -> Table:
    table = _table(
        f"later behaviour, cut at the 80th percentile of time: mean ± spread of {seeds} seeds",
        "set", "model", "members", "judges", "Recall@20", "NDCG@20",
    )  # fmt: skip
    for data in _timed():
        found: dict[tuple[str, str], list[tuple]] = {}
        parts = [_alone(_simple_in_time, data)]
        parts += [_alone(_time_order, data, seed) for seed in range(seeds)]
        for part in parts:
            for group, model, *figures in part:
                found.setdefault((group, model), []).append(tuple(figures))
        for (group, model), rows in sorted(found.items()):
            judges, *means = np.mean(rows, axis=0).tolist()
            row = Row(model, *means, *np.std(rows, axis=0)[1:].tolist())
            table.add_row(data().name, model, group, f"{judges:.0f}", *row.in_words())
    return table


def _simple_in_time(data: Callable[[], Timed]) -> list[tuple]:
    return list(time_order.references(data()))


def _time_order(data: Callable[[], Timed], seed: int) -> list[tuple]:
    return list(time_order.ours(data(), Parameters(), seed=seed))


def _new_titles_table(seeds: int) -> Table:
    table = _table(
        "titles nobody watched, a tenth of all, ranked among themselves: mean ± spread of draws "
        "(must reach on MovieLens 100K: .464 / .407)",
        "set", "draws", "model", "Recall@20", "NDCG@20",
    )  # fmt: skip
    for data in _timed():
        found: dict[str, list[tuple[float, float]]] = {}
        draws = max(seeds, DRAWS) if data is datasets.hundred else seeds
        for seed in range(draws):
            for model, *figures in _alone(_new_titles, data, seed):
                found.setdefault(model, []).append(tuple(figures))
        for model, rows in found.items():
            row = Row(model, *np.mean(rows, axis=0).tolist(), *np.std(rows, axis=0).tolist())
            table.add_row(data().name, str(draws), model, *row.in_words())
    return table


def _new_titles(data: Callable[[], Timed], seed: int) -> list[tuple]:
    return list(new_titles.figures(data(), Parameters(), seed=seed))


def _similar_users_table() -> Table:
    table = _table(
        "titles watched later by a member and by another, on average (must reach: 3 times)",
        "set", "cut", "members", "the 20 nearest", "20 as active", "ratio, 95%", "in hindsight",
    )  # fmt: skip
    rows = [
        (data().name, cut, found)
        for data in _timed() for cut, found in _alone(_similar_users, data)
    ]  # fmt: skip
    if SHARED.is_file():
        rows += [(name, "held out", _alone(_similar_users_of, name)) for name in PUBLISHED]
    for name, cut, found in rows:
        table.add_row(
            name,
            cut,
            f"{found.members:,}",
            f"{found.nearest:.2f}",
            f"{found.matched:.2f}",
            f"{found.ratio:.2f} ({found.low:.2f} to {found.high:.2f})",
            f"{found.hindsight / found.matched:.2f}",
        )
    return table


def _similar_users(data: Callable[[], Timed]) -> list[tuple]:
    return list(similar_users.figures(data(), Parameters(), seed=0))


def _similar_users_of(name: str) -> similar_users.Likeness:
    return similar_users.held_out(_split(name), Parameters(), seed=0)


def _timed() -> list[Callable[[], Timed]]:
    return [datasets.hundred, *([datasets.latest_small] if SHARED.is_file() else [])]


def _split(name: str) -> Split:
    if name in PUBLISHED:
        return datasets.published(PUBLISHED[name])
    return evaluate.movielens_split(movielens.read(), seed=42)


def _alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls it in a process of its own, so that peak memory is its own."""
    names = [getattr(part, "__name__", str(part)) for part in (function, *arguments)]
    status = console.status(" ".join(names))
    with status, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title)
    for heading in headings:
        words = heading in ("set", "model", "members", "cut", "users are")
        table.add_column(heading, justify="left" if words else "right")
    return table


def _nothing(_: str) -> None:
    pass


if __name__ == "__main__":
    typer.run(main)
