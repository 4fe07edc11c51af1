"""The operator that changes the solution's code and does again what the changed code would have done."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from grader.validating.context import CaseContext
from grader.validating.operators.targets import OperatorError
from grader.validating.rerun import Change, rerun


def change_code(folder: Path, changes: Sequence[Change], context: CaseContext, keep: Sequence[str] = ()) -> None:
    """Change lines of cells, run the notebook again, and take over its artifacts and what its functions return.

    Args:
        folder: the artifacts.
        changes: `cell`, `old` and `new`.
        context: names the run folder that is made.
        keep: artifacts that stay as the reference run left them, for what only a real run can tell.
    """
    if context.run is None:
        raise OperatorError("there is no run folder to work in.")
    with tempfile.TemporaryDirectory(prefix="grader-artifacts-") as scratch:
        rerun(context.run, context.bases, changes, Path(scratch))
        for old in [path for path in folder.iterdir() if path.name not in keep]:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        for new in [path for path in Path(scratch).iterdir() if path.name not in keep]:
            target = folder / new.name
            shutil.copytree(new, target) if new.is_dir() else shutil.copyfile(new, target)
