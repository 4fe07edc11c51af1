"""Runs in the student's kernel: calls functions on given inputs and writes down, as JSON, what they return.

The text of this file is sent to the kernel, where nothing of the grader is imported: those of `building` and `encoding`
are sent before it. It uses as few modules as it can, for a notebook may have changed them. Each function is called in a
forked copy of the kernel: what it breaks, prints or never ends, the next one does not notice. Where CUDA is in use a
process cannot be forked, and the functions are called in the kernel itself.
"""

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from grader.probing.building import build
from grader.probing.encoding import LONGEST_MESSAGE, Encoder, Refused, to_json

#: What all calls of one probe may return.
MOST_BYTES = 4 * 1024**2
_GRACE_SECONDS = 1.0


class _TimeIsUp(BaseException):
    """Raised by the alarm; no `except Exception` of a student's stops it."""


def call_all(names: Mapping[str, Any], order: list[dict[str, Any]], target: str) -> None:
    """Call every function of an order.

    Args:
        names: the namespace of the notebook.
        order: per probe: `name`, `seconds` for all its calls, `calls`, each the arguments by name, and `source`, the
            code that defines the function where it is not the notebook's.
        target: file to make, with one line per call.
    """
    with contextlib.suppress(OSError):
        Path(target).unlink()  # whatever the notebook put there
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    try:
        for number, probe in enumerate(order):
            known = _defined(probe["source"]) if probe.get("source") else names
            function = known.get(probe["name"])
            if not callable(function):
                kind = "not callable" if probe["name"] in known else "missing"
                _write(descriptor, _failure(number, 0, kind))
            elif _cuda_is_used():
                _call_each(function, probe, number, descriptor)
            else:
                _call_in_fork(function, probe, number, descriptor)
    finally:
        os.close(descriptor)


def _defined(source: str) -> dict[str, Any]:
    """What the grader's own code defines."""
    names: dict[str, Any] = {"__name__": "probes"}
    exec(compile(source, "<probe>", "exec"), names)  # noqa: S102  the author's code, in the student's box
    return names


def _cuda_is_used() -> bool:
    torch: Any = sys.modules.get("torch")
    return torch is not None and torch.cuda.is_initialized()


def _call_in_fork(function: Callable[..., Any], probe: dict[str, Any], number: int, target: int) -> None:
    """Call a function in a child process and pass on what it writes; the child is killed when its time is up."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            _leave_the_terminal()
            _call_each(function, probe, number, writer)
        finally:
            os._exit(0)
    os.close(writer)
    text, late = _drain(reader, time.monotonic() + probe["seconds"] + _GRACE_SECONDS)
    os.close(reader)
    for kill in (os.killpg, os.kill):  # the group, when the child has come so far as to make one
        with contextlib.suppress(OSError):
            kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    whole = text[: text.rfind(b"\n") + 1]
    done = whole.count(b"\n")
    _write_all(target, whole)
    if done < len(probe["calls"]):
        how = f"signal {status & 127}" if status & 127 else f"exit code {status >> 8}"
        kind = "too large" if len(text) >= MOST_BYTES else "timeout" if late else "ended"
        _write(target, _failure(number, done, kind, how if kind == "ended" else ""))


def _leave_the_terminal() -> None:
    """Give a child its own process group and let what it prints go nowhere."""
    os.setpgid(0, 0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    sys.stdout = sys.stderr = os.fdopen(nowhere, "w", encoding="utf-8")
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)  # the threads of OpenMP did not come along


def _drain(reader: int, deadline: float) -> tuple[bytes, bool]:
    """Read a pipe to its end; return what came and whether time ran out."""
    pieces: list[bytes] = []
    size = 0
    while size < MOST_BYTES:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            return b"".join(pieces), True
        piece = os.read(reader, 65536)
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces), False


def _call_each(function: Callable[..., Any], probe: dict[str, Any], number: int, target: int) -> None:
    """Make the calls of one probe, one line each, until the time for all of them is up."""

    def ring(*_signal: object) -> None:
        raise _TimeIsUp

    before = signal.signal(signal.SIGALRM, ring)
    index = 0
    try:
        signal.setitimer(signal.ITIMER_REAL, probe["seconds"])
        for index, inputs in enumerate(probe["calls"]):
            _write(target, _call(function, inputs, number, index))
    except _TimeIsUp:
        _write(target, _failure(number, index, "timeout"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _call(function: Callable[..., Any], inputs: dict[str, Any], number: int, index: int) -> dict[str, Any]:
    arguments = {name: build(value) for name, value in inputs.items()}
    started = time.perf_counter()
    try:
        output = Encoder().encode(function(**arguments))
    except _TimeIsUp:
        raise
    except Refused as refused:
        return _failure(number, index, refused.kind, str(refused))
    except NotImplementedError as error:
        return _failure(number, index, "not attempted", _message(error))
    except SystemExit as error:
        return _failure(number, index, "ended", _message(error))
    except BaseException as error:
        return _failure(number, index, "raised", f"{type(error).__name__}: {_message(error)}")
    after = {name: {"training": _training(value)} for name, value in arguments.items() if hasattr(value, "modules")}
    seconds = round(time.perf_counter() - started, 6)
    return {"probe": number, "call": index, "output": output, "after": after, "seconds": seconds}


def _training(module: Any) -> list[bool]:
    return [bool(part.training) for part in module.modules()]


def _message(error: BaseException) -> str:
    try:
        return str(error)[:LONGEST_MESSAGE]
    except Exception:
        return ""


def _failure(number: int, index: int, kind: str, text: str = "") -> dict[str, Any]:
    return {"probe": number, "call": index, "error": {"kind": kind, "text": text}}


def _write(target: int, line: dict[str, Any]) -> None:
    _write_all(target, (to_json(line) + "\n").encode())


def _write_all(target: int, data: bytes) -> None:
    while data:
        data = data[os.write(target, data) :]
