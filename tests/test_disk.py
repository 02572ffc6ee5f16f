"""A disk that is full or closed, met by the real commands and by a real full device."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from graph import neo4j_home
from playbill import disk
from playbill.errors import BadInput, NoSpace, exit_code
from playbill.settings import Settings


@pytest.mark.parametrize(
    ("command", "variable"),
    [
        ("neo4j start", "PLAYBILL_DATA_DIR"),
        ("neo4j start", "PLAYBILL_CACHE_DIR"),
        ("neo4j stop", "PLAYBILL_DATA_DIR"),
        ("import movielens", "PLAYBILL_DATA_DIR"),
        ("refresh", "PLAYBILL_DATA_DIR"),
    ],
)
def test_a_directory_below_a_file_is_one_clear_message(
    tmp_path: Path, command: str, variable: str
) -> None:
    (tmp_path / "file").write_text("not a folder")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PLAYBILL_")}
    environment["PLAYBILL_DATA_DIR"] = str(tmp_path / "data")
    done = subprocess.run(
        [sys.executable, "-m", "playbill", *command.split()],
        env={**environment, variable: str(tmp_path / "file" / "dir")},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == exit_code(BadInput("")), done.stderr
    assert str(tmp_path / "file" / "dir") in done.stderr
    assert "Traceback" not in done.stderr


def test_what_a_disk_says_becomes_ours_or_stays() -> None:
    full = Path("/dev/full")
    with pytest.raises(NoSpace, match="/dev/full"), disk.writing(full):
        full.write_text("x")
    with pytest.raises(BadInput, match="/dev/null/x"), disk.writing(full):
        Path("/dev/null/x").write_text("x")
    with pytest.raises(FileNotFoundError), disk.writing(full):
        Path("/nowhere/at/all").read_text()


def test_a_home_where_a_folder_stands_in_the_way_of_a_file(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, neo4j_uri=None)
    neo4j_home.make_folders(settings)
    (settings.neo4j_home / "conf" / "neo4j.conf").mkdir()
    with pytest.raises(BadInput, match=r"neo4j\.conf cannot be used: Is a directory"):
        neo4j_home.write_configuration(settings, 7687)
