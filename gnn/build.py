"""From columns and embeddings to a snapshot: neighbours, popularity, communities."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gnn import charts
from gnn.model import Embeddings
from gnn.neighbours import nearest
from gnn.tensors import Interactions
from graph import communities, scorer
from graph.arrays import Strings
from graph.columns import Columns, Named
from graph.snapshot import Artworks, Entities, Reading, Snapshot, Titles, Users, Weights

NEIGHBOURS = 100  # kept of each user and title; the most a client may ask for
SHRINKAGE = 5.0  # weight of interactions at which half a title's likeness to others counts


def snapshot(
    columns: Columns,
    embeddings: Embeddings,
    weights: Weights,
    *,
    reading: Reading,
    seed: int,
) -> Snapshot:
    """Everything the server needs. Deterministic for the same arguments."""
    users = user_embeddings(Interactions.of(columns.users), weights)
    similar, similarity = nearest(users, NEIGHBOURS)
    # mostly Python, of one thread, while titles' neighbours are arithmetic that needs none of it
    with ThreadPoolExecutor(1) as pool:
        finding = pool.submit(communities.find, similar, similarity, seed=seed)
        titles = _titles(columns, weights)
        community = finding.result()
    around = {kind: tensor.numpy() for kind, tensor in embeddings.around.items()}
    return Snapshot(
        titles=titles,
        genres=_entities(columns.genres, around["genre"]),
        tags=_entities(columns.tags, around["tag"]),
        people=_entities(columns.people, around["person"]),
        artworks=Artworks(columns.artworks.vocabulary, columns.artworks.uri, around["artwork"]),
        users=Users(
            **{
                name: getattr(columns.users, name)
                for name in ("vocabulary", "country", "maturity_ceiling", "kids", "history", "past")
            },
            embedding=users,
            similar=similar,
            similarity=similarity,
            community=community,
        ),
        countries=columns.countries,
        communities=_community_names(columns, community),
        charts=charts.charts(columns, community, now=data_until(columns)),
        reading=reading,
        weights=weights,
    )  # fmt: skip


def user_embeddings(interactions: Interactions, weights: Weights) -> NDArray[np.float32]:
    """[users, d]: `scorer.user_vector` of every user at once."""
    newest = np.zeros(len(interactions), np.int64)
    user, speaks = interactions.user, interactions.speaks
    telling = speaks > 0
    np.maximum.at(newest, user[telling], interactions.at[telling])
    told = scorer.aged(speaks, newest[user] - interactions.at, scorer.blend(weights).half_life)
    vectors = interactions.matrix(len(weights.history), told) @ weights.history
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)


def data_until(columns: Columns) -> int:
    """The newest interaction."""
    return int(columns.users.past.last_at.max(initial=0))


def _titles(columns: Columns, weights: Weights) -> Titles:
    similar, similarity = nearest(weights.title, NEIGHBOURS, trust=_trust(columns))
    shared = (
        "vocabulary", "name", "kind", "year", "maturity", "runtime", "countries", "available_from",
        "available_until", "genres", "tags", "makers", "directors", "cast", "artworks",
    )  # fmt: skip
    return Titles(
        **{name: getattr(columns.titles, name) for name in shared},
        popularity=charts.popularity(columns, now=data_until(columns)),
        similar=similar,
        similarity=similarity,
    )


def _trust(columns: Columns) -> NDArray[np.float32]:
    """[titles] how far a title's place can be trusted: w / (w + 5) where it was watched with
    weight w (shrinkage as in Bell & Koren 2007)."""
    users = columns.users
    watched = np.bincount(users.history.values, users.past.weight, len(columns.titles.vocabulary))
    return (watched / (watched + SHRINKAGE)).astype(np.float32)


def _entities(named: Named, embedding: NDArray[np.float32]) -> Entities:
    return Entities(named.vocabulary, named.name, embedding)


def _community_names(columns: Columns, community: NDArray[np.int32]) -> Strings:
    history, genres = columns.users.history, columns.titles.genres
    ones = np.ones
    watched = sp.csr_matrix(
        (ones(len(history.values), np.float32), history.values, history.offsets),
        (len(history), len(genres)),
    )
    of_genre = sp.csr_matrix(
        (ones(len(genres.values), np.float32), genres.values, genres.offsets),
        (len(genres), len(columns.genres.vocabulary)),
    )
    counts = np.asarray((watched @ of_genre).todense())
    return Strings.of(communities.names(community, counts, list(columns.genres.name)))
