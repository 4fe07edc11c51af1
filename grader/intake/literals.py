"""Reads the parameters cell without running it: literal values for exactly the names of the lab."""

import ast
import math
import warnings
from collections import Counter
from collections.abc import Sequence

from grader.errors import SubmissionFault
from grader.intake.notebook import Notebook, tags_of
from grader.intake.source import printable
from grader.model.submission import INJECTED, PARAMETERS

_FROM_STARTER = "Take the parameters cell from the lab's starter."
_LONGEST_CELL = 64 * 1024
_MOST_PROBLEMS = 8


def refuse_injected(notebook: Notebook, name: str) -> None:
    """Refuse the output of an earlier run.

    Args:
        notebook: a valid notebook.
        name: the file's name, for messages.

    Raises:
        SubmissionFault: GR306, a cell is tagged `injected-parameters`.
    """
    for number, cell in enumerate(notebook.cells, start=1):
        if INJECTED in tags_of(cell):
            message = f"{name} is the output of a run: cell {number} of all is tagged `{INJECTED}`."
            raise SubmissionFault("GR306", message)


def read_parameters(notebook: Notebook, declared: Sequence[str], name: str) -> tuple[str, ...]:
    """Return the names that the parameters cell assigns.

    Args:
        notebook: a valid notebook.
        declared: the names that the lab declares.
        name: the file's name, for messages.

    Returns:
        The assigned names, in order.

    Raises:
        SubmissionFault: GR303, there is no parameters cell; GR304, there are several; GR305, it does not assign
            literals to exactly the declared names (all problems at once).
    """
    number, source = _find_cell(notebook, name)
    names, problems = _assignments(source)
    counts = Counter(names)
    problems += [f"`{name}` is assigned twice" for name in sorted(name for name in counts if counts[name] > 1)]
    missing = [name for name in declared if name not in counts]
    unknown = [name for name in counts if name not in declared]
    if missing and not any(problem.startswith("line ") and "cannot be read" in problem for problem in problems):
        problems.append("missing: " + ", ".join(f"`{name}`" for name in missing))
    if unknown:
        problems.append("not a parameter of this lab: " + ", ".join(f"`{name}`" for name in unknown))
    if problems:
        shown = "; ".join(printable(problem, 160) for problem in problems[:_MOST_PROBLEMS])
        more = f" and {len(problems) - _MOST_PROBLEMS} more" if len(problems) > _MOST_PROBLEMS else ""
        message = f"The parameters cell of {name} (cell {number}) was changed: {shown}{more}."
        raise SubmissionFault("GR305", message, _FROM_STARTER)
    return tuple(names)


def parse_quietly(source: str) -> ast.Module | None:
    """Parse Python source that may be anything.

    Args:
        source: code of a student; never run.

    Returns:
        The tree, or None when Python cannot parse it.
    """
    try:
        return _parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _parse(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the student's invalid escapes are not ours to report
        return ast.parse(source)


def _find_cell(notebook: Notebook, name: str) -> tuple[int, str]:
    tagged = [cell for cell in notebook.cells if PARAMETERS in tags_of(cell)]
    code = [number for number, cell in enumerate(notebook.code_cells, start=1) if PARAMETERS in tags_of(cell)]
    if len(tagged) > 1:
        where = f"code cells {', '.join(map(str, code))}" if len(code) == len(tagged) else "one of them not code"
        message = f"{name} has {len(tagged)} cells tagged `{PARAMETERS}` ({where}); it must have one."
        raise SubmissionFault("GR304", message)
    if not tagged:
        raise SubmissionFault("GR303", f"{name} has no cell tagged `{PARAMETERS}`.")
    if not code:
        raise SubmissionFault("GR303", f"The cell of {name} tagged `{PARAMETERS}` is not a code cell.")
    return code[0], notebook.code_cells[code[0] - 1]["source"]


def _assignments(source: str) -> tuple[list[str], list[str]]:
    """Return the assigned names and a sentence for everything that is not an assignment of a literal."""
    if len(source) > _LONGEST_CELL:
        return [], [f"line 1 cannot be read: the cell is longer than {_LONGEST_CELL // 1024} KiB"]
    try:
        tree = _parse(source)
    except SyntaxError as exc:
        return [], [f"line {exc.lineno or 1} cannot be read as Python: {exc.msg}"]
    except (ValueError, RecursionError, MemoryError):
        return [], ["line 1 cannot be read as Python: it is nested too deeply"]
    names: list[str] = []
    problems: list[str] = []
    for statement in tree.body:
        target, value = _target_and_value(statement)
        if target is None:
            problems.append(f"line {statement.lineno} is not of the form `name = value`")
            continue
        names.append(target)
        if value is None or not _is_literal(value):
            problems.append(f"`{target}` (line {statement.lineno}) is not a plain text, number, True or False")
    return names, problems


def _target_and_value(statement: ast.stmt) -> tuple[str | None, ast.expr | None]:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        return (target.id, statement.value) if isinstance(target, ast.Name) else (None, None)
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id, statement.value
    return None, None


def _is_literal(value: ast.expr) -> bool:
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
        value = value.operand
        return isinstance(value, ast.Constant) and type(value.value) in {int, float} and _is_finite(value.value)
    return isinstance(value, ast.Constant) and type(value.value) in {str, int, float, bool} and _is_finite(value.value)


def _is_finite(value: object) -> bool:
    return not isinstance(value, float) or math.isfinite(value)
