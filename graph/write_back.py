"""Writes a published snapshot's outcome onto the graph that analysts query: embeddings, similar
users and titles, communities, and the Model node. Running it again ends in the same graph."""

import json
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from graph.arrays import Vocabulary
from graph.cypher_files import cypher
from graph.publishing import Manifest
from graph.snapshot import Snapshot
from graph.store import Store

SIMILAR = 20  # edges a node
USERS = 100_000  # whose embeddings and similar users are written; of more, so many are drawn
ROWS = 1_000  # nodes a transaction; each brings its embedding, or 20 edges


def write_back(
    store: Store,
    snapshot: Snapshot,
    manifest: Manifest,
    *,
    now: int,
    progress: Callable[[str], None] | None = None,
) -> None:
    """Marks the Model node as written only when all the rest is there. Raises Neo4jUnavailable.

    Of more than USERS users a sample bears embeddings and edges to similar users, always the same
    as far as their number allows; all of them are members of their communities.
    """
    tell = progress or (lambda _: None)
    store.write(
        cypher("write/model_started"), id=manifest.version, properties=_model(manifest, now)
    )
    users = snapshot.users
    bearing, others = _drawn(users.vocabulary)
    tell("embeddings")
    for label, part in {
        "genre": snapshot.genres, "tag": snapshot.tags, "person": snapshot.people,
        "artwork": snapshot.artworks,
    }.items():  # fmt: skip
        rows = _embeddings(part.vocabulary, part.embedding)
        store.write_batches(cypher(f"write/embedding_{label}"), rows, size=ROWS)
    rows = _embeddings(snapshot.titles.vocabulary, snapshot.weights.title)
    store.write_batches(cypher("write/embedding_title"), rows, size=ROWS)
    rows = _embeddings(users.vocabulary, users.embedding, among=bearing)
    store.write_batches(cypher("write/embedding_user"), rows, size=ROWS)
    ids = ({"id": users.vocabulary[row]} for row in others)
    store.write_batches(cypher("write/forget_user"), ids, size=ROWS)
    tell("similar users")
    rows = _similar(
        users.vocabulary, users.similar, users.similarity, manifest.version, among=bearing
    )
    store.write_batches(cypher("write/similar_user"), rows, size=ROWS)
    tell("similar titles")
    titles = snapshot.titles
    rows = _similar(titles.vocabulary, titles.similar, titles.similarity, manifest.version)
    store.write_batches(cypher("write/similar_title"), rows, size=ROWS)
    tell("communities")
    _write_communities(store, snapshot, manifest.version)
    store.write(cypher("write/model_written"), id=manifest.version, now=now)


def is_written_back(store: Store, version: str) -> bool:
    found = store.read(cypher("read/model_written"), id=version)
    return bool(found and found[0]["written_at"] is not None)


def _model(manifest: Manifest, now: int) -> dict:
    return {
        "trained_at": now,
        "metrics": json.dumps(manifest.metrics),
        "parameters": json.dumps(manifest.parameters),
        "code_version": manifest.code_version,
    }


def _drawn(users: Vocabulary) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(rows of USERS users, rows of the others), both ascending. By a hash of the id, so that
    hardly any come and go between two refreshes."""
    if len(users) <= USERS:
        return np.arange(len(users)), np.zeros(0, np.int64)
    hashes = np.array([zlib.crc32(id.encode()) for id in users.ids], np.int64)
    order = np.argsort(hashes, kind="stable")
    return np.sort(order[:USERS]), np.sort(order[USERS:])


def _embeddings(
    vocabulary: Vocabulary, embedding: NDArray[np.float32], *, among: NDArray | None = None
) -> Iterator[dict]:
    """A vector of zeros says nothing, and the vector index takes none: those nodes get none."""
    for row in range(len(vocabulary)) if among is None else among:
        vector = embedding[row]
        yield {"id": vocabulary[row], "embedding": vector.tolist() if vector.any() else None}


def _similar(
    vocabulary: Vocabulary,
    similar: NDArray,
    similarity: NDArray,
    model: str,
    *,
    among: NDArray | None = None,
) -> Iterator[dict]:
    ids = list(vocabulary.ids)
    for row in range(len(ids)) if among is None else among:
        near = similar[row, :SIMILAR]
        near = near[near >= 0]
        scores = np.minimum(similarity[row, : len(near)], 1).tolist()
        yield {
            "id": ids[row],
            "scores": {ids[i]: score for i, score in zip(near, scores, strict=True)},
            "model": model,
        }


def _write_communities(store: Store, snapshot: Snapshot, version: str) -> None:
    community = snapshot.users.community
    sizes = np.bincount(community[community >= 0], minlength=len(snapshot.communities))
    communities = [
        {"id": f"{version}/{i}", "size": int(size), "name": name}
        for i, (name, size) in enumerate(zip(snapshot.communities, sizes, strict=True))
    ]
    members = (
        {"user": id, "community": f"{version}/{i}"}
        for id, i in zip(snapshot.users.vocabulary.ids, community, strict=True)
        if i >= 0
    )
    store.write_batches(cypher("write/communities"), communities, size=ROWS)
    store.write_batches(cypher("write/members"), members, size=ROWS)
    store.write(cypher("write/forget_communities"), model=version)
