"""What every process that is forked from has in common: it lets go of its dead, and a fork ends as a program would."""

import contextlib
import os
import sys
from collections.abc import Callable


def reap() -> None:
    """Wait for the children that have ended, and for those of theirs that this process has adopted."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def exit_code(program: Callable[[], object]) -> int:
    """Run a program, and return what an interpreter would end with.

    Args:
        program: what to run; whatever it raises besides `SystemExit` is raised here.

    Returns:
        0, or what `SystemExit` says; 1 when that is a text, which is printed.
    """
    try:
        program()
    except SystemExit as exc:
        if exc.code is None or isinstance(exc.code, int):
            return (exc.code or 0) & 0xFF
        print(exc.code, file=sys.stderr)
        return 1
    return 0
