"""Every way in which a check can end, in one check process."""

import pytest

from grader.model.verdict import Verdict, VerdictStatus
from tests.fakes.judged import Workplace

VISIBLE = '''
import pytest

@check(points=1, cell="exercise-1")
def test_passes(artifacts, evidence):
    """The file is there"""
    evidence.equals("Answer", artifacts.json("answer.json").number("answer"), 42)

@check(points=1, needs=[test_passes], hint="Look at the learning rate first.")
def test_partly(evidence):
    """It is good enough"""
    evidence.at_least("Accuracy", 0.74, 0.80, claimed=0.93)
    evidence.partial((0.74 - 0.5) / (0.80 - 0.5))
    evidence.at_most("Loss", 0.3, 0.5)

@check(points=1, needs=[test_partly], hint="Read ten of them aloud.")
def test_fails_by_row(evidence):
    """All rows are shown although the first is not met"""
    evidence.at_least("First", 1, 2)
    evidence.at_least("Second", 3, 2)
    evidence.mistake("low-first", "Raise the first.")

@check(points=1)
def test_fails_by_failure(evidence):
    """A failure has its own words"""
    evidence.note("Seen", 3)
    raise CheckFailure("There is no LoRA matrix.", hint="Wrap the model first.", mistake="no-lora")

@check(points=1)
def test_fails_by_assertion():
    """An assertion has a sentence"""
    secret = 0.6
    assert secret > 0.9, "The model does not cope with negation."

@check(points=1)
def test_fails_by_bare_assertion():
    """An assertion without a sentence shows nothing"""
    secret = 0.123456
    assert secret > 0.9

@check(points=1)
def test_missing_key(artifacts):
    """A missing key blames the file"""
    artifacts.json("answer.json")["accuracy"]

@check(points=1)
def test_missing_file(artifacts):
    """A missing file is named"""
    artifacts.json("metrics.json")

@check(points=1)
def test_nan(artifacts):
    """NaN is no number"""
    artifacts.json("answer.json").number("loss")

@check(points=1)
def test_broken():
    """A check that breaks is our fault"""
    {}["expected"]

@check(points=1)
def test_broken_by_exit():
    """A check that exits is our fault"""
    raise SystemExit(0)

@check(points=1)
def test_broken_evidence(evidence):
    """A row that JSON cannot hold is our fault"""
    evidence.at_least("Model", object(), 3)

@pytest.fixture
def broken_fixture():
    raise RuntimeError("no such base")

@check(points=1)
def test_broken_fixture(broken_fixture):
    """A fixture that breaks is our fault"""

@pytest.fixture
def broken_at_the_end():
    yield
    raise RuntimeError("cannot tidy up")

@check(points=1)
def test_broken_teardown(broken_at_the_end):
    """A fixture that breaks afterwards is our fault"""

@check(points=1, needs=[test_fails_by_row])
def test_waits_for_failed():
    """It waits for a check that failed"""

@check(points=1, needs=[test_waits_for_failed])
def test_waits_for_waiting():
    """It waits for a check that waits"""

@check(points=1, needs=[test_broken])
def test_waits_for_broken():
    """It waits for a check of ours that broke"""

@check(points=1, needs_gpu=True)
def test_gpu():
    """It needs a GPU"""

@check(points=1, needs=[test_gpu])
def test_waits_for_gpu():
    """It waits for a check that needs a GPU"""

@check(points=1)
def test_skips():
    """The author has no answer here"""
    pytest.skip("There is no Hub log.")

@check(points=1)
def test_unknown_measurement(measured):
    """A measurement that nobody makes is our fault"""
    getattr(measured, "hid" + "den")

@check(points=1)
def test_fixtures(lab, run, notebook):
    """The lab, the run and the notebook are there"""
    assert (lab.id, run.student_id) == ("0.1", "ada")
    assert notebook.cell("exercise-1").text == "42\\n"
'''

HIDDEN = '''
@check(points=1, needs=["test_fails_by_failure"], reveal="score")
def test_hidden_waits():
    """It waits for a check of another module"""

@check(points=1, reveal="title", hint="Think of negation.")
def test_hidden_fails(evidence):
    """The model copes with harder sentences"""
    evidence.at_least("Negated", 0.4, 0.61234)
'''

NOTEBOOK = """{"cells": [{"cell_type": "code", "id": "a", "metadata": {"tags": ["exercise-1"]}, "source": ["print(42)"],
"outputs": [{"output_type": "stream", "text": ["42\\n"]}]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"""


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    place = Workplace(tmp_path_factory.mktemp("course"))
    place.collect({"answer.json": '{"answer": 42, "loss": NaN}'})
    (place.run_folder / "executed.ipynb").write_text(NOTEBOOK)
    return place.judge(place.lab(VISIBLE, HIDDEN))


EXPECTED = {
    "test_passes": ("passed", 1.0),
    "test_partly": ("partly", 0.8),
    "test_fails_by_row": ("failed", 0.0),
    "test_fails_by_failure": ("failed", 0.0),
    "test_fails_by_assertion": ("failed", 0.0),
    "test_fails_by_bare_assertion": ("failed", 0.0),
    "test_missing_key": ("failed", 0.0),
    "test_missing_file": ("failed", 0.0),
    "test_nan": ("failed", 0.0),
    "test_broken": ("our fault", None),
    "test_broken_by_exit": ("our fault", None),
    "test_broken_evidence": ("our fault", None),
    "test_broken_fixture": ("our fault", None),
    "test_broken_teardown": ("our fault", None),
    "test_waits_for_failed": ("not judged", 0.0),
    "test_waits_for_waiting": ("not judged", 0.0),
    "test_waits_for_broken": ("not judged", None),
    "test_gpu": ("not judged", None),
    "test_waits_for_gpu": ("not judged", None),
    "test_skips": ("not judged", None),
    "test_unknown_measurement": ("our fault", None),
    "test_fixtures": ("passed", 1.0),
    "test_hidden_waits": ("not judged", 0.0),
    "test_hidden_fails": ("failed", 0.0),
}


@pytest.mark.parametrize("check_id", EXPECTED)
def test_every_ending_has_its_verdict(verdicts: dict[str, Verdict], check_id: str) -> None:
    verdict = verdicts[check_id]

    status, fraction = EXPECTED[check_id]
    assert (verdict.status, verdict.fraction) == (VerdictStatus(status), pytest.approx(fraction)), verdict.staff


def test_verdicts_come_in_the_authors_order(verdicts: dict[str, Verdict]) -> None:
    assert list(verdicts) == list(EXPECTED)


def test_a_row_that_is_met_in_part_says_measured_before_required(verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts["test_partly"]

    assert verdict.message == "Accuracy: 0.74 measured, at least 0.8 required."
    assert verdict.hint == "Look at the learning rate first."
    assert [(row.label, row.met, row.claimed) for row in verdict.rows] == [
        ("Accuracy", False, 0.93),
        ("Loss", True, None),
    ]


def test_all_rows_are_shown_and_the_first_unmet_one_speaks(verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts["test_fails_by_row"]

    assert verdict.message == "First: 1 measured, at least 2 required."
    assert [row.met for row in verdict.rows] == [False, True]
    assert (verdict.mistake, verdict.hint) == ("low-first", "Raise the first.")


def test_a_failure_keeps_its_words_and_the_rows_before_it(verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts["test_fails_by_failure"]

    assert (verdict.message, verdict.hint) == ("There is no LoRA matrix.", "Wrap the model first.")
    assert verdict.mistake == "no-lora"
    assert verdict.rows[0].measured == 3


def test_introspection_reaches_staff_only(verdicts: dict[str, Verdict]) -> None:
    told, bare = verdicts["test_fails_by_assertion"], verdicts["test_fails_by_bare_assertion"]

    assert told.message == "The model does not cope with negation."
    assert bare.message == "The result is not what this check expects."
    assert "0.123456" in bare.staff
    assert "0.123456" not in bare.message + bare.hint


def test_a_missing_key_names_the_file_and_what_it_has(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["test_missing_key"].message == "answer.json has no `accuracy`. It has: `answer`, `loss`."


def test_a_missing_file_is_named(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["test_missing_file"].message == "The notebook did not write the file metrics.json."


def test_nan_has_its_own_sentence(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["test_nan"].message == "answer.json: `loss` is NaN; a finite number is needed."
    assert verdicts["test_nan"].mistake == "not-finite"


def test_our_fault_tells_the_student_no_detail_and_staff_all(verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts["test_broken"]

    assert verdict.message == "This check could not be carried out. The fault is ours and costs you no points."
    assert "KeyError: 'expected'" in verdict.staff
    assert "_pytest" not in verdict.staff, "it begins at the check's own line"


def test_what_waits_says_for_what(verdicts: dict[str, Verdict]) -> None:
    failed, broken = verdicts["test_waits_for_failed"], verdicts["test_waits_for_broken"]

    assert failed.waits_for == ("test_fails_by_row",)
    assert failed.message == ""
    assert broken.message == "A check that this one needs could not be judged."


def test_a_machine_without_a_gpu_is_told(verdicts: dict[str, Verdict]) -> None:
    assert "needs a GPU" in verdicts["test_gpu"].message


def test_verdicts_are_not_filtered_by_reveal(verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts["test_hidden_fails"]

    assert verdict.check.hidden
    assert verdict.check.reveal == "title"
    assert "0.6123" in verdict.message
    assert verdict.hint == "Think of negation."
