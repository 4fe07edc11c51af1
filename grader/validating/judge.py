"""Compares what the checks said of a wrong submission with what they had to say."""

from collections.abc import Iterable, Mapping

from grader.model.verdict import Verdict, VerdictStatus
from grader.validating.cases import Case

_UNMET = (VerdictStatus.FAILED, VerdictStatus.PARTLY)


def misjudged(case: Case, verdicts: Iterable[Verdict]) -> list[str]:
    """Say where the checks misjudged a case.

    A check of `case.fails` must fail or be met partly. Every other check must pass, or wait for a check that did not;
    a check that needs a GPU need not be judged where there is none.

    Args:
        case: the case.
        verdicts: one verdict for every check of the lab.

    Returns:
        One sentence for each misjudged check; empty when the case was judged exactly as it should be.
    """
    by_id = {verdict.check.id: verdict for verdict in verdicts}
    sentences = [f"{name}: the lab has no such check" for name in case.fails if name not in by_id]
    for name, verdict in by_id.items():
        what = _must_not_pass(verdict) if name in case.fails else _must_pass(verdict, by_id)
        if what:
            sentences.append(f"{name}: {what}")
    return sentences


def _must_not_pass(verdict: Verdict) -> str:
    if verdict.status is VerdictStatus.OUR_FAULT:
        return _broke(verdict)
    return "" if verdict.status in _UNMET else f"{verdict.status.value}, but it must not be met"


def _must_pass(verdict: Verdict, by_id: Mapping[str, Verdict]) -> str:
    if verdict.status is VerdictStatus.OUR_FAULT:
        return _broke(verdict)
    if verdict.status in _UNMET:
        return f"{verdict.status.value}, but it must pass: {verdict.message or 'it gives no message'}"
    if verdict.status is VerdictStatus.PASSED or verdict.check.needs_gpu:
        return ""
    waits = any(by_id[name].status is not VerdictStatus.PASSED for name in verdict.waits_for if name in by_id)
    return "" if waits else "not judged, although it waits for nothing"


def _broke(verdict: Verdict) -> str:
    return f"the check itself broke: {verdict.staff or verdict.message}"
