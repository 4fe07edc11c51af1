"""A process that has imported the heavy libraries once, and forks for every module that it is asked to run.

It contains nothing: it is for the course's own files alone, such as the wrong submissions that measure how strong the
checks are. Nothing that a student sent may ever come near it.
"""

import gc
import importlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from grader.sandbox.forking import exit_code, reap

_state = {"forked": False}


def in_fork() -> bool:
    """Whether this process is a fork of the server: it has the libraries, and nobody needs it afterwards."""
    return _state["forked"]


def serve(imports: Sequence[str]) -> None:
    """Import modules, then run one module in a fork for each order on stdin; answers on stdout, in any order.

    An order is a line of JSON: `id`, `module` (its `main` is given `arguments`), `cwd`, `environment`, `log` (a file
    for what it prints) and `seconds`. The answer is `id`, `code` (negative for a signal), `cpu` and `peak`.

    Args:
        imports: names of modules; one that is not installed is left out.
    """
    for name in imports:
        with suppress(ModuleNotFoundError):
            importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        reap()
        if os.fork() == 0:
            _attend(json.loads(line))


def _attend(order: dict[str, Any]) -> None:
    """Fork once more, so that this process can tell how the module ended; a line is written in one piece."""
    worker = os.fork()
    if worker == 0:
        _work(order)
    _, status, usage = os.wait4(worker, 0)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(worker, signal.SIGKILL)
    answer = {
        "id": order["id"],
        "code": os.waitstatus_to_exitcode(status),
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * 1024,
    }
    os.write(1, json.dumps(answer).encode() + b"\n")
    os._exit(0)


def _work(order: dict[str, Any]) -> None:
    """Become the process of one order."""
    code = 1
    try:
        os.setsid()
        signal.alarm(max(1, int(order["seconds"])))
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number in (1, 2):
            os.dup2(log, number)
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["cwd"])
        _state["forked"] = True
        code = exit_code(lambda: sys.exit(importlib.import_module(order["module"]).main(order["arguments"])))
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
