"""Turns what the checks said of every trial into the strength of a lab: pure."""

from collections.abc import Iterable, Sequence

from grader.model.lab import Lab
from grader.model.strength import CheckStrength, LabStrength, Outcome, Proof, Trial
from grader.model.verdict import DeclaredCheck, Verdict, VerdictStatus
from grader.validating.cases import Case
from grader.validating.judge import misjudged
from grader.validating.survivors import Excuses

_UNMET = (VerdictStatus.FAILED, VerdictStatus.PARTLY)


def case_trial(case: Case, verdicts: Iterable[Verdict], seconds: float) -> Trial:
    """Return the trial of a hand-made case: caught only when exactly its checks are not met.

    Args:
        case: the case.
        verdicts: one for every check.
        seconds: what it took.
    """
    found = tuple(verdicts)
    problems = tuple(misjudged(case, found))
    good = Outcome.HARMLESS if case.harmless else Outcome.CAUGHT
    return Trial(
        name=case.name,
        source="case",
        harmless=case.harmless,
        outcome=Outcome.MISJUDGED if problems else good,
        what=case.mistake,
        caught_by=unmet(found),
        problems=problems,
        seconds=seconds,
    )


def mutant_trial(
    name: str,
    verdicts: Iterable[Verdict],
    excuses: Excuses,
    *,
    harmless: bool = False,
    cell: bool = False,
    seconds: float = 0.0,
) -> Trial:
    """Return the trial of a generated mutant.

    Args:
        name: its name.
        verdicts: one for every check.
        excuses: what the author has said about mutants.
        harmless: whether changes of its kind must cost nothing.
        cell: whether the solution's code was changed, not an artifact.
        seconds: what it took.
    """
    found = tuple(verdicts)
    caught_by = unmet(found)
    costs = excuses.why_costs(name) if harmless else ""
    reason = excuses.why_survives(name) if not caught_by else ""
    problems = broken_checks(found)
    if harmless and caught_by and not costs:
        problems.append(f"a harmless change is not met by {', '.join(caught_by)}")
    if problems:
        outcome = Outcome.MISJUDGED
    elif harmless and not caught_by:
        outcome = Outcome.HARMLESS
    elif caught_by:
        outcome = Outcome.CAUGHT
    else:
        outcome = Outcome.ACCEPTED if reason else Outcome.SURVIVED
    return Trial(
        name=name,
        source="cell" if cell else "artifact",
        harmless=harmless and not costs,
        outcome=outcome,
        caught_by=caught_by,
        reason=reason or costs,
        problems=tuple(problems),
        seconds=seconds,
    )


def unmet(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Return the checks that were judged and not met."""
    return tuple(verdict.check.id for verdict in verdicts if verdict.status in _UNMET)


def unmet_sentences(verdicts: Iterable[Verdict]) -> list[str]:
    """Return a sentence for each check that was judged and not met, with what it said."""
    found = [verdict for verdict in verdicts if verdict.status in _UNMET]
    return [f"{one.check.id} is not met: {one.message or 'it gives no message'}" for one in found]


def broken_checks(verdicts: Iterable[Verdict]) -> list[str]:
    """Return a sentence for each check that broke, with the last line of its traceback."""
    broken = [verdict for verdict in verdicts if verdict.status is VerdictStatus.OUR_FAULT]
    return [f"{one.check.id}: the check itself broke: {_last_line(one.staff or one.message)}" for one in broken]


def earned_points(verdicts: Iterable[Verdict]) -> float:
    """Return what the checks are worth together, bonus left out."""
    return round(sum(one.check.points * (one.fraction or 0.0) for one in verdicts if not one.check.bonus), 2)


def lab_strength(
    lab: Lab,
    profile: str,
    declared: Sequence[DeclaredCheck],
    *,
    proofs: Sequence[Proof],
    trials: Sequence[Trial],
    notes: Sequence[str] = (),
    seconds: float = 0.0,
) -> LabStrength:
    """Return the strength of a lab.

    Args:
        lab: the lab.
        profile: the profile in which it was proven.
        declared: its checks.
        proofs: its own notebooks.
        trials: its cases and mutants.
        notes: what was left out.
        seconds: how long it took.
    """
    wrong = [trial for trial in trials if not trial.harmless and trial.outcome is not Outcome.ACCEPTED]
    caught = sum(1 for trial in wrong if trial.outcome in {Outcome.CAUGHT, Outcome.STOPPED})
    strength = caught / len(wrong) if wrong else None
    problems = [f"The {proof.notebook}: {problem}" for proof in proofs for problem in proof.problems]
    problems += [f"{trial.name}: {problem}" for trial in trials for problem in trial.problems]
    if strength is not None and strength < lab.strength.bar:
        problems.append(f"{strength:.1%} of the wrong submissions are caught; the bar is {lab.strength.bar:.0%}.")
    return LabStrength(
        lab_id=lab.id,
        title=lab.title,
        profile=profile,
        proofs=tuple(proofs),
        trials=tuple(trials),
        checks=tuple(_check_strength(check, trials) for check in declared),
        strength=strength,
        bar=lab.strength.bar,
        ok=not problems,
        problems=tuple(problems),
        notes=tuple(notes),
        seconds=round(seconds, 1),
    )


def _check_strength(check: DeclaredCheck, trials: Sequence[Trial]) -> CheckStrength:
    caught = [trial for trial in trials if check.id in trial.caught_by and not trial.harmless]
    return CheckStrength(
        id=check.id,
        title=check.title,
        points=check.points,
        hidden=check.hidden,
        cases=sum(1 for trial in caught if trial.source == "case"),
        mutants=sum(1 for trial in caught if trial.source != "case"),
        alone=sum(1 for trial in caught if trial.caught_by == (check.id,)),
    )


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it gives no message"
