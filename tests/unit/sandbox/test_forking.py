"""What processes that are forked from have in common."""

import os
import sys

import pytest

from grader.sandbox.forking import exit_code, reap


@pytest.mark.parametrize(("said", "code"), [((), 0), ((None,), 0), ((3,), 3), ((-1,), 255), (("no",), 1)])
def test_a_program_ends_with_what_an_interpreter_would_end_with(said, code):
    assert exit_code(lambda: sys.exit(*said)) == code


def test_a_program_that_returns_has_done_well_whatever_it_returns():
    assert exit_code(lambda: 7) == 0


def test_a_text_to_end_with_is_printed(capsys):
    exit_code(lambda: sys.exit("no such lab"))

    assert capsys.readouterr().err == "no such lab\n"


def test_what_breaks_a_program_is_for_its_caller():
    with pytest.raises(ZeroDivisionError):
        exit_code(lambda: 1 // 0)


def test_the_dead_are_let_go_and_the_living_left_alone():
    held, hold = os.pipe()
    dead = os.posix_spawnp("true", ["true"], os.environ)
    alive = os.posix_spawnp("cat", ["cat"], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, held, 0)])
    os.waitid(os.P_PID, dead, os.WEXITED | os.WNOWAIT)

    reap()

    with pytest.raises(ChildProcessError):
        os.waitpid(dead, os.WNOHANG)
    assert os.waitpid(alive, os.WNOHANG) == (0, 0)
    os.close(hold)
    os.close(held)
    assert os.waitpid(alive, 0) == (alive, 0)


def test_without_children_there_is_nothing_to_let_go():
    reap()
