"""The snapshot: everything the server needs, frozen, in one directory of memory-mapped arrays.

`snapshots/<version>/` holds `manifest.json` and .npy files, one for each array of the dataclasses
below, named by their path (`titles.year.npy`). `snapshots/current.json` names the version that
serves. A snapshot is written beside the others, checked, and made current by one os.replace.

Row numbers are positions in the vocabularies. Times are seconds since 1970; 0 is "unset".
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import IO, Any, get_type_hints

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from graph.arrays import Ragged, Strings, Vocabulary
from playbill.errors import BadSnapshot, NoSnapshot, NoSpace

FORMAT_VERSION = 5
MANIFEST = "manifest.json"
POINTER = "current.json"
REJECTED = "rejected.json"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # disk, quota, largest file

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Titles:
    """n titles."""

    vocabulary: Vocabulary
    name: Strings
    kind: Int8  # [n] 1 film, 2 series
    year: Int32  # [n] 0 unknown
    maturity: Int8  # [n] years, -1 unrated
    runtime: Int32  # [n] minutes, 0 unknown
    countries: Ragged  # rows of `Snapshot.countries`; empty is everywhere
    available_from: Int64  # [n] 0 always was
    available_until: Int64  # [n] 0 for good
    genres: Ragged  # rows of `Snapshot.genres`
    tags: Ragged  # rows of `Snapshot.tags`
    makers: Ragged  # rows of `Snapshot.people`: who directed or created it
    cast: Ragged  # rows of `Snapshot.people`: who acted in it
    artworks: Ragged  # rows of `Snapshot.artworks`
    popularity: Float32  # [n] weight of interactions, halving every 30 days before `data_until`
    # [n, k] the nearest titles, nearest first, -1 none: by the cosine of `Weights.title`, times
    # w / (w + 5) for a title watched with weight w, since where few watched it its place is a guess
    similar: Int32
    similarity: Float32  # [n, k] those likenesses


@dataclass(frozen=True)
class Entities:
    """n genres, tags or people."""

    vocabulary: Vocabulary
    name: Strings
    embedding: Float32  # [n, d]


@dataclass(frozen=True)
class Artworks:
    """n pictures."""

    vocabulary: Vocabulary
    uri: Strings
    embedding: Float32  # [n, d] of what it depicts


@dataclass(frozen=True)
class Users:
    """n users. The arrays from `weight` to `abandons` run parallel to its values."""

    vocabulary: Vocabulary
    country: Int32  # [n] row of `Snapshot.countries`, -1 unknown
    maturity_ceiling: Int8  # [n] years, -1 none
    kids: Int8  # [n] 1 a child's profile
    history: Ragged  # rows of titles, ascending
    weight: Float32  # [interactions] strength as evidence of taste
    plays: Int32  # [interactions] times started
    completion: Float32  # [interactions] 0..1
    thumb: Int8  # [interactions] -1, 0, 1, 2
    last_at: Int64  # [interactions]
    thumb_at: Int64  # [interactions] when the thumb was given; 0 never
    listed_at: Int64  # [interactions] when put on My list or, below 0, taken off; 0 never
    hidden_at: Int64  # [interactions] when hidden or, below 0, shown again; 0 never
    abandons: Int32  # [interactions] times given up
    embedding: Float32  # [n, d] of length 1, or all 0 for a user without evidence of taste
    similar: Int32  # [n, k] the nearest users by cosine of `embedding`, nearest first, -1 none
    similarity: Float32  # [n, k] those cosines
    community: Int32  # [n] row of `Snapshot.communities`, -1 none


@dataclass(frozen=True)
class Charts:
    """What many watch, by place: c titles a list, the first first, -1 none. The last list of those
    by country is that of all countries together."""

    top: Int32  # [countries + 1, c] by users who watched it in the last week before `data_until`
    popular: Int32  # [countries + 1, c] by weight, halving every 30 days
    trending: Int32  # [c] by how much this week's audience outgrew that of the four weeks before
    community: Int32  # [communities, c] by how much more its members watch it than all do


@dataclass(frozen=True)
class Weights:
    """The model's numbers, as `graph.scorer` uses them. n titles, d dimensions, k neighbours."""

    near: Int32  # [n, k] the titles that having watched a title says most for or against, -1 none
    nearness: Float32  # [n, k] how much; 0 where there is none
    history: Float32  # [n, d] what having watched a title adds to a user's vector
    title: Float32  # [n, d] the title's embedding
    bias: Float32  # [n] its appeal to anybody, beside its embedding
    recent: Float32  # [n] how popular it is now, in standard deviations from the mean
    blend: Float32  # [6] the numbers of `graph.scorer.Blend`
    match_quantiles: Float32  # [101] of scores of held-out watches


@dataclass(frozen=True)
class Lifts:
    """How much more of each trait (`graph.moments.traits`) is watched in some circumstance than in
    all of them: logarithms of ratios, 0 where nothing is known."""

    moment: Float32  # [8, traits] by `graph.moments.moment`
    devices: Strings
    device: Float32  # [devices, traits]


@dataclass(frozen=True)
class Snapshot:
    titles: Titles
    genres: Entities
    tags: Entities
    people: Entities
    artworks: Artworks
    users: Users
    countries: Strings
    communities: Strings  # names; a community's id is "<model version>/<row>"
    charts: Charts
    # [2] share of a page's readers who go on to the next row, and to the next card on screen
    attention: Float32
    lifts: Lifts
    weights: Weights


class Manifest(BaseModel):
    """What a snapshot is, and the SHA-256 of each of its files. It holds no clock time, so the same
    inputs and seed give the same bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int
    version: str
    code_version: str
    counts: dict[str, int]  # nodes by label, and "interactions"
    metrics: dict[str, float]  # "<model>/<metric>@<k>", held out
    parameters: dict[str, float | int | str]
    data_until: int  # newest interaction learned from
    log_id: str  # the event log whose events are folded in, "" for none
    log_position: int  # up to this position
    files: dict[str, str]


class Rejected(BaseModel):
    """The candidate that was turned down last, and is kept aside for a look."""

    model_config = ConfigDict(frozen=True)

    version: str
    serving: str  # the version it was compared with, "" for none
    reason: str


class Pointer(BaseModel):
    """What serves."""

    model_config = ConfigDict(frozen=True)

    version: str
    published_at: int
    manifest: str  # its SHA-256


@dataclass(frozen=True)
class Published:
    """A snapshot on disk, checked and open."""

    snapshot: Snapshot
    manifest: Manifest
    published_at: int


def write(snapshot: Snapshot, manifest: Manifest, folder: Path) -> Path:
    """Writes `folder/<version>/` whole or not at all, and checks it by reading it back.

    `manifest.files` is filled in here. Raises NoSpace when the disk is full.
    """
    final = folder / manifest.version
    partial = folder / f".{manifest.version}.partial"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for name, array in _arrays(snapshot):
            with open(partial / name, "wb") as file:
                _save(file, np.ascontiguousarray(array))
                file.flush()
                os.fsync(file.fileno())
        files = {path.name: _sha256(path) for path in sorted(partial.iterdir())}
        text = manifest.model_copy(update={"files": files}).model_dump_json(indent=1)
        _write_durably(partial / MANIFEST, text)
        read(partial)
        shutil.rmtree(final, ignore_errors=True)
        os.replace(partial, final)
        _sync(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        if error.errno in FULL:
            raise NoSpace(
                f"{folder}: the disk is full. The snapshot was not published and the old one keeps "
                "serving; free some space and run the refresh again."
            ) from None
        raise
    return final


def read(folder: Path) -> tuple[Snapshot, Manifest]:
    """Opens a snapshot after checking each file against the manifest. Raises BadSnapshot."""
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise BadSnapshot(f"{folder / MANIFEST}: not a manifest ({error})") from None
    if manifest.format_version != FORMAT_VERSION:
        raise BadSnapshot(
            f"{folder}: format {manifest.format_version}, and this Playbill reads "
            f"{FORMAT_VERSION}; run a refresh with the version that serves."
        )
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file() or _sha256(path) != digest:
            raise BadSnapshot(f"{path}: missing, truncated or altered since it was published.")
    try:
        return _open(Snapshot, folder, ""), manifest
    except (OSError, ValueError) as error:
        raise BadSnapshot(f"{folder}: {error}") from None


def make_current(folder: Path, version: str, *, now: int) -> None:
    """From here on `version` serves."""
    manifest = _sha256(folder / version / MANIFEST)
    _replace(folder / POINTER, Pointer(version=version, published_at=now, manifest=manifest))


def reject(folder: Path, version: str, serving: str, reason: str) -> None:
    """Remembers why `version` must not serve, and forgets the one rejected before."""
    before = rejected(folder)
    _replace(folder / REJECTED, Rejected(version=version, serving=serving, reason=reason))
    if before and before.version not in (version, serving):
        shutil.rmtree(folder / before.version, ignore_errors=True)


def rejected(folder: Path) -> Rejected | None:
    """The candidate that was turned down last, if any."""
    try:
        return Rejected.model_validate_json((folder / REJECTED).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def pointer(folder: Path) -> Pointer | None:
    """Which snapshot serves; None before the first. Raises BadSnapshot where it cannot be read."""
    try:
        return Pointer.model_validate_json((folder / POINTER).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        raise BadSnapshot(f"{folder / POINTER}: not a pointer to a snapshot.") from None


def serving_manifest(folder: Path) -> Manifest | None:
    """What the snapshot that serves says of itself, unchecked; None where there is none."""
    try:
        at = pointer(folder)
        return (
            None
            if at is None
            else Manifest.model_validate_json((folder / at.version / MANIFEST).read_bytes())
        )
    except (BadSnapshot, OSError, ValidationError):
        return None


def current(folder: Path) -> Published:
    """The snapshot that serves. Raises NoSnapshot or BadSnapshot."""
    at = pointer(folder)
    if at is None:
        raise NoSnapshot(f"{folder}: nothing is published yet; run `playbill refresh`.")
    snapshot, manifest = read(folder / at.version)
    if _sha256(folder / at.version / MANIFEST) != at.manifest:
        raise BadSnapshot(f"{folder / at.version / MANIFEST}: altered since it was published.")
    return Published(snapshot, manifest, at.published_at)


def prune(folder: Path, *, keep: int) -> list[str]:
    """Removes what crashes left half-written, and all but the current, the rejected and the `keep`
    newest other snapshots; returns the names of what it removed."""
    at, aside = pointer(folder), rejected(folder)
    kept = {at.version if at else "", aside.version if aside else ""}
    others = sorted(
        (path for path in folder.iterdir() if path.is_dir() and path.name not in kept),
        key=lambda path: (path.name.startswith("."), -path.stat().st_mtime),
    )
    surplus = [path for i, path in enumerate(others) if i >= keep or path.name.startswith(".")]
    for path in surplus:
        shutil.rmtree(path)
    return [path.name for path in surplus]


def _replace(path: Path, content: BaseModel) -> None:
    """Puts a small file in place, whole and durable. Raises NoSpace."""
    beside = path.with_name(f".{path.name}.partial")
    try:
        _write_durably(beside, content.model_dump_json())
        os.replace(beside, path)
        _sync(path.parent)
    except OSError as error:
        beside.unlink(missing_ok=True)
        if error.errno in FULL:
            raise NoSpace(f"{path}: the disk is full; the old snapshot keeps serving.") from None
        raise


def _write_durably(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Makes the names in a folder outlast a power cut, as fsync does a file's content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _save(file: IO[bytes], array: NDArray) -> None:
    """np.save, but for its way of writing, whose error does not say that the disk is full."""
    header = np.lib.format.header_data_from_array_1_0(array)
    np.lib.format.write_array_header_1_0(file, header)
    file.write(array.tobytes())


def _arrays(part: Any, prefix: str = "") -> Iterator[tuple[str, NDArray]]:
    for field in fields(part):
        value, name = getattr(part, field.name), f"{prefix}{field.name}"
        if is_dataclass(value):
            yield from _arrays(value, f"{name}.")
        else:
            yield f"{name}.npy", value


def _open(cls: type, folder: Path, prefix: str) -> Any:
    values = {}
    for name, hint in get_type_hints(cls).items():
        if is_dataclass(hint):
            values[name] = _open(hint, folder, f"{prefix}{name}.")
        else:
            path = folder / f"{prefix}{name}.npy"
            array = np.load(path, mmap_mode="r", allow_pickle=False)
            values[name] = array.view(np.ndarray)
    return cls(**values)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
