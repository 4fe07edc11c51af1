"""What is in the spool is whole, and one worker at a time has a job."""

import subprocess
import sys

import pytest

from grader.batch.spool import Outcome, Spool
from grader.errors import InternalFault, UsageFault
from tests.fakes.batches import a_task

HOLD = """
import sys
from pathlib import Path
from grader.batch.spool import Spool
with Spool(Path(sys.argv[1])).lock("k"):
    print("held", flush=True)
    sys.stdin.read()
"""
TAKE = """
import sys
from pathlib import Path
from grader.batch.spool import Spool
with Spool(Path(sys.argv[1])).lock("k"):
    print("taken")
"""


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


def test_tasks_and_outcomes_come_back_as_they_were(spool):
    task, outcome = a_task("k"), Outcome("k", "graded", "/runs/x")
    spool.write_task(task)
    spool.write_outcome(outcome)

    assert (spool.task("k"), spool.outcome("k"), spool.outcome("other")) == (task, outcome, None)
    assert not list(spool.folder.glob(".*"))


def test_what_is_recorded_is_forgotten_but_for_its_log(spool):
    spool.write_task(a_task("k"))
    spool.write_outcome(Outcome("k", "graded"))
    spool.note("k", "graded by 1")
    with spool.lock("k"):
        pass
    spool.forget("k")

    assert [path.name for path in spool.folder.iterdir()] == ["k.log"]
    assert spool.log("k").read_text() == "graded by 1\n"
    with pytest.raises(UsageFault):
        spool.task("k")


def test_a_notebook_is_kept_once_under_its_name(spool):
    first = spool.keep(b"one", "a" * 64, "lab.ipynb")

    assert spool.keep(b"not written again", "a" * 64, "lab.ipynb") == first
    assert (first.name, first.read_bytes()) == ("lab.ipynb", b"one")


def test_a_lock_waits_for_the_end_of_its_holder_however_that_ends(spool):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, spool.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    waiting = subprocess.Popen([sys.executable, "-c", TAKE, spool.folder], stdout=subprocess.PIPE, text=True)
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(1)
    holder.kill()

    assert waiting.communicate(timeout=30)[0] == "taken\n"
    holder.communicate()


@pytest.mark.parametrize(
    "call", [lambda s: s.write_task(a_task("k")), lambda s: s.keep(b"", "a" * 64, "x"), lambda s: s.log("k")]
)
def test_a_spool_that_cannot_be_written_is_our_fault(tmp_path, call):
    (tmp_path / "file").write_text("")

    with pytest.raises(InternalFault) as caught:
        call(Spool(tmp_path / "file" / "spool"))
    assert caught.value.code == "GR507"
