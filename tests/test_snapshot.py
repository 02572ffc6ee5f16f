"""The snapshot on disk: whole or not at all, and refused where it is not what was written."""

import json
import shutil
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import publishing
from graph.arrays import Ragged, Strings, Vocabulary
from playbill.errors import BadSnapshot, NoSnapshot
from tests import snapshots


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """A published snapshot's folder; not to be written to."""
    folder = tmp_path_factory.mktemp("snapshots")
    built = snapshots.build()
    snapshots.publish(built, folder, now=1_750_000_000)
    return folder


@pytest.fixture
def folder(written, tmp_path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "snapshots"))


def arrays(part) -> dict[str, np.ndarray]:
    found = {}
    for field in fields(part):
        value = getattr(part, field.name)
        if is_dataclass(value):
            found |= {f"{field.name}.{k}": v for k, v in arrays(value).items()}
        else:
            found[field.name] = value
    return found


def test_what_was_written_is_what_is_read(written):
    published = publishing.current(written)
    assert published.published_at == 1_750_000_000
    before, after = arrays(snapshots.build()), arrays(published.snapshot)
    assert before.keys() == after.keys()
    for name, array in before.items():
        assert after[name].dtype == array.dtype, name
        assert np.array_equal(after[name], array), name


def test_the_same_is_written_to_the_byte(written, tmp_path):
    built = snapshots.build()
    publishing.write(built, snapshots.manifest(built), tmp_path)
    one, two = (
        {path.name: path.read_bytes() for path in (where / "v1").iterdir()}
        for where in (written, tmp_path)
    )
    assert one == two


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_flipped_bit_is_refused(written, tmp_path_factory, data):
    copy = Path(shutil.copytree(written, tmp_path_factory.mktemp("flipped") / "s"))
    files = sorted(p for p in (copy / "v1").iterdir() if p.suffix == ".npy")
    path = data.draw(st.sampled_from(files))
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    with pytest.raises(BadSnapshot, match=path.name):
        publishing.current(copy)


def test_truncated_or_missing_is_refused(folder):
    victim = folder / "v1" / "weights.title.npy"
    content = victim.read_bytes()
    victim.write_bytes(content[: len(content) // 2])
    with pytest.raises(BadSnapshot, match=r"weights\.title\.npy: missing, truncated or altered"):
        publishing.current(folder)
    victim.unlink()
    with pytest.raises(BadSnapshot, match=r"weights\.title\.npy"):
        publishing.current(folder)


@pytest.mark.parametrize("text", ["", "{", '{"format_version": 1}', "[]"])
def test_a_manifest_that_is_none_is_refused(folder, text):
    (folder / "v1" / "manifest.json").write_text(text)
    with pytest.raises(BadSnapshot, match="not a manifest"):
        publishing.current(folder)


def test_a_format_of_another_time_is_refused(folder):
    path = folder / "v1" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format_version": 99}))
    with pytest.raises(BadSnapshot, match="format 99"):
        publishing.current(folder)


def test_before_the_first_there_is_none(tmp_path):
    assert publishing.pointer(tmp_path) is None
    with pytest.raises(NoSnapshot, match="playbill refresh"):
        publishing.current(tmp_path)


def test_an_altered_figure_in_the_manifest_is_refused(folder):
    path = folder / "v1" / "manifest.json"
    path.write_text(path.read_text().replace("0.4", "0.9"))
    with pytest.raises(BadSnapshot, match=r"manifest\.json: altered"):
        publishing.current(folder)


def test_a_spoilt_pointer_is_said_to_be_one(folder):
    (folder / "current.json").write_text('{"version"')
    with pytest.raises(BadSnapshot, match=r"current\.json"):
        publishing.current(folder)


def test_prune_keeps_the_current_and_the_newest(folder):
    built = snapshots.build()
    for version in ("v2", "v3", "v4"):
        publishing.write(built, snapshots.manifest(built, version=version), folder)
    removed = publishing.prune(folder, keep=2)
    assert removed == ["v2"]
    assert publishing.current(folder).manifest.version == "v1"


@given(st.lists(st.text()))
def test_vocabulary_translates_both_ways(ids):
    vocabulary = Vocabulary.of(ids)
    assert len(vocabulary) == len(set(ids))
    for row in range(len(vocabulary)):
        assert vocabulary.row(vocabulary[row]) == row
    assert vocabulary.rows(set(ids)).tolist() == [vocabulary.row(id) for id in set(ids)]


@given(st.lists(st.text()), st.text())
def test_vocabulary_does_not_know_what_it_was_not_told(ids, stranger):
    if stranger not in ids:
        assert Vocabulary.of(ids).row(stranger) is None


@given(st.lists(st.text()))
def test_strings_come_back(texts):
    assert list(Strings.of(texts)) == texts


@given(st.lists(st.lists(st.integers(-100, 100))))
def test_ragged_lists_come_back(lists):
    ragged = Ragged.of(lists)
    assert [ragged[i].tolist() for i in range(len(ragged))] == lists
    assert ragged.lengths().tolist() == [len(row) for row in lists]
