from dataclasses import replace

import pytest

from grader.model.run import RunStatus
from grader.model.verdict import EvidenceRow, Verdict, VerdictStatus
from grader.reporting.checks_view import check_views, groups
from tests.fakes import grades


def view_of(verdict: Verdict, **changes):
    return check_views(grades.grade((verdict,), **changes), staff=False)[0]


def check(**changes):
    return grades.declared("test_it", "It works", 4, **changes)


def test_groups_follow_the_states_and_the_authors_order_inside():
    made = groups(check_views(grades.failing(), staff=False))

    assert [group.status.heading for group in made] == ["Not yet", "Partly there", "Not judged", "Passed"]
    assert [one.number for one in made[0].checks] == [5, 9, 10]


def test_a_row_tells_claim_requirement_and_measurement():
    claim = check_views(grades.failing(), staff=False)[4]

    assert claim.claims
    (row,) = claim.rows
    assert (row.claimed, row.required, row.measured, row.met.word) == (
        "0.93",
        "within 0.005 of your report",
        "0.8435",
        "not yet",
    )


def test_a_row_without_a_bar_only_informs():
    (_, row) = check_views(grades.failing(), staff=False)[3].rows

    assert row.met.word == "for information"
    assert row.required == "–"


def test_the_sentence_of_the_first_unmet_row_stands_in_for_a_message():
    rows = (EvidenceRow("a", met=True, sentence="fine"), EvidenceRow("b", met=False, sentence="b is 3, not 4."))

    assert view_of(Verdict(check(), VerdictStatus.FAILED, 0.0, rows=rows)).message == "b is 3, not 4."


def test_a_failure_without_any_words_still_says_something():
    assert view_of(Verdict(check(), VerdictStatus.FAILED, 0.0)).message == "The result is not what this check expects."


def test_a_pass_needs_no_words_and_shows_no_hint():
    view = view_of(Verdict(check(hint="Try."), VerdictStatus.PASSED, 1.0, mistake="train-mode"))

    assert (view.message, view.hint, view.details) == ("", "", False)


@pytest.mark.parametrize(
    ("gpu", "message"),
    [
        (True, "This check needs a GPU, and the machine that graded has none."),
        (False, "This check could not be judged in this run. Its points are not counted."),
    ],
)
def test_a_check_without_verdict_says_why(gpu, message):
    view = view_of(Verdict(check(needs_gpu=gpu), VerdictStatus.NOT_JUDGED, None))

    assert view.message == message
    assert view.score == "not judged"


def test_the_authors_reason_for_no_verdict_is_kept():
    view = view_of(Verdict(check(), VerdictStatus.NOT_JUDGED, None, message="Needs a GPU with bf16."))

    assert view.message == "Needs a GPU with bf16."


def test_our_fault_says_that_it_costs_nothing():
    view = view_of(Verdict(check(hint="Try."), VerdictStatus.OUR_FAULT, None, message="The disk was full."))

    assert view.message == "This check broke. That is our fault, and it costs you no points. The disk was full."
    assert view.hint == ""


def test_our_fault_is_said_once():
    message = "This check broke. That is our fault, and it costs you no points."

    assert view_of(Verdict(check(), VerdictStatus.OUR_FAULT, None, message=message)).message == message


def test_an_exercise_that_was_never_begun_is_told_from_one_that_was_tried():
    views = check_views(grades.not_attempted(), staff=False)

    assert [view.status.word for view in views] == ["Passed", "Not reached", "Not attempted"]
    assert views[2].message == "The notebook stopped before this exercise was done."


def test_a_check_before_the_open_exercise_is_judged_as_it_is():
    made = grades.not_attempted()
    early = Verdict(check(cell="exercise-1"), VerdictStatus.FAILED, 0.0)

    assert view_of(early, run=made.run).status.word == "Not yet"


def test_the_usual_mistake_stands_in_for_a_hint():
    made = grades.failing().verdicts[8]
    bare = replace(made, hint="")

    assert view_of(made).hint == made.hint
    assert view_of(bare).hint == "This looks like a Trainer without `logging_steps`: it logged nothing to look at."
    assert view_of(replace(bare, mistake="unheard-of")).hint == ""


def test_reveal_levels_and_tracebacks_are_for_staff():
    hidden = replace(grades.failing().verdicts[9])
    staff = check_views(grades.grade((hidden,)), staff=True)[0]

    assert (staff.reveal, staff.staff) == ("hint", "assert 0.694 > 0.8")
    assert view_of(hidden).reveal == ""


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (Verdict(check(cell="exercise-6"), VerdictStatus.FAILED, 0.0, message="There is no function."), "Not reached"),
        (Verdict(check(cell="exercise-6"), VerdictStatus.NOT_JUDGED, 0.0, waits_for=("test_it",)), "Not reached"),
        (Verdict(check(cell="exercise-6"), VerdictStatus.PASSED, 1.0), "Passed"),
        (Verdict(check(cell="exercise-1"), VerdictStatus.FAILED, 0.0, message="It is 4."), "Not yet"),
        (Verdict(check(), VerdictStatus.FAILED, 0.0, message="It is 4."), "Not yet"),
        (Verdict(check(cell="exercise-6"), VerdictStatus.FAILED, 0.0, rows=(EvidenceRow("a", met=False),)), "Not yet"),
    ],
)
def test_what_lies_behind_the_end_of_a_run_was_not_reached(verdict, word):
    view = view_of(verdict, run=grades.stopped().run)

    assert view.status.word == word
    if word == "Not reached":
        assert (view.message, view.hint) == ("The run ended in cell 6, before this was done.", "")
        assert view.waits_for == ()


def test_a_run_that_is_our_fault_says_so_itself():
    run = replace(grades.stopped().run, status=RunStatus.OUR_FAULT)
    verdict = Verdict(check(cell="exercise-6"), VerdictStatus.FAILED, 0.0, message="There is no function.")

    assert view_of(verdict, run=run).status.word == "Not yet"
