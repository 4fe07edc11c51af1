"""What a check may take as its arguments."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.checking.evidence import Evidence
from grader.checking.files import Artifacts, Notebook
from grader.checking.job import CheckJob
from grader.checking.measured import Measured
from grader.checking.probes import Probes
from grader.hub.evidence import HubEvidence
from grader.model.files import read_json
from grader.model.lab import Lab
from grader.model.probe import ProbeRecord
from grader.model.run import RunResult

#: What the fixtures are made of: the judging plugin leaves it in pytest's configuration, and evidence in each item.
JOB = pytest.StashKey[CheckJob]()
MEASURED = pytest.StashKey[Measured]()
EVIDENCE = pytest.StashKey[Evidence]()


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Evidence:
    """The table that the check fills."""
    return request.node.stash[EVIDENCE]


@pytest.fixture(scope="session")
def artifacts(pytestconfig: pytest.Config) -> Artifacts:
    """The collected files."""
    job = pytestconfig.stash[JOB]
    return Artifacts(job.run_folder / "artifacts", job.lab)


@pytest.fixture(scope="session")
def measured(pytestconfig: pytest.Config) -> Measured:
    """What the grader measures."""
    return pytestconfig.stash[MEASURED]


@pytest.fixture(scope="session")
def lab(pytestconfig: pytest.Config) -> Lab:
    """The lab."""
    return pytestconfig.stash[JOB].lab


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> RunResult:
    """How the notebook ran, as seen from outside."""
    return read_json(pytestconfig.stash[JOB].run_folder / "run.json", RunResult)


@pytest.fixture(scope="session")
def probes(pytestconfig: pytest.Config) -> Probes:
    """What the student's functions returned on inputs of ours."""
    return Probes(read_json(pytestconfig.stash[JOB].run_folder / "probes.json", ProbeRecord))


@pytest.fixture(scope="session")
def bases(pytestconfig: pytest.Config) -> Mapping[str, Path]:
    """Folders with the files of the lab's Hub repositories, by id."""
    return pytestconfig.stash[JOB].bases


@pytest.fixture(scope="session")
def hub(pytestconfig: pytest.Config) -> HubEvidence:
    """What the Hub holds, and what the run did there."""
    job = pytestconfig.stash[JOB]
    return HubEvidence(job.run_folder / "hub", job.hub_base)


@pytest.fixture(scope="session")
def notebook(pytestconfig: pytest.Config) -> Notebook:
    """The cells as they ran."""
    return Notebook.read(pytestconfig.stash[JOB].run_folder)
