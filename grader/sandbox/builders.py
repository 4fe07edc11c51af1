"""What builds a box around the supervisor: bubblewrap, or namespaces of our own where that is not installed."""

import contextlib
import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.sandbox.base import Command
from grader.sandbox.bwrap_arguments import BOX_PATH, MEMORY_SIZES, bwrap_arguments, device_nodes, system_folders
from grader.sandbox.bwrap_arguments import OPTIONAL_FILES as _OPTIONAL_FILES
from grader.sandbox.seccomp import build_filter

_STAGE = Path("/run/stage")


@dataclass(frozen=True)
class Sight:
    """What a box shows of the machine."""

    sources: tuple[tuple[Path, bool], ...]
    """Paths, and whether they may be written; parents before what lies in them."""
    places: Mapping[Path, Path]
    """Where the builder finds each of them: elsewhere when root has staged them for an unprivileged user."""


class Builder(ABC):
    """Turns a command and a supervisor into a program to start."""

    @abstractmethod
    def plan(self, command: Command, sight: Sight, supervisor: Sequence[str], kept: "Kept", *, counted: bool) -> "Plan":
        """Say what is to be started.

        Args:
            command: what will run in the box.
            sight: what it shows.
            supervisor: the command line of the supervisor.
            kept: keeps the descriptors that are to be inherited.
            counted: whether a control group counts the memory of the box.
        """


@dataclass(frozen=True)
class Plan:
    """What is to be started, by us or by `stage.py`."""

    argv: tuple[str, ...]
    inner: dict[str, Any] | None = None
    """What `stage.py` is to do itself instead of starting `argv`."""


class Kept:
    """Descriptors that a started program inherits; closed here as soon as it runs."""

    def __init__(self, *given: int) -> None:
        """Begin with descriptors that somebody else closes."""
        self.descriptors = [*given]
        self.resources = contextlib.ExitStack()

    def memory_file(self, content: bytes) -> int:
        """Return an unnamed file in memory that can be read from its start."""
        descriptor = os.memfd_create("grader", os.MFD_CLOEXEC)
        self.resources.callback(os.close, descriptor)
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        self.descriptors.append(descriptor)
        return descriptor


class Bubblewrap(Builder):
    """Lets bubblewrap build the box."""

    def __init__(self, program: Path) -> None:
        """Take the program."""
        self._program = program

    def plan(self, command: Command, sight: Sight, supervisor: Sequence[str], kept: Kept, *, counted: bool) -> Plan:
        """Hand all options over in a file: /proc/1/cmdline would show them to the box."""
        options = bwrap_arguments(command, sight.sources, sight.places)
        arguments = kept.memory_file(b"\0".join(map(os.fsencode, options)) + b"\0")
        rules = kept.memory_file(build_filter(cgroup=counted))
        argv = (str(self._program), "--args", str(arguments), "--seccomp", str(rules), "--", *supervisor)
        return Plan(argv)


class OwnNamespaces(Builder):
    """Builds the box by `namespaces.py`."""

    def plan(self, command: Command, sight: Sight, supervisor: Sequence[str], kept: Kept, *, counted: bool) -> Plan:
        """Describe the box for the script."""
        inherited = tuple(kept.descriptors)
        folders, links = system_folders()
        binds = [(str(path), str(path), False) for path in folders]
        binds += [(str(sight.places[path]), str(path), writable) for path, writable in sight.sources]
        inner = {
            "binds": binds,
            "optional": _OPTIONAL_FILES,
            "links": links,
            "devices": device_nodes() if command.gpu else [],
            "sizes": MEMORY_SIZES,
            "writable": [str(path) for path, writable in sight.sources if writable],
            "filter": kept.memory_file(build_filter(cgroup=counted)),
            "argv": supervisor,
            "environment": {"PATH": BOX_PATH, "LANG": "C.UTF-8"},
            "keep": inherited,
        }
        if command.gpu:
            inner["binds"] = [("/sys", "/sys", False), *binds]
        script = str(Path(__file__).with_name("namespaces.py"))
        plan = kept.memory_file(json.dumps(inner).encode())
        return Plan((sys.executable, "-I", "-S", script, str(plan)), inner)


def look_at(command: Command, own: Sequence[Path], *, staged: bool) -> Sight:
    """Return what the box of a command shows.

    Args:
        command: what will run in it.
        own: what the supervisor itself needs.
        staged: whether root shows all of it to an unprivileged user, at places of its own.
    """
    readable = [path.absolute() for path in (*own, *command.readable) if path.exists()]
    writable = [path.absolute() for path in command.writable]
    wanted = dict.fromkeys(readable, False) | dict.fromkeys(writable, True)
    # parents first: a writable folder may lie in one that is only to be read
    ordered = sorted(wanted.items(), key=lambda item: len(item[0].parts))
    stages = {path: _STAGE.with_name(f"stage{number}") for number, (path, _) in enumerate(ordered)}
    return Sight(tuple(ordered), stages if staged else {path: path for path, _ in ordered})


def stage_plan(uid: int, sight: Sight, plan: Plan, kept: Kept) -> tuple[str, ...]:
    """Return the command line of `stage.py`, which becomes an unprivileged user first.

    Args:
        uid: the user.
        sight: what is to be shown to it.
        plan: what to start then.
        kept: keeps the descriptors that are to be inherited.
    """
    listed = [(str(path), str(sight.places[path]), not writable) for path, writable in sight.sources]
    content = {"uid": uid, "shown": listed, "argv": plan.argv, "keep": kept.descriptors, "inner": plan.inner}
    described = kept.memory_file(json.dumps(content).encode())
    return (sys.executable, "-I", "-S", str(Path(__file__).with_name("stage.py")), str(described))
