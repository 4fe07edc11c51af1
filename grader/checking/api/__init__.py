"""What files of a course may import of the grader: this module and the modules beside it, and nothing else.

All else may change its name or its place at any time. A check module needs little more than what stands here; heavy
libraries are imported when a function is first called.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from grader.checking.documents import JsonObject
from grader.checking.outcome import CheckFailure, Missing
from grader.errors import SubmissionFault
from grader.model.verdict import Reveal

__all__ = ["CheckFailure", "JsonObject", "Missing", "SubmissionFault", "check"]

Function = TypeVar("Function", bound=Callable[..., object])


def check(
    *,
    points: float,
    needs: Sequence[Callable[..., object] | str] = (),
    reveal: Reveal = "full",
    hint: str = "",
    cell: str = "",
    needs_gpu: bool = False,
    bonus: bool = False,
) -> Callable[[Function], Function]:
    """Make a test function a check; its docstring is the sentence that the student reads.

    Every argument is a literal, because the grader reads it from the source without importing the module.

    Args:
        points: what the check is worth.
        needs: checks that must not fail first: functions of this module, or the names of checks of an earlier module.
        reveal: what a student may read: `full`, `hint`, `title` or `score`.
        hint: the next step when the check is not met and nothing more special is known.
        cell: tag of the exercise cell that the check reads, such as `exercise-3`.
        needs_gpu: not judged on a machine without a GPU.
        bonus: points beyond the lab's total.

    Returns:
        A decorator that marks the function.
    """
    import pytest  # generators of probes import this module as well, where nobody needs pytest

    marker = pytest.mark.check(
        points=points, needs=tuple(needs), reveal=reveal, hint=hint, cell=cell, needs_gpu=needs_gpu, bonus=bonus
    )

    def mark(function: Function) -> Function:
        marker(function)
        return function

    return mark
