"""What the imports make of the graph."""

import json
from dataclasses import asdict
from itertools import product
from pathlib import Path
from urllib.parse import urljoin

import numpy as np
import pytest

from graph import behaviour, columns, imports, load, weigh
from graph.behaviour import Interaction, thumb_of_rating, weight
from graph.catalogue import Catalogue
from graph.cypher_files import cypher
from graph.interactions import Interactions
from graph.schema import Genre, Title, User
from graph.sources import catalogue_file, interaction_file, movielens
from graph.store import Store
from playbill.errors import BadInput
from tests.whole_graph import whole_graph

ODD = ["it's", 'a "b"', "two\nlines", "\u2028", "🎬", "'); MATCH (n) DETACH DELETE n //", "`x`"]


def catalogue(store: Store, folder: Path, *records: dict) -> imports.Imported:
    file = folder / "c.jsonl"
    file.write_text("\n".join(map(json.dumps, records)))
    return imports.of_catalogue(store, catalogue_file.read(file), artwork_dir=folder / "art")


def interactions(store: Store, folder: Path, *records: dict) -> imports.Imported:
    file = folder / "i.jsonl"
    file.write_text("\n".join(map(json.dumps, records)))
    return imports.of_interactions(store, interaction_file.read(file))


def edges(store: Store) -> dict:
    found = store.read(
        "MATCH (u)-[r:INTERACTED]->(t) RETURN u.id AS u, t.id AS t, properties(r) AS p"
    )
    assert len({(e["u"], e["t"]) for e in found}) == len(found)
    return {(e["u"], e["t"]): e["p"] for e in found}


def around(store: Store, label: str, id: str) -> dict[str, list[str]]:
    """Far ends of a node's ties, by type."""
    query = f"MATCH (n:{label} {{id: $id}})-[r]-(e) RETURN type(r) AS type, e.id AS e ORDER BY e"
    ties: dict[str, list[str]] = {}
    for record in store.read(query, id=id):
        ties.setdefault(record["type"], []).append(record["e"])
    return ties


def properties(store: Store, label: str, id: str) -> dict:
    found = store.read(f"MATCH (n:{label} {{id: $id}}) RETURN properties(n) AS p", id=id)
    assert len(found) == 1
    return found[0]["p"]


def test_movielens_lands_whole_and_only_once(store: Store, tmp_path: Path) -> None:
    films = movielens.read()
    heard: dict[str, tuple[int, int]] = {}
    done = imports.of_movielens(
        store, films, artwork_dir=tmp_path,
        progress=lambda what, n, total: heard.__setitem__(what, (n, total)),
    )  # fmt: skip
    assert done.counts["interactions"] == 100_000
    assert heard["interactions"] == (100_000, 100_000)
    assert heard["titles"] == (1682, 1682)
    first = whole_graph(store)
    labels = [labels for labels, _, _ in first[0]]
    assert [labels.count([name]) for name in ("User", "Title", "Genre", "Artwork")] == [
        943, 1682, 18, 19,
    ]  # fmt: skip

    r = films.ratings
    expected = {
        (films.users[user].id, films.titles[title].id): {
            "weight": weight(1.0, thumb_of_rating(stars), 1), "plays": 1, "completion": 1.0,
            "thumb": thumb_of_rating(stars), "first_at": at, "last_at": at, "playhead": 1.0,
            "playhead_at": at,
        }
        for user, title, stars, at in zip(
            *(column.tolist() for column in (r.user, r.title, r.stars, r.at)), strict=True
        )
    }  # fmt: skip
    assert {(u, t): dict(p) for _, u, type, _, t, p in first[1] if type == "INTERACTED"} == expected
    genres = {t: g for (_, t, type, _, g, _) in first[1] if type == "HAS_GENRE"}
    assert len(genres) == 1680
    story = next(t.id for t in films.titles if t.name == "Toy Story")
    assert around(store, "Title", story)["HAS_GENRE"] == ["Animation", "Children's", "Comedy"]
    assert len(around(store, "Title", story)["HAS_ARTWORK"]) == 3
    assert properties(store, "User", films.users[0].id)["age_band"] == films.users[0].age_band

    imports.of_movielens(store, films, artwork_dir=tmp_path)
    assert whole_graph(store) == first


def test_ids_and_names_of_any_shape_land_as_they_are(store: Store, tmp_path: Path) -> None:
    done = catalogue(
        store, tmp_path,
        *({"type": "title", "id": id, "name": id, "genres": [id], "tags": [id]} for id in ODD),
    )  # fmt: skip
    assert done.refused == ()
    interactions(store, tmp_path, *({"user": f"u{id}", "title": id, "at": 1, "thumb": 1}
                                    for id in ODD))  # fmt: skip
    for id in ODD:
        assert properties(store, "Title", id)["name"] == id
        ties = around(store, "Title", id)
        assert (ties["HAS_GENRE"], ties["INTERACTED"]) == ([id], [f"u{id}"])
        assert len(ties["HAS_ARTWORK"]) == 1
    assert set(edges(store)) == {(f"u{id}", id) for id in ODD}


@pytest.mark.parametrize(
    ("edge", "record", "merged"),
    [  # (plays, completion, thumb, first_at, last_at) of the edge; and of what comes out
        ((7, 0.1, 1, 9, 50), {"at": 60, "plays": 2, "completion": 0.9}, (7, 0.9, 1, 9, 60)),
        ((1, 0.9, 2, 50, 50), {"at": 60, "completion": 0.3}, (1, 0.9, 2, 50, 60)),
        ((1, 0.9, 2, 50, 50), {"at": 60, "thumb": -1}, (1, 0.9, -1, 50, 60)),
        ((1, 0.9, 2, 50, 50), {"at": 60, "thumb": 0}, (1, 0.9, 0, 50, 60)),
        ((1, 0.9, 2, 50, 60), {"at": 60, "thumb": 1}, (1, 0.9, 1, 50, 60)),
        ((1, 0.9, 2, 50, 90), {"at": 60, "thumb": -1}, (1, 0.9, 2, 50, 90)),
        ((1, 0.2, -1, 80, 90), {"at": 60, "rating": 5}, (1, 1.0, -1, 60, 90)),
        ((0, 0.0, 2, 50, 50), {"at": 60, "plays": 0}, (0, 0.0, 2, 50, 60)),
        (None, {"at": 60, "plays": 3, "completion": 0.37}, (3, 0.37, 0, 60, 60)),
        (None, {"at": 60, "thumb": -1}, (0, 0.0, -1, 60, 60)),
        (None, {"at": 60, "plays": 0}, (0, 0.0, 0, 60, 60)),
    ],
)
def test_an_import_undoes_nothing_that_an_edge_knows(
    store: Store, tmp_path: Path, edge: tuple | None, record: dict, merged: tuple
) -> None:
    names = ("plays", "completion", "thumb", "first_at", "last_at")
    catalogue(store, tmp_path, {"type": "title", "id": "t", "name": "T"})
    if edge:
        store.write(
            "MATCH (t:Title) MERGE (u:User {id: 'u'}) MERGE (u)-[r:INTERACTED]->(t) SET r = $edge",
            edge=dict(zip(names, edge, strict=True)),
        )
    expected = dict(zip(names, merged, strict=True))
    expected["weight"] = weight(expected["completion"], expected["thumb"], expected["plays"])
    reached = record.get("completion", float("rating" in record))
    if reached and not (edge and edge[4] > 60):  # of what is older it says nothing
        expected |= {"playhead": reached, "playhead_at": 60}
    for _ in range(2):
        interactions(store, tmp_path, {"user": "u", "title": "t", **record})
        assert edges(store) == {("u", "t"): expected}


@pytest.mark.parametrize(
    ("record", "stands"),
    [
        ({"at": 60, "completion": 1.0}, (1.0, 60)),
        ({"at": 60, "completion": 0.45}, (0.45, 60)),
        ({"at": 50, "completion": 0.4}, (0.4, 50)),
        ({"at": 50, "completion": 0.2}, (0.4, 50)),
        ({"at": 50, "completion": 0.6}, (0.6, 50)),
        ({"at": 40, "completion": 1.0}, (0.4, 50)),
        ({"at": 60, "thumb": 1}, (0.4, 50)),
    ],
)
def test_playback_stands_where_the_newest_of_events_and_records_told(
    store: Store, tmp_path: Path, record: dict, stands: tuple
) -> None:
    catalogue(store, tmp_path, {"type": "title", "id": "t", "name": "T"})
    store.write(
        "MATCH (t:Title) MERGE (u:User {id: 'u'}) MERGE (u)-[r:INTERACTED {completion: 1.0, "
        "plays: 2, last_at: 55, playhead: 0.4, playhead_at: 50}]->(t)"
    )
    interactions(store, tmp_path, {"user": "u", "title": "t", **record})
    found = edges(store)["u", "t"]
    assert (found["playhead"], found["playhead_at"]) == stands


def test_where_nothing_tells_of_it_playback_stands_where_it_came_to(
    store: Store, tmp_path: Path
) -> None:
    catalogue(store, tmp_path, {"type": "title", "id": "t", "name": "T"})
    store.write(
        "MATCH (t:Title) MERGE (u:User {id: 'u'}) "
        "MERGE (u)-[r:INTERACTED {completion: 0.5, plays: 1, last_at: 55}]->(t)"
    )
    past = columns.read(store).users.past
    (pair,) = store.read(cypher("read/interactions"), pairs=[{"user": "u", "title": "t"}])
    assert (past.playhead.tolist(), past.playhead_at.tolist()) == ([0.5], [0])
    assert (pair["playhead"], pair["playhead_at"]) == (0.5, 0)


def test_a_user_with_5000_titles_among_others(store: Store) -> None:
    titles = [Title(id=f"t{i}", name="T") for i in range(5000)]
    load.write_catalogue(store, Catalogue(nodes={Title: titles}))
    user = np.repeat(np.arange(3, dtype=np.int32), [1, 5000, 401])
    title = np.concatenate([np.arange(n) for n in (1, 5000, 401)]).astype(np.int32)
    chance = np.random.default_rng(0).permutation(len(user))
    ones = np.ones(len(user))
    rows = Interactions(
        ["a", "heavy", "c"], [t.id for t in titles], user[chance], title[chance],
        ones.astype(np.int32), ones, ones.astype(np.int8), chance, chance,
    )  # fmt: skip
    heard: list[int] = []
    assert load.write_interactions(
        store, rows, progress=lambda what, done, _: heard.append(done) if what != "users" else None
    ) == 5402  # fmt: skip
    assert heard[-1] == 5402
    found = edges(store)
    assert len(found) == 5402
    assert {u: sum(who == u for who, _ in found) for u in rows.users} == {
        "a": 1, "heavy": 5000, "c": 401,
    }  # fmt: skip
    assert all(
        found[rows.users[u], f"t{t}"]["last_at"] == at
        for u, t, at in zip(rows.user, rows.title, rows.last_at, strict=True)
    )


def test_no_interactions_at_all(store: Store) -> None:
    none = Interactions([], [], *(np.zeros(0, t) for t in "iiidbqq"))
    assert load.write_interactions(store, none) == 0
    assert edges(store) == {}


def test_what_a_record_leaves_out_stays_and_null_clears(store: Store, tmp_path: Path) -> None:
    full = {"type": "title", "id": "t", "name": "T", "year": 1999, "countries": ["GB"],
            "genres": ["Drama", "War"], "tags": ["slow"], "directors": ["p"]}  # fmt: skip
    person = {"type": "person", "id": "p", "name": "P"}
    catalogue(store, tmp_path, full, person, {"type": "user", "id": "u", "country": "GB"})
    assert properties(store, "User", "u") == {"id": "u", "country": "GB", "kids": False}
    title = {"id": "t", "name": "T", "kind": "film", "countries": ["GB"]}
    assert properties(store, "Title", "t") == {**title, "year": 1999}

    store.write("MATCH (t:Title) SET t.embedding = [1.0]")
    catalogue(store, tmp_path, {"type": "title", "id": "t", "name": "New", "genres": ["War"]},
              {"type": "user", "id": "u", "kids": True})  # fmt: skip
    assert properties(store, "Title", "t") == {
        **title, "name": "New", "year": 1999, "embedding": [1.0],
    }  # fmt: skip
    assert properties(store, "User", "u") == {"id": "u", "country": "GB", "kids": True}
    ties = around(store, "Title", "t")
    assert (ties["HAS_GENRE"], ties["HAS_TAG"], ties["DIRECTED"]) == (["War"], ["slow"], ["p"])

    cleared = {"type": "title", "id": "t", "name": "T", "year": None, "tags": [], "directors": [],
               "countries": []}  # fmt: skip
    catalogue(store, tmp_path, cleared)
    assert properties(store, "Title", "t") == {**title, "countries": [], "embedding": [1.0]}
    assert set(around(store, "Title", "t")) == {"HAS_GENRE", "HAS_ARTWORK"}


def test_references_reach_into_the_graph(store: Store, tmp_path: Path) -> None:
    catalogue(store, tmp_path, {"type": "person", "id": "p", "name": "P"},
              {"type": "genre", "id": "g", "name": "Comedy"},
              {"type": "artwork", "id": "a", "uri": "x"})  # fmt: skip
    done = catalogue(
        store, tmp_path,
        {"type": "title", "id": "t", "name": "T", "genres": ["Comedy"], "actors": ["p"],
         "creators": ["p"], "artworks": ["a"]},
        {"type": "artwork", "id": "b", "uri": "y", "depicts": [{"type": "genre", "id": "g"}]},
        {"type": "title", "id": "x", "name": "X", "actors": ["nobody"]},
    )  # fmt: skip
    assert [(r.line, r.reason) for r in done.refused] == [
        (3, "person 'nobody' is neither in this file nor in the graph")
    ]
    assert around(store, "Title", "t") == {
        "HAS_GENRE": ["g"], "ACTED_IN": ["p"], "CREATED": ["p"], "HAS_ARTWORK": ["a"],
    }  # fmt: skip
    assert around(store, "Artwork", "b") == {"DEPICTS": ["g"]}
    assert store.read("MATCH (t:Title {id: 'x'}) RETURN t") == []


def test_key_art_hangs_where_there_is_no_other(store: Store, tmp_path: Path) -> None:
    catalogue(
        store, tmp_path,
        {"type": "title", "id": "two", "name": "T", "genres": ["War", "Drama"]},
        {"type": "title", "id": "none", "name": "N"},
        {"type": "title", "id": "own", "name": "O", "genres": ["War", "Anime"], "artworks": ["a"]},
        {"type": "artwork", "id": "a", "uri": "https://x/a"},
    )  # fmt: skip
    hung = {t: around(store, "Title", t)["HAS_ARTWORK"] for t in ("two", "none", "own")}
    assert [id.split("/")[-1] for id in sorted(hung["two"], key=lambda i: i[-3:])] == [
        "war", "drama",
    ][::-1]  # fmt: skip
    assert hung["none"] == ["keyart/neutral"]
    assert hung["own"] == ["a"]
    for id in hung["two"]:
        assert around(store, "Artwork", id)["DEPICTS"] in (["War"], ["Drama"])
        uri = properties(store, "Artwork", id)["uri"]  # relative, so the folder may move
        assert (tmp_path / "art" / uri).read_text(encoding="utf-8").startswith("<svg")
        assert urljoin("https://images.example/", uri) == f"https://images.example/{uri}"
    assert len(list((tmp_path / "art").iterdir())) == 3

    before = whole_graph(store)
    catalogue(store, tmp_path, {"type": "title", "id": "two", "name": "T"})
    assert whole_graph(store) == before
    (tmp_path / "moved").mkdir()
    catalogue(store, tmp_path / "moved", {"type": "title", "id": "two", "name": "T"})
    assert whole_graph(store) == before

    catalogue(store, tmp_path, {"type": "title", "id": "two", "name": "T", "artworks": ["a"]},
              {"type": "title", "id": "none", "name": "N", "genres": ["War"]},
              {"type": "title", "id": "own", "name": "O", "artworks": []})  # fmt: skip
    hung = {t: around(store, "Title", t)["HAS_ARTWORK"] for t in ("two", "none", "own")}
    assert hung["two"] == ["a"]
    assert [id.split("/")[-1] for id in hung["none"]] == ["war"]
    assert sorted(id.split("/")[-1] for id in hung["own"]) == ["anime", "war"]


def test_the_folder_for_key_art_cannot_be_written(store: Store, tmp_path: Path) -> None:
    (tmp_path / "art").write_text("a file")
    with pytest.raises(BadInput, match="PLAYBILL_DATA_DIR"):
        catalogue(store, tmp_path, {"type": "title", "id": "t", "name": "T"})


def test_nodes_get_their_defaults_once(store: Store) -> None:
    load.write_catalogue(store, Catalogue(nodes={User: [User(id="u", kids=True)]}))
    load.write_catalogue(
        store, Catalogue(nodes={User: [User(id="u")], Genre: [Genre(id="g", name="G")]})
    )
    assert properties(store, "User", "u") == {"id": "u", "kids": True}
    assert properties(store, "Genre", "g") == {"id": "g", "name": "G"}


STATES = [
    Interaction(plays, completion, thumb, 1, 2, abandons=abandons, listed=listed, hidden=hidden)
    for plays, completion, thumb, abandons, listed, hidden in product(
        (0, 2), (0.0, 0.1, 0.9), (-1, 0, 1, 2), (0, 1), (False, True), (False, True)
    )
]


def tell(store: Store, folder: Path, **more: float) -> None:
    """What events may have made of edges, without weights: the n-th of STATES with title n."""
    titles = ({"type": "title", "id": str(n), "name": "T"} for n in range(len(STATES)))
    catalogue(store, folder, *titles)
    rows = [
        {"title": str(n), "state": asdict(state) | more, "user": f"u{n % 3}"}
        for n, state in enumerate(STATES)
    ]
    store.write_batches(
        "MERGE (u:User {id: row.user}) WITH u, row MATCH (t:Title {id: row.title}) "
        "CREATE (u)-[r:INTERACTED]->(t) SET r = row.state", rows,
    )  # fmt: skip


def weights(store: Store) -> list[float]:
    return [edges(store)[f"u{n % 3}", str(n)]["weight"] for n in range(len(STATES))]


def test_an_import_weighs_an_edge_as_behaviour_does(store: Store, tmp_path: Path) -> None:
    """Whatever events have made of it before; what is imported here says nothing new."""
    tell(store, tmp_path)
    nothing_new = {"at": 2, "plays": 0, "completion": 0}
    interactions(
        store, tmp_path,
        *({"user": f"u{n % 3}", "title": str(n), **nothing_new} for n in range(len(STATES))),
    )  # fmt: skip
    assert weights(store) == pytest.approx([state.weight for state in STATES])


def test_edges_are_weighed_anew_where_an_older_table_weighed_them(
    store: Store, tmp_path: Path
) -> None:
    tell(store, tmp_path, weight=7.0)
    store.write("MATCH (u:User {id: 'u0'}), (t:Title {id: '1'}) "
                "CREATE (u)-[:INTERACTED {weight: 5.0, last_at: 3}]->(t)")  # fmt: skip
    before = whole_graph(store)
    weigh.reweigh(store)
    assert whole_graph(store) == before  # a new graph: its edges are weighed by this table
    for older in ("SET s.behaviour = 1", "REMOVE s.behaviour"):
        store.write("MATCH ()-[r:INTERACTED]->() WHERE r.plays >= 0 SET r.weight = 7.0")
        store.write(f"MATCH (s:Schema) {older}")
        weigh.reweigh(store)
        assert weights(store) == pytest.approx([state.weight for state in STATES])
        assert edges(store)["u0", "1"] == {"weight": 5.0, "last_at": 3}
        after = whole_graph(store)
        weigh.reweigh(store)
        assert whole_graph(store) == after
    [schema] = store.read("MATCH (s:Schema) RETURN s.behaviour AS behaviour")
    assert schema["behaviour"] == behaviour.VERSION
