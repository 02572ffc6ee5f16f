"""Writes files of records for tests, and reads what was refused."""

import json
from pathlib import Path


def jsonl(path: Path, *records: dict | str | bytes) -> Path:
    lines = [r if isinstance(r, bytes) else r.encode() if isinstance(r, str)
             else json.dumps(r).encode() for r in records]  # fmt: skip
    path.write_bytes(b"\n".join(lines))
    return path


def refused(source: object) -> list[tuple[int, str]]:
    return [(refusal.line, refusal.reason) for refusal in source.refused]  # ty: ignore
