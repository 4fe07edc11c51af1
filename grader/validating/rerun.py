"""Runs a changed solution again, without a kernel: what a wrong submission really returns and leaves behind.

The code is that of the lab's author, changed by the author, so it is trusted like a check. One process imports what the
notebook imports and is forked for every case: a second of work each, instead of a notebook.
"""

import ast
import atexit
import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.model.files import read_json, write_json
from grader.model.probe import ProbeRecord
from grader.model.run import RunResult
from grader.probing.inputs import PlannedProbe
from grader.probing.record import make_record
from grader.probing.source import harness_source
from grader.validating.operators.targets import OperatorError

_LONGEST_SECONDS = 120
_ovens: dict[str, "subprocess.Popen[str]"] = {}

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
        if "parameters" in cell["metadata"].get("tags", []):
            cells.append("\n".join(f"{name} = {value!r}" for name, value in parameters.items()))
    if open_changes:
        raise OperatorError(f"there is no code cell {open_changes[0]['cell']}.")
    return cells


def _bake(job: Mapping[str, Any]) -> None:
    """Have a job done by the oven that knows its imports."""
    imports = "\n".join(sorted({line for cell in job["cells"] for line in _imports(cell)}))
    oven = _ovens.get(imports)
    if oven is None or oven.poll() is not None:
        oven = _ovens[imports] = _light(imports)
    assert oven.stdin is not None
    assert oven.stdout is not None
    oven.stdin.write(json.dumps(dict(job)) + "\n")
    oven.stdin.flush()
    ready, _, _ = select.select([oven.stdout], [], [], _LONGEST_SECONDS)
    answer = json.loads(oven.stdout.readline() or '"the process ended"') if ready else "it takes too long"
    if answer:
        oven.kill()
        raise OperatorError(f"the changed notebook does not run: {answer}.")


def _imports(source: str) -> list[str]:
    """The import statements at the top level of a cell."""
    return [ast.unparse(node) for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]


def _light(imports: str) -> "subprocess.Popen[str]":
    """Start a process that waits for jobs."""
    environment = os.environ | {
        "HF_ENDPOINT": "http://127.0.0.1:9",  # the Hub is not part of a case: nobody answers there
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
    code = f"{harness_source()}\nIMPORTS = {imports!r}\n{_OVEN}"
    oven = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    atexit.register(oven.kill)
    return oven


#: Follows the harness: a fork for each job; the answer is an empty text, or what went wrong.
_OVEN = """
import json

exec(IMPORTS, {})
channel = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def bake(job):
    os.chdir(job["cwd"])
    sys.stdout = open(os.devnull, "w")
    names = {"__name__": "__main__"}
    for cell in job["cells"]:
        exec(compile(cell, "<cell>", "exec"), names)
    call_all(names, job["order"], job["target"])


for line in sys.stdin:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        answer = "unknown"
        try:
            bake(json.loads(line))
            answer = ""
        except BaseException as error:
            answer = f"{type(error).__name__}: {error}"[:500]
        finally:
            os.write(writer, answer.encode())
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    text = os.read(reader, 4096).decode()
    os.close(reader)
    channel.write(json.dumps(text) + "\\n")
    channel.flush()
"""
