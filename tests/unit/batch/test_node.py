"""A machine works only when it is like the one where the batch was planned, and says what differs."""

from dataclasses import replace

import pytest

from grader.batch import node
from grader.batch.node import Ended, Orders, installed_here, landmark, look, misfit, work
from grader.batch.spool import Spool


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


@pytest.fixture
def orders(tmp_path, spool):
    mark = tmp_path / "mark"
    mark.write_text("here")
    program = "import os, sys; print(sys.argv[1:], os.environ['OURS'], repr(os.environ.get('CUDA_VISIBLE_DEVICES')))"
    command = (node.PYTHON, "-c", program, "--parent", node.PARENT)
    marks = {str(mark): landmark(mark)}
    return Orders(command, {"OURS": "yes"}, str(tmp_path), str(spool.folder), installed_here(), marks)


def test_a_machine_like_ours_works_and_hides_gpus_from_jobs_that_need_none(orders, spool, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    monkeypatch.setattr(node.os, "getpid", lambda: 42)

    for gpu, seen in ((False, "''"), (True, "'1'")):
        assert work(orders, "k", gpu) == Ended("it ended with exit code 0", done=True)
        assert spool.log("k").read_text().splitlines()[-1] == f"['--parent', '42', 'k'] yes {seen}"
    assert (look(orders).problem, look(orders).gpu_bytes >= 0) == ("", True)


def test_another_copy_of_a_file_other_packages_and_a_missing_folder_are_told(orders, tmp_path, spool):
    assert "other packages" in misfit(replace(orders, installed="another"))
    assert "other packages" in look(replace(orders, installed="another")).problem
    assert "/nowhere is not there" in misfit(replace(orders, landmarks={"/nowhere": "1234"}))

    (tmp_path / "mark").write_text("another")
    ended = work(orders, "k", gpu=False)
    assert (ended.words[:7], ended.done) == ("GR609  ", False)
    assert f"{tmp_path}/mark is not there, or another one" in ended.words
    assert not spool.log("k").exists()


def test_how_a_worker_ended_is_told(orders):
    failing = replace(orders, command=(node.PYTHON, "-c", "import os; os.kill(os.getpid(), 9)"))

    assert work(failing, "k", gpu=False) == Ended("it was killed by signal 9", done=False)
