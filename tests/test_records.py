"""The record format: what lines mean, and what is said about those that mean nothing."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import interactions as columns
from graph.interactions import NO_THUMB, Interactions, folded
from graph.schema import Artwork, Genre, Person, Tag, Title, User
from graph.sources import catalogue_file, interaction_file, record_lines
from graph.sources.catalogue_file import Known
from graph.sources.instant import seconds
from graph.sources.records import CATALOGUE, INTERACTION
from graph.sources.records_markdown import render_records_markdown
from playbill.errors import BadInput

NOON = 1762084800  # 2025-11-02T12:00:00Z


def jsonl(path: Path, *records: dict | str | bytes) -> Path:
    lines = [r if isinstance(r, bytes) else r.encode() if isinstance(r, str)
             else json.dumps(r).encode() for r in records]  # fmt: skip
    path.write_bytes(b"\n".join(lines))
    return path


def refused(source: object) -> list[tuple[int, str]]:
    return [(refusal.line, refusal.reason) for refusal in source.refused]  # ty: ignore


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (NOON, NOON),
        (NOON + 0.9, NOON),
        (str(NOON), NOON),
        ("2025-11-02T12:00:00Z", NOON),
        ("2025-11-02T13:00:00+01:00", NOON),
        ("2025-11-02 12:00", NOON),
        ("2025-11-02", NOON - 12 * 3600),
        (datetime(2025, 11, 2, 12), NOON),
        (datetime(2025, 11, 2, 14, tzinfo=timezone(timedelta(hours=2))), NOON),
        (date(2025, 11, 2), NOON - 12 * 3600),
        (0, 0),
    ],
)
def test_times(written: object, meant: int) -> None:
    assert seconds(written) == meant


@pytest.mark.parametrize(
    "written", ["", "yesterday", "2025-13-01", True, None, [1], "nan", "inf", -1,
                "1969-12-31", NOON * 1000, datetime(1960, 1, 1, tzinfo=UTC)],
)  # fmt: skip
def test_what_is_no_time(written: object) -> None:
    with pytest.raises(ValueError, match="must"):
        seconds(written)


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
        ("{", "is not JSON"),
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


ODD_IDS = ["it's", 'a "b"', "two\nlines", "\u2028", "🎬", "a,b", " x ", "'); DROP", "\\"]
RECORDS = [
    {"user": id, "title": f"t{id}", "at": NOON + i, "plays": 2, "completion": 0.25, "thumb": 1}
    for i, id in enumerate(ODD_IDS)
] + [
    {"user": "r", "title": "t", "at": NOON, "rating": 4.5},
    {"user": "r", "title": "t", "at": NOON + 5, "thumb": -1},
]


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
        ("x.csv", b"user;title;at\n1;2;3\n", "has the columns"),
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


def table(*rows: tuple[int, int, int, float, int, int]) -> Interactions:
    """(user, title, plays, completion, thumb, at) each."""
    user, title, plays, completion, thumb, at = zip(*rows, strict=True) if rows else ([],) * 6
    when = np.array(at, np.int64)
    return Interactions(
        list("abcd"), list("wxyz"), np.array(user, np.int32), np.array(title, np.int32),
        np.array(plays, np.int32), np.array(completion, np.float64), np.array(thumb, np.int8),
        when, when,
    )  # fmt: skip


def rows(of: Interactions) -> Sequence[tuple]:
    arrays = (of.user, of.title, of.plays, of.completion, of.thumb, of.first_at, of.last_at)
    return list(zip(*(array.tolist() for array in arrays), strict=True))


def test_records_of_one_user_and_title_fold_into_one() -> None:
    found = folded(table(
        (1, 2, 1, 0.9, NO_THUMB, 50), (0, 1, 1, 0.2, 1, 10), (0, 1, 2, 0.8, NO_THUMB, 30),
        (0, 1, 0, 0.0, -1, 20), (0, 1, 2, 0.8, NO_THUMB, 30), (0, 0, 1, 1.0, 2, 5),
        (0, 0, 1, 0.5, 0, 6),
    ))  # fmt: skip
    assert rows(found) == [
        (0, 0, 2, 1.0, 0, 5, 6),  # the newest thumb took the earlier one back
        (0, 1, 3, 0.8, -1, 10, 30),  # the record that is there twice counts once
        (1, 2, 1, 0.9, NO_THUMB, 50, 50),
    ]
    assert rows(folded(table())) == []


Row = st.tuples(
    st.integers(0, 2), st.integers(0, 2), st.integers(0, 3), st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([NO_THUMB, -1, 0, 1, 2]), st.integers(0, 9),
)  # fmt: skip


@given(st.lists(Row, max_size=30))
def test_the_fold_is_what_a_loop_would_do(records: list[tuple]) -> None:
    pairs: dict[tuple, list] = {}
    # Of two records of the same second, the one with more of everything comes later.
    for user, title, plays, completion, thumb, at in sorted(
        set(records), key=lambda r: (r[5], r[2], r[3], r[4])
    ):
        state = pairs.setdefault((user, title), [0, 0.0, NO_THUMB, at, at])
        state[0] += plays
        state[1] = max(state[1], completion)
        state[2] = state[2] if thumb == NO_THUMB else thumb
        state[4] = at
    assert rows(folded(table(*records))) == [
        (*pair, *state) for pair, state in sorted(pairs.items())
    ]
    once = folded(table(*records))
    assert rows(folded(once)) == rows(once)


def test_ratings_are_watches_with_the_thumb_they_stand_for() -> None:
    stars = np.array([0.5, 2, 2.5, 3.5, 4, 4.5, 5], np.float32)
    zeros = np.zeros(7, np.int32)
    found = columns.of_ratings(
        users=["u"], titles=list("abcdefg"), user=zeros, title=np.arange(7, dtype=np.int32),
        stars=stars, at=np.arange(7),
    )  # fmt: skip
    assert found.thumb.tolist() == [-1, -1, 0, 0, 1, 1, 2]
    assert (found.plays.tolist(), found.completion.tolist()) == ([1] * 7, [1.0] * 7)


CATALOGUE_LINES = (
    {"type": "title", "id": "t1", "name": "One", "genres": ["Drama", "g2"], "actors": ["p1"],
     "directors": ["p1"], "artworks": ["a1"], "tags": ["Slow", "slow"], "year": 1999},
    {"type": "title", "id": "t2", "name": "No genre"},
    {"type": "person", "id": "p1", "name": "Ada"},
    {"type": "genre", "id": "g2", "name": "Comedy"},
    {"type": "tag", "id": "T7", "name": " Witty "},
    {"type": "artwork", "id": "a1", "uri": "https://x/a1", "depicts": [
        {"type": "person", "id": "p1"}, {"type": "genre", "id": "Comedy"},
        {"type": "tag", "id": "witty"}]},
    {"type": "user", "id": "u1", "country": "GB", "kids": True},
)  # fmt: skip


def test_a_catalogue_finds_what_its_records_refer_to(tmp_path: Path) -> None:
    file = catalogue_file.read(jsonl(tmp_path / "c.jsonl", *CATALOGUE_LINES))
    catalogue, refusals = catalogue_file.resolved(file, Known())
    assert refusals == ()
    ids = {label: [node.id for node in nodes] for label, nodes in catalogue.nodes.items()}
    assert ids == {
        Genre: ["g2", "Drama"], Tag: ["T7", "slow"], Person: ["p1"], User: ["u1"],
        Artwork: ["a1"], Title: ["t1", "t2"],
    }  # fmt: skip
    assert catalogue.ties == {
        "has_genre": {"t1": ["Drama", "g2"]},
        "has_tag": {"t1": ["slow", "slow"]},
        "has_artwork": {"t1": ["a1"]},
        "acted_in": {"t1": ["p1"]},
        "directed": {"t1": ["p1"]},
        "depicts_genre": {"a1": ["g2"]},
        "depicts_tag": {"a1": ["T7"]},
        "depicts_person": {"a1": ["p1"]},
    }


def test_what_is_neither_in_the_file_nor_in_the_graph(tmp_path: Path) -> None:
    file = catalogue_file.read(
        jsonl(
            tmp_path / "c.jsonl",
            {"type": "title", "id": "t1", "name": "One", "actors": ["ghost"]},
            {"type": "title", "id": "t2", "name": "Two", "artworks": ["a1"]},
            {"type": "artwork", "id": "a1", "uri": "x", "depicts": [{"type": "person", "id": "p"}]},
            {"type": "title", "id": "t3", "name": "Three", "artworks": ["a9"], "creators": ["p9"]},
        )
    )
    known = Known(people={"p9"}, artworks={"a9"})
    catalogue, _ = catalogue_file.resolved(file, known)
    _, refusals = catalogue_file.resolved(file, known)
    assert sorted((r.line, r.reason) for r in refusals) == [
        (1, "person 'ghost' is neither in this file nor in the graph"),
        (2, "artwork 'a1' is neither in this file nor in the graph"),
        (3, "person 'p' is neither in this file nor in the graph"),
    ]
    assert [node.id for node in catalogue.nodes[Title]] == ["t3"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"id": "x", "name": "X"}, "type is missing"),
        ({"type": "film", "id": "x", "name": "X"}, "type 'film' is none of"),
        ({"type": "title", "id": "x"}, "name: is missing"),
        ({"type": "title", "id": "x", "name": ""}, "name: must not be empty"),
        ({"type": "title", "id": "x", "name": "X", "year": 1492}, "year: must be at least 1870"),
        ({"type": "title", "id": "x", "name": "X", "year": "then"}, "year: must be a whole number"),
        ({"type": "title", "id": "x", "name": "X", "kind": "movie"},
         "kind: must be one of 'film' or 'series', got 'movie'"),
        ({"type": "title", "id": "x", "name": "X", "genres": "Drama"}, "genres: must be a list"),
        ({"type": "title", "id": "x", "name": "X", "genres": [""]}, "genres.0: must not be empty"),
        ({"type": "title", "id": "x", "name": "X", "stars": 5}, "stars: is not a field"),
        ({"type": "title", "id": "x", "name": "X", "available_from": 9, "available_until": 9},
         "title: available_until must be later than available_from"),
        ({"type": "user", "id": "x", "country": "uk"}, "country: must match"),
        ({"type": "artwork", "id": "x", "uri": "u", "depicts": [{"type": "dog", "id": "d"}]},
         "depicts.0.type: must be one of"),
        ({"type": "artwork", "id": "keyart/mine", "uri": "u"},
         "artwork: id must not begin with 'keyart/'"),
        ({"type": "person", "id": "p1", "name": "Eve"},
         "person 'p1' is on line 3 already, and differs"),
    ],
)  # fmt: skip
def test_a_bad_catalogue_record_says_why(tmp_path: Path, record: dict, reason: str) -> None:
    lines = (*CATALOGUE_LINES, record, CATALOGUE_LINES[2])  # and one that is there twice
    file = catalogue_file.read(jsonl(tmp_path / "c.jsonl", *lines))
    assert [number for number, _ in refused(file)] == [8]
    assert refused(file)[0][1].startswith(reason)
    assert list(file.records) == [1, 2, 3, 4, 5, 6, 7]


def test_a_catalogue_is_jsonl(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"must be a \.jsonl file"):
        catalogue_file.read(tmp_path / "c.csv")
    with pytest.raises(BadInput, match="holds no record"):
        catalogue_file.read(jsonl(tmp_path / "c.jsonl"))


@given(st.text(min_size=1, max_size=256))
def test_any_text_names_a_genre_or_a_tag(text: str) -> None:
    file = catalogue_file.CatalogueFile(
        "c",
        {1: CATALOGUE.validate_python(
            {"type": "title", "id": "t", "name": "T", "genres": [text], "tags": [text]}
        )},
        (),
    )  # fmt: skip
    catalogue, refusals = catalogue_file.resolved(file, Known())
    assert refusals == ()
    assert [node.id for node in catalogue.nodes[Genre]] == [text]
    assert catalogue.ties["has_tag"]["t"] == [node.id for node in catalogue.nodes[Tag]]


def test_the_examples_of_the_documentation_are_right(tmp_path: Path) -> None:
    shown = re.findall(r"```(json|csv)\n(.*?)```", render_records_markdown(), re.DOTALL)
    assert [kind for kind, _ in shown] == ["json", "csv", "json"]
    catalogue, table, lines = (text for _, text in shown)
    file = catalogue_file.read(jsonl(tmp_path / "c.jsonl", catalogue))
    assert catalogue_file.resolved(file, Known())[1] == ()
    (tmp_path / "i.csv").write_text(table)
    for path in (tmp_path / "i.csv", jsonl(tmp_path / "i.jsonl", lines)):
        assert interaction_file.read(path).refused == ()
