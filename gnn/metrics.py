"""Recall and NDCG of ranked lists against held-out behaviour, per user."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.arrays import Ragged

ScoreUsers = Callable[[NDArray[np.int64]], NDArray[np.float32]]  # rows of users → [users, titles]


@dataclass(frozen=True)
class Ranking:
    """Figures of one model, one value a user that has something held out."""

    recall: NDArray[np.float64]
    ndcg: NDArray[np.float64]

    def means(self, name: str, k: int) -> dict[str, float]:
        return {
            f"{name}/recall@{k}": float(self.recall.mean()),
            f"{name}/ndcg@{k}": float(self.ndcg.mean()),
        }


def rank(
    score: ScoreUsers, *, seen: Ragged, held_out: Ragged, k: int = 20, batch: int = 512
) -> Ranking:
    """Ranks all titles a user has not `seen`, for each user with titles held out.

    Recall@k is the share of the held-out titles among the first k. NDCG@k discounts a hit at place
    i (from 0) by log2(i + 2), and divides by the best that min(k, held out) hits could reach
    (Järvelin & Kekäläinen 2002, with gains of 0 and 1).
    """
    users = np.flatnonzero(held_out.lengths())
    discount = 1 / np.log2(np.arange(k) + 2)
    ideal = np.concatenate([[0.0], np.cumsum(discount)])
    recall, ndcg = np.zeros(len(users)), np.zeros(len(users))
    for start in range(0, len(users), batch):
        rows = users[start : start + batch]
        scores = np.array(score(rows), np.float32)
        is_held_out = np.zeros(scores.shape[1], bool)
        for i, user in enumerate(rows):
            scores[i, seen[user]] = -np.inf
            is_held_out[held_out[user]] = True
            hit = is_held_out[top(scores[i], k)]
            is_held_out[held_out[user]] = False
            wanted = len(held_out[user])
            recall[start + i] = hit.sum() / wanted
            ndcg[start + i] = hit @ discount[: len(hit)] / ideal[min(wanted, k)]
    return Ranking(recall, ndcg)


def top(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Rows of the k highest scores, best first, ties by row; fewer where fewer exist."""
    k = min(k, len(scores))
    edge = np.partition(scores, len(scores) - k)[len(scores) - k]
    candidates = np.flatnonzero(scores >= edge)
    return candidates[np.argsort(-scores[candidates], kind="stable")][:k]
