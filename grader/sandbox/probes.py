"""Tries a sandbox with a few small hostile probes before it is trusted, and remembers the answer until the next boot.

Whether a box holds cannot be read off a version: policies of the distribution, containers around us and old kernels
each take something away. So what the promise names is tried, and judged from outside as well.
"""

import hashlib
import json
import os
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

import platformdirs

from grader.model.lab import Limits
from grader.sandbox.base import Command, Sandbox

#: Processes are not bounded: one that sees all those of the machine should live to say so.
_LIMITS = Limits(
    wall_seconds=20.0, memory_bytes=512 * 1024**2, processes=None, disk_bytes=64 * 1024**2, output_bytes=64 * 1024
)
_NO_ANSWER = "the probe did not answer"
_SECRET = "grader-probe-secret"  # noqa: S105  a word to look for, not a password
#: Prints one JSON object: what it managed to do. Everything in it should be false.
_PROBE = r"""
import ctypes, json, os, socket, sys
secret, other, port, name = sys.argv[1:5]
done = {}
def attempt(what, action):
    try:
        done[what] = bool(action())
    except (OSError, ValueError, RuntimeError):
        done[what] = False
def read():
    with open(secret) as file:
        return file.read()
def write():
    with open(os.path.join(other, "planted"), "w") as file:
        return file.write("x")
def poison():
    path = os.path.join(os.path.dirname(json.__file__), "planted-by-probe")
    with open(path, "w") as file:
        os.unlink(path)
        return True
def connect():
    with socket.create_connection(("127.0.0.1", int(port)), 2):
        return True
def abstract():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + name)
        return True
def vsock():
    with socket.socket(40, socket.SOCK_STREAM):
        return True
def namespace():
    child = os.fork()  # in a namespace of its own it could not write the answer
    if child == 0:
        os._exit(0 if ctypes.CDLL(None).unshare(0x10000000) == 0 else 1)
    return os.waitpid(child, 0)[1] == 0
def processes():
    return any(int(pid) > 64 for pid in os.listdir("/proc") if pid.isdigit())
def environment():
    with open("/proc/1/environ", "rb") as file:
        return file.read()
attempt("read a file outside", read)
attempt("write a file outside", write)
attempt("write into the interpreter", poison)
attempt("connect to the machine", connect)
attempt("connect to an abstract socket", abstract)
attempt("open a vsock", vsock)
attempt("make a user namespace", namespace)
attempt("see other processes", processes)
attempt("read the grader's environment", environment)
attempt("be root", lambda: os.getuid() == 0)
with open("answer.json", "w") as file:
    json.dump(done, file)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        import time
        while True:
            time.sleep(1)
    os._exit(0)
"""


def probe(sandbox: Sandbox) -> str | None:
    """Try a sandbox, or remember that it was tried since the machine started.

    Args:
        sandbox: built and runnable as far as is known.

    Returns:
        None when it holds, else one sentence with what does not.
    """
    memory = Path(platformdirs.user_cache_dir("grader")) / f"sandbox-{sandbox.promise().backend}.sha256"
    key = _key(sandbox)
    if _recalled(memory) == key:
        return None
    reason = try_out(sandbox)
    if reason is None:
        _remember(memory, key)
    return reason


def try_out(sandbox: Sandbox) -> str | None:
    """Run the probes.

    Args:
        sandbox: to be tried.

    Returns:
        None when it holds, else one sentence.

    Raises:
        GraderError: it could not even be started.
    """
    with tempfile.TemporaryDirectory(prefix="grader-probe-") as name, _Listeners() as listeners:
        place, outside = Path(name).resolve() / "box", Path(name).resolve() / "outside"
        place.mkdir()
        outside.mkdir()
        secret = outside / "secret.txt"
        secret.write_text(_SECRET, "ascii")
        arguments = (str(secret), str(outside), str(listeners.port), listeners.name)
        started = time.monotonic()
        contained = sandbox.run(
            Command(
                argv=(sys.executable, "-I", "-c", _PROBE, *arguments),
                cwd=place,
                environment={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
                limits=_LIMITS,
                writable=(place,),
                stdout=place.parent / "output.log",
            )
        )
        held = _judge(place, outside, listeners)
        if held == _NO_ANSWER and contained.limit:
            held += f" before it was stopped ({contained.detail})"
        if contained.exit_code != 0 and held is None:
            held = f"the probe ended with {contained.exit_code or contained.signal} {contained.detail}"
        if held is None and time.monotonic() - started > _LIMITS.wall_seconds:
            held = "the probe did not end in time"
        return f"A box does not hold here: {held}." if held else None


def _judge(place: Path, outside: Path, listeners: "_Listeners") -> str | None:
    """Return what got through, by its own account or as seen from outside."""
    try:
        done = json.loads((place / "answer.json").read_text("utf-8"))
    except (OSError, ValueError):
        return _NO_ANSWER
    through = [what for what, happened in done.items() if happened]
    if (outside / "planted").exists():
        through.append("write a file outside")
    if listeners.were_reached():
        through.append("connect to the machine")
    return f"the probe could {', '.join(dict.fromkeys(through))}" if through else None


class _Listeners:
    """Sockets of the machine that a box must not reach."""

    def __init__(self) -> None:
        self.name = f"grader-probe-{os.getpid()}"
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._unix = socket.socket(socket.AF_UNIX)
        self._unix.bind("\0" + self.name)
        self._unix.listen()
        self.port = int(self._tcp.getsockname()[1])

    def were_reached(self) -> bool:
        """Return whether somebody connected."""
        for listener in (self._tcp, self._unix):
            listener.setblocking(False)
            try:
                listener.accept()[0].close()
            except BlockingIOError:
                continue
            return True
        return False

    def __enter__(self) -> "_Listeners":
        return self

    def __exit__(self, *_: object) -> None:
        self._tcp.close()
        self._unix.close()


def _key(sandbox: Sandbox) -> str:
    """Everything that may change the answer: the boot, the kernel, the program, the user, our own code."""
    program = Path(shutil.which("bwrap") or "/")
    state = program.stat()
    parts = [sandbox.promise(), os.uname(), os.getuid(), sys.executable, str(program), state.st_mtime_ns, state.st_size]
    parts += [Path("/proc/sys/kernel/random/boot_id").read_text("ascii")]
    parts += [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _recalled(memory: Path) -> str | None:
    try:
        return memory.read_text("ascii")
    except (OSError, ValueError):
        return None


def _remember(memory: Path, key: str) -> None:
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(key, "ascii")
    except OSError:  # then it is tried again the next time
        return
