"""Files of interactions: what lines mean, and what is said about those that mean nothing."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.sources import interaction_file, record_lines
from graph.sources.records import INTERACTION
from playbill.errors import BadInput
from tests.records import jsonl, refused

NOON = 1762084800  # 2025-11-02T12:00:00Z
ODD_IDS = ["it's", 'a "b"', "two\nlines", "\u2028", "🎬", "a,b", " x ", "'); DROP", "\\"]
RECORDS = [
    {"user": id, "title": f"t{id}", "at": NOON + i, "plays": 2, "completion": 0.25, "thumb": 1}
    for i, id in enumerate(ODD_IDS)
] + [
    {"user": "r", "title": "t", "at": NOON, "rating": 4.5},
    {"user": "r", "title": "t", "at": NOON + 5, "thumb": -1},
]


@pytest.mark.parametrize(
    ("record", "plays", "completion", "thumb"),
    [
        ({"plays": 3}, 3, 1.0, None),
        ({"plays": 0}, 0, 0.0, None),
        ({"completion": 0.4}, 1, 0.4, None),
        ({"thumb": 1}, 0, 0.0, 1),
        ({"thumb": 0, "completion": 0.9}, 1, 0.9, 0),
        ({"plays": 2, "completion": 0.5, "thumb": -1}, 2, 0.5, -1),
        ({"rating": 5}, 1, 1.0, 2),
        ({"rating": 4.5}, 1, 1.0, 1),
        ({"rating": 3}, 1, 1.0, 0),
        ({"rating": 0.5}, 1, 1.0, -1),
        ({"rating": 2, "plays": None}, 1, 1.0, -1),
    ],
)
def test_what_a_record_states(
    record: dict, plays: int, completion: float, thumb: int | None
) -> None:
    read = INTERACTION.validate_python({"user": "u", "title": "t", "at": NOON, **record})
    assert read.stated() == (plays, completion, thumb)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "is not JSON (EOF while parsing an object at byte 1)"),
        ('{"user": "é", }', "is not JSON (trailing comma at byte 16)"),
        ("[1]", "must be an object with fields"),
        ({"user": "u", "at": 1, "rating": 3}, "title: is missing"),
        ({"user": "u", "title": "t", "rating": 3}, "at: is missing"),
        ({"user": "", "title": "t", "at": 1, "rating": 3}, "user: must not be empty"),
        ({"user": "u" * 257, "title": "t", "at": 1, "rating": 3}, "user: must be at most 256"),
        ({"user": ["u"], "title": "t", "at": 1, "rating": 3}, "user: must be text, got ['u']"),
        ({"user": "u", "title": "t", "at": "soon", "rating": 3}, "at: must be a time"),
        ({"user": "u", "title": "t", "at": NOON * 1000, "rating": 3}, "at: must be seconds since"),
        ({"user": "u", "title": "t", "at": 1}, "give a rating or behaviour"),
        ({"user": "u", "title": "t", "at": 1, "rating": 3, "plays": 1}, "give either a rating or"),
        ({"user": "u", "title": "t", "at": 1, "rating": 5.5}, "rating: must be at most 5"),
        ({"user": "u", "title": "t", "at": 1, "rating": 0}, "rating: must be at least 0.5"),
        ({"user": "u", "title": "t", "at": 1, "thumb": 3}, "thumb: must be at most 2, got 3"),
        ({"user": "u", "title": "t", "at": 1, "plays": 1.5}, "plays: must be a whole number"),
        ({"user": "u", "title": "t", "at": 1, "plays": True}, "plays: must be a number, got true"),
        ('{"user": "u", "title": "t", "at": 1, "completion": NaN}', "completion: must be"),
        ({"user": "u", "title": "t", "at": 1, "rating": 3, "stars": 3}, "stars: is not a field"),
        (b'{"user": "\xff", "title": "t", "at": 1, "rating": 3}', "is not valid UTF-8 at byte 11"),
        (b'{"user": "' + b"u" * record_lines.LONGEST_LINE + b'"}', "is longer than"),
    ],
)
def test_a_bad_interaction_is_refused_by_number(
    tmp_path: Path, line: dict | str | bytes, reason: str
) -> None:
    good = {"user": "u", "title": "t", "at": 1, "rating": 3}
    file = interaction_file.read(jsonl(tmp_path / "x.jsonl", good, "", line, "  ", good, good))
    assert [number for number, _ in refused(file)] == [3]
    assert refused(file)[0][1].startswith(reason)
    assert file.line.tolist() == [1, 5, 6]


def columns_of(path: Path) -> tuple:
    file = interaction_file.read(path)
    assert file.refused == ()
    rows = file.interactions
    return (
        [rows.users[row] for row in rows.user], [rows.titles[row] for row in rows.title],
        rows.plays.tolist(), rows.completion.tolist(), rows.thumb.tolist(),
        rows.first_at.tolist(), rows.last_at.tolist(),
    )  # fmt: skip


def test_jsonl_csv_and_parquet_tell_the_same(tmp_path: Path) -> None:
    lines = jsonl(tmp_path / "x.jsonl", *RECORDS)
    names = ["user", "title", "at", "plays", "completion", "thumb", "rating"]
    quoted = [",".join(f'"{n}"' for n in names)] + [
        ",".join('"' + str(r.get(n, "")).replace('"', '""') + '"' for n in names) for r in RECORDS
    ]
    table = tmp_path / "x.csv"
    table.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(quoted).encode())
    whole = {name: [record.get(name) for record in RECORDS] for name in names}
    parquet = tmp_path / "x.parquet"
    pyarrow.parquet.write_table(pa.table(whole), parquet)
    times = tmp_path / "times.parquet"
    at = pa.array(whole["at"], pa.timestamp("s", "Europe/Paris")).cast(
        pa.timestamp("ns", "Europe/Paris")
    )
    pyarrow.parquet.write_table(pa.table({**whole, "at": at}), times, row_group_size=3)

    told = columns_of(lines)
    assert told[0] == [*ODD_IDS, "r", "r"]
    assert told[4] == [1] * len(ODD_IDS) + [1, -1]
    assert columns_of(table) == told
    assert columns_of(parquet) == told
    assert columns_of(times) == told


def test_numbers_are_ids_too(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pyarrow.parquet.write_table(
        pa.table({"user": [7], "title": [9], "at": [1], "rating": [3]}), path
    )
    assert columns_of(path)[:2] == (["7"], ["9"])


def test_a_csv_with_bad_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(
        b"user,title,at,rating\n"
        b"u1,t,1,3\n"
        b"u2,t,1\n"
        b"\n"
        b'"two\nlines",t,1,9\n'
        b"u\xff,t,1,3\n"
        b"u3,t,1,three\n"
        b"u4,t,1,4\n"
        b'"u"5,t,1,4\n'
        b'"u6,t,1,4\n' + b"u7,t,1,4\n" * 20_000
        + b'u8,"t,1,4\n' + b"u9,t,1,4\n" * 50 + b'u11,t",1,4\n'
        + b'u12,t,1,"4\nu13,t,1,4'
    )  # fmt: skip
    file = interaction_file.read(path)
    found = refused(file)
    lost = "(is a quote not closed?)"
    long = repr("t,1,4\n" + "u9,t,1,4\n" * 50)[:57]
    assert found == [
        (3, "has 3 fields instead of 4"),
        (5, f"rating: must be at most 5.0, got '9' {lost}"),
        (6, "rating: must be at most 5.0, got '9'"),
        (7, "user: is not valid UTF-8"),
        (8, "rating: must be a number, got 'three'"),
        (10, "is not CSV: ',' expected after '\"'"),
        (11, f"is not CSV: field larger than field limit (131072) {lost}"),
        (20_012, f"title: must be at most 256 characters, got {long}... {lost}"),
        (20_064, f"is not CSV: unexpected end of data {lost}"),
    ]
    # What a lost quote swallowed lands: every line is either refused by its number, or there.
    assert {"u1", "u4", "u7", "u9", "u11", "u13"} == set(file.interactions.users)
    assert file.line.tolist() == [2, 9, *range(12, 20_012), *range(20_013, 20_064), 20_065]


@given(st.lists(st.sampled_from(["u,t,1,3", '"u\nv",t,1,3', 'u,"t,1,3', "u,t", '"', ""])))
def test_every_line_of_a_csv_that_is_right_by_itself_lands(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_text("\n".join(["user,title,at,rating", "first,t,1,3", *lines]))
    file = interaction_file.read(path)
    number, right = 3, []
    for line in lines:
        if line == "u,t,1,3":
            right.append(number)
        number += 1 + line.count("\n")
    told = [*file.line.tolist(), *(line for line, _ in refused(file))]
    assert len(set(told)) == len(told)  # no line is told of twice
    assert set(right) <= set(file.line.tolist())


def test_what_lies_in_the_future_is_refused(tmp_path: Path) -> None:
    times = [NOON, NOON + 86_400, NOON + 86_401, "9999-12-31"]
    path = jsonl(
        tmp_path / "x.jsonl",
        *({"user": f"u{i}", "title": "t", "at": at, "rating": 3} for i, at in enumerate(times)),
    )
    file = interaction_file.read(path, now=NOON)
    assert refused(file) == [
        (3, "at lies in the future, at 2025-11-03T12:00:01Z"),
        (4, "at lies in the future, at 9999-12-31T00:00:00Z"),
    ]
    assert file.line.tolist() == [1, 2]
    assert file.interactions.last_at.tolist() == [NOON, NOON + 86_400]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.jsonl", b"", "holds no interaction"),
        ("x.jsonl", b"\xef\xbb\xbf\n\n  \n", "holds no interaction"),
        ("x.csv", b"", "is empty"),
        ("x.csv", b"user,title,at,rating\n", "holds no interaction"),
        ("x.csv", b"user;title;at\n1;2;3\n", "put commas between"),
        ("x.csv", "user,title,at\n1,2,3\n".encode("utf-16"), "is not UTF-8 text"),
        ("x.csv", b"user,title,rating\n1,2,3\n", "has the columns"),
        ("x.csv", b"user,title,at,at\n1,2,3,4\n", "has the columns"),
        ("x.parquet", b"", "not a whole parquet file"),
        ("x.parquet", b"PAR1 and then nothing", "not a whole parquet file"),
        ("x.xlsx", b"PK", r"must be a \.jsonl, \.csv or \.parquet file"),
        ("x", b"", r"must be a \.jsonl, \.csv or \.parquet file"),
    ],
)
def test_files_that_hold_nothing(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput, match=words):
        interaction_file.read(path)


@pytest.mark.parametrize("name", ["none.jsonl", "none.csv", "none.parquet"])
def test_files_that_are_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="No such file"):
        interaction_file.read(tmp_path / name)


def test_a_parquet_file_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pyarrow.parquet.write_table(pa.table({"user": ["u"], "title": ["t"], "at": [1]}), path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BadInput, match="not a whole parquet file"):
        interaction_file.read(path)


def test_titles_nobody_knows_are_refused_with_their_lines(tmp_path: Path) -> None:
    records = [{"user": "u", "title": title, "at": 1, "rating": 3} for title in ("a", "x", "b")]
    file = interaction_file.read(jsonl(tmp_path / "x.jsonl", *records))
    known = interaction_file.of_known_titles(file, {"a", "b"})
    assert refused(known) == [(2, "title 'x' is not in the graph; import the catalogue first")]
    assert known.line.tolist() == [1, 3]
    assert [known.interactions.titles[row] for row in known.interactions.title] == ["a", "b"]
