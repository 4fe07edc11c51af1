"""Runs are measured together where that was asked for and can be worth while; nothing there stops a batch."""

from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import pytest

from grader.batch.spool import Task
from grader.checking.grouping import Together
from grader.errors import InternalFault, UsageFault
from grader.model.lab import MeasurementSpec
from grader.wiring import together
from grader.wiring.together import measure_before_judging, wished
from tests.fakes.course import a_lab

SPEC = MeasurementSpec("hidden", "classifier_accuracy", ("model",))
A_TASK = Task("k", "judge", 1, "e", "j", {}, "0.1", "ada", "nb", "runs/0.1-a", "miniature", "auto")
TASKS = [replace(A_TASK, run_folder=f"runs/0.1-{number}") for number in range(3)]


@dataclass
class Stages:
    """Knows one lab, and says for each run on what it is judged."""

    lab_of_all: object
    device: str = "cpu"
    broken: frozenset = frozenset()
    sandbox: object = None
    asked: list = field(default_factory=list)

    def lab(self, lab_id):
        return self.lab_of_all

    def check_job(self, lab, folder, only=()):
        self.asked.append(folder.name)
        if folder.name in self.broken:
            raise InternalFault("GR511", "It was changed since it ran.")
        return SimpleNamespace(device=self.device, run_folder=folder, lab=lab)


@pytest.fixture
def stages(tmp_path):
    return Stages(a_lab(tmp_path, measurements=(SPEC,)))


@pytest.fixture
def calls(monkeypatch):
    made = []

    def measure(jobs, when, sandbox):
        made.append(([job.run_folder.name for job in jobs], when))
        return Together("0.1", jobs[0].device, runs=len(jobs))

    monkeypatch.setattr(together, "measure_together", measure)
    return made


def gpus(monkeypatch, count):
    monkeypatch.setattr(together, "usable_gpus", lambda: (("a gpu",) * count, ""))


def say(_):
    """Nobody listens."""


def test_always_measures_on_a_cpu_too_and_says_so_first(stages, calls):
    said = []

    (made,) = measure_before_judging(stages, TASKS, "always", said.append)

    assert calls == [(["0.1-0", "0.1-1", "0.1-2"], "always")]
    assert (made.runs, said) == (3, ["measuring 3 runs of 0.1 together on cpu"])


@pytest.mark.parametrize("case", [(0, "cuda", 0), (1, "cpu", 0), (1, "cuda", 1)])
def test_auto_measures_only_what_a_gpu_judges(stages, calls, monkeypatch, case):
    count, device, measured = case
    gpus(monkeypatch, count)
    stages.device = device

    assert len(measure_before_judging(stages, TASKS, "auto", say)) == measured
    assert len(calls) == measured
    assert bool(stages.asked) is bool(count)  # without a GPU no run is looked at


def test_never_is_never(stages, calls):
    assert (measure_before_judging(stages, TASKS, "never", say), stages.asked) == ((), [])


def test_runs_that_cannot_be_judged_and_notebooks_to_run_are_left(stages, calls):
    stages.broken = frozenset({"0.1-1"})

    measure_before_judging(stages, [*TASKS, replace(A_TASK, kind="grade", run_folder="runs/0.1-new")], "always", say)

    assert calls == [(["0.1-0", "0.1-2"], "always")]
    assert measure_before_judging(stages, TASKS[:1], "always", say) == ()


def test_a_lab_without_such_measurements_costs_nothing(stages, calls, tmp_path):
    stages.lab_of_all = a_lab(tmp_path)

    assert (measure_before_judging(stages, TASKS, "always", say), stages.asked) == ((), [])


def test_a_box_that_fails_is_told_and_stops_nothing(stages, monkeypatch):
    def fail(*_):
        raise InternalFault("GR503", "The box broke.")

    monkeypatch.setattr(together, "measure_together", fail)

    (made,) = measure_before_judging(stages, TASKS, "always", say)

    assert made.sentence == "0.1: nothing was measured together on cpu: The box broke."


def test_nothing_left_to_measure_says_nothing(stages, monkeypatch):
    monkeypatch.setattr(together, "measure_together", lambda *_: None)

    assert measure_before_judging(stages, TASKS, "always", say) == ()


def test_another_word_is_refused():
    assert wished("auto") == "auto"
    with pytest.raises(UsageFault, match="GR104"):
        wished("sometimes")
