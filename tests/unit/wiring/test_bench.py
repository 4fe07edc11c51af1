"""The bench is for the course's own files: what goes wrong there is told as the author's mistake, or as ours."""

import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from grader.errors import InternalFault, LabFault
from grader.model.lab import MeasurementSpec
from grader.settings import Settings
from grader.validating import Case, Edit
from grader.wiring.bench import Bench, installed, needs_models
from grader.wiring.stages import CourseStages
from tests.fakes.course import a_lab
from tests.fakes.sandbox import ENDED, FakeSandbox


def bench(tmp_path: Path, sandbox: FakeSandbox) -> Bench:
    settings = Settings(root=tmp_path, runs=tmp_path / "runs", cache=tmp_path / "cache", data=tmp_path / "data")
    made = Bench(CourseStages(settings, (), sandbox, print), models=False)
    made.processes.close()
    made.processes = sandbox  # type: ignore[assignment]
    return made


def make(tmp_path: Path, sandbox: FakeSandbox) -> None:
    lab = a_lab(tmp_path)
    case = Case("odd", "A mistake", ("test_one",), (Edit("delete", {"path": "x"}),), None, tmp_path)
    bench(tmp_path, sandbox).make(case, lab, tmp_path / "reference", tmp_path / "made")


def test_a_case_that_does_not_fit_is_the_authors_mistake(tmp_path: Path):
    def refuse(command):
        Path(command.argv[-1]).write_text("Case odd: it holds nothing at x.", "utf-8")
        return replace(ENDED, exit_code=1)

    with pytest.raises(LabFault, match="nothing at x") as caught:
        make(tmp_path, FakeSandbox(refuse))
    assert caught.value.code == "GR206"


def test_a_process_that_ends_without_a_word_is_our_fault_with_its_last_line(tmp_path: Path):
    def crash(command):
        command.stdout.write_text("Traceback\nMemoryError: too much\n\n", "utf-8")
        return replace(ENDED, exit_code=1)

    with pytest.raises(InternalFault, match="MemoryError: too much") as caught:
        make(tmp_path, FakeSandbox(crash))
    assert caught.value.code == "GR503"


def test_only_labs_that_have_to_do_with_models_need_their_libraries(tmp_path: Path):
    lab = a_lab(tmp_path)
    assert not needs_models(lab)
    assert needs_models(replace(lab, hub_models=("org/base",)))
    assert needs_models(replace(lab, measurements=(MeasurementSpec("m", "checkpoint", ()),)))


def test_versions_are_those_that_are_installed():
    found = installed()
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert found["torch"] == version("torch")
