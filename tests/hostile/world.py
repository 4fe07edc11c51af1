"""A machine worth attacking: files, sockets and processes that a box must not touch, and how each case is judged."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.model.lab import Limits
from grader.sandbox.base import Command, Contained, Sandbox
from tests.hostile.box_cases import PRELUDE, Case

MIB = 1024**2
SECRET = "hunter2"
#: Seconds beyond its limit of time that a run may take to be over.
LATE = 6.0


def everything() -> bool:
    """Whether all attacks are wanted, on every box and as every user: `make hostile` asks for them."""
    return os.environ.get("GRADER_HOSTILE") == "all"


@dataclass
class World:
    """What lies around a box."""

    folder: Path
    bystander: subprocess.Popen[bytes]
    sockets: dict[str, socket.socket] = field(default_factory=dict[str, socket.socket])

    def facts(self) -> dict[str, Any]:
        """What an attacker is told, as if it had been guessed."""
        return {
            "folder": str(self.folder),
            "hidden": str(self.folder / "hidden.py"),
            "other": str(self.folder / "other.ipynb"),
            "results": str(self.folder / "results.json"),
            "port": self.sockets["tcp"].getsockname()[1],
            "abstract": self.abstract,
            "unix": str(self.folder / "unix"),
            "bystander": self.bystander.pid,
            "grader": os.getpid(),
        }

    @property
    def abstract(self) -> str:
        return f"grader-world-{os.getpid()}"

    def faults(self) -> list[str]:
        """What has happened out here that must not happen."""
        found = [f"{name} was reached" for name, listener in self.sockets.items() if _was_reached(listener)]
        if self.bystander.poll() is not None:
            found.append("the bystander died")
        if (self.folder / "results.json").read_text() != '{"score": 0}':
            found.append("the results were changed")
        return found


@contextlib.contextmanager
def world(folder: Path, uid: int | None):
    """Build the surroundings; `uid` is the user that boxes run as, when it is not ours."""
    folder.mkdir(mode=0o755, parents=True)
    for name, text in {
        "hidden.py": f"answer = {SECRET!r}",
        "other.ipynb": SECRET,
        "results.json": '{"score": 0}',
    }.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o666)
    sleeper = subprocess.Popen(["/bin/sleep", "600"], user=uid, group=uid, extra_groups=[] if uid else None)
    around = World(folder, sleeper)
    around.sockets["tcp"] = socket.create_server(("127.0.0.1", 0))
    for name, address in (("abstract", f"\0{around.abstract}"), ("unix", str(folder / "unix"))):
        around.sockets[name] = socket.socket(socket.AF_UNIX)
        around.sockets[name].bind(address)
        around.sockets[name].listen()
    (folder / "unix").chmod(0o777)
    try:
        yield around
    finally:
        sleeper.kill()
        sleeper.wait()
        for listener in around.sockets.values():
            listener.close()


def attack(case: Case, sandbox: Sandbox, around: World, place: Path) -> tuple[Contained, str]:
    """Run one case in a folder of its own; returns how it ended and what it printed."""
    place.mkdir(parents=True)
    limits = {"wall_seconds": case.seconds, "memory_bytes": 256 * MIB, "processes": 40, "disk_bytes": 64 * MIB}
    limits |= {"file_bytes": 128 * MIB, "output_bytes": 4 * MIB} | dict(case.limits)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(place), "LANG": "C.UTF-8", "WORLD": json.dumps(around.facts())}
    code = f"{PRELUDE}\n{case.code}\n"
    log = place.with_suffix(".log")
    command = Command((sys.executable, "-I", "-c", code), place, environment, Limits(**limits), (place,), stdout=log)
    return sandbox.run(command), log.read_text("utf-8", "replace")


def judge(case: Case, sandbox: Sandbox, around: World, place: Path) -> list[str]:
    """Run one case; returns everything that went wrong, by its own account and as seen from outside."""
    started = time.monotonic()
    contained, said = attack(case, sandbox, around, place)
    found = [line for line in said.splitlines() if line.startswith("BROKE")] + around.faults()
    signal = -contained.signal if contained.signal is not None else None
    end = contained.limit or (contained.exit_code if contained.exit_code is not None else signal)
    if end not in case.ends:
        found.append(f"ended with {end} {contained.detail}: {said[-1500:]}")
    if time.monotonic() - started > case.seconds + LATE:
        found.append("ended too late")
    return found + survivors(place)


def survivors(place: Path) -> list[str]:
    """Processes that were started for a place, whatever number they have out here."""
    wanted = f"HOME={place}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            dead = (entry / "stat").read_text().rpartition(") ")[2][0] in "ZX"
            if entry.name.isdigit() and wanted in (entry / "environ").read_bytes().split(b"\0") and not dead:
                found.append(f"process {entry.name} is left")
    return found


def _was_reached(listener: socket.socket) -> bool:
    listener.setblocking(False)
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True
