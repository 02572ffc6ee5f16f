"""What a serving process loads: a deployment of the server has neither torch nor neo4j."""

import re
from pathlib import Path

from playbill.v1 import playbill_service_pb2 as pb
from tests.serving import SECONDS, serving
from tests.snapshots import Shape, build, publish

NEVER = {"torch", "torch_geometric", "neo4j", "networkx", "scipy", "gnn", "jgo", "pandas"}
IN_A_WORKER_ALONE = ("grpc", "numpy")
NOT_IN_A_WORKER = ("typer",)  # it would be memory for nothing


def test_no_process_of_the_server_imports_what_it_does_not_need(tmp_path: Path) -> None:
    publish(build(Shape(titles=50, users=20)), tmp_path / "snapshots")
    # Python itself reports each import of each of the processes on stderr.
    with serving(tmp_path, workers=1, PYTHONPROFILEIMPORTTIME="1") as running:
        stub = running.stub
        stub.GetPage(pb.GetPageRequest(user_id="u000001"), timeout=SECONDS)
        stub.ListSimilarUsers(pb.ListSimilarUsersRequest(user_id="u000001"), timeout=SECONDS)
        assert running.stop() == 0
        reported = re.findall(r"^import time:.*\| +([\w.]+)$", running.log.read_text(), re.M)
    assert not NEVER & {name.partition(".")[0] for name in reported}
    # One worker and the supervisor, each of which would report a module once.
    assert [reported.count(name) for name in IN_A_WORKER_ALONE] == [1] * len(IN_A_WORKER_ALONE)
    assert [reported.count(name) for name in NOT_IN_A_WORKER] == [1] * len(NOT_IN_A_WORKER)
