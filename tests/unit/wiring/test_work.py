"""A worker does what is left to do of its job, and no more."""

import json

import pytest

from grader.batch.spool import Spool
from grader.settings import read_settings
from grader.wiring.work import work
from tests.fakes.batches import a_task
from tests.fakes.small_course import answering, small_course, write_notebook


class World:
    """A course, its spool, and workers that are called instead of started."""

    def __init__(self, folder):
        self.course = small_course(folder / "course")
        own = {"GRADER_CACHE": folder / "cache", "GRADER_DATA": folder / "data", "GRADER_CACHE_GIB": "0"}
        self.settings = read_settings(self.course, {name: str(value) for name, value in own.items()})
        self.spool = Spool(folder / "spool")
        self.run = self.settings.runs / "0.1-0123456789"

    def hand_in(self, code, **changes):
        path = write_notebook(self.course.parent / "lab-0.1-addition.ipynb", code)
        values = {"notebook": str(path), "run_folder": str(self.run), "student_id": "ada"} | changes
        self.spool.write_task(a_task("k", **values))

    def work(self):
        work("k", self.settings, self.spool.folder)
        return self.spool.outcome("k")

    def again(self):
        """Work as if the worker had been killed before it left its outcome."""
        (self.spool.folder / "k.outcome.json").unlink()
        return self.work()

    def log(self):
        return [line.partition(" by ")[0] for line in self.spool.log("k").read_text().splitlines()]

    def times(self):
        return {name: (self.run / name).stat().st_mtime_ns for name in ("executed.ipynb", "grade.json")}


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_what_an_earlier_worker_left_is_taken_over_at_every_stage(world):
    world.hand_in(answering("left + right"))
    outcome = world.work()
    assert (outcome.ending, outcome.folder, outcome.exit_code, world.log()) == ("graded", str(world.run), 0, ["graded"])
    first = world.times()

    assert world.work() == outcome  # the outcome is there: nothing is looked at
    assert world.again() == outcome
    assert world.log() == ["graded", "taken over"]
    assert world.times() == first

    (world.run / "grade.json").unlink()  # killed while it was judged
    assert world.again().ending == "graded"
    after = world.times()
    assert after["executed.ipynb"] == first["executed.ipynb"]
    assert after["grade.json"] != first["grade.json"]

    (world.run / "seal.json").unlink()  # killed while it ran
    assert world.again().ending == "graded"
    assert world.times()["executed.ipynb"] != first["executed.ipynb"]
    assert [path.name for path in world.settings.runs.iterdir()] == [world.run.name]


def test_a_run_that_was_changed_is_run_again(world):
    world.hand_in(answering("left + right"))
    world.work()
    grade = json.loads((world.run / "grade.json").read_text())
    (world.run / "artifacts" / "answer.json").write_text('{"sum": 6}')

    world.again()
    assert json.loads((world.run / "grade.json").read_text())["score"] == grade["score"] == 10


def test_a_notebook_whose_kernel_dies_is_run_twice_and_then_believed(world):
    world.hand_in("import os\nos._exit(1)")

    outcome = world.work()
    assert (outcome.ending, outcome.exit_code) == ("graded", 4)
    assert world.log() == ["the kernel died; it is run once more", "graded"]
    assert world.again().ending == "graded"
    assert world.log()[-1] == "taken over"


def test_a_notebook_that_cannot_be_graded_is_refused_and_a_fault_told(world):
    world.hand_in(answering("1"))
    (world.course.parent / "lab-0.1-addition.ipynb").write_text("<<<<")
    refused = world.work()
    assert (refused.ending, refused.code, refused.exit_code) == ("refused", "GR301", 3)

    world.hand_in(answering("1"), lab_id="9.9")
    fault = world.again()
    assert (fault.ending, fault.code) == ("fault", "GR101")
