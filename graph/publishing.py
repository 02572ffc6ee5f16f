"""Snapshots on disk: written, checked, made current, and read.

`snapshots/<version>/` holds `manifest.json` and .npy files, one for each array of a Snapshot, named
by their path (`titles.year.npy`). `snapshots/current.json` names the version that serves. A
snapshot is written beside the others, checked, and made current by one os.replace.
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

from graph.snapshot import Snapshot
from playbill.errors import BadSnapshot, NoSnapshot, NoSpace

FORMAT_VERSION = 10
MANIFEST = "manifest.json"
POINTER = "current.json"
REJECTED = "rejected.json"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # disk, quota, largest file


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
        path.parent.mkdir(parents=True, exist_ok=True)
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
