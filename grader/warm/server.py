"""The warm server: `python -s -P -B -m grader.warm.server LISTENER STDIN_DECIDES IDLE_SECONDS MODULE...`.

It imports, warms up, and then only forks: one thread, no CUDA, no secret, an environment that means nothing. Each
connection asks one thing: `status`, `stop`, or a supervisor for one command, whose descriptors come along.
"""

import array
import contextlib
import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import struct
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from grader.sandbox.ending import import_much
from grader.sandbox.forking import reap
from grader.sandbox.launcher import control_process, serve_order
from grader.sandbox.privileges import drop_capabilities, filter_calls, gain_no_more
from grader.warm.birth import Memory, reset_signals, start
from grader.warm.constants import find_places
from grader.warm.joining import become, close_all_but, join
from grader.warm.modules import import_all, warm_up
from grader.warm.pages import gather_pages

_PR_SET_CHILD_SUBREAPER = 36
_LONGEST_REQUEST = 64 * 1024
_MOST_DESCRIPTORS = 32
#: A client that says nothing is not waited for.
_PATIENCE = 5.0
_REAP_SECONDS = 2.0


@dataclass
class Server:
    """The state of a serving process."""

    listener: socket.socket
    idle_seconds: float
    memory: Memory
    modules: tuple[str, ...]
    started: float = field(default_factory=time.time)
    served: int = 0
    last: float = field(default_factory=time.monotonic)

    def serve(self, lifeline: int | None) -> None:
        """Answer until told to stop, until nobody has asked for a while, or until the lifeline ends.

        Args:
            lifeline: a descriptor whose end means that the owner is gone; None when there is no owner.
        """
        sources: list[Any] = [self.listener, *([] if lifeline is None else [lifeline])]
        while time.monotonic() - self.last < self.idle_seconds:
            ready, _, _ = select.select(sources, [], [], _REAP_SECONDS)
            reap()
            if lifeline in ready:
                return
            if self.listener in ready:
                connection, _ = self.listener.accept()
                with connection:
                    if not self._answer(connection):
                        return

    def _answer(self, connection: socket.socket) -> bool:
        """Answer one connection; False when it told the server to stop."""
        connection.settimeout(_PATIENCE)
        descriptors: list[int] = []
        try:
            if _user_of(connection) != os.getuid():
                return True
            text, descriptors = _receive(connection)
            request = json.loads(text)
            if request["ask"] == "fork":
                self._fork(request, descriptors, connection)
            else:
                connection.sendall(json.dumps(self.facts()).encode())
            return request["ask"] != "stop"
        except (OSError, ValueError, KeyError, TypeError):  # whoever asked is gone, or does not speak our language
            return True
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def facts(self) -> dict[str, object]:
        """Return what `grader warm status` shows."""
        idle = time.monotonic() - self.last
        return {
            "pid": os.getpid(),
            "started": self.started,
            "served": self.served,
            "modules": len(sys.modules),
            "preload": self.modules,
            "seconds_left": round(self.idle_seconds - idle),
            "unfit": unfit(),
        }

    def _fork(self, request: dict[str, Any], descriptors: list[int], connection: socket.socket) -> None:
        self.last, reason = time.monotonic(), unfit()
        if reason is not None:
            connection.sendall(json.dumps({"refused": reason}).encode())
            return
        self.served += 1
        if os.fork() == 0:
            _be_supervised(request, descriptors, connection, self.memory)


def unfit() -> str | None:
    """Return why this process must not be forked any more; None when it may."""
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads != 1:
        return f"the warm server has {threads} threads"
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "the warm server has used a GPU"
    return None


def _be_supervised(
    request: dict[str, Any], descriptors: list[int], connection: socket.socket, memory: Memory
) -> NoReturn:
    """In the fork: enter the box, fork its supervisor there, tell who it is, and end."""
    try:
        reset_signals()
        if request["uid"] is not None:
            become(request["uid"])
        join([descriptors[number] for number in request["namespaces"]])
        supervisor = os.fork()
        if supervisor == 0:
            _supervise(request, descriptors, memory)
        handle = os.pidfd_open(supervisor)
        socket.send_fds(connection, [json.dumps({"pid": supervisor}).encode()], [handle])
        os._exit(0)
    except BaseException as exc:
        with contextlib.suppress(OSError):  # whoever asked is gone
            connection.sendall(json.dumps({"failed": f"{type(exc).__name__}: {exc}"}).encode())
    finally:
        os._exit(1)  # a fork never becomes a second server


def _supervise(request: dict[str, Any], descriptors: list[int], memory: Memory) -> NoReturn:
    """In the fork of the fork: the supervisor of one command, as in the cold path, but that it forks the command."""
    code = 1
    try:
        control, status, output, rules, handover = (
            descriptors[request[name]] if request[name] is not None else -1
            for name in ("control", "status", "output", "filter", "handover")
        )
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        for number in (1, 2):
            os.dup2(output, number)
        program = os.pread(rules, 1 << 20, 0) if rules >= 0 else b""
        close_all_but([number for number in (control, status, handover) if number >= 0])
        if program:
            drop_capabilities()
            gain_no_more()
            filter_calls(program)
        code = serve_order(control, status, handover, lambda order: start(order, memory))
    except SystemExit:
        code = 1
    except BaseException as exc:
        os.write(2, f"{type(exc).__name__}: {exc}\n".encode())
    os._exit(code)


def _receive(connection: socket.socket) -> tuple[bytes, list[int]]:
    text, control, _, _ = connection.recvmsg(
        _LONGEST_REQUEST, socket.CMSG_SPACE(4 * _MOST_DESCRIPTORS), socket.MSG_CMSG_CLOEXEC
    )
    found = array.array("i")
    for level, kind, data in control:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return text, list(found)


def _user_of(connection: socket.socket) -> int:
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1]


def remember() -> Memory:
    """Take down what children have to put right."""
    every = gc.get_objects()
    return Memory(
        environment=dict(os.environ),
        places=find_places(),
        generators=[found for found in every if type(found) is random.Random],
        path=list(sys.path),
    )


def main(arguments: list[str]) -> int:
    """Import, warm up, freeze, serve.

    Args:
        arguments: number of the listening socket, `1` when the end of stdin is the end, seconds without a request after
            which to end, and the modules to import.
    """
    number, owned, idle, *modules = arguments
    listener = socket.socket(fileno=int(number))
    if sys.platform.startswith("linux"):
        control_process(_PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: whoever asked decides
    usual = gc.get_threshold()
    import_much()
    import_all(modules)
    warm_up()
    gc.set_threshold(*usual)
    memory = remember()
    gc.collect()
    gc.freeze()
    gather_pages()
    os.write(1, b"ready\n")
    Server(listener, float(idle), memory, tuple(modules)).serve(0 if owned == "1" else None)
    return 0


if __name__ == "__main__":
    # under its own name: what a fork runs as `__main__` is another module
    sys.exit(importlib.import_module("grader.warm.server").main(sys.argv[1:]))
