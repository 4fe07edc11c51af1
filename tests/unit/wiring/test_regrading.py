"""What is planned when stored runs are judged again."""

from types import SimpleNamespace

import pytest

from grader.gradebook.records import Stored
from grader.model.files import write_json
from grader.model.lab import Limits
from grader.wiring.regrading import Regrade
from tests.fakes.course import a_lab, a_run

GIB = 1024**3


class Jobs:
    """A batch that only takes tasks."""

    def __init__(self):
        self.tasks = []

    def facts(self, lab):
        return SimpleNamespace(judging="as now")

    def add(self, tasks):
        self.tasks += tasks


class Book:
    """A gradebook with stored runs of which none was judged with the checks as they are now."""

    def __init__(self, stored):
        self.stored = stored

    def keep_course(self, labs):
        pass

    def executions(self, lab_id):
        return self.stored

    def times_judged(self, _key):
        return 0

    def grade(self, number):
        return None


@pytest.fixture
def plan(tmp_path):
    lab = a_lab(tmp_path)

    def planned(*runs):
        stored = []
        for number, run in enumerate(runs):
            folder = tmp_path / f"0.1-{number}"
            folder.mkdir()
            (folder / "manifest.json").write_text("{}")
            if run is not None:
                write_json(folder / "run.json", a_run(lab, **run))
            stored.append(Stored(number, f"run {number}", str(folder), f"s{number}"))
        jobs = Jobs()
        keys = Regrade(SimpleNamespace(book=Book(stored), labs=[lab]), jobs).plan(None)
        assert keys == [task.key for task in jobs.tasks]
        return jobs.tasks

    return planned


@pytest.mark.parametrize(
    ("run", "memory"),
    [
        ({"device": "cpu", "limits": Limits(gpu_memory_bytes=8 * GIB)}, None),
        ({"device": "cuda", "limits": Limits(gpu_memory_bytes=8 * GIB)}, 8 * GIB),
        ({"device": "cuda", "limits": Limits()}, 0),  # a whole one
        (None, None),  # its judging says what is wrong with it
    ],
)
def test_what_ran_on_a_gpu_is_judged_in_a_lane_of_one(plan, run, memory):
    (task,) = plan(run)

    assert (task.kind, task.gpu_bytes) == ("judge", memory)


def test_each_run_is_a_job_of_its_own(plan):
    tasks = plan({}, {})

    assert [(task.submission, task.student_id) for task in tasks] == [(0, "s0"), (1, "s1")]
    assert len({task.key for task in tasks}) == 2
