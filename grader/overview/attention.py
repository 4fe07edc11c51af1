"""Finds what needs a person before the grades of a class count."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from grader.model.overview import Attention, Claim, Entry, Pair
from grader.model.run import RunStatus
from grader.model.verdict import VerdictStatus

_STOPPED = frozenset({RunStatus.STOPPED, RunStatus.KERNEL_DIED, RunStatus.INTERRUPTED})
#: A claim is far off when it differs by more than this share of the measured value.
_FAR = 0.1


def needs_a_person(entries: Sequence[Entry], claims: Iterable[Claim], pairs: Iterable[Pair]) -> tuple[Attention, ...]:
    """Return what a person should look at.

    Args:
        entries: every student.
        claims: reported and measured numbers.
        pairs: what is alike.

    Returns:
        Faults of ours first, then what could not be graded, stopped runs, claims far from the measurement, pairs.
    """
    pages = {entry.student: entry.page for entry in entries}
    return (
        *_faults(entries),
        *(Attention("refused", one.student, f"{one.code} {one.message}".strip()) for one in entries if _refused(one)),
        *_stopped(entries),
        *_far_claims(claims, pages),
        *(Attention("alike", f"{one.first}, {one.second}", _alike(one)) for one in pairs),
    )


def _refused(entry: Entry) -> bool:
    return entry.state == "refused" or (entry.state == "waiting" and bool(entry.code))


def _faults(entries: Iterable[Entry]) -> Iterator[Attention]:
    for entry in entries:
        if entry.grade is None:
            continue
        if entry.grade.run.status is RunStatus.OUR_FAULT:
            yield Attention("fault", entry.student, f"The run broke: {entry.grade.run.message}", entry.page)
        for verdict in entry.grade.verdicts:
            if verdict.status is VerdictStatus.OUR_FAULT:
                yield Attention("fault", entry.student, f"Check `{verdict.check.id}` broke.", entry.page)


def _stopped(entries: Iterable[Entry]) -> Iterator[Attention]:
    for entry in entries:
        if entry.grade is not None and entry.grade.run.status in _STOPPED:
            run = entry.grade.run
            yield Attention("stopped", entry.student, f"{run.code or ''} {run.message}".strip(), entry.page)


def _far_claims(claims: Iterable[Claim], pages: Mapping[str, str]) -> Iterator[Attention]:
    """One line per student: the number that is farthest off, relative to what was measured."""
    far: dict[str, list[Claim]] = {}
    for claim in claims:
        if _is_far(claim):
            far.setdefault(claim.student, []).append(claim)
    for student, found in far.items():
        worst = max(found, key=lambda one: abs(one.claimed - one.measured) / (abs(one.measured) or 1.0))
        more = f" {len(found) - 1} more are far off." if len(found) > 1 else ""
        yield Attention("claim", student, _far_off(worst) + more, pages.get(student, ""))


def _is_far(claim: Claim) -> bool:
    return not claim.met and abs(claim.claimed - claim.measured) > _FAR * abs(claim.measured)


def _far_off(claim: Claim) -> str:
    return f"{claim.label}: {claim.claimed:.6g} reported, {claim.measured:.6g} measured."


def _alike(pair: Pair) -> str:
    what = "of the smaller notebook's own tokens" if pair.kind == "notebook" else "cosine of what training changed"
    share = f"{pair.share:.0%}" if pair.kind == "notebook" else f"{pair.share:.4f}"
    return f"Look at both: {share} {what}."
