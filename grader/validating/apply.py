"""Makes a wrong submission: a copy of the reference run's artifacts, changed as a case says."""

import inspect
import runpy
import shutil
import traceback
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from grader.errors import LabFault
from grader.model.nearest import nearest
from grader.validating.cases import Case, Edit
from grader.validating.context import CaseContext
from grader.validating.operators import OPERATORS, OperatorError


def apply_case(case: Case, reference: Path, destination: Path, context: CaseContext) -> None:
    """Make the artifacts of a wrong submission.

    Args:
        case: what to change.
        reference: the artifacts of the reference run; they are not touched.
        destination: the folder to make; it must not exist.
        context: what the case may use.

    Raises:
        LabFault: GR206, an edit names no operator, does not fit the artifacts, or a function of the author raises.
    """
    shutil.copytree(reference, destination, copy_function=shutil.copyfile)
    own = _names(case.folder.parent / "operators.py")
    for edit in case.edits:
        _call(_operator(edit, own, case), destination, context, edit, case)
    if case.recipe:
        make = Edit("make", {})
        _call(_function(_names(case.recipe), make, case), destination, context, make, case)


def _operator(edit: Edit, own: Mapping[str, Any], case: Case) -> Callable[..., object]:
    if edit.operator in own and not edit.operator.startswith("_"):
        return _function(own, edit, case)
    if edit.operator not in OPERATORS:
        known = [*OPERATORS, *(name for name in own if not name.startswith("_"))]
        told = nearest(edit.operator, known, cutoff=0.6) or "."
        raise LabFault(
            "GR206",
            f"Case {case.name}: there is no operator {edit.operator!r}{told}",
            "See the table of operators in docs/check-authors.md.",
        )
    return OPERATORS[edit.operator]


def _function(names: Mapping[str, Any], edit: Edit, case: Case) -> Callable[..., object]:
    found = names.get(edit.operator)
    if not callable(found):
        raise LabFault("GR206", f"Case {case.name}: its Python file has no function {edit.operator!r}.")
    return found


def _call(operator: Callable[..., object], folder: Path, context: CaseContext, edit: Edit, case: Case) -> None:
    where, builtin = f"Case {case.name}: {edit.operator}", OPERATORS.get(edit.operator) is operator
    arguments = dict(edit.arguments)
    signature = inspect.signature(operator)
    if "context" in signature.parameters:
        arguments["context"] = context
    try:
        signature.bind(folder, **arguments)
    except TypeError as exc:
        takes = ", ".join(name for name in [*signature.parameters][1:] if name != "context") or "nothing"
        raise LabFault("GR206", f"{where}: {exc}; it takes {takes}.") from exc
    if builtin:
        _require_kinds(operator, edit.arguments, where)
    try:
        operator(folder, **arguments)
    except OperatorError as exc:
        raise LabFault("GR206", f"{where}: {exc}") from exc
    except Exception as exc:
        if builtin:  # a mistake of ours
            raise
        raise LabFault("GR206", f"{where}: {type(exc).__name__}: {exc}{_own_line(exc, case)}.") from exc


def _own_line(exc: Exception, case: Case) -> str:
    """Where an author's function raised: its last line in the files of the cases."""
    root = case.folder.parent
    frames = [one for one in traceback.extract_tb(exc.__traceback__) if Path(one.filename).is_relative_to(root)]
    return f" ({Path(frames[-1].filename).relative_to(root).as_posix()}:{frames[-1].lineno})" if frames else ""


def _require_kinds(operator: Callable[..., object], arguments: Mapping[str, Any], where: str) -> None:
    """Refuse a list where an operator takes a text, before it breaks on it."""
    hints = typing.get_type_hints(operator, localns={"CaseContext": CaseContext})
    for name, value in arguments.items():
        try:
            msgspec.convert(value, hints[name])
        except msgspec.ValidationError as exc:
            raise LabFault("GR206", f"{where}: {name} cannot be {value!r}: {exc}.") from exc


def _names(path: Path) -> Mapping[str, Any]:
    """What a Python file of the lab's author defines: it is trusted like a check."""
    return runpy.run_path(str(path)) if path.is_file() else {}
