"""Prepares and runs small notebooks, for tests that need a real run or a scripted one."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from grader.intake.submission import read_submission
from grader.model.lab import Lab, Limits, Profile
from grader.model.run import RunResult
from grader.running.events import Event
from grader.running.job import Progress, RunJob, run_notebook
from grader.sandbox.base import Command, Contained, Sandbox
from grader.sandbox.process import ProcessSandbox
from tests.fakes.labs import make_lab
from tests.fakes.notebooks import as_bytes, code, markdown, notebook, parameters
from tests.fakes.sandbox import ENDED, FakeSandbox

PARAMETERS = "params"


def small_lab(**limits: Any) -> Lab:
    """A lab without files whose notebooks end soon."""
    values = {"wall_seconds": 60.0, "output_bytes": 2 * 1024**2} | limits
    return make_lab(profiles={"miniature": Profile("miniature", {"train_rows": 20}, Limits(**values))})


def prepare(folder: Path, *sources: str, lab: Lab | None = None, **changes: Any) -> RunJob:
    """Hand in a notebook whose code cells are numbered from 2: cell 1 holds the parameters.

    Args:
        folder: gets `2.5.4-abcdef`, the run folder.
        sources: the code cells; their ids are cell2, cell3...
        lab: `small_lab()` when left out.
        changes: of the job.
    """
    run_folder = folder / "2.5.4-abcdef"
    run_folder.mkdir(parents=True)
    cells = [code(source, f"cell{number}") for number, source in enumerate(sources, start=2)]
    handed_in = folder / "lab.ipynb"
    handed_in.write_bytes(as_bytes(notebook(parameters(cell_id=PARAMETERS), *cells, markdown("The end."))))
    lab = lab or small_lab()
    submission = read_submission(handed_in, [lab], destination=run_folder, student_id="ada")
    # lets coverage see the worker
    environment = {name: os.environ[name] for name in ("COVERAGE_PROCESS_CONFIG",) if name in os.environ}
    return replace(RunJob(run_folder, submission, lab, environment=environment), **changes)


def run(job: RunJob, sandbox: Sandbox | None = None, follow: Callable[[Progress], None] = lambda _: None) -> RunResult:
    """Run a job, in a child process tree when no sandbox is given."""
    return run_notebook(job, sandbox or ProcessSandbox(), follow)


def telling(*events: Event | bytes, contained: Contained = ENDED) -> FakeSandbox:
    """A sandbox in which the worker does nothing but say these things."""

    def play(command: Command) -> Contained:
        with (command.cwd / "events.jsonl").open("ab") as file:
            for event in events:
                file.write(event if isinstance(event, bytes) else msgspec.json.encode(event) + b"\n")
        return contained

    return FakeSandbox(play)


def completed(*cells: str) -> list[Event]:
    """What the worker says when these cells ran."""
    said = [event for cell in cells for event in (Event("cell started", cell), Event("cell ended", cell, seconds=0.1))]
    return [*said, Event("finished")]
