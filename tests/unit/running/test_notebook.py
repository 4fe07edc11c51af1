"""Notebooks that run in a real kernel, in a child process tree."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader.model.run import RunResult, RunStatus
from grader.running import worker
from grader.running.box import BROKE
from grader.running.clipping import MOST_OUTPUTS, TEXT_CHARACTERS
from grader.running.events import EventReader
from tests.fakes.runs import prepare, run, small_lab

pytestmark = pytest.mark.slow


@dataclass
class Ran:
    """A finished run and what it left."""

    result: RunResult
    folder: Path

    @property
    def notebook(self) -> Any:
        return nbformat.reads((self.folder / "executed.ipynb").read_text(), 4)

    def outputs(self, number: int) -> list[Any]:
        return next(cell for cell in self.notebook.cells if cell.id == f"cell{number}").outputs

    def text(self, number: int) -> str:
        return "".join(output.text for output in self.outputs(number) if output.output_type == "stream")

    def data(self, number: int) -> list[dict[str, str]]:
        return [output.data for output in self.outputs(number) if "data" in output]


def ran(folder: Path, *sources: str, **limits: Any) -> Ran:
    job = prepare(folder, *sources, lab=small_lab(**limits))
    return Ran(run(job), job.run_folder)


HONEST = (
    # 2: what a kernel is given
    "import os, sys, json\nprint(seed, student_id, profile, train_rows, output_dir)",
    # 3: where it writes
    "os.makedirs(output_dir)\njson.dump({'a': 1}, open(f'{output_dir}/metrics.json', 'w'))\n"
    "late = open('late', 'w')\nlate.write('flushed')",
    # 4: rich outputs, errors that are allowed, progress bars, both streams in order
    "from IPython.display import display, clear_output, HTML\nprint('gone')\nclear_output()\nprint('10%\\r100%')\n"
    "print('one', flush=True); print('more', flush=True); print('two', file=sys.stderr, flush=True)\n"
    "display(HTML('<b>bold</b>'))\n41 + 1",
    # 5: more text than is kept
    "for _ in range(3000): print('y' * 99)\nsys.stdout.flush(); print('in vain', file=sys.stderr, flush=True)",
    # 6: more outputs than are kept
    "for number in range(600): display(number)",
    # 7: one output that is too large, an update that is too large, one that is not
    "display({'text/plain': 'z' * 4_000_000}, raw=True)\nhandle = display('small', display_id='d')\n"
    "handle.update('still small')\nhandle.update('z' * 4_000_000)",
    # 8: what runs below the kernel
    "import subprocess, time\nsubprocess.run(['sh', '-c', 'echo below'])\ntime.sleep(0.4)",
    # 9: no cell is skipped by its tag, and empty ones cost nothing
    "# only a comment",
    # 10: what the environment holds
    "print(json.dumps(dict(os.environ)))\nprint(sys.executable)\nprint(repr(sys.stdin.read()) if sys.stdin else '')",
)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return ran(tmp_path_factory.mktemp("honest"), *HONEST, output_bytes=16 * 1024**2)


def test_an_honest_notebook_completes_with_every_cell_timed(honest):
    assert (honest.result.status, honest.result.code, honest.result.message) == (RunStatus.COMPLETED, None, "")
    assert [cell.status for cell in honest.result.cells] == ["ok"] * 10
    assert all(cell.seconds is not None for cell in honest.result.cells)
    assert honest.result.peak_memory_bytes > 50_000_000
    assert honest.result.notices == ()


def test_the_injected_values_reach_the_cells_and_are_read_back(honest):
    assert honest.text(2) == "6025 ada miniature 20 artifacts\n"
    assert honest.result.observed == honest.result.parameters


def test_the_injected_cell_is_recognisable_and_shifts_no_number(honest):
    tags = [cell.metadata.get("tags", []) for cell in honest.notebook.cells]
    assert tags[:2] == [["parameters"], ["injected-parameters"]]
    assert [cell.number for cell in honest.result.cells] == list(range(1, 11))
    assert honest.result.cells[1].first_line.startswith("import os")


def test_files_are_in_the_work_folder_flushed(honest):
    assert json.loads((honest.folder / "work" / "artifacts" / "metrics.json").read_text()) == {"a": 1}
    assert (honest.folder / "work" / "late").read_text() == "flushed"


def test_outputs_look_as_they_do_in_jupyter(honest):
    streams = {output.name: output.text for output in honest.outputs(4) if output.output_type == "stream"}
    assert streams == {"stdout": "100%\none\nmore\n", "stderr": "two\n"}
    assert honest.data(4)[0]["text/html"] == "<b>bold</b>"
    assert honest.data(4)[1]["text/plain"] == "42"


def test_long_text_is_clipped_and_says_so(honest):
    text = honest.text(5)
    assert len(text) < TEXT_CHARACTERS + 200
    assert "clipped by the grader: 168,936 more characters" in text


def test_many_outputs_are_clipped_and_say_so(honest):
    assert len(honest.data(6)) == MOST_OUTPUTS
    assert "clipped by the grader" in honest.text(6)


def test_a_giant_output_is_left_out_and_an_update_may_not_outgrow_it(honest):
    assert [data["text/plain"] for data in honest.data(7)] == ["'still small'"]
    assert "clipped by the grader" in honest.text(7)


def test_what_programs_print_is_in_the_notebook(honest):
    assert "below" in honest.text(8)


def test_the_kernel_is_this_environments_own_and_inherits_nothing(honest):
    environment, executable, stdin = honest.text(10).splitlines()
    import os
    import sys

    assert executable == sys.executable
    assert stdin == "''"
    kept = json.loads(environment)
    assert kept["HOME"].startswith(str(honest.folder))
    assert "PYTEST_CURRENT_TEST" not in kept
    assert os.environ["HOME"] != kept["HOME"]


def test_an_exception_stops_the_run_and_keeps_what_was_done(tmp_path):
    made = ran(tmp_path, "print('before')", "def f():\n    raise ValueError('no\\x1b[31mway')\nf()", "never = 1")
    result = made.result
    assert (result.status, result.code, result.stopped_at) == (RunStatus.CELL_FAILED, "GR409", 3)
    assert result.message == "Cell 3 raised ValueError: noway"
    assert [cell.status for cell in result.cells] == ["ok", "ok", "failed", "not run"]
    assert result.cells[2].seconds is not None
    assert result.error is not None
    assert "raise ValueError" in result.error.traceback
    assert "\x1b" not in result.error.traceback
    assert result.observed == result.parameters
    assert made.text(2) == "before\n"
    assert made.outputs(3)[0].ename == "ValueError"


def test_a_stub_is_not_attempted_and_a_long_traceback_is_shortened(tmp_path):
    wide = f"x = '{'a' * 9000}'"
    source = "\n".join([wide, wide, "raise NotImplementedError('Exercise 3: choose')", wide, wide])
    result = ran(tmp_path, source).result
    assert (result.status, result.code, result.stopped_at) == (RunStatus.NOT_ATTEMPTED, "GR410", 2)
    assert result.message == "Exercise 3, “choose”, is not attempted yet (cell 2)."
    assert result.error is not None
    assert len(result.error.traceback) <= 20_000
    assert "[...]" in result.error.traceback


def test_an_error_that_its_cell_allows_does_not_stop_the_run(tmp_path):
    job = prepare(tmp_path, "1 / 0", "print('after')")
    path = job.run_folder / "submission.ipynb"
    document = json.loads(path.read_bytes())
    document["cells"][1]["metadata"] = {"tags": ["raises-exception"]}
    document["cells"][2]["metadata"] = {"tags": ["skip-execution"]}
    del document["metadata"]["kernelspec"], document["metadata"]["language_info"]
    path.write_text(json.dumps(document))
    made = Ran(run(job), job.run_folder)
    assert made.result.status is RunStatus.COMPLETED
    assert made.outputs(2)[0].ename == "ZeroDivisionError"
    assert made.text(3) == "after\n"


def test_a_parameter_that_is_assigned_again_is_flagged_and_the_run_judged(tmp_path):
    result = ran(tmp_path, "seed = 5", "globals()['train_rows'] = 3", "del student_id").result
    assert result.status is RunStatus.COMPLETED
    assert result.observed is not None
    assert (result.observed["seed"], result.observed["train_rows"], "student_id" in result.observed) == (5, 3, False)
    sentences = [notice.message for notice in result.notices]
    assert sentences[0] == "Cell 2 assigns `seed` again: at the end `seed` was 5, not 6025."
    assert sentences[1] == "Cell 4 assigns `student_id` again: at the end `student_id` was gone, not 'ada'."
    assert sentences[2] == "Some cell changes `train_rows`: at the end `train_rows` was 3, not 20."


def test_a_kernel_that_dies_when_it_is_asked_for_the_parameters_has_run_all_the_same(tmp_path):
    source = "import os\nget_ipython().user_expressions = lambda asked: os._exit(1) if asked else {}"
    result = ran(tmp_path, source).result
    assert (result.status, result.observed) == (RunStatus.COMPLETED, None)


def test_a_worker_without_an_order_says_that_it_broke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    reader = EventReader(tmp_path / "events.jsonl")
    assert worker.main() == BROKE
    (event,) = reader.read()
    assert event.kind == "broke"
    assert "job.json" in event.message


def test_a_notebook_that_papermill_cannot_read_is_our_fault(tmp_path):
    job = prepare(tmp_path, "1")
    (job.run_folder / "submission.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 99}')
    submission_without_cells = type(job.submission)(**{**vars(job.submission), "cells": ()})
    result = run(type(job)(**{**vars(job), "submission": submission_without_cells}))
    assert (result.status, result.code) == (RunStatus.OUR_FAULT, "GR506")
    assert "could not be started" in result.message
