"""Stands between the grader and contained code: adopts what that code abandons, and ends it when the grader is gone.

Started as `python -I -m grader.sandbox.launcher STATUS_FD [HANDOVER_FD]` with an Order as one line of JSON on stdin,
which stays open: its end means that the grader has died. Answers with one line of JSON per event on STATUS_FD. Sockets
that the order asks for are made here, where the command lives, and handed out through HANDOVER_FD.
"""

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
#: Seconds for killing what is left when the grader has died.
_PATIENCE = 10.0


class Order(NamedTuple):
    """What to start; not a dataclass, whose import would take a third of the time that a box adds to a run."""

    argv: tuple[str, ...]
    cwd: str
    environment: dict[str, str]
    kernel_limits: dict[str, int]
    """Values by the names of the `resource` module."""
    listen: tuple[int, ...] = ()
    """Loopback ports to listen on and to hand out."""

    def line(self) -> bytes:
        """Return the order as one line of JSON."""
        return json.dumps(self._asdict()).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "Order":
        """Read what `line` wrote."""
        data: dict[str, Any] = json.loads(line)
        return cls(tuple(data["argv"]), data["cwd"], data["environment"], data["kernel_limits"], tuple(data["listen"]))


def main() -> int:
    """Run one order; returns when nothing that it started is left."""
    status = int(sys.argv[1])
    os.set_inheritable(status, False)
    control = sys.stdin.buffer.raw  # type: ignore[attr-defined]  # typeshed knows the class only as BinaryIO
    return serve_order(control.fileno(), status, int(sys.argv[2]) if len(sys.argv) > 2 else -1)


def serve_order(control: int, status: int, handover: int, start: Callable[[Order], int] | None = None) -> int:
    """Read one order, listen where it says, and supervise it.

    Args:
        control: descriptor from which the order comes.
        status: descriptor for the answers.
        handover: descriptor of the socket through which listeners are handed out.
        start: another way to start what is ordered; a program when left out.

    Returns:
        As for `supervise`.
    """
    order = Order.from_line(_read_line(control))
    if order.listen:
        _hand_out(order.listen, handover)
    return supervise(order, control, status, start)


def supervise(order: Order, control: int, status: int, start: Callable[[Order], int] | None = None) -> int:
    """Start the command and reap until nothing below this process is left.

    Args:
        order: what to start.
        control: descriptor whose end means that the grader is gone.
        status: descriptor for the answers.
        start: starts it and returns its number; a program when left out.

    Returns:
        The exit status of the launcher: 0 when it could answer.
    """
    if sys.platform.startswith("linux"):
        control_process(_PR_SET_CHILD_SUBREAPER, 1)
        control_process(_PR_SET_DUMPABLE, 0)  # its memory and descriptors are not the contained code's to read
    woken, wake = os.pipe()
    for descriptor in (woken, wake):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, _ignore)
    try:
        child = (start or _start)(order)
    except (OSError, ValueError, subprocess.SubprocessError) as exc:
        _answer(status, failed=f"{type(exc).__name__}: {exc}")
        return 1
    _answer(status, started=child)
    return _reap(child, control, status, woken)


def _hand_out(ports: tuple[int, ...], handover: int) -> None:
    """Listen on ports of this network namespace and give the sockets away."""
    with contextlib.ExitStack() as stack:
        channel = stack.enter_context(socket.socket(fileno=handover))
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", port), backlog=128)) for port in ports]
        socket.send_fds(channel, [b"listening"], [listener.fileno() for listener in listeners])


def _reap(child: int, control: int, status: int, woken: int) -> int:
    sources = [control, woken]
    while _wait_for_all(child, status):
        ready, _, _ = select.select(sources, [], [])
        if control in ready and not os.read(control, 1):
            sources.remove(control)
            from grader.sandbox.tree import tree_below  # needed by those alone whose grader has died

            tree_below(os.getpid()).kill(_PATIENCE)
        if woken in ready:
            os.read(woken, 4096)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    _answer(status, cpu=used.ru_utime + used.ru_stime, largest=used.ru_maxrss)
    return 0


def _wait_for_all(child: int, status: int) -> bool:
    """Reap the dead, ours and adopted; True while somebody lives."""
    while True:
        try:
            pid, state = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True
        if pid == child:
            _answer(status, ended=os.waitstatus_to_exitcode(state))


def _start(order: Order) -> int:
    process = subprocess.Popen(
        order.argv,
        cwd=order.cwd,
        env=order.environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: confine(order.kernel_limits),  # noqa: PLW1509  this process has one thread
    )
    process.returncode = 0  # reaped by _wait_for_all: the object must not wait for it as well
    return process.pid


def confine(values: Mapping[str, int]) -> None:
    """Bound this process and everything that it will be: called between fork and exec.

    Args:
        values: limits by the names of the `resource` module; a lower one that is in force stays.
    """
    # CPython ignores the first two, "ignored" survives exec, and then a write beyond the file limit kills nobody
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    for name, value in values.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))
    if sys.platform.startswith("linux"):
        control_process(_PR_SET_NO_NEW_PRIVS, 1)
        control_process(_PR_SET_DUMPABLE, 1)  # as after exec; until then its own /proc files are root's
        # when the machine runs out of memory the kernel's choice should fall on this, not on the grader
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


def control_process(option: int, value: int) -> None:
    """Call prctl.

    Args:
        option: one of the kernel's PR_ numbers.
        value: its argument.

    Raises:
        OSError: the kernel refused.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def _answer(status: int, **event: object) -> None:
    try:
        os.write(status, json.dumps(event).encode() + b"\n")
    except BrokenPipeError:  # the grader is gone: the end of `control` will say so
        return


def _read_line(descriptor: int) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(descriptor, 65536)
        if not piece:
            raise SystemExit(1)
        line += piece
    return line


def _ignore(_number: int, _frame: object) -> None:
    """Exists so that SIGCHLD wakes `select`."""


if __name__ == "__main__":
    sys.exit(main())
