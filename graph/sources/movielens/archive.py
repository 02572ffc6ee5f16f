"""Finds the files of a data set in a folder, in a zip as GroupLens ships it, or in a wheel.

Nothing is unpacked to disk: a member of a zip is read as a stream.
"""

import contextlib
import importlib.metadata
import struct
import zipfile
import zlib
from collections.abc import Collection, Generator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import IO

from playbill.errors import BadInput, MissingExtra

_WHEEL = "recbole"
_IN_WHEEL = "recbole/dataset_example/ml-100k/ml-100k.inter"


@dataclass(frozen=True)
class Folder:
    """The folder, in a zip or on disk, that holds the data set's files. `where` is for messages."""

    where: str
    root: Traversable

    def has(self, name: str) -> bool:
        return self.root.joinpath(name).is_file()

    def open(self, name: str) -> IO[bytes]:
        """Raises BadInput where the file is missing."""
        if not self.has(name):
            raise BadInput(
                f"{self.where} has no file {name}, which belongs to this data set. Give the folder "
                "or the zip as GroupLens ships it."
            )
        return self.root.joinpath(name).open("rb")

    def text(self, name: str) -> str:
        """The whole of a small file. GroupLens' older files are Latin-1, its newer ones UTF-8."""
        with self.open(name) as file:
            content = file.read()
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return content.decode("latin-1")


@contextlib.contextmanager
def opened(path: Path | None, markers: Collection[str]) -> Generator[Folder]:
    """The folder that holds one of `markers`, in `path` or a folder below it; None is the MovieLens
    100K of the recbole wheel.

    Raises BadInput where `path` is no such folder or zip, or turns out damaged while it is read,
    and MissingExtra where the wheel is not installed.
    """
    if path is None:
        path = _in_wheel()
    if path.is_dir():
        yield _found(path, str(path), markers)
        return
    if not path.exists():
        raise BadInput(f"{path} does not exist. Give a folder or a zip of MovieLens.")
    with _damage_in_our_words(path), zipfile.ZipFile(path) as archive:
        if any(member.flag_bits & 1 for member in archive.infolist()):
            raise BadInput(f"{path} is encrypted; give the zip as GroupLens ships it.")
        yield _found(zipfile.Path(archive), str(path), markers)


def _found(root: Traversable, where: str, markers: Collection[str]) -> Folder:
    folders = [root, *sorted((f for f in root.iterdir() if f.is_dir()), key=lambda f: f.name)]
    for folder in folders:
        if any(folder.joinpath(name).is_file() for name in markers):
            return Folder(where, folder)
    raise BadInput(
        f"{where} is not a MovieLens data set: none of {', '.join(sorted(markers))} is in it. "
        "Give the folder or the zip as GroupLens ships it."
    )


# What zipfile raises where it stumbles over a changed byte.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, NotImplementedError,
    UnicodeDecodeError,
)  # fmt: skip


@contextlib.contextmanager
def _damage_in_our_words(path: Path) -> Generator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise BadInput(
            f"{path} is not a whole zip file ({error}). Nothing was imported: download it again."
        ) from error


def _in_wheel() -> Path:
    """Found through the wheel's list of files: importing recbole would import torch."""
    try:
        files = importlib.metadata.files(_WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.as_posix() == _IN_WHEEL:
            return Path(str(file.locate())).parent
    raise MissingExtra(
        "MovieLens 100K comes with the recbole wheel, which is not installed: "
        "`pip install playbill[demo]`, or give the path of a MovieLens folder or zip."
    )
