from dataclasses import replace

import pytest

from grader.model.verdict import Verdict, VerdictStatus
from grader.overview.items import analyse_items
from tests.fakes import grades

STATUS = {
    1.0: VerdictStatus.PASSED,
    0.0: VerdictStatus.FAILED,
    0.5: VerdictStatus.PARTLY,
    "blocked": VerdictStatus.NOT_JUDGED,
    "fault": VerdictStatus.OUR_FAULT,
}


def graded(**answers):
    """A grade with one verdict per check: a fraction, `blocked` or `fault`."""
    verdicts = tuple(
        Verdict(
            grades.declared(name, f"Title of {name}", 10),
            STATUS[answer],
            answer if isinstance(answer, float) else 0.0 if answer == "blocked" else None,
            message=f"{answer} measured" if answer != 1.0 else "",
        )
        for name, answer in answers.items()
    )
    return grades.grade(verdicts)


def items(*found):
    return {item.check: item for item in analyse_items(found)}


def test_a_check_that_the_strong_meet_discriminates():
    found = items(graded(a=1.0, b=1.0, c=1.0), graded(a=1.0, b=1.0, c=0.0), graded(a=0.0, b=0.0, c=0.0))

    assert found["a"].facility == pytest.approx(2 / 3)
    assert found["a"].discrimination == pytest.approx(0.866, abs=1e-3)
    assert (found["a"].passed, found["a"].failed, found["a"].n) == (2, 1, 3)


def test_a_check_that_strong_students_miss_is_to_be_reviewed():
    found = items(graded(a=0.0, b=1.0, c=1.0), graded(a=0.0, b=1.0, c=1.0), graded(a=1.0, b=0.0, c=0.0))

    assert found["a"].discrimination == pytest.approx(-1.0)
    assert found["a"].note == "review"


def test_blocked_is_missing_and_not_failed():
    found = items(graded(a=1.0, b=1.0), graded(a=0.0, b="blocked"), graded(a=1.0, b=0.0))

    assert (found["b"].n, found["b"].blocked, found["b"].failed, found["b"].facility) == (2, 1, 1, 0.5)
    assert found["b"].discrimination is None


def test_a_check_that_broke_is_said_to_be_broken():
    found = items(graded(a="fault", b=1.0), graded(a=1.0, b=0.5))

    assert (found["a"].faults, found["a"].n, found["a"].note) == (1, 1, "broken")
    assert found["b"].facility == 0.75


def test_a_check_that_everybody_meets_tells_nothing():
    found = items(*[graded(a=1.0, b=1.0)] * 3)

    assert (found["a"].note, found["a"].discrimination) == ("tells nothing", None)


def test_the_most_frequent_message_has_its_numbers_masked():
    found = items(graded(a=0.0), graded(a=0.5))

    assert found["a"].message == "# measured"


def test_checks_of_an_older_version_are_kept_behind_those_of_the_newest():
    older = replace(graded(gone=1.0, a=1.0), graded="2026-01-01T00:00:00+00:00")
    newer = replace(graded(a=1.0, added=0.0), graded="2026-02-01T00:00:00+00:00")

    assert list(items(older, newer)) == ["a", "added", "gone"]


def test_a_class_without_grades_has_no_items():
    assert analyse_items([]) == ()
