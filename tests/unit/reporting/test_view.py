from dataclasses import replace

import pytest

from grader.model.run import RunStatus
from grader.model.submission import Notice
from grader.reporting.view import page_view
from tests.fakes import grades


def test_the_header_counts_in_words():
    header = page_view(grades.failing()).header

    assert header.summary == "6 passed, 1 partly, 3 not yet, 1 not judged"
    assert (header.score, header.possible) == ("51.45", "95")
    assert header.notes == (
        "5 of the lab's 100 points could not be judged here and are not counted against you.",
        "1 of 2 hidden checks not met (5 points).",
    )


def test_late_penalty_and_bonus_have_lines_of_their_own():
    header = page_view(grades.lora()).header

    assert header.adjustments == ("Late by 1 day: −3.5 points, by the lab's rule, 24 November 2026, 09:00 UTC.",)
    assert "The score includes 5 bonus points." in header.notes


def test_an_adjustment_upwards_gives_its_reason():
    made = grades.grade(
        (), adjustments=(grades.Adjustment("Regraded", 2.0, "A. Lee", "2026-12-01T10:00:00Z", "Typo."),)
    )

    assert page_view(made).header.adjustments == ("Regraded: +2 points, by A. Lee, 1 December 2026, 10:00 UTC. Typo.",)


def test_a_lab_without_checks_says_so():
    page = page_view(grades.empty())

    assert page.header.notes == ("This lab has no checks, so there is nothing to judge.",)
    assert page.next.action == "This lab has no checks, so there is nothing to judge."
    assert page.groups == ()


def test_a_run_that_never_started_has_no_score_and_is_our_fault():
    page = page_view(grades.never_started())

    assert "Nothing could be judged in this run, so there is no score." in page.header.notes
    assert page.banner.ours
    assert page.banner.judged == ""
    assert page.next.title == ""
    assert "Send your instructor" in page.next.action


def test_all_hidden_checks_met_is_said_with_their_number():
    made = grades.perfect()
    three = replace(made.verdicts[0], check=replace(made.verdicts[0].check, hidden=True))

    assert page_view(made).header.notes == ("Both hidden checks are met.",)
    assert "All 3 hidden checks are met." in page_view(replace(made, verdicts=(three, *made.verdicts[1:]))).header.notes
    assert "The hidden check is met." in page_view(grades.grade((three,))).header.notes


def test_notices_and_refused_files_are_told():
    made = grades.stopped()
    made = replace(
        made, submission=replace(made.submission, notices=(Notice("GR318", "Outputs were dropped.", "Fine."),))
    )

    assert page_view(made).notices == (
        "Outputs were dropped. Fine.",
        "model -> /etc was not collected: it is a link (GR313)",
    )


def test_flags_are_for_staff():
    assert page_view(grades.lora()).flags == ()
    assert page_view(grades.lora(), staff=True).flags == ("GR501 Check test_merged broke: KeyError 'oops'.",)


@pytest.mark.parametrize("status", [status for status in RunStatus if status is not RunStatus.COMPLETED])
def test_every_way_a_run_ends_has_a_banner(status):
    banner = page_view(grades.grade((), run=grades.run(status=status))).banner

    assert banner.title
    assert banner.cure
    assert banner.ours == (status is RunStatus.OUR_FAULT)
