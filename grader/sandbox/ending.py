"""How processes that import thousands of modules live and end without wasting time on them."""

import atexit
import gc
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import NoReturn

from grader.sandbox.forking import exit_code

#: Objects more than before, and looks of each kind, until the collector looks for cycles: those of modules stay anyway.
_OFTEN_ENOUGH = (20_000, 20, 50)


def import_much() -> None:
    """Look for cycles of objects less often: in a process that imports torch, that takes a tenth of the time."""
    gc.set_threshold(*_OFTEN_ENOUGH)


def end(program: Callable[[], object]) -> NoReturn:
    """Run a program as the last thing of this process, and end as an interpreter would.

    Args:
        program: what to run; `SystemExit` says the code.
    """
    try:
        code = _exit_code(program)
        threading._shutdown()  # type: ignore[attr-defined]  # what an interpreter does first: wait for its threads
        atexit._run_exitfuncs()  # type: ignore[attr-defined]  # then what was registered for the end
    except BaseException:
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # nobody reads any more, or the program has closed it
            code = code or 120
    # with torch and transformers in it, taking an interpreter apart takes more than a second
    os._exit(code)


def _exit_code(program: Callable[[], object]) -> int:
    try:
        return exit_code(program)
    except KeyboardInterrupt:
        traceback.print_exc()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0
