"""What a class did, from the verdicts of its grades."""

from dataclasses import replace
from pathlib import Path

import pytest

from grader.catalog import load_lab
from grader.model.overview import Claim, Entry, Pair
from grader.model.run import RunStatus
from grader.model.verdict import EvidenceRow, VerdictStatus
from grader.overview import class_facts
from grader.overview.attention import needs_a_person
from grader.overview.claims import find_claims
from grader.overview.cost import add_up_cost
from grader.overview.masking import masked
from grader.overview.signatures import find_signatures
from tests.fakes import grades
from tests.fakes.overviews import class_of

LAB = load_lab(Path(__file__).parents[3] / "labs" / "module-2.5" / "lab-2.5.4.toml")


def entry(grade, student="ada", **changes):
    return Entry(student, "graded", points=grade.score, possible=grade.possible, grade=grade, page="r.html", **changes)


def with_first(grade, **changes):
    return replace(grade, verdicts=(replace(grade.verdicts[0], **changes), *grade.verdicts[1:]))


@pytest.mark.parametrize(
    ("message", "mask"),
    [
        ("Accuracy: you report 0.93, we measure 1,074.5.", "Accuracy: you report #, we measure #."),
        ("`step 12` of 3e-5\n and -7", "`step #` of # and #"),
        ("lora_A2 and GR301 stay", "lora_A2 and GR301 stay"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_the_same_mistake_with_other_numbers_is_the_same_message(message, mask):
    assert masked(message) == mask


def test_signatures_are_groups_of_students_the_largest_first():
    weak = with_first(grades.perfect(), status=VerdictStatus.FAILED, fraction=0.0, message="Got 3.", mistake="few")
    other = with_first(grades.perfect(), status=VerdictStatus.FAILED, fraction=0.0, message="No file.")
    found = find_signatures([entry(weak, "a"), entry(other, "b"), entry(weak, "c"), Entry("d", "missing")])

    assert [(one.message, one.students, one.mistake) for one in found] == [
        ("Got #.", ("a", "c"), "few"),
        ("No file.", ("b",), ""),
    ]


def test_claims_are_numbers_that_were_reported_and_measured():
    rows = (
        EvidenceRow("Accuracy", 0.7, claimed=0.9, met=False),
        EvidenceRow("Only measured", 1.0),
        EvidenceRow("Text", "a", claimed="b"),
        EvidenceRow("Flag", True, claimed=True),
        EvidenceRow("Endless", float("inf"), claimed=1.0),
        EvidenceRow("Steps", 5, claimed=5, met=True),
    )
    found = find_claims([entry(with_first(grades.perfect(), rows=rows)), Entry("bob", "missing")])

    mine = [claim for claim in found if claim.label in {"Accuracy", "Steps"}]
    assert Claim("ada", "Accuracy", 0.9, 0.7, False) in mine
    assert Claim("ada", "Steps", 5.0, 5.0, True) in mine
    assert {"Only measured", "Text", "Flag", "Endless"}.isdisjoint(claim.label for claim in found)


def test_what_needs_a_person_comes_in_the_order_of_its_weight():
    broken = with_first(grades.perfect(), status=VerdictStatus.OUR_FAULT, fraction=None)
    broken = replace(broken, run=replace(broken.run, status=RunStatus.OUR_FAULT, message="No disk."))
    stopped = grades.stopped()
    stopped = replace(stopped, run=replace(stopped.run, status=RunStatus.STOPPED, code="GR401", message="600 s."))
    entries = [
        entry(stopped, "s"),
        entry(broken, "b"),
        Entry("r", "refused", code="GR301", message="No notebook."),
        Entry("w", "waiting"),
    ]
    claims = [
        Claim("c", "Accuracy", 0.9, 0.5, False),
        Claim("c", "F1", 9.0, 0.5, False),
        Claim("d", "Near", 0.51, 0.5, False),
        Claim("e", "Met", 2.0, 1.0, True),
    ]
    pairs = [Pair("x", "y", "notebook", 0.9), Pair("x", "z", "checkpoint", 0.999)]

    found = needs_a_person(entries, claims, pairs)

    assert [(one.kind, one.student) for one in found] == [
        ("fault", "b"),
        ("fault", "b"),
        ("refused", "r"),
        ("stopped", "s"),
        ("claim", "c"),
        ("alike", "x, y"),
        ("alike", "x, z"),
    ]
    assert found[2].message == "GR301 No notebook."
    assert found[4].message == "F1: 9 reported, 0.5 measured. 1 more are far off."


def test_cost_is_the_sum_of_the_runs_and_names_the_slowest_cells():
    on_gpu = replace(grades.perfect(), run=replace(grades.perfect().run, device="cuda", wall_seconds=10.0))
    cost = add_up_cost([on_gpu, grades.perfect()])

    assert cost.runs == 2
    assert cost.gpu_seconds == 10.0
    assert cost.wall_seconds == 10.0 + grades.perfect().run.wall_seconds
    assert cost.cells[0].students == 2
    assert cost.cells[0].median_seconds == max(grades.SECONDS)
    assert add_up_cost([]).most_memory_bytes == 0


def test_the_facts_of_a_class_hold_every_student_by_name():
    facts = class_facts(LAB, class_of(40), [], made="now", notes=["one file was too large"])

    assert len(facts.entries) == 40
    assert facts.scores.n + facts.scores.missing + facts.scores.refused == 40
    assert {item.check for item in facts.items} == {verdict.check.id for verdict in grades.failing().verdicts}
    assert facts.notes == ("one file was too large",)
    names = [(one.name or one.student).casefold() for one in facts.entries]
    assert names == sorted(names)
