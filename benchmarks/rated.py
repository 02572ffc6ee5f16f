"""MovieLens' small set of 2018, as it is shipped, for `bench replay`."""

import csv
import io
import tarfile
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from benchmarks.million import SHARED

NAME = "ml-latest-small-2018"


@dataclass(frozen=True)
class Rating:
    user: str
    title: int
    stars: float
    at: int  # seconds since 1970


def files() -> dict[str, str]:
    with tarfile.open(SHARED) as tar:
        return {
            Path(member.name).name: file.read().decode()
            for member in tar
            if f"/{NAME}/" in f"/{member.name}" and (file := tar.extractfile(member))
        }


def ratings(text: str) -> list[Rating]:
    return [
        Rating(row["userId"], int(row["movieId"]), float(row["rating"]), int(row["timestamp"]))
        for row in csv.DictReader(io.StringIO(text))
    ]


def genres(text: str) -> dict[int, list[str]]:
    return {
        int(row["movieId"]): [g for g in row["genres"].split("|") if g[0] != "("]
        for row in csv.DictReader(io.StringIO(text))
    }


def until(text: str, cut: int, *, films: Container[int]) -> str:
    """The lines of a file that begins with users and films, and ends in a column of times: those of
    films that the set has (four of those rated it lacks)."""
    heading, *lines = text.splitlines()
    kept = [
        line
        for line in lines
        if int(line.rpartition(",")[2]) <= cut and int(line.split(",", 2)[1]) in films
    ]
    return "\n".join([heading, *kept, ""])
