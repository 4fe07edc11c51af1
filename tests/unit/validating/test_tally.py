"""Counting is pure: what the checks said goes in, the strength of the lab comes out."""

from dataclasses import replace
from pathlib import Path

import pytest

from grader.model.lab import StrengthSpec
from grader.model.strength import LabStrength, Outcome, Proof, Trial
from grader.model.verdict import DeclaredCheck, Verdict, VerdictStatus
from grader.validating import Case
from grader.validating.survivors import Excuses
from grader.validating.tally import case_trial, lab_strength, mutant_trial, unmet_sentences
from tests.fakes.labs import make_lab

A, B = (DeclaredCheck(name, f"The {name} holds", 5, "m.py", hidden=name == "b") for name in ("a", "b"))
EXCUSES = Excuses(survivors=(("*:seconds:*", "nobody can tell"),), costly=(("*:half precision", "compared bytes"),))


def verdicts(a: str, b: str = "passed") -> list[Verdict]:
    fraction = {"passed": 1.0, "failed": 0.0, "our fault": None}
    return [
        Verdict(check, VerdictStatus(status), fraction[status], staff="Traceback\nKeyError: x\n")
        for check, status in ((A, a), (B, b))
    ]


def case(*fails: str) -> Case:
    return Case("a-case", "A mistake", fails, (), None, Path())


def test_a_case_is_caught_when_exactly_its_checks_are_not_met():
    trial = case_trial(case("a"), verdicts("failed"), 1.5)
    assert (trial.outcome, trial.caught_by, trial.seconds) == (Outcome.CAUGHT, ("a",), 1.5)
    assert case_trial(case(), verdicts("passed"), 0).outcome is Outcome.HARMLESS


@pytest.mark.parametrize(("fails", "a", "b"), [("a", "passed", "passed"), ("a", "failed", "failed")])
def test_a_case_that_is_judged_otherwise_is_misjudged(fails: str, a: str, b: str):
    trial = case_trial(case(fails), verdicts(a, b), 0)
    assert trial.outcome is Outcome.MISJUDGED
    assert trial.problems


@pytest.mark.parametrize(
    ("name", "a", "harmless", "outcome"),
    [
        ("f:x:times 10", "failed", False, Outcome.CAUGHT),
        ("f:x:times 10", "passed", False, Outcome.SURVIVED),
        ("f:seconds:times 10", "passed", False, Outcome.ACCEPTED),
        ("f:seconds:times 10", "failed", False, Outcome.CAUGHT),
        ("f:x:reordered", "passed", True, Outcome.HARMLESS),
        ("f:x:reordered", "failed", True, Outcome.MISJUDGED),
        ("w:half precision", "failed", True, Outcome.CAUGHT),
        ("w:half precision", "passed", True, Outcome.HARMLESS),
        ("f:x:times 10", "our fault", False, Outcome.MISJUDGED),
    ],
)
def test_what_becomes_of_a_mutant(name: str, a: str, harmless: bool, outcome: Outcome):
    assert mutant_trial(name, verdicts(a), EXCUSES, harmless=harmless).outcome is outcome


def test_a_check_that_breaks_on_a_mutant_is_told_with_its_last_line():
    trial = mutant_trial("f:x", verdicts("our fault"), EXCUSES)
    assert trial.problems == ("a: the check itself broke: KeyError: x",)


def test_what_is_not_met_is_told_with_what_it_said():
    failed = replace(verdicts("failed")[0], message="3 found, 4 required.")

    assert unmet_sentences([failed, *verdicts("passed")]) == ["a is not met: 3 found, 4 required."]


def test_an_accepted_survivor_has_its_reason():
    assert mutant_trial("f:seconds:x", verdicts("passed"), EXCUSES).reason == "nobody can tell"
    assert mutant_trial("w:half precision", verdicts("failed"), EXCUSES, harmless=True).reason == "compared bytes"


def trial(name: str, outcome: Outcome, *caught_by: str, harmless: bool = False, source: str = "artifact") -> Trial:
    return Trial(name, source, harmless, outcome, caught_by=caught_by)  # type: ignore[arg-type]


TRIALS = (
    trial("case", Outcome.CAUGHT, "a", source="case"),
    trial("m1", Outcome.CAUGHT, "a", "b"),
    trial("m2", Outcome.SURVIVED),
    trial("m3", Outcome.ACCEPTED),
    trial("m4", Outcome.HARMLESS, harmless=True),
    trial("m5", Outcome.STOPPED, source="cell"),
)


def strength(*trials: Trial, bar: float = 0.9, proofs: tuple[Proof, ...] = ()) -> LabStrength:
    lab = replace(make_lab("9.1"), strength=StrengthSpec(bar=bar))
    return lab_strength(lab, "miniature", [A, B], proofs=proofs, trials=trials)


def test_strength_is_the_share_that_is_caught_without_harmless_and_accepted_ones():
    found = strength(*TRIALS)
    assert found.strength == 0.75
    assert not found.ok
    assert found.problems == ("75.0% of the wrong submissions are caught; the bar is 90%.",)
    assert strength(*TRIALS, bar=0.75).ok
    assert found.count(Outcome.CAUGHT, Outcome.STOPPED) == 3


def test_each_check_has_what_it_catches_and_what_only_it_catches():
    a, b = strength(*TRIALS).checks
    assert (a.cases, a.mutants, a.alone) == (1, 1, 1)
    assert (b.cases, b.mutants, b.alone) == (0, 1, 0)
    assert strength(*TRIALS).unneeded == (b,)


def test_where_nothing_was_judged_there_is_no_strength_and_no_bar():
    assert (strength().strength, strength().ok) == (None, True)


def test_a_misjudged_case_and_a_notebook_that_earns_otherwise_are_problems():
    bad = replace(trial("odd", Outcome.MISJUDGED, source="case"), problems=("a: passed, but it must not be met",))
    proof = Proof("starter", None, 0, 5, ok=False, problems=("it earns 5 points, not 0",))
    found = strength(*TRIALS, bad, bar=0.1, proofs=(proof,))
    assert found.problems == ("The starter: it earns 5 points, not 0", "odd: a: passed, but it must not be met")
