"""MovieLens in each of its layouts. The few lines below are made up in GroupLens' own formats; real
data is read from the recbole wheel, and from ../shared/data where that is there."""

import io
import random
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.sources import movielens
from graph.sources.movielens import MovieLens, names, read
from graph.sources.movielens.layouts import age_band
from graph.sources.movielens.rating_columns import Format, blocks
from graph.sources.refusal import Refusal
from playbill.errors import BadInput

GENRES_100K = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
)  # fmt: skip


def flags(*chosen: str) -> str:
    return "|".join("01"[genre in chosen] for genre in GENRES_100K)


# The same three films, two people and four ratings, as 100K, 1M and the CSV sets would hold them.
ML_100K = {
    "u.genre": "".join(f"{genre}|{i}\n" for i, genre in enumerate(GENRES_100K)) + "\n",
    "u.item": f"1|Long Take, The (1995)|01-Jan-1995||http://x/1|{flags('Drama', 'Sci-Fi')}\n"
    f"2|Été, L' (1996)|01-Jan-1996||http://x/2|{flags(chr(67) + 'hildren' + chr(39) + 's')}\n"
    f"7|unknown||||{flags('unknown')}\n",
    "u.user": "1|24|M|technician|85711\n2|57|F|other|94043\n",
    "u.data": "2\t1\t5\t881250949\n1\t7\t2\t891717742\n2\t2\t3\t878887116\n1\t1\t4\t880606923\n",
}
ML_1M = {
    "movies.dat": "1::Long Take, The (1995)::Drama|Sci-Fi\n2::Été, L' (1996)::Children's\n"
    "7::unknown::\n",
    "users.dat": "1::M::18::10::48067\n2::F::56::16::70072\n",
    "ratings.dat": "2::1::5::881250949\n1::7::2::891717742\n2::2::3::878887116\n"
    "1::1::4::880606923\n",
}
ML_CSV = {
    "movies.csv": 'movieId,title,genres\r\n1,"Long Take, The (1995)",Drama|Sci-Fi\r\n'
    '2,"Été, L\' (1996)",Children\r\n7,unknown,(no genres listed)\r\n',
    "ratings.csv": "userId,movieId,rating,timestamp\r\n2,1,5.0,881250949\r\n1,7,2.0,891717742\r\n"
    "2,2,3.0,878887116\r\n1,1,4.0,880606923\r\n",
    "tags.csv": "userId,movieId,tag,timestamp\r\n1,1, One  Shot ,1\r\n2,1,one shot,2\r\n"
    "2,1,one shot,3\r\n2,2,seen with Anna,4\r\n2,2,seen with Anna,5\r\n"
    '1,2,"sad, ""blue""",6\r\n2,2,"Sad, ""blue""",7\r\n',
    "links.csv": "movieId,imdbId,tmdbId\r\n1,0114709,862\r\n",
}
LAYOUTS = {
    "100K": (ML_100K, "latin-1"),
    "1M": (ML_1M, "latin-1"),
    "CSV": (ML_CSV, "utf-8"),
}


def folder(path: Path, files: Mapping[str, str], encoding: str = "utf-8") -> Path:
    path.mkdir(parents=True)
    for name, content in files.items():
        (path / name).write_bytes(content.encode(encoding))
    return path


def zipped(path: Path, files: Mapping[str, str], encoding: str = "utf-8") -> Path:
    """With a top folder, as GroupLens has it, and what a Mac adds to a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._README", "x")
        for name, content in files.items():
            archive.writestr(f"ml-set/{name}", content.encode(encoding))
    return path


def told(films: MovieLens) -> list[tuple[str, str, float, int]]:
    r = films.ratings
    return [
        (films.users[user].id, films.titles[title].id, float(stars), int(at))
        for user, title, stars, at in zip(r.user, r.title, r.stars, r.at, strict=True)
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", ["folder", "folder above", "zip"])
def test_each_layout_tells_the_same(tmp_path: Path, layout: str, shape: str) -> None:
    files, encoding = LAYOUTS[layout]
    if shape == "zip":
        films = read(zipped(tmp_path / "ml.zip", files, encoding))
    else:
        inner = folder(tmp_path / "above" / "ml", files, encoding)
        films = read(inner if shape == "folder" else inner.parent)
    assert films.refused == ()
    assert [(t.id, t.name, t.year) for t in films.titles] == [
        ("1", "The Long Take", 1995),
        ("2", "L'Été", 1996),
        ("7", "unknown", None),
    ]
    assert films.genres == (("Drama", "Sci-Fi"), ("Children's",), ())
    assert told(films) == [
        ("2", "1", 5.0, 881250949),
        ("1", "7", 2.0, 891717742),
        ("2", "2", 3.0, 878887116),
        ("1", "1", 4.0, 880606923),
    ]
    assert [user.id for user in films.users] == ["1", "2"]
    ages = [None, None] if layout == "CSV" else ["18-24", "56+"]
    assert [user.age_band for user in films.users] == ages


def test_a_tag_is_what_two_people_say(tmp_path: Path) -> None:
    films = read(folder(tmp_path / "ml", ML_CSV))
    assert films.tags == (("one shot",), ('sad, "blue"',), ())


@pytest.mark.parametrize(
    ("text", "name", "year", "kind"),
    [
        ("Toy Story (1995)", "Toy Story", 1995, "film"),
        ("Matrix, The (1999)", "The Matrix", 1999, "film"),
        ("Unforgettable Summer, An (Un été inoubliable) (1994)",
         "An Unforgettable Summer (Un été inoubliable)", 1994, "film"),
        ("Horseman on the Roof, The (Hussard sur le toit, Le) (1995)",
         "The Horseman on the Roof (Le Hussard sur le toit)", 1995, "film"),
        ("School of Flesh, The (École de la chair, L') (1998)",
         "The School of Flesh (L'École de la chair)", 1998, "film"),
        ("Ace in the Hole (a.k.a. Big Carnival, The) (1951)",
         "Ace in the Hole (a.k.a. The Big Carnival)", 1951, "film"),
        ("Godfather: Part III, The (1990)", "The Godfather: Part III", 1990, "film"),
        ("Tin Drum, The (Blechtrommel, Die) (1979)", "The Tin Drum (Die Blechtrommel)", 1979,
         "film"),
        ("New York, I Love You (2009)", "New York, I Love You", 2009, "film"),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968, "film"),
        ("1984 (1956)", "1984", 1956, "film"),
        ("Land Before Time III, The (1995) (V)", "The Land Before Time III", 1995, "film"),
        ("Death Note: Desu nôto (2006\u20132007)", "Death Note: Desu nôto", 2006, "series"),
        ("Fawlty Towers (1975-1979)", "Fawlty Towers", 1975, "series"),
        ("The OA", "The OA", None, "film"),
        ("  Babylon  5 ", "Babylon 5", None, "film"),
        ("Odd (0000)", "Odd", None, "film"),
        ("(1999)", "", 1999, "film"),
    ],
)  # fmt: skip
def test_names_as_people_read_them(text: str, name: str, year: int | None, kind: str) -> None:
    parsed = names.parse(text)
    assert (parsed.name, parsed.year, parsed.kind) == (name, year, kind)


def test_age_bands_meet_without_a_gap() -> None:
    assert [age_band(str(age)) for age in (1, 17, 18, 24, 25, 34, 35, 44, 45, 49, 50, 55, 56)] == [
        "under 18", "under 18", "18-24", "18-24", "25-34", "25-34", "35-44", "35-44", "45-49",
        "45-49", "50-55", "50-55", "56+",
    ]  # fmt: skip
    assert age_band("") is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,1,4.0", "has 3 fields instead of 4"),
        ("1,1,4.0,5,6", "has 5 fields instead of 4"),
        ("anna,1,4.0,5", "user must be a whole number, got 'anna'"),
        ("1,,4.0,5", "title must be a whole number, got ''"),
        ("1,1,good,5", "rating must be a number, got 'good'"),
        ("1,1,nan,5", "rating must be a number, got 'nan'"),
        ("1,1,6,5", "rating must be between 0.5 and 5, got '6'"),
        ("1,1,0,5", "rating must be between 0.5 and 5, got '0'"),
        ("1,1,4.0,-5", "timestamp must be seconds since 1970, got '-5'"),
        ("1,1,4.0,1e99", "timestamp must be seconds since 1970, got '1e99'"),
        ("1,99,4.0,5", "no film 99 is in the file of films"),
        ('1,"1,4.0,5', "has 2 fields instead of 4"),
        ("\x00\xff\xfe", "has 1 fields instead of 4"),
    ],
)
def test_a_bad_rating_is_refused_by_number_and_the_others_stay(
    tmp_path: Path, line: str, reason: str
) -> None:
    good = ML_CSV["ratings.csv"]
    files = {**ML_CSV, "ratings.csv": f"{good}\r\n\r\n{line}\r\n3,2,0.5,9"}
    films = read(folder(tmp_path / "ml", files))
    assert [(r.file, r.line) for r in films.refused] == [("ratings.csv", 8)]
    assert films.refused[0].reason.startswith(reason)
    assert told(films)[4:] == [("3", "2", 0.5, 9)]
    assert len(films.ratings) == 5


@pytest.mark.parametrize("bad", ["", "oops\n"])  # with a fault, a block is read line by line
def test_a_rating_of_the_future_is_refused(tmp_path: Path, bad: str) -> None:
    last = 891717742
    data = f"{ML_100K['u.data']}2\t7\t4\t{last + 86_400}\n1\t2\t4\t{last + 86_401}\n{bad}"
    path = folder(tmp_path / "ml", {**ML_100K, "u.data": data}, "latin-1")
    films = read(path, now=last)
    assert [(r.line, r.reason) for r in films.refused if r.line < 7] == [
        (6, "timestamp lies in the future, at 1998-04-05T19:22:23Z")
    ]
    assert told(films)[4:] == [("2", "7", 4.0, last + 86_400)]


@pytest.mark.parametrize(
    ("file", "line", "reason"),
    [
        ("u.item", f"x|Film (1995)|||{flags()}", "has 23 fields instead of 24"),
        ("u.item", f"x|Film (1995)||||{flags()}", "id must be a whole number, got 'x'"),
        ("u.item", f"1|Film (1995)||||{flags()}", "film 1 is already on a line before"),
        ("u.item", f"9|(1995)||||{flags()}", "name: must not be empty, got ''"),
        ("u.user", "1|24|M", "has 3 fields instead of 5"),
        ("u.user", "|24|M|x|y", "id must be a whole number, got ''"),
    ],
)
def test_other_bad_lines_too(tmp_path: Path, file: str, line: str, reason: str) -> None:
    number = ML_100K[file].count("\n") + 1
    files = {**ML_100K, file: f"{ML_100K[file]}{line}\n"}
    films = read(folder(tmp_path / "ml", files, "latin-1"))
    assert [(r.file, r.line) for r in films.refused] == [(file, number)]
    assert films.refused[0].reason.startswith(reason)
    assert len(films.titles) == 3
    assert len(films.ratings) == 4


def test_people_without_a_line_of_their_own_come_last(tmp_path: Path) -> None:
    data = f"30\t1\t4\t5\n{ML_100K['u.data']}4\t1\t4\t5\n"
    films = read(folder(tmp_path / "ml", {**ML_100K, "u.data": data}, "latin-1"))
    assert [user.id for user in films.users] == ["1", "2", "4", "30"]
    assert told(films)[0] == ("30", "1", 4.0, 5)


Rating = st.tuples(
    st.integers(1, 10**12), st.integers(1, 10**6), st.sampled_from([0.5, 1.0, 3.5, 5.0]),
    st.integers(0, 2 * 10**9),
)  # fmt: skip


@pytest.mark.parametrize("separator", [",", "\t", "::"])
@given(
    ratings=st.lists(Rating, max_size=20),
    bad=st.sets(st.integers(0, 20)),
    size=st.integers(1, 200),
)
def test_however_the_blocks_fall_the_columns_are_the_same(
    separator: str, ratings: list, bad: set[int], size: int
) -> None:
    """Blocks with a bad line are read another way than those without; neither may show."""
    lines, expected, wrong = [], [], []
    for i, rating in enumerate(ratings):
        if i in bad:
            lines.append(f"{rating[0]}{separator}?")
            wrong.append(len(lines))
        lines.append(separator.join(map(str, rating)))
        expected.append((*rating, len(lines)))
    refused: list[Refusal] = []
    stream = io.BytesIO("\n".join(lines).encode())
    found = [
        (int(u), int(t), float(s), int(at), int(n))
        for block in blocks(stream, Format(separator), file="f", refused=refused, size=size)
        for u, t, s, at, n in zip(
            block.user, block.title, block.stars, block.at, block.line, strict=True
        )
    ]
    assert found == expected
    assert [r.line for r in refused] == wrong


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a whole zip file"),
        (b"PK\x03\x04 and then nothing", "not a whole zip file"),
        (b"<html>Too many requests</html>", "not a whole zip file"),
    ],
)
def test_what_is_no_zip(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "ml.zip"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=f"{words}.*download it again"):
        read(path)


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"not a MovieLens data set.*ratings\.csv"):
        read(zipped(tmp_path / "x.zip", {"holiday.jpg": "x"}))


def test_a_zip_without_its_films(tmp_path: Path) -> None:
    files = {name: content for name, content in ML_CSV.items() if name != "movies.csv"}
    with pytest.raises(BadInput, match=r"no file movies\.csv"):
        read(zipped(tmp_path / "x.zip", files))


def test_a_file_of_films_without_a_film(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no film that could be read"):
        read(folder(tmp_path / "ml", {**ML_CSV, "movies.csv": "movieId,title,genres\n"}))


def test_another_header(tmp_path: Path) -> None:
    files = {**ML_CSV, "ratings.csv": "user;film;stars\n1;2;3\n"}
    with pytest.raises(BadInput, match="begins with 'user;film;stars'"):
        read(folder(tmp_path / "ml", files))


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        read(tmp_path / "nowhere")


def test_a_zip_cut_anywhere_or_with_a_byte_changed(tmp_path: Path) -> None:
    """Never a part of the data as if it were the whole, and never a stack trace."""
    path = zipped(tmp_path / "ml.zip", ML_CSV)
    whole, content = read(path), path.read_bytes()
    for end in range(0, len(content), 7):
        path.write_bytes(content[:end])
        with pytest.raises(BadInput):
            read(path)
    chance = random.Random(1)
    for _ in range(200):
        changed = bytearray(content)
        changed[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        try:
            films = read(path)
        except BadInput:
            continue
        # Harmless places: times of files, attributes, and a file that is not asked for.
        assert (told(films), films.titles) == (told(whole), whole.titles)


def test_the_100k_of_the_wheel() -> None:
    films = movielens.read()
    assert (len(films.users), len(films.titles), len(films.ratings)) == (943, 1682, 100_000)
    assert films.refused == ()
    assert len({genre for genres in films.genres for genre in genres}) == 18
    assert sum(not genres for genres in films.genres) == 2
    assert sum(title.year is None for title in films.titles) == 1
    assert not [t.name for t in films.titles if t.name.endswith((", The", ", A", ", La"))]
    assert {user.age_band for user in films.users} == {
        "under 18", "18-24", "25-34", "35-44", "45-49", "50-55", "56+",
    }  # fmt: skip
    assert [user.id for user in films.users] == [str(i) for i in range(1, 944)]
    assert "recbole" not in sys.modules


def test_latest_small(tmp_path: Path, repository: Path) -> None:
    archive = repository.parent / "shared" / "data" / "benchmark-splits.tar.xz"
    if not archive.exists():
        pytest.skip("the benchmark data, ../shared/data/benchmark-splits.tar.xz, is not here")
    with tarfile.open(archive) as tar:
        members = [m for m in tar if "ml-latest-small-2018" in m.name]
        tar.extractall(tmp_path, members=members, filter="data")
    films = read(next(tmp_path.rglob("ratings.csv")).parent)
    # This copy lacks four films of the 9,742, and with them their 21 ratings.
    assert (len(films.users), len(films.titles), len(films.ratings)) == (610, 9738, 100_815)
    assert {r.file for r in films.refused} == {"ratings.csv"}
    assert len(films.refused) == 21
    assert sum(map(len, films.tags)) == 98
