"""What a run was, decided from how it ended and what the worker said."""

from dataclasses import replace

import pytest

from grader.model.lab import Exercise, Limits
from grader.model.run import RunStatus
from grader.model.submission import CodeCell
from grader.running.events import Event
from grader.running.journal import Journal
from grader.running.outcome import conclude
from tests.fakes.labs import make_lab
from tests.fakes.sandbox import ENDED, killed

CELLS = (CodeCell(1, "c1", ""), CodeCell(7, "c7", "trainer.train()"))
LAB = make_lab(exercises=(Exercise("exercise-3", "Choose the training arguments", ()),))
STARTED = Event("cell started", "c7")


def outcome(*events: Event, contained=ENDED, limits: Limits | None = None, spoken: bool = True):
    journal = Journal(CELLS)
    journal.spoken = spoken
    journal.take(events)
    found = conclude(contained, journal, LAB, limits or Limits())
    return found.status, found.code, found.message


def raised(name: str, message: str, cell: str = "c7") -> Event:
    return Event("cell failed", cell, name=name, message=message)


def test_a_worker_that_finished_and_exited_well_is_a_completed_run():
    assert outcome(Event("finished")) == (RunStatus.COMPLETED, None, "")


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("GR401", "600 s"),
        ("GR402", "60 s of CPU time"),
        ("GR403", "memory 4.0 GiB"),
        ("GR404", "128 processes"),
        ("GR406", "disk 2.0 GiB"),
    ],
)
def test_a_limit_is_named_with_its_figure_and_the_cell(code, detail):
    status, found, message = outcome(STARTED, contained=killed(code, detail))
    assert (status, found) == (RunStatus.STOPPED, code)
    assert message == f"The notebook reached its limit of {detail} in cell 7 (`trainer.train()`)."


def test_a_limit_between_and_before_cells_says_so():
    limit = killed("GR401", "600 s")
    assert outcome(contained=limit)[2].endswith("before its first cell.")
    assert outcome(STARTED, Event("cell ended", "c7"), contained=limit)[2].endswith("after its last cell.")
    assert outcome(Event("cell started", "c1"), contained=limit)[2].endswith("in cell 1.")


def test_an_interrupt_is_nobodys_fault():
    assert outcome(STARTED, contained=killed("GR411", "interrupted"))[:2] == (RunStatus.INTERRUPTED, "GR411")


def test_a_flood_that_the_worker_stopped_is_the_output_limit():
    assert outcome(STARTED, Event("flood", "c7"))[:2] == (RunStatus.STOPPED, "GR405")


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("Exercise 3: choose", "Exercise 3, “Choose the training arguments”, is not attempted yet (cell 7)."),
        ("Exercise 4: write it.\nmore", "Exercise 4, “write it”, is not attempted yet (cell 7)."),
        ("Exercise 5", "Exercise 5 is not attempted yet (cell 7)."),
        ("Exercise 2a. Look", "Exercise 2a, “Look”, is not attempted yet (cell 7)."),
    ],
)
def test_a_stub_of_the_starter_names_its_exercise(message, sentence):
    assert outcome(STARTED, raised("NotImplementedError", message)) == (RunStatus.NOT_ATTEMPTED, "GR410", sentence)


@pytest.mark.parametrize(
    ("name", "message", "sentence"),
    [
        ("NotImplementedError", "some library", "Cell 7 raised NotImplementedError: some library"),
        ("ValueError", "Exercise 3: no", "Cell 7 raised ValueError: Exercise 3: no"),
        ("ZeroDivisionError", "", "Cell 7 raised ZeroDivisionError"),
        ("SyntaxError", "invalid syntax (2970896940.py, line 19)", "Cell 7 raised SyntaxError: invalid syntax"),
        (
            "SyntaxError",
            "'(' was never closed (mine.py, line 1)",
            "Cell 7 raised SyntaxError: '(' was never closed (mine.py, line 1)",
        ),
        ("ValueError", "first\nsecond", "Cell 7 raised ValueError: first"),
    ],
)
def test_an_exception_is_named_with_its_cell(name, message, sentence):
    assert outcome(STARTED, raised(name, message)) == (RunStatus.CELL_FAILED, "GR409", sentence)


@pytest.mark.parametrize("message", ["[Errno 27] File too large", "I/O error: File too large (os error 27)"])
def test_a_file_above_the_limit_is_the_disk_limit(message):
    status, code, sentence = outcome(STARTED, raised("OSError", message), limits=Limits(file_bytes=1024))
    assert (status, code) == (RunStatus.STOPPED, "GR406")
    assert "1 KiB for a single file in cell 7" in sentence
    assert outcome(STARTED, raised("OSError", message), limits=Limits(file_bytes=None))[1] == "GR409"


def test_an_exception_in_the_injected_cell_has_no_number():
    status, _, sentence = outcome(raised("MemoryError", "Errno 27: File too large", ""))
    assert status is RunStatus.STOPPED
    assert sentence.endswith("single file.")
    assert outcome(raised("ValueError", "x", ""))[2].startswith("The cell with the injected parameters")
    stub = outcome(raised("NotImplementedError", "Exercise 5", ""))
    assert stub[2] == "Exercise 5 is not attempted yet."


def test_a_dead_kernel_says_how_it_ended():
    status, code, sentence = outcome(STARTED, Event("kernel died", message="exit code 3"))
    assert (status, code) == (RunStatus.KERNEL_DIED, "GR407")
    assert "ended by itself (exit code 3) in cell 7" in sentence


@pytest.mark.parametrize(
    ("contained", "how"),
    [
        (replace(ENDED, exit_code=None, signal=9), "(signal 9)"),
        (replace(ENDED, exit_code=21), "(exit code 21)"),
        (replace(ENDED, exit_code=None, signal=9, detail="the supervisor was killed"), "(the supervisor was killed)"),
    ],
)
def test_a_worker_that_ended_under_the_students_code_is_a_dead_kernel(contained, how):
    status, code, sentence = outcome(STARTED, Event("broke", message="x"), contained=contained)
    assert (status, code) == (RunStatus.KERNEL_DIED, "GR407")
    assert how in sentence


def test_saying_finished_does_not_make_a_killed_run_complete():
    found = outcome(STARTED, Event("finished"), contained=replace(ENDED, exit_code=None, signal=9))
    assert found[0] is RunStatus.KERNEL_DIED


def test_a_worker_that_never_came_to_a_cell_is_our_fault():
    contained = replace(ENDED, exit_code=20)
    assert outcome(contained=contained) == (RunStatus.OUR_FAULT, "GR506", "The notebook could not be started.")
    assert outcome(Event("broke", message="no zmq"), contained=contained)[2].endswith("started: no zmq.")


def test_a_worker_that_died_without_a_word_is_our_fault():
    killed = replace(ENDED, exit_code=None, signal=11)
    assert outcome(contained=killed, spoken=False)[:2] == (RunStatus.OUR_FAULT, "GR506")


def test_a_worker_whose_words_are_gone_was_silenced_by_the_notebook():
    status, code, sentence = outcome(
        Event("broke", message="forged"), contained=replace(ENDED, exit_code=None, signal=9)
    )
    assert (status, code) == (RunStatus.KERNEL_DIED, "GR407")
    assert sentence == "The Python process of the notebook ended the run from inside (signal 9)."
