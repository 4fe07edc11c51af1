"""Preparing a run and making its result, around a sandbox that plays a script."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import InternalFault, MachineFault, UsageFault
from grader.model.files import read_json
from grader.model.run import RunResult, RunStatus
from grader.running.box import Box, WorkerOrder, read_order
from grader.running.events import Event
from grader.running.job import Progress
from grader.running.versions import _versions, versions
from grader.sandbox.base import Command
from grader.sandbox.gpus import find_gpus
from tests.fakes.nvml import Card, Nvml
from tests.fakes.runs import completed, prepare, run, small_lab, telling
from tests.fakes.sandbox import ENDED, FakeSandbox, killed


def test_a_run_leaves_its_result_and_the_notebook_and_clears_the_rest(tmp_path):
    job = prepare(tmp_path, "print(train_rows)", hub_usage=lambda: {"requests": 3})
    result = run(job, telling(*completed("params", "cell2")))
    assert result.status is RunStatus.COMPLETED
    assert (result.run_id, result.lab_id, result.student_id, result.seed) == ("2.5.4-abcdef", "2.5.4", "ada", 6025)
    assert result.parameters["train_rows"] == 20
    assert [(cell.number, cell.status) for cell in result.cells] == [(1, "ok"), (2, "ok")]
    assert result.hub == {"requests": 3}
    assert result.started <= result.ended
    assert result.sandbox.backend == "fake"
    assert read_json(job.run_folder / "run.json", RunResult) == result
    left = {path.name for path in job.run_folder.iterdir()}
    assert left == {
        "events.jsonl",
        "executed.ipynb",
        "output.log",
        "run.json",
        "submission.ipynb",
        "submission.json",
        "work",
    }


def test_the_command_is_isolated_and_bounded(tmp_path):
    sandbox = telling(*completed())
    job = prepare(tmp_path, "1", ports=(8080,), readable=(Path("/data"),), writable=(Path("/cache"),))
    run(job, sandbox)
    (command,) = sandbox.commands
    assert command.argv[1:] == ("-I", "-m", "grader.running.worker")
    assert command.limits == job.lab.profiles["miniature"].limits
    assert command.writable == (job.run_folder / "work", job.run_folder / "box", Path("/cache"))
    assert (command.readable, command.network_ports, command.gpu) == ((Path("/data"),), (8080,), False)
    assert command.environment["CUDA_VISIBLE_DEVICES"] == ""
    assert command.environment["HOME"].startswith(str(job.run_folder))
    assert command.environment["MPLBACKEND"].startswith("module://matplotlib_inline")


def test_the_variables_of_the_hub_reach_the_kernel(tmp_path):
    sandbox = telling(*completed())
    run(prepare(tmp_path, "1", environment={"HF_TOKEN": "t", "MPLBACKEND": "Agg"}), sandbox)
    environment = sandbox.commands[0].environment
    assert (environment["HF_TOKEN"], environment["MPLBACKEND"]) == ("t", "Agg")


def test_the_worker_finds_its_order_and_the_notebook(tmp_path):
    seen: dict[str, object] = {}

    def look(command: Command):
        seen["order"] = read_order(command.cwd / "job.json")
        seen["notebook"] = (command.cwd / "notebook.ipynb").read_bytes()
        return ENDED

    job = prepare(tmp_path, "1", seed=5, overrides={"train_rows": 3})
    run(job, FakeSandbox(look))
    order = seen["order"]
    assert isinstance(order, WorkerOrder)
    assert (order.parameters["seed"], order.parameters["train_rows"], order.work) == (5, 3, "../work")
    assert seen["notebook"] == (job.run_folder / "submission.ipynb").read_bytes()


def test_progress_names_the_cell_that_runs(tmp_path):
    told: list[Progress] = []
    run(prepare(tmp_path, "x = 1\nprint(x)"), telling(Event("cell started", "cell2")), told.append)
    (progress,) = told
    assert (progress.cell, progress.cells, progress.first_line) == (2, 2, "x = 1")
    assert progress.sentence == "cell 2/2 · x = 1 · 00:01 of 01:00 · 50.0 MiB"


def test_before_the_first_cell_progress_says_so(tmp_path):
    told: list[Progress] = []
    run(prepare(tmp_path, "1"), telling(), told.append)
    assert told[0].sentence.startswith("2 cells · starting · ")


def test_a_stopped_run_names_its_cell_and_its_limit(tmp_path):
    sandbox = telling(Event("cell started", "cell2"), contained=killed("GR403", "memory 1.0 GiB"))
    result = run(prepare(tmp_path, "hog()", "never()"), sandbox)
    assert (result.status, result.code, result.stopped_at) == (RunStatus.STOPPED, "GR403", 2)
    assert [cell.status for cell in result.cells] == ["not run", "stopped", "not run"]


def test_a_sandbox_that_breaks_is_our_fault_and_still_leaves_a_result(tmp_path):
    def fail(_command: Command):
        raise InternalFault("GR503", "The supervisor could not be started.")

    job = prepare(tmp_path, "1")
    result = run(job, FakeSandbox(fail))
    assert (result.status, result.code) == (RunStatus.OUR_FAULT, "GR503")
    assert read_json(job.run_folder / "run.json", RunResult).message == "The supervisor could not be started."


def test_a_sandbox_that_is_missing_refuses_the_run(tmp_path):
    with pytest.raises(MachineFault):
        run(prepare(tmp_path, "1"), FakeSandbox(missing="none here"))


def test_an_unknown_parameter_is_refused_before_anything_is_made(tmp_path):
    job = prepare(tmp_path, "1", overrides={"nonsense": 1})
    with pytest.raises(UsageFault):
        run(job, telling())
    assert not Box(job.run_folder).office.exists()


def test_a_cell_that_ran_and_assigns_a_parameter_is_flagged_and_one_that_did_not_run_is_not(tmp_path):
    said = [*completed("params", "cell2")[:-1], Event("observed", values={"seed": 5}), Event("finished")]
    result = run(prepare(tmp_path, "seed = 5", "seed = 6"), telling(*said))
    assert result.status is RunStatus.COMPLETED
    assert result.observed == {"seed": 5}
    assert result.notices[0].message == "Cell 2 assigns `seed` again: at the end `seed` was 5, not 6025."
    assert not any("Cell 3" in notice.message for notice in result.notices)


def test_a_cell_whose_source_is_a_list_of_lines_is_read_as_well(tmp_path):
    job = prepare(tmp_path, "seed = 5")
    path = job.run_folder / "submission.ipynb"
    document = json.loads(path.read_bytes())
    document["cells"][1]["source"] = ["x = 1\n", "seed = 5"]
    path.write_text(json.dumps(document))
    assert run(job, telling(*completed("params", "cell2"))).notices[0].message.startswith("Cell 2 assigns `seed`")


@pytest.mark.parametrize(("on_the_gpu", "told"), [([], []), ([7], []), ([7, 12], ["GR608"])])
def test_only_a_process_of_the_run_that_stays_on_its_gpu_is_told(tmp_path, monkeypatch, on_the_gpu, told):
    monkeypatch.setitem(sys.modules, "pynvml", Nvml(Card(processes=on_the_gpu)))
    monkeypatch.setattr("grader.running.job._GPU_PATIENCE_SECONDS", 0.0)
    job = prepare(tmp_path, "1", device="cuda", gpu=find_gpus({})[0])
    result = run(job, telling(*completed(), contained=replace(ENDED, seen=frozenset({11, 12}))))
    assert [notice.code for notice in result.notices] == told


def test_a_second_run_in_the_same_folder_starts_afresh(tmp_path):
    job = prepare(tmp_path, "1")
    run(job, telling(*completed()))
    (job.run_folder / "work" / "old").touch()
    run(job, telling(*completed()))
    assert list((job.run_folder / "work").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_our_fault(tmp_path):
    job = prepare(tmp_path, "1")
    (job.run_folder / "submission.ipynb").unlink()
    with pytest.raises(InternalFault) as caught:
        run(job, telling())
    assert caught.value.code == "GR507"


def test_a_lab_without_a_seed_parameter_still_has_a_seed_of_its_student(tmp_path):
    job = prepare(tmp_path, "1")
    names = tuple(name for name in job.lab.parameters if name != "seed")
    lab = small_lab()
    lab = type(lab)(**{**vars(lab), "parameters": names})
    result = run(type(job)(**{**vars(job), "lab": lab}), telling(*completed()))
    assert "seed" not in result.parameters
    assert result.seed == 6025


def test_versions_are_read_without_importing(monkeypatch):
    found = versions()
    assert found["python"].startswith("3.")
    assert {"torch", "papermill", "ipykernel"} <= found.keys()
    monkeypatch.setattr("grader.running.versions._PACKAGES", ("no-such-package",))
    _versions.cache_clear()
    assert list(versions()) == ["python"]
    _versions.cache_clear()
