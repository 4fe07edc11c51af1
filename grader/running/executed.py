"""Makes the notebook that people look at: the student's own cells, with the outputs that the worker brought out."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from grader.model.files import read_untrusted, write_bytes
from grader.model.lab import Scalar
from grader.model.run import CellRun, RunResult
from grader.model.submission import INJECTED, PARAMETERS

#: Larger than what all outputs together may be, escapes included; a larger file was not written by the worker.
_MOST_BYTES = 128 * 1024**2

Json = dict[str, Any]


def settle_executed(submission: Path, claimed: Path, target: Path, result: RunResult) -> None:
    """Write executed.ipynb.

    Sources come from the submission: the worker's file lay where the student's code could write, so only outputs are
    taken from it, piece by piece.

    Args:
        submission: the notebook that was run.
        claimed: what the worker wrote; it may be missing, cut off or forged.
        target: the file to write.
        result: the injected values, and what became of each code cell.

    Raises:
        InternalFault: GR507, the file could not be written.
    """
    notebook: Json = json.loads(submission.read_bytes())
    claims = _cells_by_id(_read_claimed(claimed))
    by_id = {run.id: run for run in result.cells}
    cells: list[Json] = []
    for cell in notebook["cells"]:
        cells.append(_settled(cell, claims.get(cell["id"], {}), by_id.get(cell["id"])))
        if PARAMETERS in cell["metadata"].get("tags", []):
            cells.append(_injected(result.parameters))
    notebook["cells"] = cells
    notebook["metadata"] = notebook["metadata"] | {"papermill": {"parameters": result.parameters}}
    write_bytes(target, json.dumps(notebook, ensure_ascii=False, indent=1).encode("utf-8", "replace"))


def _settled(cell: Json, claim: Json, run: CellRun | None) -> Json:
    if cell["cell_type"] != "code" or run is None:
        return cell
    outputs = claim.get("outputs")
    count = claim.get("execution_count")
    return cell | {
        "outputs": [kept for output in outputs if (kept := _output(output))] if isinstance(outputs, list) else [],
        "execution_count": count if type(count) is int and 0 < count < 1_000_000 else None,
        "metadata": cell["metadata"] | {"papermill": {"status": run.status, "duration": run.seconds}},
    }


def _injected(parameters: Mapping[str, Scalar]) -> Json:
    lines = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    return {
        "cell_type": "code",
        "id": INJECTED,
        "metadata": {"tags": [INJECTED]},
        "source": f"# Parameters\n{lines}",
        "outputs": [],
        "execution_count": None,
    }


def _output(output: object) -> Json | None:
    """Rebuild one output in the shape that the notebook format asks for, or drop it."""
    if not isinstance(output, dict):
        return None
    claim = cast("Json", output)
    kind = claim.get("output_type")
    if kind == "stream" and claim.get("name") in {"stdout", "stderr"}:
        return {"output_type": kind, "name": claim["name"], "text": _text(claim.get("text"))}
    if kind == "error":
        trace = claim.get("traceback")
        lines = [_text(line) for line in cast("list[object]", trace)] if isinstance(trace, list) else []
        return {
            "output_type": kind,
            "ename": _text(claim.get("ename")),
            "evalue": _text(claim.get("evalue")),
            "traceback": lines,
        }
    data = claim.get("data")
    if kind not in {"display_data", "execute_result"} or not isinstance(data, dict):
        return None
    kept = {_text(name): _datum(_text(name), value) for name, value in cast("Json", data).items()}
    shown: Json = {"output_type": kind, "data": kept, "metadata": {}}
    return shown if kind == "display_data" else shown | {"execution_count": None}


def _datum(mime: str, value: object) -> object:
    return value if mime.endswith("json") else _text(value)


def _text(value: object) -> str:
    if isinstance(value, list):
        return "".join(_text(line) for line in cast("list[object]", value) if isinstance(line, str))
    return value if isinstance(value, str) else ""


def _cells_by_id(claimed: Json) -> dict[str, Json]:
    cells = claimed.get("cells")
    found: dict[str, Json] = {}
    for cell in cast("list[object]", cells) if isinstance(cells, list) else ():
        if isinstance(cell, dict):
            entry = cast("Json", cell)
            found[_text(entry.get("id"))] = entry
    return found


def _read_claimed(path: Path) -> Json:
    """Read the worker's file without believing its size."""
    content = read_untrusted(path, _MOST_BYTES + 1)
    with contextlib.suppress(ValueError, RecursionError):
        claimed = json.loads(content) if len(content) <= _MOST_BYTES else None
        if isinstance(claimed, dict):
            return cast("Json", claimed)
    return {}
