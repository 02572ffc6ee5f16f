"""The demo and every command of the README, as a newcomer would run them."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from graph import publishing
from graph.sources import movielens
from playbill.commands.demo import DAY, of_today

MEMBERS, FILMS, RATINGS = 943, 1682, 100_000


def environment(folder: Path, repository: Path) -> dict[str, str]:
    """Of a shell with the virtual environment active, and a data directory of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PLAYBILL_")}
    return kept | {
        "PATH": f"{repository / '.venv' / 'bin'}:{os.environ['PATH']}",
        "PLAYBILL_DATA_DIR": str(folder),
        "PLAYBILL_ADDRESS": f"127.0.0.1:{port}",
        "COLUMNS": "120",
    }


def test_the_ratings_of_the_demo_are_moved_by_whole_days_up_to_today() -> None:
    films = movielens.read()
    moved = of_today(films).ratings.at - films.ratings.at
    assert len(np.unique(moved)) == 1
    assert moved[0] % DAY == 0
    assert 0 <= time.time() - of_today(films).ratings.at.max() < DAY + 60


def sh(script: str, env: dict[str, str], repository: Path) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=repository,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def running(folder: Path) -> list[str]:
    """Command lines of processes that name the folder, or whose environment does."""
    found = []
    for process in psutil.process_iter():
        try:
            command = " ".join(process.cmdline())
            if process.pid != os.getpid() and (
                str(folder) in command or process.environ().get("PLAYBILL_DATA_DIR") == str(folder)
            ):
                found.append(command)
        except psutil.Error:
            continue
    return found


def version(folder: Path) -> str:
    current = publishing.pointer(folder / "snapshots")
    assert current is not None
    return current.version


@pytest.fixture(scope="module")
def first_run(tmp_path_factory, repository) -> Iterator[tuple[dict[str, str], Path, str]]:
    """Environment, data directory and output of a first `scripts/demo`."""
    folder = tmp_path_factory.mktemp("demo")
    env = environment(folder, repository)
    yield env, folder, sh("scripts/demo", env, repository)
    sh("scripts/demo --stop", env, repository)
    assert not running(folder)


def test_it_shows_a_page_and_similar_users_and_leaves_nothing_running(first_run):
    _, folder, output = first_run
    for part in (
        "1,682 films, 943 members, 100,000 ratings",
        "Top picks for you",
        "% match",
        "Users like 42",
        "What to type next",
    ):
        assert part in output
    assert not running(folder)


def test_killed_in_the_middle_it_ends_in_the_same_state(first_run, tmp_path, repository):
    env = environment(tmp_path, repository)
    with subprocess.Popen(
        ["bash", "scripts/demo"], cwd=repository, env=env, start_new_session=True,
        stdout=subprocess.PIPE,
    ) as demo:  # fmt: skip
        assert demo.stdout is not None
        for line in demo.stdout:
            if b"Neo4j" in line:
                break
        time.sleep(3)  # in the middle of the import
        os.killpg(demo.pid, signal.SIGKILL)
    sh("scripts/demo", env, repository)
    assert version(tmp_path) == version(first_run[1])
    assert not running(tmp_path)


def blocks(repository: Path) -> list[tuple[str, str]]:
    """(language, script) of what the README says to type after the demo."""
    text = (repository / "README.md").read_text()
    found = re.findall(r"```(sh|python)\n(.*?)```", text, re.DOTALL)
    return [block for block in found if "scripts/" not in block[1]]


def test_again_it_reuses_what_is_there_and_every_command_of_the_readme_works(first_run, repository):
    env, folder, _ = first_run
    output = sh("scripts/demo --keep", env, repository)
    assert "nothing to do: 100,000 ratings" in output
    assert "unchanged" in output
    said = []
    for language, script in blocks(repository):
        script = script.replace("127.0.0.1:50051", env["PLAYBILL_ADDRESS"])
        script = script.replace("page.html", str(folder / "page.html"))
        if "grpcurl" in script and not shutil.which("grpcurl"):
            script = script.replace("grpcurl", "true grpcurl")  # .ci/run installs it by Go
        if language == "python":
            script = f"python - <<'EOF'\n{script}EOF"
        said.append(sh(script, env, repository))
    everything = "\n".join(said)
    after = next(out for (_, script), out in zip(blocks(repository), said, strict=True)
                 if "playbill watch" in script)  # fmt: skip
    page = after.rpartition("Home of 7")[2]
    assert page.index("Continue watching") < page.index("Toy Story") < page.index("Top picks")
    assert "MultiDiGraph" in everything
    assert "stored: 1" in everything
    deadline = time.monotonic() + 15  # for the running server to pick up the last refresh
    while "Harbour Lights" not in sh("playbill page ann", env, repository):
        assert time.monotonic() < deadline
    status = json.loads(sh("playbill neo4j status --json", env, repository))
    assert status["running"]
    sh("scripts/demo --stop", env, repository)
    assert not running(folder)
