"""What functional tests run under, and the runs that the tests of a lab share."""

import signal

import pytest

from tests.functional.proof import SEEDS, Proof
from tests.functional.strength import Bench, Graded


@pytest.fixture(scope="session", autouse=True)
def interrupts():
    """Let processes of the tests be interrupted, even where a shell has started the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each case and each seed of the lab that a file is about."""
    if "case" in metafunc.fixturenames and hasattr(metafunc.module, "PROOF"):
        metafunc.parametrize("case", metafunc.module.PROOF.judged, ids=lambda case: case.name)
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", SEEDS)


@pytest.fixture(scope="module")
def proof(request: pytest.FixtureRequest) -> Proof:
    """What the file says of its lab."""
    return request.module.PROOF


@pytest.fixture(scope="module")
def bench(proof: Proof, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Where its notebooks are graded."""
    # a short name: sockets below it, of processes that map rows side by side, have names of at most 107 bytes
    return Bench(proof.lab_id, tmp_path_factory.mktemp("l"))


@pytest.fixture(scope="module")
def reference(proof: Proof, bench: Bench) -> Graded:
    """The graded reference solution."""
    return bench.grade(proof.lab.solution, profile=proof.profile)


@pytest.fixture(scope="module")
def starter(proof: Proof, bench: Bench) -> Graded:
    """The graded starter."""
    return bench.grade(proof.lab.starter, profile=proof.profile)
