"""The grade that a student may read: what `reveal` hides is taken out before anything is rendered."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from grader.model.grade import Grade
from grader.model.verdict import DeclaredCheck, Verdict
from grader.reporting import words


def public_grade(grade: Grade) -> Grade:
    """Return the grade without anything that its student must not read.

    Tracebacks and flags are for staff; of each check only what its `reveal` allows is left: everything (`full`), title
    and hint (`hint`), the title (`title`), or only that its points count (`score`). A check that is hidden and not
    fully revealed also loses its function name, here and where other checks wait for it.

    Args:
        grade: as grading made it.

    Returns:
        A grade of the same schema, scores untouched.
    """
    names = _public_ids(grade.verdicts)
    return replace(grade, verdicts=tuple(_verdict(verdict, names) for verdict in grade.verdicts), flags=())


def _public_ids(verdicts: Sequence[Verdict]) -> dict[str, str]:
    names: dict[str, str] = {}
    for number, verdict in enumerate(verdicts, start=1):
        check = verdict.check
        secret = check.reveal == "score" or (check.hidden and check.reveal != "full")
        names[check.id] = f"check-{number}" if secret else check.id
    return names


def _verdict(verdict: Verdict, names: Mapping[str, str]) -> Verdict:
    level = verdict.check.reveal
    full = level == "full"
    return replace(
        verdict,
        check=_check(verdict.check, names),
        message=verdict.message if full else "",
        hint=verdict.hint if level in {"full", "hint"} else "",
        waits_for=() if level == "score" else _renamed(verdict.waits_for, names),
        rows=verdict.rows if full else (),
        plots=verdict.plots if full else (),
        staff="",
        mistake=verdict.mistake if full else "",
        seconds=verdict.seconds if full else 0.0,
    )


def _check(check: DeclaredCheck, names: Mapping[str, str]) -> DeclaredCheck:
    public = names[check.id]
    if check.reveal == "score":
        number = public.rpartition("-")[2]
        return DeclaredCheck(
            id=public,
            title=words.HIDDEN_TITLE.format(number=number),
            points=check.points,
            module="",
            hidden=check.hidden,
            bonus=check.bonus,
            reveal="score",
        )
    open_source = check.reveal == "full" and not check.hidden
    return replace(
        check,
        id=public,
        module=check.module if open_source else "",
        needs=_renamed(check.needs, names),
        hint=check.hint if check.reveal in {"full", "hint"} else "",
        cell=check.cell if check.reveal in {"full", "hint"} else "",
    )


def _renamed(ids: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(names[name] for name in ids if name in names)
