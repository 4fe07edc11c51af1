"""The pinned real clients against the Hub: every call that the labs use, in one process without a network."""

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.hub.requestlog import RequestRecord, read_log
from grader.hub.server import HubServer, HubSession
from tests.fakes.hub_clients.steps import load
from tests.fakes.hub_repos import build_base

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).parents[2]


def has_namespaces() -> bool:
    """Whether this machine lets us make a network namespace."""
    return (
        shutil.which("unshare") is not None
        and subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0
    )


@dataclass(frozen=True)
class Clients:
    """How the steps went, and what the Hub saw of them."""

    outcome: dict[str, str]
    log: list[RequestRecord]
    output: str


def environment_of(session: HubSession, home: Path) -> dict[str, str]:
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "COV_"))}
    threads = {"OMP_NUM_THREADS": "1", "BOB_TOKEN": session.tokens["bob"], "PYTHONPATH": str(ROOT)}
    return {**kept, **session.environment(home), **threads}


def run_boxed(server: HubServer, root: Path, outcome: Path) -> tuple[str, Path]:
    """Run the steps where no other address than the Hub's exists."""
    ours, theirs = socket.socketpair()
    command = [
        "unshare",
        "-rn",
        sys.executable,
        "-m",
        "tests.fakes.hub_clients.boxed",
        str(theirs.fileno()),
        str(outcome),
    ]
    with subprocess.Popen(
        command, cwd=ROOT, pass_fds=[theirs.fileno()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        theirs.close()
        _, descriptors, _, _ = socket.recv_fds(ours, 16, 1)
        listening = socket.socket(fileno=descriptors[0])
        with server.open_session(root / "overlay", "student", guests=["bob"], listening=listening) as session:
            ours.sendall(json.dumps(environment_of(session, root / "home")).encode() + b"\n")
            output, _ = process.communicate(timeout=500)
    ours.close()
    return output, root / "overlay"


def run_plain(server: HubServer, root: Path, outcome: Path) -> tuple[str, Path]:
    """Run the steps on the machine's own loopback."""
    with server.open_session(root / "overlay", "student", guests=["bob"]) as session:
        command = [sys.executable, "-m", "tests.fakes.hub_clients.steps", str(outcome)]
        environment = environment_of(session, root / "home")
        done = subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False
        )
    return done.stdout + done.stderr, root / "overlay"


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Clients:
    root = tmp_path_factory.mktemp("clients")
    base = build_base(root / "base", models=True)
    run = run_boxed if has_namespaces() else run_plain
    with HubServer(base) as server:
        output, overlay = run(server, root, root / "outcome.json")
    assert (root / "outcome.json").is_file(), output[-3000:]
    return Clients(json.loads((root / "outcome.json").read_text()), read_log(overlay), output)


@pytest.mark.parametrize("name", sorted(load()))
def test_the_real_client_succeeds(clients: Clients, name: str):
    assert clients.outcome[name] == ""


def test_no_client_asked_for_anything_that_the_hub_does_not_know(clients: Clients):
    unknown = {(record.method, record.path) for record in clients.log if record.route == "unsupported"}

    assert unknown == set()


def test_calls_to_other_hosts_end_at_the_hub_and_are_refused(clients: Clients):
    outside = [record for record in clients.log if record.route == "outside"]

    assert outside, "datasets asks its parquet server at each load"
    assert {record.status for record in outside} == {403}


def test_no_request_failed_on_our_side(clients: Clients):
    assert [record for record in clients.log if record.status >= 500] == []


def test_streaming_was_seen_as_ranges(clients: Clients):
    ranges = [record for record in clients.log if record.status == 206 and "parquet" in record.path]

    assert ranges
    assert all(record.range for record in ranges)


def test_every_push_left_its_commit_in_the_log(clients: Clients):
    commits = [record for record in clients.log if record.route == "commit" and record.status == 200]

    assert {"models/student/my-classifier", "datasets/student/rows", "models/student/trained"} <= {
        record.notes["repo"] for record in commits
    }
    assert all(len(record.notes["commit"]) == 40 for record in commits)
