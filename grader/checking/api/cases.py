"""What `operators.py` and `recipe.py` of cases need, and scripts that an author runs by hand."""

from pathlib import Path

from grader.hub.base import whole_base
from grader.hub.evidence import HubEvidence
from grader.hub.store import Layer
from grader.model.files import read_json
from grader.model.run import RunResult
from grader.validating.context import CaseContext
from grader.validating.operators import OperatorError
from grader.validating.operators.requests import LOG
from grader.validating.rerun import rerun

__all__ = ["LOG", "CaseContext", "HubEvidence", "Layer", "OperatorError", "read_run", "rerun", "whole_base"]


def read_run(folder: Path) -> RunResult:
    """Read how the notebook of a run folder ran: its parameters, seed and student.

    Args:
        folder: a run folder, such as `context.run`.

    Raises:
        InternalFault: GR510, its run.json is damaged.
    """
    return read_json(folder / "run.json", RunResult)
