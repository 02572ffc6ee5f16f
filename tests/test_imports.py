"""What a serving process loads: a deployment of the server has neither torch nor neo4j."""

import re
from pathlib import Path

from playbill.v1 import playbill_service_pb2 as pb
from tests.serving import SECONDS, serving
from tests.snapshots import Shape, build, publish

NEVER = {"torch", "torch_geometric", "neo4j", "networkx", "scipy", "gnn", "jgo", "pandas"}
NOT_IN_A_WORKER = {"rich", "typer"}  # they would be memory for nothing


def test_no_process_of_the_server_imports_what_it_does_not_need(tmp_path: Path) -> None:
    publish(build(Shape(titles=50, users=20)), tmp_path / "snapshots")
    # Python itself reports each import of each of the processes on stderr.
    with serving(tmp_path, workers=1, PYTHONPROFILEIMPORTTIME="1") as running:
        stub = running.stub
        stub.GetPage(pb.GetPageRequest(user_id="u000001"), timeout=SECONDS)
        stub.ListSimilarUsers(pb.ListSimilarUsersRequest(user_id="u000001"), timeout=SECONDS)
        assert running.stop() == 0
        reported = re.findall(r"^import time:.*\| +([\w.]+)$", running.log.read_text(), re.M)
    imported = {name.partition(".")[0] for name in reported}
    assert {"grpc", "numpy", "server", "rich"} <= imported  # the supervisor's and the worker's
    assert not NEVER & imported
    # The worker's imports come after the supervisor's: it is started by it.
    worker = reported[reported.index("server.worker") :] if "server.worker" in reported else []
    assert not NOT_IN_A_WORKER & {name.partition(".")[0] for name in worker}
