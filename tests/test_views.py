"""networkx views of a small graph."""

import networkx as nx
import pytest

from graph import views
from graph.store import Store
from playbill.errors import BadInput, NotFound

ODD = 'it\'s "odd"\n🎬'


@pytest.fixture
def graph(store: Store) -> Store:
    """a and b share 1, 2, 3; b and ODD share 2 and 3; ODD alone has 4, with a thumb down on 1."""
    watched = {"a": "123", "b": "123", ODD: "234", "thumb": "1"}
    store.write_batches(
        "UNWIND $rows AS row MERGE (u:User {id: row.user}) MERGE (t:Title {id: row.title}) "
        "ON CREATE SET t.name = 'T' + row.title, t.embedding = [1.0, 0.5] "
        "CREATE (u)-[:INTERACTED {weight: 1.5, thumb: row.thumb}]->(t)",
        [
            {"user": user, "title": title, "thumb": -1 if user == "thumb" else 0}
            for user, titles in watched.items()
            for title in titles
        ],
    )
    store.write(
        "MATCH (t:Title {id: '4'}), (b:User {id: 'b'}), (a:User {id: 'a'}) "
        "CREATE (t)-[:HAS_GENRE]->(:Genre {id: 'g', name: 'War'}), "
        "(a)-[:SIMILAR_TO {score: 0.5, model: 'm'}]->(b)"
    )
    return store


def test_a_neighbourhood_grows_hop_by_hop_and_keeps_what_the_graph_says(graph: Store) -> None:
    one = views.neighbourhood(graph, "User", "a", hops=1)
    assert set(one) == {("User", "a"), ("User", "b"), *(("Title", t) for t in "123")}
    assert one.graph["complete"]
    assert one.nodes["Title", "1"] == {"hop": 1, "id": "1", "name": "T1"}
    assert one.nodes["User", "a"]["hop"] == 0
    assert one.edges[("User", "a"), ("User", "b"), "SIMILAR_TO"] == {"score": 0.5, "model": "m"}
    assert one.edges[("User", "b"), ("Title", "1"), "INTERACTED"] == {"weight": 1.5, "thumb": 0}
    assert one.number_of_edges() == 7

    two = views.neighbourhood(graph, "User", "a", hops=2)
    assert set(two) - set(one) == {("User", ODD), ("User", "thumb")}
    far = views.neighbourhood(graph, "User", "a", hops=9)
    assert far.nodes["Genre", "g"]["hop"] == 4
    hops = nx.single_source_shortest_path_length(far.to_undirected(), ("User", "a"))
    assert dict(far.nodes(data="hop")) == hops
    assert set(views.neighbourhood(graph, "User", ODD, hops=0)) == {("User", ODD)}


def test_a_neighbourhood_is_bounded_and_says_so(graph: Store) -> None:
    part = views.neighbourhood(graph, "User", "a", hops=9, limit=3)
    assert len(part) == 3
    assert not part.graph["complete"]
    assert set(dict(part.nodes(data="hop")).values()) == {0, 1}


def test_unknown_nodes_and_labels_are_named(graph: Store) -> None:
    with pytest.raises(NotFound, match="nobody"):
        views.neighbourhood(graph, "User", "nobody")
    with pytest.raises(BadInput, match=r"Usr.*User"):
        views.neighbourhood(graph, "Usr {id: 'a'})--(m) //", "a")


def test_projections_count_what_is_shared(graph: Store) -> None:
    users = views.user_projection(graph, least=1)
    assert _weights(users) == {("a", "b"): 3, ("a", ODD): 2, ("b", ODD): 2}
    assert _weights(views.user_projection(graph, least=3)) == {("a", "b"): 3}
    # title 1 has three watchers, so has 2 and 3; 4 has one and ties nobody
    assert len(views.user_projection(graph, least=1, most=2)) == 0

    titles = views.title_projection(graph, least=2)
    assert _weights(titles) == {("1", "2"): 2, ("1", "3"): 2, ("2", "3"): 3}
    assert _weights(views.title_projection(graph, least=1, edges=1)) == {("2", "3"): 3}


def test_an_empty_graph_has_empty_views(store: Store) -> None:
    assert len(views.user_projection(store)) == len(views.title_projection(store)) == 0


def _weights(graph: nx.Graph) -> dict[tuple[str, str], int]:
    return {(min(a, b), max(a, b)): weight for a, b, weight in graph.edges(data="weight")}
