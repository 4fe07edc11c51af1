"""Gradescope's results.json of one submission."""

from collections.abc import Sequence
from typing import Any

from grader.exchange.entry import counted, needs_person, summary
from grader.exchange.words import verdict_text
from grader.model.grade import Grade
from grader.model.points import earned
from grader.model.run import RunStatus
from grader.model.verdict import Verdict, VerdictStatus

_MOST_OUTPUT = 20_000


def results(public: Grade, full: Grade) -> dict[str, Any]:
    """Return the object that an autograder leaves at /autograder/results/results.json.

    Student text is always plain text. Nothing but a fault of ours makes a hidden test, because one hidden test hides
    the total from the student.

    Args:
        public: the grade as the student may read it.
        full: the same with what is for staff.
    """
    score = counted(public.score, public.possible, public.total)
    tests = [_test(number, verdict) for number, verdict in enumerate(public.verdicts, start=1)]
    return {
        "score": 0.0 if score is None else score,
        "execution_time": round(public.run.wall_seconds, 1),
        "output": _clipped(summary(public)),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {
            "run": public.run_id,
            "lab": public.lab.id,
            "lab_version": public.lab.version,
            "appeal": public.stamp.appeal,
            "grader": public.stamp.grader_version,
        },
        "tests": [*tests, *_for_staff(full)],
    }


def refusal(code: str, message: str, hint: str) -> dict[str, Any]:
    """Return the object for a submission that cannot be graded.

    Args:
        code: of the error.
        message: what happened.
        hint: the next step.
    """
    return {
        "score": 0.0,
        "output": _clipped(f"{code}  {message}\nTry this: {hint}"),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [],
    }


def _test(number: int, verdict: Verdict) -> dict[str, Any]:
    points = earned(verdict)
    test: dict[str, Any] = {
        "name": verdict.check.title,
        "number": str(number),
        "score": 0.0 if points is None else float(points),
        "max_score": 0.0 if points is None or verdict.check.bonus else verdict.check.points,
        "output": _clipped(verdict_text(verdict)),
        "visibility": "visible",
        "tags": [tag for tag, said in (("hidden", verdict.check.hidden), ("bonus", verdict.check.bonus)) if said],
    }
    if points is not None and verdict.status is not VerdictStatus.PARTLY:  # there is no word for partly
        test["status"] = "passed" if verdict.status is VerdictStatus.PASSED else "failed"
    return test


def _for_staff(full: Grade) -> Sequence[dict[str, Any]]:
    if not needs_person(full):
        return ()
    traces = [f"{verdict.check.id}\n{verdict.staff}" for verdict in full.verdicts if verdict.staff]
    if full.run.status is RunStatus.OUR_FAULT:
        traces.insert(0, f"{full.run.code}  {full.run.message}")
    output = "\n\n".join(traces) or "No part of this lab could be judged."
    name = "For staff: a fault of the grader; look at this before the grade counts"
    return ({"name": name, "score": 0.0, "max_score": 0.0, "output": _clipped(output), "visibility": "hidden"},)


def _clipped(text: str) -> str:
    kept = "".join(char for char in text if char.isprintable() or char == "\n")
    return kept if len(kept) <= _MOST_OUTPUT else kept[:_MOST_OUTPUT] + "\n(clipped)"
