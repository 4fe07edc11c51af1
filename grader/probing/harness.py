"""Runs in the student's kernel: calls functions on given inputs and writes down, as JSON, what they return.

The text of this file is sent to the kernel, where nothing of the grader is imported: that of `building` is sent before
it. It uses as few modules as it can, for a notebook may have changed them. Each function is called in a forked copy of
the kernel: what it breaks, prints or never ends, the next one does not notice. Where CUDA is in use a process cannot
be forked, and the functions are called in the kernel itself.
"""

import contextlib
import math
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from grader.probing.building import build

#: What one call may return: values, characters of text, levels of nesting; and bytes of all calls of one probe.
MOST_VALUES = 50_000
MOST_CHARACTERS = 200_000
MOST_LEVELS = 8
MOST_BYTES = 4 * 1024**2
_LONGEST_MESSAGE = 500
_GRACE_SECONDS = 1.0
_pipelines: list[Any] = []  # those that came back, kept alive so that each has a number of its own


class _TimeIsUp(BaseException):
    """Raised by the alarm; no `except Exception` of a student's stops it."""


class _Refused(Exception):
    """What came back cannot be kept as data."""

    def __init__(self, kind: str, text: str = "") -> None:
        super().__init__(text)
        self.kind = kind


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
        output = _Encoder().encode(function(**arguments))
    except _TimeIsUp:
        raise
    except _Refused as refused:
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
        return str(error)[:_LONGEST_MESSAGE]
    except Exception:
        return ""


def _failure(number: int, index: int, kind: str, text: str = "") -> dict[str, Any]:
    return {"probe": number, "call": index, "error": {"kind": kind, "text": text}}


def _write(target: int, line: dict[str, Any]) -> None:
    _write_all(target, (_json(line) + "\n").encode())


def _write_all(target: int, data: bytes) -> None:
    while data:
        data = data[os.write(target, data) :]


def _json(value: Any) -> str:
    """Write plain data as JSON without the module `json`, which a notebook may have changed."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return '"' + "".join(_letter(char) for char in value) + '"'
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(str(key))}:{_json(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_json(inner) for inner in value) + "]"
    return repr(value)


def _letter(char: str) -> str:
    code = ord(char)
    if 32 <= code < 127 and char not in '"\\':
        return char
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


class _Encoder:
    """Turns what a function returned into plain data of bounded size."""

    def __init__(self) -> None:
        self._values = MOST_VALUES
        self._characters = MOST_CHARACTERS

    def encode(self, value: Any, level: int = 0) -> Any:
        """Return the value as texts, numbers, lists and dictionaries."""
        self._spend(1)
        if level > MOST_LEVELS:
            raise _Refused("unsuitable", f"a value nested more than {MOST_LEVELS} levels deep")
        if value is None or isinstance(value, bool | int | float | str):
            return self._scalar(value)
        if isinstance(value, Mapping):
            return {self._key(key): self.encode(inner, level + 1) for key, inner in self._each(value.items())}
        kind = type(value)
        where = f"{kind.__module__}.{kind.__name__}"
        if where == "torch.dtype":
            return {"$dtype": str(value).removeprefix("torch.")}
        if hasattr(value, "tolist") and hasattr(value, "dtype") and hasattr(value, "shape"):
            return self._tensor(value)
        if isinstance(value, list | tuple) or hasattr(value, "__next__") or kind.__name__ == "DataLoader":
            return [self.encode(inner, level + 1) for inner in self._each(value)]
        if kind.__name__.endswith("Pipeline") and hasattr(value, "model"):
            return self._pipeline(value)
        raise _Refused("unsuitable", f"a value of type {kind.__name__}"[:_LONGEST_MESSAGE])

    def _pipeline(self, value: Any) -> dict[str, Any]:
        """What can be said of a pipeline of transformers; the number is that of the object, the same for the same."""
        if not any(value is known for known in _pipelines):
            _pipelines.append(value)
        number = next(at for at, known in enumerate(_pipelines) if known is value)
        task = self._text(str(getattr(value, "task", "")))
        return {"$pipeline": {"number": number, "task": task, "training": bool(value.model.training)}}

    def _scalar(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            if value.bit_length() > 256:
                raise _Refused("too large", "a number of more than 256 bits")
            return int(value)
        return float(value) if math.isfinite(value) else {"$float": str(float(value))}

    def _tensor(self, value: Any) -> dict[str, Any]:
        count = math.prod(int(size) for size in value.shape)
        self._spend(count)
        is_array = not hasattr(value, "detach")  # numpy's
        flat = value.flatten() if is_array else value.detach().cpu().flatten()
        numbers = flat.tolist()
        if len(numbers) != count or not all(type(number) in {bool, int, float} for number in numbers):
            raise _Refused("unsuitable", f"a tensor of {str(value.dtype)[:40]}")
        return {
            "$tensor": {
                "dtype": str(value.dtype).removeprefix("torch."),
                "shape": [int(size) for size in value.shape],
                "device": "numpy" if is_array else str(value.device).partition(":")[0],
                "requires_grad": bool(getattr(value, "requires_grad", False)),
                "values": [number if math.isfinite(number) else str(number) for number in numbers],
            }
        }

    def _key(self, key: Any) -> str:
        text = self._text(str(key))
        if text.startswith("$"):  # what stands for a tensor is written by `_tensor` alone
            raise _Refused("unsuitable", "a mapping with a name that begins with $")
        return text

    def _each(self, values: Iterable[Any]) -> Iterable[Any]:
        for value in values:
            self._spend(1)
            yield value

    def _spend(self, values: int) -> None:
        self._values -= values
        if self._values < 0:
            raise _Refused("too large", f"more than {MOST_VALUES:,} values")

    def _text(self, text: str) -> str:
        self._characters -= len(text)
        if self._characters < 0:
            raise _Refused("too large", f"more than {MOST_CHARACTERS:,} characters")
        return str(text)
