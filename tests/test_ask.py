"""The commands that ask a running server."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from playbill.commands import display
from playbill.v1 import playbill_service_pb2 as pb
from tests.served import World, somebody
from tests.serving import playbill
from tests.snapshots import user_id


def test_the_command_line_shows_a_page_and_what_was_watched(world: World) -> None:
    user = user_id(somebody(world.snapshot, 1))
    here = {"PLAYBILL_ADDRESS": world.running.address, "COLUMNS": "100"}

    def run(*arguments: str) -> str:
        done = playbill(world.data, *arguments, **here)
        assert done.returncode == 0, done.stderr
        return done.stdout

    page = run("page", user, "--rows", "3", "--cards", "5")
    assert "Top picks for you" in page
    assert "% match" in page
    assert max(map(len, page.splitlines())) <= 100
    answer = json.loads(run("page", user, "--rows", "3", "--cards", "5", "--json"))
    title = answer["rows"][1]["cards"][0]["title_id"]
    run("watch", user, title, "--completion", "0.4")
    first = json.loads(run("page", user, "--json"))["rows"][0]["cards"][0]
    assert (first["title_id"], first["completion"]) == (title, 0.4)
    assert len(json.loads(run("page", user, "--json"))["rows"][1]["cards"]) == 20
    bounds = ("--kids", "--maturity-ceiling", "6", "--country", "DE")
    bounded = json.loads(run("page", user, "--json", *bounds))["rows"]
    shown = [int(card["title_id"][1:]) for row in bounded for card in row["cards"]]
    assert set(world.snapshot.titles.maturity[shown].tolist()) <= {0, 6}
    genre = world.snapshot.genres.name[0]
    assert "Recorded" in run("search", user, f"good {genre}")
    rows = json.loads(run("page", user, "--json"))["rows"]
    assert [r["row_id"] for r in rows if "searched for this" in r["reason"]] == [f"genre/{genre}"]
    picture = world.data / "page.html"
    assert "page.html" in run("page", user, "--html", str(picture))
    assert "Continue watching" in picture.read_text()
    nowhere = playbill(world.data, "page", user, "--html", str(world.data / "no/x.html"), **here)
    assert (nowhere.returncode, "there is no folder" in nowhere.stderr) == (3, True)
    assert "rarest" in run("similar", user)
    assert "likeness" in run("title", user, title)
    assert "v1" in run("model")
    for command in (["similar", user], ["title", user, title], ["model"]):
        assert json.loads(run(*command, "--json"))


def test_who_resembles_nobody_is_not_told_to_watch_more(capsys: pytest.CaptureFixture) -> None:
    display.similar("zoe", pb.ListSimilarUsersResponse())
    too_little = pb.NO_SIMILAR_USERS_REASON_NOT_ENOUGH_HISTORY
    display.similar("zoe", pb.ListSimilarUsersResponse(reason=too_little))
    nobody, little = capsys.readouterr().out.splitlines()
    assert nobody == "zoe resembles nobody here."
    assert "try again after a few titles" in little


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["title", "a", "nowhere"], 14),
        (["page", ""], 3),
        (["watch", "a", "nowhere"], 3),
        (["search", "a", ""], 3),
        (["page", "a", "--address", "localhost"], 3),
    ],
)
def test_the_command_line_fails_in_its_own_words(
    world: World, arguments: list[str], code: int
) -> None:
    answer = playbill(world.data, *arguments, PLAYBILL_ADDRESS=world.running.address)
    assert answer.returncode == code
    assert "error:" in answer.stderr


def test_no_server_is_said(tmp_path: Path) -> None:
    answer = playbill(tmp_path, "page", "a", "--address", "127.0.0.1:9")
    assert answer.returncode == 15
    assert "no server answers there (Connection refused" in answer.stderr
    assert "playbill serve" in answer.stderr


def test_an_answer_that_is_no_ours_is_not_called_silence(tmp_path: Path) -> None:
    server = grpc.server(ThreadPoolExecutor(1))  # one that is not Playbill's
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    answer = playbill(tmp_path, "page", "a", "--address", f"127.0.0.1:{port}")
    server.stop(None).wait()
    assert answer.returncode == 18
    assert "answered unimplemented" in answer.stderr
    assert "no server answers" not in answer.stderr
