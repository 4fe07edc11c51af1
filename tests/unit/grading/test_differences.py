from dataclasses import replace

from grader.grading.differences import compare
from grader.model.verdict import EvidenceRow
from tests.fakes.course import a_grade, a_lab, a_run, a_verdict

CELLS = {"c1": "rows = 10", "c2": "answer = 42"}


def test_two_equal_runs_do_not_differ(tmp_path):
    grade = a_grade(a_lab(tmp_path))

    found = compare(grade, grade, (CELLS, CELLS))

    assert (found.score, found.causes, found.verdicts) == (None, (), ())


def test_everything_that_went_in_and_differs_is_named(tmp_path):
    lab = a_lab(tmp_path)
    before = a_grade(lab)
    after = replace(
        before,
        run=a_run(lab, parameters={"rows": 11, "seed": 7}),
        lab=replace(before.lab, version="1.0.1", checks_sha256="d" * 64),
        stamp=replace(before.stamp, versions={"python": "3.12.0"}),
    )

    causes = compare(before, after, (CELLS, CELLS | {"c2": "\nanswer = 41\n"})).causes

    assert [(cause.what, cause.before, cause.after) for cause in causes] == [
        ("cell 2", "answer = 42", "answer = 41"),
        ("parameter rows", "10", "11"),
        ("package python", "3.11.7", "3.12.0"),
        ("lab version", "1.0.0", "1.0.1"),
        ("checks", "c" * 12, "d" * 12),
    ]


def test_answers_and_measurements_that_differ_are_shown(tmp_path):
    before = replace(
        a_grade(a_lab(tmp_path)), verdicts=(a_verdict("one", rows=(EvidenceRow("Accuracy", 0.9),)), a_verdict("two"))
    )
    after = replace(
        before,
        score=7.5,
        verdicts=(a_verdict("one", "partly", rows=(EvidenceRow("Accuracy", 0.8),)), a_verdict("two"), a_verdict("new")),
    )

    found = compare(before, after, (CELLS, CELLS))

    assert (found.score.before, found.score.after) == ("10 of 10", "7.5 of 10")
    one, new = found.verdicts
    assert (one.before, one.after, one.measurements[0].after) == ("passed", "partly (0.50)", "0.8")
    assert (new.before, new.after) == ("no such check", "passed")
