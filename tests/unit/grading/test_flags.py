import pytest

from grader.grading.flags import find_flags
from grader.model.artifact import Refusal
from grader.model.run import RunStatus, SandboxStamp
from grader.model.submission import Notice
from grader.model.verdict import VerdictStatus
from tests.fakes.grade_parts import make_manifest, make_run, make_verdict, make_verdicts


def flags(run=None, manifest=None, *verdicts):
    return find_flags(run or make_run(), manifest or make_manifest(), make_verdicts(*verdicts))


def test_an_ordinary_run_has_no_flags():
    assert flags(None, None, make_verdict(), make_verdict(VerdictStatus.FAILED)) == ()


def test_each_fault_of_ours_is_flagged_with_its_points():
    broken = make_verdict(VerdictStatus.OUR_FAULT, 2.5, check_id="test_claim")

    (flag,) = flags(None, None, broken)

    assert flag.code == "GR501"
    assert flag.message == "The check `test_claim` broke; its 2.5 points are left out of the total."


def test_a_hidden_check_that_broke_is_not_named():
    (flag,) = flags(None, None, make_verdict(VerdictStatus.OUR_FAULT, check_id="test_secret", hidden=True))

    assert "test_secret" not in flag.message
    assert "A hidden check broke" in flag.message


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (RunStatus.STOPPED, "GR401"),
        (RunStatus.KERNEL_DIED, "GR407"),
        (RunStatus.INTERRUPTED, "GR411"),
        (RunStatus.OUR_FAULT, "GR503"),
    ],
)
def test_a_run_that_was_stopped_is_flagged_with_its_code(status, code):
    (flag,) = flags(make_run(status=status, code=code, message="Cell 7 ran for 600 s."))

    assert (flag.code, flag.message) == (code, "Cell 7 ran for 600 s.")


def test_a_run_that_ended_without_a_word_is_flagged_all_the_same():
    (flag,) = flags(make_run(status=RunStatus.OUR_FAULT))

    assert (flag.code, flag.message) == ("GR506", "The run ended early: our fault.")


@pytest.mark.parametrize("status", [RunStatus.CELL_FAILED, RunStatus.NOT_ATTEMPTED])
def test_an_unfinished_notebook_is_nothing_that_a_person_must_look_at(status):
    assert flags(make_run(status=status, code="GR409", message="x", observed=None)) == ()


def test_what_the_run_noticed_of_its_parameters_is_flagged():
    (flag,) = flags(make_run(notices=(Notice("GR312", "Cell 3 assigns `seed` again."),)))

    assert (flag.code, flag.message) == ("GR312", "Cell 3 assigns `seed` again.")


def test_parameters_that_cannot_be_read_back_after_a_whole_run_are_flagged():
    (flag,) = flags(make_run(observed=None))

    assert flag.code == "GR312"


def test_refused_artifacts_are_flagged_by_code_the_first_five_by_name():
    refused = [Refusal(f"link{n}", "GR313", "a link") for n in range(7)] + [Refusal("deep", "GR408", "too deep")]

    first, second = flags(None, make_manifest(refused=tuple(refused)))

    assert first.code == "GR313"
    assert "link0 (a link)" in first.message
    assert "link5" not in first.message
    assert "and 2 more" in first.message
    assert (second.code, second.message) == ("GR408", "Not collected from output_dir: deep (too deep).")


@pytest.mark.parametrize(
    ("lacks", "says"),
    [((), "contained by `process` only."), (("network",), "It does not cover: network.")],
)
def test_a_run_without_full_containment_is_flagged(lacks, says):
    (flag,) = flags(make_run(sandbox=SandboxStamp("process", official=False, lacks=lacks)))

    assert flag.code == "GR602"
    assert flag.message.endswith(says)
