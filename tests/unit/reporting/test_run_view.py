from dataclasses import replace

import pytest

from grader.model.artifact import ArtifactFile
from grader.model.run import CellError, RunStatus
from grader.model.verdict import VerdictStatus
from grader.reporting import run_view
from grader.reporting.view import page_view
from tests.fakes import grades


def test_a_completed_run_has_no_banner():
    assert page_view(grades.failing()).banner is None


def test_a_stopped_run_names_the_students_cell_and_what_was_kept():
    banner = page_view(grades.stopped()).banner

    assert banner.where.startswith("Cell 6: trainer = Trainer(")
    assert banner.code == "GR401"
    assert banner.judged == "Everything before it is kept: 1 of 3 checks could be judged."


def test_an_exception_is_named():
    error = CellError("ValueError", "no", "Cell In[3], line 2\n----> 2 int('x')")
    made = grades.grade((), run=grades.run(status=RunStatus.CELL_FAILED, code="GR409", error=error, stopped_at=2))

    assert page_view(made).banner.detail == "line 2: int('x')"


def test_an_exercise_that_nobody_has_written_is_the_next_step_and_no_exception():
    page = page_view(grades.not_attempted())

    assert (page.banner.detail, page.next.title) == ("", "Write the exercise in cell 6")


def test_a_run_without_words_takes_those_of_its_code():
    made = grades.grade((), run=grades.run(status=RunStatus.KERNEL_DIED, code="GR407"))

    assert page_view(made).banner.message == "The kernel died. The Python process of the notebook ended by itself."


def test_a_code_that_nobody_knows_is_not_shown():
    banner = page_view(grades.grade((), run=grades.run(status=RunStatus.STOPPED, code="<b>"))).banner

    assert (banner.code, banner.message) == ("", "")


def test_the_next_step_is_the_first_unmet_check_of_the_author_not_the_dearest():
    made = grades.failing()
    step = page_view(replace(made, verdicts=made.verdicts[4:])).next

    assert step.title == "The accuracy you report is the accuracy we measure"
    assert step.anchor == "check-1"
    assert step.action == "Evaluate the model you saved. A later cell may have trained it further."


def test_a_stopped_run_comes_before_any_check():
    step = page_view(grades.stopped()).next

    assert (step.title, step.anchor) == ("Make cell 6 run to its end", "cell-6")


def test_a_run_that_stopped_nowhere_still_has_a_next_step():
    step = page_view(grades.grade((), run=grades.run(status=RunStatus.KERNEL_DIED, code="GR407"))).next

    assert (step.title, step.action) == ("", "Look at the named cell: an exit call, or a crash in native code.")


def test_when_all_is_met_nothing_is_left():
    assert page_view(grades.perfect()).next.action == "Nothing is left to do. Every check is met."


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        ([VerdictStatus.OUR_FAULT, VerdictStatus.NOT_JUDGED], "Nothing for you to do. Send your instructor"),
        ([VerdictStatus.NOT_JUDGED], "Nothing is left to do on this machine."),
        ([VerdictStatus.FAILED], "What remains is in hidden checks."),
    ],
)
def test_what_cannot_be_acted_on_is_not_a_next_step(keep, words):
    made = grades.lora()
    left = tuple(verdict for verdict in made.verdicts if verdict.status in keep)

    step = page_view(replace(made, verdicts=left)).next

    assert step.title == ""
    assert step.action.startswith(words)


def test_a_check_without_hint_sends_to_the_measurement():
    made = grades.failing()
    bare = replace(made.verdicts[4], hint="")

    assert page_view(replace(made, verdicts=(bare,))).next.action.startswith("Read what we measured")


def test_meters_stop_at_the_limit_and_know_when_there_is_none():
    run = grades.run(wall_seconds=700.0)
    time, cpu, memory = run_view.meters(run)

    assert time.share == 1.0
    assert (cpu.share, cpu.limit) == (None, "none")
    assert memory.limit == "4.0 GiB"
    bounded = run_view.meters(replace(run, limits=replace(run.limits, cpu_seconds=100.0, memory_bytes=None)))
    assert (bounded[1].limit, bounded[2].limit) == ("1 min 40 s", "none")


def test_the_slowest_cells_come_first():
    cells = run_view.slowest_cells(grades.run())

    assert [cell.number for cell in cells[:3]] == [6, 7, 1]


def test_a_long_list_of_files_is_cut_and_counted():
    many = tuple(ArtifactFile(f"f{number}", 1, "a" * 64) for number in range(75))
    files = run_view.files(grades.grade((), manifest=grades.manifest(files=many)))

    assert len(files) == 61
    assert files[-1].name == "and 15 more"


@pytest.mark.parametrize(
    ("error", "offline"),
    [
        (CellError("ProxyError", "HTTPSConnectionPool(host='pypi.org')", ""), True),
        (CellError("ConnectionError", "[Errno -3] Temporary failure in name resolution", ""), True),
        (CellError("ValueError", "no", ""), False),
    ],
)
def test_who_asks_the_internet_is_told_that_there_is_none(error, offline):
    made = grades.grade((), run=grades.run(status=RunStatus.CELL_FAILED, code="GR409", error=error, stopped_at=2))
    page = page_view(made)

    assert ("no internet" in page.banner.cure) is offline
    assert page.next.action == page.banner.cure


def test_an_error_without_a_cell_keeps_its_words():
    made = grades.grade((), run=grades.run(status=RunStatus.CELL_FAILED, code="GR409", error=CellError("E", "m", "")))

    assert page_view(made).banner.where == ""
    assert page_view(made).banner.detail == "E: m"


def test_the_stamp_says_what_it_takes_to_do_this_again():
    stamp = {line.name: line.value for line in run_view.stamp(grades.failing())}

    assert stamp["Profile and seed"] == "miniature, seed 713"
    assert stamp["Packages"].startswith("datasets 5.2.0, grader 0.1.0, python 3.11.9")
    assert stamp["Containment"] == "Ran inside a sandbox (bubblewrap)"
