"""`playbill import` as it is typed, with bad input and with a Neo4j that goes away."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from graph import imports, private_neo4j
from graph.sources import catalogue_file, interaction_file
from graph.store import Store, connected
from playbill import errors
from playbill.errors import Neo4jUnavailable, exit_code
from playbill.settings import Settings
from tests.whole_graph import whole_graph

Typed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def typed(neo4j_settings: Settings, store: Store) -> Typed:
    """Runs `playbill import …` against the empty graph of this test."""
    del store  # it is empty now, which is all that is wanted of it
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PLAYBILL_")}
    environment["PLAYBILL_DATA_DIR"] = str(neo4j_settings.data_dir)

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "playbill", "import", *map(str, arguments)]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def code_of(error: type[errors.PlaybillError]) -> int:
    return exit_code(error(""))


def count(store: Store) -> tuple[int, int]:
    """Titles and interactions."""
    found = store.read(
        "RETURN COUNT { (:Title) } AS titles, COUNT { ()-[:INTERACTED]->() } AS interactions"
    )[0]
    return found["titles"], found["interactions"]


CATALOGUE = (
    '{"type": "title", "id": "t1", "name": "One", "genres": ["Drama"]}\n'
    '{"type": "title", "id": "t2", "name": "Two", "genres": ["Drama"]}\n'
)
INTERACTIONS = "user,title,at,rating\nu1,t1,1,5\nu1,t2,2,3\nu2,t1,2025-11-02,4\n"


def test_good_files_land_and_the_summary_says_so(
    typed: Typed, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "c.jsonl").write_text(CATALOGUE)
    (tmp_path / "i.csv").write_text(INTERACTIONS)
    first = typed("catalogue", tmp_path / "c.jsonl")
    assert (first.returncode, count(store)) == (0, (2, 0)), first.stderr
    assert "Imported c.jsonl in" in first.stdout
    second = typed("interactions", tmp_path / "i.csv", "--json")
    assert (second.returncode, count(store)) == (0, (2, 3)), second.stderr
    told = json.loads(second.stdout)
    assert (told["counts"], told["refused"]) == ({"interactions": 3}, [])
    assert told["seconds"] > 0


def test_bad_lines_are_named_and_the_good_ones_land(
    typed: Typed, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "c.jsonl").write_text(f'{CATALOGUE}{{"type": "title", "id": "t3"}}\noops [/x]\n')
    (tmp_path / "i.csv").write_text(f"{INTERACTIONS}u3,t9,1,5\nu3,t1,1,11\n")
    first = typed("catalogue", tmp_path / "c.jsonl")
    assert (first.returncode, count(store)) == (code_of(errors.SomeLinesRefused), (2, 0))
    assert "c.jsonl, line 3: name: is missing" in first.stderr
    assert "c.jsonl, line 4: is not JSON" in first.stderr
    assert "2 lines of c.jsonl refused; why stands above" in first.stderr
    second = typed("interactions", tmp_path / "i.csv", "--json")
    assert (second.returncode, count(store)) == (code_of(errors.SomeLinesRefused), (2, 3))
    assert [(r["line"], r["reason"][:16]) for r in json.loads(second.stdout)["refused"]] == [
        (5, "title 't9' is no"), (6, "rating: must be "),
    ]  # fmt: skip
    (tmp_path / "i.csv").write_text("user,title,at,rating\n" + "u3,t9,1,5\n" * 60)
    third = typed("interactions", tmp_path / "i.csv")
    assert third.stderr.count("is not in the graph") == 4
    assert "57 more: title 't9' is not in the graph" in third.stderr
    assert "60 lines of i.csv refused" in third.stderr
    assert "Nothing came into the graph" in third.stderr
    (tmp_path / "c.jsonl").write_text("oops\n")
    fourth = typed("catalogue", tmp_path / "c.jsonl")  # though key art hangs there
    assert "Nothing came into the graph" in fourth.stderr
    assert "Nothing imported of c.jsonl" in fourth.stdout


@pytest.mark.parametrize("bad", ["u3,t9,1,5", "u3,t1,1,11"])
def test_strict_writes_nothing_unless_all_is_right(
    typed: Typed, store: Store, tmp_path: Path, bad: str
) -> None:
    (tmp_path / "c.jsonl").write_text(CATALOGUE)
    (tmp_path / "i.csv").write_text(f"{INTERACTIONS}{bad}\n")
    assert typed("catalogue", tmp_path / "c.jsonl", "--strict").returncode == 0
    before = whole_graph(store)
    refused = typed("interactions", tmp_path / "i.csv", "--strict")
    assert refused.returncode == code_of(errors.BadInput)
    assert "nothing was written" in refused.stderr
    assert "i.csv, line 5" in refused.stderr
    assert whole_graph(store) == before

    (tmp_path / "c.jsonl").write_text('{"type": "title", "id": "t7", "name": "S"}\n{}\n')
    assert typed("catalogue", tmp_path / "c.jsonl", "--strict").returncode == code_of(
        errors.BadInput
    )
    assert whole_graph(store) == before


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        ("movielens", "ml.zip", b"PK\x03\x04 half"),
        ("movielens", "nowhere", None),
        ("catalogue", "c.jsonl", b""),
        ("catalogue", "c.csv", b"id,name\n1,One\n"),
        ("interactions", "i.parquet", b"PAR1"),
        ("interactions", "none.csv", None),
    ],
)
def test_what_is_no_such_file_is_one_clear_message(
    typed: Typed, tmp_path: Path, kind: str, name: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = typed(kind, tmp_path / name)
    assert done.returncode == code_of(errors.BadInput)
    assert "Traceback" not in done.stderr
    assert name in done.stderr
    assert done.stdout == ""


def test_movielens_shows_the_terms_and_its_bad_lines(
    typed: Typed, store: Store, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "ml.zip", "w") as archive:
        archive.writestr("ml/movies.csv", "movieId,title,genres\n1,Film (1999),Drama\n")
        archive.writestr(
            "ml/ratings.csv", "userId,movieId,rating,timestamp\n1,1,4.0,5\n1,2,4.0,5\n2,1,9,5\n"
        )
    strict = typed("movielens", tmp_path / "ml.zip", "--strict")
    assert (strict.returncode, count(store)) == (code_of(errors.BadInput), (0, 0))
    done = typed("movielens", tmp_path / "ml.zip")
    assert (done.returncode, count(store)) == (code_of(errors.SomeLinesRefused), (1, 1))
    assert "not to be redistributed" in done.stderr.replace("\n", " ")
    assert "ratings.csv, line 3: no film 2" in done.stderr
    assert "ratings.csv, line 4: rating must be between" in done.stderr


def test_interactions_of_the_future_do_not_land(typed: Typed, store: Store, tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(CATALOGUE)
    (tmp_path / "i.csv").write_text(f"{INTERACTIONS}u3,t1,2999-01-01,5\n")
    assert typed("catalogue", tmp_path / "c.jsonl").returncode == 0
    done = typed("interactions", tmp_path / "i.csv")
    assert (done.returncode, count(store)) == (code_of(errors.SomeLinesRefused), (2, 3))
    assert "i.csv, line 5: at lies in the future" in done.stderr
    with zipfile.ZipFile(tmp_path / "ml.zip", "w") as archive:
        archive.writestr("ml/movies.csv", "movieId,title,genres\n1,Film (1999),Drama\n")
        archive.writestr(
            "ml/ratings.csv", "userId,movieId,rating,timestamp\n1,1,4.0,5\n2,1,4.0,32472144000\n"
        )
    done = typed("movielens", tmp_path / "ml.zip")
    assert (done.returncode, count(store)) == (code_of(errors.SomeLinesRefused), (3, 4))
    assert "ratings.csv, line 3: timestamp lies in the future" in done.stderr


@pytest.mark.parametrize("dies", ["has genre", "interactions"])
def test_an_import_that_neo4j_died_under_is_completed_by_running_it_again(
    store: Store,  # noqa: ARG001 (empties the graph)
    neo4j_settings: Settings,
    tmp_path: Path,
    dies: str,
) -> None:
    """The same graph comes out as of an import that nothing happened to."""
    titles = [
        {"type": "title", "id": f"t{i}", "name": f"T{i}", "genres": [f"g{i % 9}"]}
        for i in range(1_500)
    ]
    watched = [
        {"user": f"u{i % 400}", "title": f"t{i}", "at": i, "rating": 4} for i in range(1_500)
    ]
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, titles)))
    (tmp_path / "i.jsonl").write_text("\n".join(map(json.dumps, watched)))
    films = catalogue_file.read(tmp_path / "c.jsonl")
    seen = interaction_file.read(tmp_path / "i.jsonl")
    heard: list[int] = []

    def kill(what: str, done: int, total: int) -> None:
        if what == dies and not heard:
            assert 0 < done < total, "the test is to die in the middle"
            running = private_neo4j.status(neo4j_settings)
            assert running is not None
            os.kill(running.pid, signal.SIGKILL)
            heard.append(done)

    def everything(to: Store, progress: Callable[[str, int, int], None]) -> None:
        imports.of_catalogue(to, films, artwork_dir=tmp_path, progress=progress)
        imports.of_interactions(to, seen, progress=progress)

    running = private_neo4j.status(neo4j_settings)
    assert running is not None
    with (
        # It will not come back by itself.
        connected(running.uri, running.user, running.password, retry_seconds=1.0) as cut_off,
        pytest.raises(Neo4jUnavailable, match="run the command again"),
    ):
        everything(cut_off, kill)
    assert heard

    running = private_neo4j.start(neo4j_settings)
    with connected(running.uri, running.user, running.password) as again:
        assert count(again) != (1_500, 1_500)
        everything(again, lambda *_: None)
        assert count(again) == (1_500, 1_500)
        resumed = whole_graph(again)
        again.write("MATCH (n) DETACH DELETE n")
        everything(again, lambda *_: None)
        assert whole_graph(again) == resumed
