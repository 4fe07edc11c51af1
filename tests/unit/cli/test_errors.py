import json
import os
from pathlib import Path

import pytest
import typer

from grader.cli.errors import guard, printable, tell
from grader.errors import MachineFault, SubmissionFault


def run(command, as_json=False):
    with pytest.raises(SystemExit) as ended:
        guard(command, as_json=as_json)
    return ended.value.code


def raising(error):
    def command():
        raise error

    return command


def test_a_command_that_returns_a_number_ends_with_it():
    assert run(lambda: 4) == 4


def test_a_command_that_returns_nothing_ends_with_zero():
    assert run(lambda: None) == 0


def test_a_fault_is_told_with_its_code_and_cure_and_no_traceback(capsys):
    code = run(raising(SubmissionFault("GR301", "x.ipynb is not a notebook.", "Save it again.")))

    printed = capsys.readouterr()
    assert code == 3
    assert printed.out == ""
    assert "✗ GR301  x.ipynb is not a notebook." in printed.err
    assert "Try: Save it again." in printed.err
    assert "Traceback" not in printed.err


def test_what_the_machine_lacks_is_marked_apart(capsys):
    assert run(raising(MachineFault("GR601", "No GPU found."))) == 6
    assert "! GR601" in capsys.readouterr().err


def test_json_errors_are_one_object_on_stdout(capsys):
    code = run(raising(SubmissionFault("GR308", "Too large.")), as_json=True)

    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "grader.error/1"
    assert (told["code"], told["exit"], code) == ("GR308", 3, 3)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_an_interrupt_says_that_finished_runs_are_kept(error, capsys):
    assert run(raising(error)) == 130
    assert "kept" in capsys.readouterr().err


def test_a_usage_error_of_the_command_line_ends_with_two(capsys):
    assert run(raising(typer.BadParameter("No such option: --x"))) == 2
    assert "No such option" in capsys.readouterr().err


def test_an_unforeseen_error_is_ours_and_its_traceback_is_kept(capsys):
    assert run(raising(ZeroDivisionError("division by zero"))) == 5

    told = capsys.readouterr().err
    assert "GR509" in told
    assert "ZeroDivisionError: division by zero" in told
    assert "Traceback" not in told
    path = Path(next(word for word in told.split() if "grader-bug-" in word))
    assert "Traceback" in path.read_text()
    path.unlink()


def test_a_closed_pipe_is_no_error():
    read, write = os.pipe()
    saved = os.dup(1)
    try:
        os.dup2(write, 1)
        assert run(raising(BrokenPipeError())) == 0
    finally:
        os.dup2(saved, 1)
        for fd in (read, write, saved):
            os.close(fd)


def test_control_characters_of_a_name_never_reach_the_terminal(capsys):
    tell(SubmissionFault("GR310", "\x1b[2Jevil\x07.ipynb"), as_json=False)

    told = capsys.readouterr().err
    assert "\x1b[2J" not in told
    assert "\\x1b[2Jevil\\x07.ipynb" in told


def test_printable_keeps_words_of_every_language_and_line_ends():
    assert printable("grüße 深度 שלום\nx") == "grüße 深度 שלום\nx"
