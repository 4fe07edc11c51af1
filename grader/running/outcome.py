"""Decides what a run was: from how its processes ended, then from what the worker said."""

import re
from dataclasses import dataclass

from grader.model.lab import Lab, Limits
from grader.model.quantities import size
from grader.model.run import CellError, RunStatus
from grader.model.submission import CodeCell
from grader.running.box import BROKE, RAN
from grader.running.journal import Journal
from grader.sandbox.base import Contained
from grader.sandbox.limits import describe

_STUB = re.compile(r"Exercise (?P<number>[\w.-]+)\s*[:.]?\s*(?P<task>.*)", re.DOTALL)
#: What Python, C and Rust say when a file would pass the limit for a single one.
_FILE_TOO_LARGE = re.compile(r"\[Errno 27\]|\bos error 27\b|File too large")

#: What IPython calls a cell in the text of a syntax error.
_FILE_OF_A_CELL = re.compile(r" \(\d+\.py, line \d+\)$")


@dataclass(frozen=True)
class Outcome:
    """What a run was, in the words of run.json."""

    status: RunStatus
    code: str | None = None
    message: str = ""


def conclude(contained: Contained, journal: Journal, lab: Lab, limits: Limits) -> Outcome:
    """Decide what a run was.

    Args:
        contained: how the processes ended, measured outside.
        journal: what the worker said; believed where nothing is to be gained by a lie.
        lab: names the exercises.
        limits: the limits that were in force.

    Returns:
        Status, code and one sentence.
    """
    where = _where(journal)
    if contained.limit == "GR411":
        return Outcome(RunStatus.INTERRUPTED, "GR411", f"The run was interrupted{where}.")
    if contained.limit is not None:
        return _at_limit(contained.limit, contained.detail, where)
    if journal.flooded:
        return _at_limit("GR405", describe("GR405", limits), where)
    if journal.error is not None:
        return _raised(journal.error, journal.current, lab, limits)
    if contained.exit_code == RAN and journal.finished:
        return Outcome(RunStatus.COMPLETED)
    return _died(contained, journal, where)


def _died(contained: Contained, journal: Journal, where: str) -> Outcome:
    # what the worker wrote can be taken out again by the notebook, but not how it ended
    if journal.latest is None and (contained.exit_code == BROKE or not journal.spoken):
        said = f": {journal.broke}" if journal.broke else ""
        return Outcome(RunStatus.OUR_FAULT, "GR506", f"The notebook could not be started{said}.")
    if journal.kernel_died:
        how = f"ended by itself ({journal.kernel_died})"
    else:
        code = f"signal {contained.signal}" if contained.signal is not None else f"exit code {contained.exit_code}"
        how = f"ended the run from inside ({contained.detail or code})"
    where = "" if journal.latest is None else where
    return Outcome(RunStatus.KERNEL_DIED, "GR407", f"The Python process of the notebook {how}{where}.")


def _at_limit(code: str, detail: str, where: str) -> Outcome:
    return Outcome(RunStatus.STOPPED, code, f"The notebook reached its limit of {detail}{where}.")


def _raised(error: CellError, cell: CodeCell | None, lab: Lab, limits: Limits) -> Outcome:
    stub = _STUB.match(error.message) if error.name == "NotImplementedError" else None
    if stub is not None:
        return Outcome(RunStatus.NOT_ATTEMPTED, "GR410", _stub_sentence(stub, lab, cell))
    if _FILE_TOO_LARGE.search(error.message) and limits.file_bytes is not None:
        return _at_limit("GR406", f"{size(limits.file_bytes)} for a single file", _in_cell(cell))
    first = error.message.strip().split("\n", 1)[0]
    first = _FILE_OF_A_CELL.sub("", first)
    what = f"{error.name}: {first}" if first else error.name
    who = f"Cell {cell.number}" if cell is not None else "The cell with the injected parameters"
    return Outcome(RunStatus.CELL_FAILED, "GR409", f"{who} raised {what[:300]}")


def _stub_sentence(stub: re.Match[str], lab: Lab, cell: CodeCell | None) -> str:
    number, task = stub["number"].rstrip(".-"), stub["task"].strip().split("\n", 1)[0].rstrip(".")
    titles = {exercise.id: exercise.title for exercise in lab.exercises}
    title = titles.get(f"exercise-{number}") or task
    named = f", “{title[:200]}”," if title else ""
    at = f" (cell {cell.number})" if cell is not None else ""
    return f"Exercise {number}{named} is not attempted yet{at}."


def _where(journal: Journal) -> str:
    if journal.current is not None:
        return _in_cell(journal.current)
    return " after its last cell" if journal.latest is not None else " before its first cell"


def _in_cell(cell: CodeCell | None) -> str:
    if cell is None:
        return ""
    return f" in cell {cell.number}" + (f" (`{cell.first_line}`)" if cell.first_line else "")
