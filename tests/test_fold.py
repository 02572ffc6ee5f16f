"""The event log folded into a real Neo4j."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from itertools import product
from random import Random

import pytest

from graph import behaviour, columns, private_neo4j
from graph import fold as folding
from graph.behaviour import LIGHT, OF_ROWS, Event, Kind
from graph.events import EventLog
from graph.fold import RETENTION, compact, fold, folded_position
from graph.store import Store, connected
from playbill.errors import Neo4jUnavailable
from tests.importing import interactions
from tests.serving import playbill
from tests.snapshots import Shape, build, publish

EDGES = """
MATCH (u:User)-[r:INTERACTED]->(t:Title)
RETURN u.id AS user, t.id AS title, properties(r) AS p ORDER BY user, title
"""
WAITING = "SHOW TRANSACTIONS YIELD status WHERE status STARTS WITH 'Blocked' RETURN status"


@pytest.fixture
def log(tmp_path) -> EventLog:
    return EventLog.open(tmp_path / "events.sqlite")


@pytest.fixture
def catalogue(store: Store) -> Store:
    store.write("UNWIND ['a', 'b', '“c”\n🎬'] AS id CREATE (:Title {id: id, name: id})")
    return store


Meanwhile = Callable[[Callable[[Store], object]], list[Future]]


@pytest.fixture
def meanwhile(store, neo4j_settings, monkeypatch) -> Iterator[Meanwhile]:
    """Begins something, on a Store of its own, where the next fold is about to write what it made
    of what it read; that goes on once it is done, or waits for the fold."""
    running = private_neo4j.start(neo4j_settings)
    with (
        connected(running.uri, running.user, running.password) as other,
        ThreadPoolExecutor() as pool,
    ):

        def begin(work: Callable[[Store], object]) -> list[Future]:
            begun, folded = [], folding._folded

            def paused(*of):
                monkeypatch.setattr(folding, "_folded", folded)
                rows = folded(*of)
                begun.append(pool.submit(work, other))
                while not begun[0].done() and not store.read(WAITING):
                    pass
                return rows

            monkeypatch.setattr(folding, "_folded", paused)
            return begun

        yield begin


def events(*happened: tuple[str, str, Kind, int, float | None]) -> list[Event]:
    return [
        Event(f"{user}/{at}", user, title, kind, at, completion)
        for user, title, kind, at, completion in happened
    ]


def edges(store: Store) -> list[tuple]:
    return [(r["user"], r["title"], r["p"]) for r in store.read(EDGES)]


EVENING = events(
    ("ann", "a", Kind.PLAY_STARTED, 100, None),
    ("ann", "a", Kind.PROGRESS, 200, 0.5),
    ("bob", "“c”\n🎬", Kind.TWO_THUMBS_UP, 300, None),
    ("ann", "b", Kind.IMPRESSION, 310, None),
    ("ann", "a", Kind.FINISHED, 400, None),
)


def test_events_become_edges_and_new_users(catalogue, log):
    log.append(EVENING)
    assert fold(catalogue, log) == len(EVENING)
    ann, bob = edges(catalogue)
    assert ann == (
        "ann", "a",
        {"plays": 1, "completion": 1.0, "thumb": 0, "first_at": 100, "last_at": 400, "weight": 1.0,
         "thumb_at": 0, "listed": False, "listed_at": 0, "hidden": False, "hidden_at": 0,
         "abandons": 0, "playhead": 1.0, "playhead_at": 400},
    )  # fmt: skip
    assert bob[:2] == ("bob", "“c”\n🎬")
    assert bob[2]["weight"] == 2.0


def test_in_any_number_of_folds_the_graph_is_the_same(catalogue, log):
    log.append(EVENING)
    fold(catalogue, log)
    at_once = edges(catalogue)
    catalogue.write("MATCH ()-[r:INTERACTED]->() DELETE r")
    catalogue.write("MATCH (f:Fold) DELETE f")
    fold(catalogue, log, batch=1)
    assert edges(catalogue) == at_once


def test_two_folds_at_once_count_nothing_twice(catalogue, log, meanwhile):
    """The second comes while the first is about to write what it read before."""

    def second(store: Store) -> int:
        log.append([Event("later", "ann", "a", Kind.PLAY_STARTED, 500)])
        return fold(store, log)

    log.append(EVENING)
    other = meanwhile(second)
    assert fold(catalogue, log) + other[0].result() == len(EVENING) + 1
    (_, _, ann), _ = edges(catalogue)
    assert ann["plays"] == 2
    assert folded_position(catalogue, log) == log.last_position
    assert len(catalogue.read("MATCH (f:Fold) RETURN f")) == 1


def test_an_import_while_a_fold_is_under_way_loses_nothing(catalogue, log, meanwhile, tmp_path):
    """With an edge that was there before, and with one that both would make."""
    log.append(events(("ann", "a", Kind.PLAY_STARTED, 100, None)))
    fold(catalogue, log)
    log.append(
        events(("ann", "a", Kind.PLAY_STARTED, 200, None), ("bob", "b", Kind.THUMB_DOWN, 400, None))
    )
    told = [
        {"user": "ann", "title": "a", "at": 450, "plays": 7, "thumb": 2, "completion": 1},
        {"user": "bob", "title": "b", "at": 450, "rating": 5},
    ]
    imported = meanwhile(lambda store: interactions(store, tmp_path, *told))
    assert fold(catalogue, log) == 2
    imported[0].result()
    (_, _, ann), (_, _, bob) = edges(catalogue)
    assert (ann["plays"], ann["completion"], ann["thumb"], ann["last_at"]) == (7, 1.0, 2, 450)
    assert (bob["plays"], bob["completion"], bob["thumb"], bob["first_at"]) == (1, 1.0, 2, 400)
    assert (ann["weight"], bob["weight"]) == (2.0, 2.0)


def test_late_events_end_where_the_order_of_their_times_does(catalogue, log, tmp_path):
    happened = events(
        ("ann", "a", Kind.PLAY_STARTED, 100, None),
        ("ann", "a", Kind.THUMB_UP, 300, None),
        ("ann", "a", Kind.THUMB_DOWN, 200, None),
        ("ann", "a", Kind.LIST_ADDED, 250, None),
        ("ann", "a", Kind.LIST_REMOVED, 240, None),
        ("ann", "b", Kind.HIDDEN, 50, None),
        ("ann", "a", Kind.ABANDONED, 120, 0.1),
    )
    other = EventLog.open(tmp_path / "other.sqlite")
    log.append(happened)
    fold(catalogue, log, batch=2)
    there = edges(catalogue)
    catalogue.write("MATCH ()-[r:INTERACTED]->() DELETE r")
    other.append(sorted(happened, key=lambda event: -event.at))
    fold(catalogue, other, batch=3)
    assert edges(catalogue) == there
    a, b = there
    assert (a[2]["thumb"], a[2]["listed"], a[2]["abandons"]) == (1, True, 1)
    assert (b[2]["hidden"], b[2]["weight"]) == (True, 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_random_behaviour_in_random_parts_comes_to_what_it_comes_to_at_once(catalogue, log, seed):
    random, kinds = Random(seed), [kind for kind in Kind if kind not in OF_ROWS]
    happened = [
        Event(str(at), random.choice("xyz"), random.choice("ab"), random.choice(kinds), at,
              round(random.random(), 3))
        for at in range(1, 80)
    ]  # fmt: skip
    wanted = {}
    for user, title in product("xyz", "ab"):
        state = behaviour.fold(None, [e for e in happened if (e.user, e.title) == (user, title)])
        if state is not None:
            wanted[user, title] = asdict(state) | {"weight": state.weight}
    random.shuffle(happened)
    while happened:
        size = random.randint(1, 30)
        log.append(happened[:size])
        happened = happened[size:]
        fold(catalogue, log, batch=random.randint(1, 12))
        assert fold(catalogue, log) == 0
    assert {(user, title): pytest.approx(p) for user, title, p in edges(catalogue)} == wanted


@pytest.mark.parametrize("seed", range(3))
def test_what_was_said_within_two_seconds_in_any_parts_comes_to_what_it_comes_to_at_once(
    catalogue, log, seed
):
    random, kinds = Random(seed), [kind for kind in Kind if kind not in OF_ROWS]
    happened = [
        Event(str(n), user, title, random.choice(kinds), 2_000_000_000 + random.randint(0, 1),
              random.random(), millis=random.choice([0, 1, 500, 999]))
        for n, (user, title, _) in enumerate(product("xyz", "ab", range(8)))
    ]  # fmt: skip
    wanted = {}
    for user, title in product("xyz", "ab"):
        state = behaviour.fold(None, [e for e in happened if (e.user, e.title) == (user, title)])
        assert state is not None
        wanted[user, title] = asdict(state) | {"weight": state.weight}
    random.shuffle(happened)
    log.append(happened)
    fold(catalogue, log, batch=random.randint(1, 5))
    assert {(user, title): p for user, title, p in edges(catalogue)} == wanted


def test_an_edge_of_whole_seconds_is_folded_on(catalogue, log):
    """As an older Playbill wrote it."""
    catalogue.write(
        "MATCH (t:Title {id: 'a'}) CREATE (:User {id: 'ann'})-[:INTERACTED {plays: 1, thumb: 1, "
        "completion: 0.5, first_at: 90, last_at: 100, thumb_at: 100, listed: true, listed_at: 100, "
        "hidden: false, hidden_at: 0, abandons: 0, playhead: 0.5, playhead_at: 99}]->(t)"
    )
    past = columns.read(catalogue).users.past
    assert (past.thumb_at[0], past.listed_at[0], past.playhead_at[0]) == (100, 100, 99)
    log.append(
        [
            Event("1", "ann", "a", Kind.THUMB_DOWN, 100, millis=1),
            Event("2", "ann", "a", Kind.LIST_REMOVED, 99, millis=999),
            Event("3", "ann", "a", Kind.PAUSED, 99, 0.4),
        ]
    )
    fold(catalogue, log)
    [(_, _, ann)] = edges(catalogue)
    assert (ann["thumb"], ann["thumb_at"]) == (-1, 100.001)
    assert (ann["listed"], ann["listed_at"]) == (True, 100)
    assert (ann["playhead"], ann["playhead_at"]) == (0.5, 99)


def test_what_is_light_makes_no_edge(catalogue, log):
    log.append([Event(f"l{kind}", "ann", "a", kind, 5) for kind in LIGHT])
    assert fold(catalogue, log) == len(LIGHT)
    assert edges(catalogue) == []


def test_folding_again_changes_nothing_and_later_events_add(catalogue, log):
    log.append(EVENING)
    fold(catalogue, log)
    before = edges(catalogue)
    assert fold(catalogue, log) == 0
    assert edges(catalogue) == before
    log.append(events(("ann", "a", Kind.PLAY_STARTED, 500, None)))
    assert fold(catalogue, log) == 1
    assert edges(catalogue)[0][2]["plays"] == 2


def test_a_fold_goes_on_after_neo4j_was_away(catalogue, log, neo4j_settings):
    log.append(EVENING[:3])
    fold(catalogue, log)
    private_neo4j.stop(neo4j_settings)
    log.append(EVENING[3:])  # what members do is kept meanwhile
    with pytest.raises(Neo4jUnavailable):
        fold(catalogue, log)
    running = private_neo4j.start(neo4j_settings)
    with connected(running.uri, running.user, running.password) as again:
        assert fold(again, log) == len(EVENING) - 3
        assert fold(again, log) == 0
        ann, bob = edges(again)
    assert (ann[2]["plays"], ann[2]["completion"], bob[2]["thumb"]) == (1, 1.0, 2)


def test_another_log_is_folded_from_its_start(catalogue, log, tmp_path):
    log.append(EVENING)
    fold(catalogue, log)
    other = EventLog.open(tmp_path / "other.sqlite")
    assert folded_position(catalogue, other) == 0
    other.append(events(("cid", "b", Kind.FINISHED, 700, None)))
    assert fold(catalogue, other) == 1
    assert folded_position(catalogue, log) == len(EVENING)


def test_the_log_forgets_what_is_old_folded_and_served(catalogue, log, tmp_path):
    """And nothing else: not what the serving snapshot has not seen, nor any of the last month."""
    built, now = build(Shape(titles=4, users=3, per_user=2)), 10_000 + RETENTION
    log.append(events(*[("ann", "a", Kind.PLAY_STARTED, at, None) for at in range(9_990, 10_010)]))
    snapshots = tmp_path / "snapshots"
    assert compact(catalogue, log, snapshots, now=now) == 0  # nothing serves
    publish(built, snapshots, log_id="another", log_position=20)
    fold(catalogue, log)
    assert compact(catalogue, log, snapshots, now=now) == 0  # what serves never saw this log
    publish(built, snapshots, version="v2", log_id=log.log_id, log_position=4)
    assert compact(catalogue, log, snapshots, now=now) == 4
    publish(built, snapshots, version="v3", log_id=log.log_id, log_position=20)
    assert compact(catalogue, log, snapshots, now=now) == 6  # ten are of the last month
    assert [event.at for _, event in log.read(0, 99)] == list(range(10_000, 10_010))
    assert fold(catalogue, log) == 0


def test_what_is_not_folded_is_not_forgotten(catalogue, log, tmp_path):
    publish(
        build(Shape(titles=4, users=3, per_user=2)), tmp_path, log_id=log.log_id, log_position=9
    )
    log.append(EVENING)
    assert compact(catalogue, log, tmp_path, now=10**9) == 0
    fold(catalogue, log)
    assert compact(catalogue, log, tmp_path, now=10**9) == len(EVENING)


def test_a_title_that_has_left_the_catalogue_is_passed_over(catalogue, log):
    log.append(events(("ann", "gone", Kind.FINISHED, 1, None)))
    assert fold(catalogue, log) == 1
    assert edges(catalogue) == []


def test_the_command_folds_and_goes_on_after_neo4j_was_away(
    catalogue, log, neo4j_settings, tmp_path
):
    running = private_neo4j.start(neo4j_settings)
    here = {
        "PLAYBILL_NEO4J_URI": running.uri,
        "PLAYBILL_NEO4J_USER": running.user,
        "PLAYBILL_NEO4J_PASSWORD": running.password,
    }
    log.append(EVENING[:2])
    answer = playbill(tmp_path, "fold", "--json", **here)
    assert (answer.returncode, json.loads(answer.stdout)) == (0, {"folded": 2, "forgotten": 0})
    log.append(EVENING[2:])
    away = playbill(tmp_path, "fold", **{**here, "PLAYBILL_NEO4J_URI": "bolt://127.0.0.1:1"})
    assert away.returncode == 5
    assert "Neo4j" in away.stderr
    assert "127.0.0.1:1" in away.stderr.replace("\n", "")
    answer = playbill(tmp_path, "fold", **here)
    assert answer.returncode == 0
    assert f"Folded {len(EVENING) - 2} events" in answer.stdout
    ann, bob = edges(catalogue)
    assert (ann[2]["plays"], ann[2]["completion"], bob[2]["thumb"]) == (1, 1.0, 2)
