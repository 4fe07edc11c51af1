"""A changed solution is really run, and what it returns and writes takes the place of what the reference did."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.model.files import read_json, write_json
from grader.model.lab import Limits
from grader.model.probe import Probe, ProbeCall, ProbeRecord
from grader.model.run import RunResult, RunStatus, SandboxStamp
from grader.validating import CaseContext
from grader.validating.operators.cells import change_code
from grader.validating.operators.targets import OperatorError

CELLS = {
    "parameters": "output_dir = 'artifacts'\nbase = 'org/base'",
    "setup": "import json\nfrom pathlib import Path",
    "one": "def double(x):\n    return 2 * x",
    "two": "Path(output_dir, 'answer.json').write_text(json.dumps({'answer': double(2), 'base': base}))",
}


def result() -> RunResult:
    return RunResult(
        "r", "9.9", "miniature", RunStatus.COMPLETED, None, "", (), None, None,
        {"output_dir": "artifacts", "base": "org/base"}, None, 0, "ada", "cpu", 1.0, 1.0, 1, "", "", Limits(),
        SandboxStamp("process", official=False),
    )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, context: CaseContext) -> tuple[Path, CaseContext]:
    run, artifacts = tmp_path / "run", tmp_path / "made"
    run.mkdir()
    artifacts.mkdir()
    for name in ("answer.json", "old.json", "kept.json"):
        (artifacts / name).write_text("{}", "utf-8")
    (artifacts / "folder").mkdir()
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "id": "m", "metadata": {}, "source": "text"}]
    for name, source in CELLS.items():
        tags = {"tags": ["parameters"]} if name == "parameters" else {}
        cells.append({"cell_type": "code", "id": name, "metadata": tags, "source": source.splitlines(keepends=True)})
    (run / "submission.ipynb").write_text(json.dumps({"cells": cells}), "utf-8")
    write_json(run / "run.json", result())
    calls = (ProbeCall({"x": 5}, 10), ProbeCall({"x": "ab"}, "abab"))
    write_json(run / "probes.json", ProbeRecord("nonce", (Probe("double", "numbers", calls),)))
    return artifacts, replace(context, run=run)


def test_functions_and_artifacts_are_those_of_the_changed_code(place: tuple[Path, CaseContext]):
    artifacts, context = place
    change_code(artifacts, [{"cell": "one", "old": "2 * x", "new": "3 * x"}], context, keep=["kept.json"])
    assert context.run is not None
    record = read_json(context.run / "probes.json", ProbeRecord)
    assert [call.output for call in record.probes[0].calls] == [15, "ababab"]
    assert record.nonce == "nonce"
    assert sorted(path.name for path in artifacts.iterdir()) == ["answer.json", "kept.json"]
    answer = json.loads((artifacts / "answer.json").read_text("utf-8"))
    assert answer == {"answer": 6, "base": str(context.bases["org/base"])}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cell": "one", "old": "4 * x", "new": ""}, "exactly once"),
        ({"cell": "none", "old": "x", "new": ""}, "no code cell none"),
        ({"cell": "one", "old": "return 2 * x", "new": "raise ValueError('no')"}, "ValueError: no"),
    ],
)
def test_a_change_that_does_not_fit_is_the_authors_mistake(
    place: tuple[Path, CaseContext], change: dict[str, str], words: str
):
    artifacts, context = place
    with pytest.raises(OperatorError, match=words):
        change_code(artifacts, [change], context)


def test_without_a_run_folder_nothing_can_be_run(place: tuple[Path, CaseContext]):
    artifacts, context = place
    with pytest.raises(OperatorError, match="no run folder"):
        change_code(artifacts, [], replace(context, run=None))
