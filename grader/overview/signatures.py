"""Groups unmet checks by what is said of them: one group is one thing to say in the next lecture."""

from collections.abc import Iterable

from grader.model.overview import Entry, Signature
from grader.model.verdict import VerdictStatus
from grader.overview.masking import masked

_UNMET = frozenset({VerdictStatus.FAILED, VerdictStatus.PARTLY})


def find_signatures(entries: Iterable[Entry]) -> tuple[Signature, ...]:
    """Group the unmet checks of a class by check and message.

    Args:
        entries: every student.

    Returns:
        The largest groups first.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    for entry in entries:
        for verdict in entry.grade.verdicts if entry.grade is not None else ():
            if verdict.status in _UNMET:
                key = verdict.check.title, masked(verdict.message), verdict.mistake
                groups.setdefault(key, []).append(entry.student)
    found = [Signature(*key, students=tuple(students)) for key, students in groups.items()]
    return tuple(sorted(found, key=lambda group: (-len(group.students), group.check, group.message)))
