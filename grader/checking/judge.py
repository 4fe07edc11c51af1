"""Turns how a check ended into one of the five verdicts."""

import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.checking.evidence import Conclusion, Evidence
from grader.checking.outcome import CheckFailure
from grader.checking.words import STAFF_LIMIT, printable
from grader.errors import MachineFault, SubmissionFault
from grader.model.verdict import DeclaredCheck, Verdict, VerdictStatus

OUR_FAULT = "This check could not be carried out. The fault is ours and costs you no points."
UNEXPECTED = "The result is not what this check expects."
NO_GPU = "This check needs a GPU and this machine has none. It runs where there is one."


def our_fault(check: DeclaredCheck, staff: str, seconds: float = 0.0, evidence: Evidence | None = None) -> Verdict:
    """Return the verdict of a check that we could not carry out: its points leave the total.

    Args:
        check: the check.
        staff: what broke, for the people who can repair it.
        seconds: how long it took until then.
        evidence: what it had shown before.

    Returns:
        The verdict, without a fraction.
    """
    told = printable(staff, STAFF_LIMIT)
    rows, plots = (evidence.rows, tuple(evidence.plots)) if evidence else ((), ())
    return Verdict(check, VerdictStatus.OUR_FAULT, None, OUR_FAULT, rows=rows, plots=plots, staff=told, seconds=seconds)


def blocked(check: DeclaredCheck, before: Mapping[str, Verdict]) -> Verdict | None:
    """Return the verdict of a check that a prerequisite keeps from being judged; None when nothing does.

    A prerequisite that is met in part is met enough. One that failed costs the points of what waits for it; one that
    was not judged, or where the fault is ours, takes them out of the total.

    Args:
        check: the check.
        before: the verdicts so far, by id.

    Returns:
        A verdict, or None.
    """
    met = {VerdictStatus.PASSED, VerdictStatus.PARTLY}
    waiting = [name for name in check.needs if name not in before or before[name].status not in met]
    if not waiting:
        return None
    lost = [name for name in waiting if name in before and before[name].fraction == 0.0]
    message = "" if lost else "A check that this one needs could not be judged."  # `waits_for` names it
    fraction = 0.0 if lost else None
    return Verdict(check, VerdictStatus.NOT_JUDGED, fraction, message, waits_for=tuple(waiting))


def ended(check: DeclaredCheck, evidence: Evidence, seconds: float) -> Verdict:
    """Return the verdict of a check whose body came to its end.

    Args:
        check: the check.
        evidence: what it has shown.
        seconds: how long it took.

    Returns:
        Passed, partly or failed, by the rows.
    """
    return _verdict(check, evidence, evidence.conclude(), "", seconds)


def raised(
    check: DeclaredCheck, evidence: Evidence, exception: BaseException, checks_root: Path, seconds: float
) -> Verdict:
    """Return the verdict of a check whose body raised.

    Args:
        check: the check.
        evidence: what it had shown before.
        exception: what it raised.
        checks_root: the folder of the check modules: an assertion that fails elsewhere has no words for a student.
        seconds: how long it took.

    Returns:
        Failed for what the student can change, not judged for what the machine lacks, our fault for all else.
    """
    staff = printable(_traceback(exception, checks_root), STAFF_LIMIT)
    if isinstance(exception, CheckFailure | SubmissionFault):
        named, hint = evidence.blame(exception.message, exception.hint)
        mistake = getattr(exception, "mistake", "") or named
        return _verdict(check, evidence, Conclusion(0.0, exception.message, hint, mistake), staff, seconds)
    if isinstance(exception, AssertionError):
        message = _assertion_message(exception, checks_root)
        named, hint = evidence.blame(message, "")
        conclusion = Conclusion(0.0, message or evidence.conclude().message or UNEXPECTED, hint, named)
        return _verdict(check, evidence, conclusion, staff, seconds)
    if isinstance(exception, MachineFault) or _is_skip(exception):
        message = str(getattr(exception, "message", None) or getattr(exception, "msg", ""))
        return Verdict(
            check, VerdictStatus.NOT_JUDGED, None, printable(message), rows=evidence.rows, staff=staff, seconds=seconds
        )
    return our_fault(check, staff, seconds, evidence)


def _verdict(check: DeclaredCheck, evidence: Evidence, conclusion: Conclusion, staff: str, seconds: float) -> Verdict:
    status = VerdictStatus.PARTLY
    if conclusion.fraction in {0.0, 1.0}:
        status = VerdictStatus.PASSED if conclusion.fraction else VerdictStatus.FAILED
    hint = "" if status is VerdictStatus.PASSED else conclusion.hint or check.hint
    return Verdict(
        check=check,
        status=status,
        fraction=conclusion.fraction,
        message=printable(conclusion.message),
        hint=hint,
        rows=evidence.rows,
        plots=tuple(evidence.plots),
        staff=staff,
        mistake=conclusion.mistake,
        seconds=round(seconds, 3),
    )


def _assertion_message(exception: AssertionError, checks_root: Path) -> str:
    """The author's words of `assert condition, "words"`; none for introspection or for an assertion of a library.

    pytest rewrites assertions and appends what it found on a line that begins with `assert`: that shows expected
    values, so it is for staff alone.
    """
    frames = traceback.extract_tb(exception.__traceback__)
    if not frames or not Path(frames[-1].filename).is_relative_to(checks_root):
        return ""
    text = str(exception)
    return "" if text.startswith("assert ") else text.partition("\nassert ")[0].strip()


def _traceback(exception: BaseException, checks_root: Path) -> str:
    """The traceback from the author's own first line on; all of it when none of their lines is in it."""
    frames = list(traceback.walk_tb(exception.__traceback__))
    own = [at for at, (frame, _) in enumerate(frames) if Path(frame.f_code.co_filename).is_relative_to(checks_root)]
    place = exception.__traceback__
    for _ in range(own[0] if own else 0):
        place = place.tb_next if place else None
    return "".join(traceback.format_exception(type(exception), exception, place))


def _is_skip(exception: BaseException) -> bool:
    return isinstance(exception, pytest.skip.Exception)
