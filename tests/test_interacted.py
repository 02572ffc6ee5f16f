"""What imports make of INTERACTED edges, beside what events made of them."""

from dataclasses import asdict
from itertools import product
from pathlib import Path
from random import Random

import numpy as np
import pytest

from graph import behaviour, columns, load, weigh
from graph.behaviour import OF_ROWS, Event, Interaction, Kind, weight
from graph.catalogue import Catalogue
from graph.cypher_files import cypher
from graph.events import EventLog
from graph.fold import fold
from graph.interactions import Interactions
from graph.schema import Title
from graph.store import Store
from tests.importing import catalogue, edges, interactions
from tests.whole_graph import whole_graph


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
    if edge is None:
        expected |= {"thumb_at": 0, "playhead_at": 0}
    else:  # an edge of an older Playbill, whose thumb was given at its newest event at the latest
        expected |= {"thumb_at": edge[4] if edge[2] else 0}
    reached = record.get("completion", float("rating" in record))
    if not (edge and edge[4] > 60):  # of what is older it says nothing
        expected |= {"playhead": reached, "playhead_at": 60} if reached else {}
        expected |= {"thumb_at": 60} if "thumb" in record else {}
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


def test_events_and_records_end_in_the_same_edge_in_either_order(
    store: Store, tmp_path: Path
) -> None:
    """But for plays, of which a record tells how many there were at least. Of two titles, n-0 and
    n-1, the same is told in other orders."""
    random, start, pairs = Random(0), 2_000_000_000, 150
    kinds = [kind for kind in Kind if kind not in OF_ROWS]
    catalogue(
        store, tmp_path,
        *({"type": "title", "id": f"{n}-{way}", "name": "T"} for n in range(pairs) for way in "01"),
    )  # fmt: skip
    said: list[dict] = [
        {"thumb": 0}, {"thumb": 1}, {"thumb": -1}, {"completion": 0.5}, {"completion": 0.7},
        {"rating": 5}, {"rating": 1}, {"plays": 1, "completion": 0.2, "thumb": 2},
    ]  # fmt: skip
    records = [
        [{"user": "u", "at": start + random.randint(0, 3), **random.choice(said)} for _ in "ab"]
        for _ in range(pairs)
    ]
    events = [
        [
            (random.choice(kinds), start + random.randint(0, 3), random.choice([0, 500]),
             random.choice([0.2, 0.5, 0.6, 0.7]))
            for _ in range(random.randint(1, 4))
        ]
        for _ in range(pairs)
    ]  # fmt: skip
    log = EventLog.open(tmp_path / "events.sqlite")

    def imported(way: str, which: int) -> None:
        told = ({"title": f"{n}-{way}", **both[which]} for n, both in enumerate(records))
        interactions(store, tmp_path, *told)

    def folded(way: str) -> None:
        for n, done in enumerate(events):
            log.append(
                [
                    Event(f"{n}-{way}-{i}", "u", f"{n}-{way}", kind, at, reached, millis=millis)
                    for i, (kind, at, millis, reached) in enumerate(done)
                ]
            )
        fold(store, log)

    imported("0", 0)
    folded("0")
    imported("0", 1)
    imported("1", 1)
    imported("1", 0)
    folded("1")
    found = edges(store)
    for n, done in enumerate(events):
        one, other = found["u", f"{n}-0"], found["u", f"{n}-1"]
        assert one | {"plays": 0} == other | {"plays": 0}, (records[n], done)


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
