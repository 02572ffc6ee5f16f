"""The rendered documentation says what the code says, and drift is noticed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = ("playbill", "graph", "proto", "scripts", "docs", "README.md")


def docs(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What scripts/docs runs once the environment is set up, on the sources under `root`."""
    return subprocess.run(
        [sys.executable, root / "scripts" / "docs.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(root)},
    )


@pytest.fixture
def copy(repository: Path, tmp_path: Path) -> Path:
    for name in SOURCES:
        if (repository / name).is_dir():
            shutil.copytree(repository / name, tmp_path / name)
        else:
            shutil.copy(repository / name, tmp_path / name)
    return tmp_path


def test_nothing_has_drifted(repository: Path) -> None:
    checked = docs(repository, "--check")
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("source", "said", "instead", "page"),
    [
        ("graph/schema.py", "A film or a series.", "A film.", "docs/graph.md"),
        ("proto/playbill/v1/page.proto", "// A picture a title", "// Art a title", "docs/api.md"),
        ("graph/cypher/analyst/models.cypher", "so far,", "ever,", "docs/queries.md"),
        ("graph/sources/records_markdown.py", "of your choosing", "you choose", "docs/records.md"),
        ("README.md", "<!-- settings -->", "<!-- settings -->\nstale", "README.md"),
        ("playbill/settings.py", "Worker processes", "Processes", "README.md"),
    ],
)
def test_a_change_is_noticed_and_rendered(
    copy: Path, source: str, said: str, instead: str, page: str
) -> None:
    text = (copy / source).read_text()
    assert said in text
    (copy / source).write_text(text.replace(said, instead))
    checked = docs(copy, "--check")
    assert (checked.returncode, checked.stdout) == (
        1,
        f"{page} has drifted: run scripts/docs\n",
    )
    assert docs(copy).stdout == f"wrote {page}\n"
    assert docs(copy, "--check").returncode == 0
