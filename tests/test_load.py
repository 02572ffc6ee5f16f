"""What the imports make of the graph."""

from pathlib import Path
from urllib.parse import urljoin

import pytest

from graph import imports, load
from graph.behaviour import thumb_of_rating, weight
from graph.catalogue import Catalogue
from graph.schema import Genre, User
from graph.sources import movielens
from graph.store import Store
from playbill.errors import BadInput
from tests.importing import catalogue, edges, interactions
from tests.whole_graph import whole_graph

ODD = ["it's", 'a "b"', "two\nlines", "\u2028", "🎬", "'); MATCH (n) DETACH DELETE n //", "`x`"]


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
            "playhead_at": at, "thumb_at": at,
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
