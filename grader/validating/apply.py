"""Makes a wrong submission: a copy of the reference run's artifacts, changed as a case says."""

import inspect
import runpy
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from grader.errors import LabFault
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
        LabFault: GR206, an edit names no operator, or does not fit the artifacts.
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
        raise LabFault(
            "GR206", f"Case {case.name}: there is no operator {edit.operator!r}.", f"There are {sorted(OPERATORS)}."
        )
    return OPERATORS[edit.operator]


def _function(names: Mapping[str, Any], edit: Edit, case: Case) -> Callable[..., object]:
    found = names.get(edit.operator)
    if not callable(found):
        raise LabFault("GR206", f"Case {case.name}: its Python file has no function {edit.operator!r}.")
    return found


def _call(operator: Callable[..., object], folder: Path, context: CaseContext, edit: Edit, case: Case) -> None:
    arguments = dict(edit.arguments)
    signature = inspect.signature(operator)
    if "context" in signature.parameters:
        arguments["context"] = context
    try:
        signature.bind(folder, **arguments)
    except TypeError as exc:
        raise LabFault("GR206", f"Case {case.name}: {edit.operator}: {exc}.") from exc
    try:
        operator(folder, **arguments)
    except OperatorError as exc:
        raise LabFault("GR206", f"Case {case.name}: {edit.operator}: {exc}") from exc


def _names(path: Path) -> Mapping[str, Any]:
    """What a Python file of the lab's author defines: it is trusted like a check."""
    return runpy.run_path(str(path)) if path.is_file() else {}
