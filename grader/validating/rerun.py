"""Runs a changed solution again, without a kernel: what a wrong submission really returns and leaves behind.

The code is that of the lab's author, changed by the author, so it is trusted like a check. In a fork of the process
that judges the course's own submissions, what the notebook imports is there already: a second of work in all.
"""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.model.files import read_json, write_json
from grader.model.probe import ProbeRecord
from grader.model.run import RunResult
from grader.model.submission import PARAMETERS
from grader.probing.inputs import PlannedProbe
from grader.probing.record import make_record
from grader.probing.source import harness_source
from grader.sandbox.trusted_server import in_fork
from grader.validating.operators.targets import OperatorError

_LONGEST_SECONDS = 300

Change = Mapping[str, str]


def rerun(run: Path, bases: Mapping[str, Path], changes: Sequence[Change], output: Path) -> None:
    """Run the notebook of a run folder with some lines changed, and call its functions on the run's inputs again.

    Args:
        run: holds `submission.ipynb`, `run.json` and, where the lab has probes, `probes.json`, which is replaced.
        bases: folder of each model of the Hub: a parameter that is one of these ids gets the folder.
        changes: `cell` (its id), `old` and `new`: text that the cell holds once, and what stands there instead.
        output: an empty folder: the `output_dir` of the notebook.

    Raises:
        OperatorError: a change does not fit the notebook, or the changed notebook raises.
    """
    result = read_json(run / "run.json", RunResult)
    parameters = {
        name: str(bases[value]) if isinstance(value, str) and value in bases else value
        for name, value in result.parameters.items()
    } | {"output_dir": str(output)}
    record = run / "probes.json"
    before = read_json(record, ProbeRecord) if record.exists() else ProbeRecord("", ())
    planned = [
        PlannedProbe(probe.name, probe.inputs, 30.0, tuple(call.inputs for call in probe.calls))
        for probe in before.probes
    ]
    with tempfile.TemporaryDirectory(prefix="grader-rerun-") as scratch:
        answers = Path(scratch) / "probes.jsonl"
        job = {
            "cells": _cells(run / "submission.ipynb", changes, parameters),
            "order": [probe.order() for probe in planned],
            "target": str(answers),
            "cwd": scratch,
        }
        _bake(job)
        if planned:
            write_json(record, make_record(before.nonce, planned, answers))


def _cells(notebook: Path, changes: Sequence[Change], parameters: Mapping[str, Any]) -> list[str]:
    """The code cells with their changes, the parameters injected."""
    cells: list[str] = []
    open_changes = list(changes)
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        for change in [change for change in open_changes if change["cell"] == cell["id"]]:
            if source.count(change["old"]) != 1:
                raise OperatorError(f"cell {cell['id']} does not hold {change['old']!r} exactly once.")
            source = source.replace(change["old"], change["new"])
            open_changes.remove(change)
        cells.append(source)
        if PARAMETERS in cell["metadata"].get("tags", []):
            cells.append("\n".join(f"{name} = {value!r}" for name, value in parameters.items()))
    if open_changes:
        raise OperatorError(f"there is no code cell {open_changes[0]['cell']}.")
    return cells


def _bake(job: Mapping[str, Any]) -> None:
    """Have a job done by a process of its own: a fork where the libraries are there already, else a new one."""
    answer = _in_fork(job) if in_fork() else _in_new_process(job)
    if answer:
        raise OperatorError(f"the changed notebook does not run: {answer}.")


def _in_fork(job: Mapping[str, Any]) -> str:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        names: dict[str, Any] = {"__name__": "baking"}
        exec(_baking_source(), names)  # noqa: S102 - the harness that also runs in kernels, and the text below
        names["bake"](job, writer)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as answer:
        ready, _, _ = select.select([answer], [], [], _LONGEST_SECONDS)
        if not ready:
            os.kill(child, signal.SIGKILL)
        text = answer.read() if ready else "it takes too long"
    status = os.waitpid(child, 0)[1]
    return text or ("" if status == 0 else "the process ended")


def _in_new_process(job: Mapping[str, Any]) -> str:
    environment = os.environ | {
        "HF_ENDPOINT": "http://127.0.0.1:9",  # the Hub is not part of a case: nobody answers there
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
    code = f"{_baking_source()}\nbake(json.load(sys.stdin), os.dup(1))\n"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(dict(job)),
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            timeout=_LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "it takes too long"
    return done.stdout or ("" if done.returncode == 0 else "the process ended")


def _baking_source() -> str:
    return f"{harness_source()}\n{_BAKE}"


#: Follows the harness. What went wrong is written to the channel, and nothing when all went well.
_BAKE = """
import json


def bake(job, channel):
    answer, code = "unknown", 1
    try:
        os.chdir(job["cwd"])
        os.dup2(2, 1)
        sys.stdout = open(os.devnull, "w")
        names = {"__name__": "__main__"}
        for cell in job["cells"]:
            exec(compile(cell, "<cell>", "exec"), names)
        call_all(names, job["order"], job["target"])
        answer, code = "", 0
    except BaseException as error:
        answer = f"{type(error).__name__}: {error}"[:500]
    finally:
        os.write(channel, answer.encode())
        os._exit(code)
"""
