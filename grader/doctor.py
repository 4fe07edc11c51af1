"""Looks at this machine and says what works here and what to do about the rest."""

import importlib.metadata
import os
import re
import shutil
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from grader.sandbox.advice import how_to_get_more
from grader.sandbox.base import Promise, Sandbox

#: Free space below which miniatures, runs and checkpoints of a lab may not fit.
ENOUGH_DISK_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    works: bool
    detail: str
    cure: str = ""
    """What to do when it does not work; empty when it works."""
    essential: bool = True
    """Whether grading needs it."""


def examine(sandboxes: Iterable[Sandbox], lock: Path, cache: Path, runs: Path, gpus: str) -> list[Finding]:
    """Look at everything that grading needs.

    Args:
        sandboxes: the backends to ask, strongest first.
        lock: requirements.lock.
        cache: folder of miniatures and measurements.
        runs: folder of the runs.
        gpus: the GPUs that can be used, in words, or why there are none.

    Returns:
        The findings, in the order in which things are needed.
    """
    return [
        _python(),
        _packages(lock),
        _kernel(),
        _loopback(),
        _sandbox(sandboxes),
        Finding("GPU", True, gpus, essential=False),
        _folder("Cache", cache),
        _folder("Runs", runs),
    ]


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    works = sys.version_info >= (3, 11)
    return Finding("Python", works, version, "" if works else "Install Python 3.11 or later, then `make setup`.")


def _packages(lock: Path) -> Finding:
    if not lock.is_file():
        return Finding("Packages", True, "no requirements.lock here to compare with", essential=False)
    pinned = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;]+)", lock.read_text("utf-8"), flags=re.MULTILINE)
    differing = [name for name, version in pinned if _installed(name) != version]
    if not differing:
        return Finding("Packages", True, f"{len(pinned)} at their locked versions")
    listed = ", ".join(differing[:5]) + (" ..." if len(differing) > 5 else "")
    return Finding("Packages", False, f"{len(differing)} differ from requirements.lock: {listed}", "Run `make setup`.")


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name).partition("+")[0]  # torch 2.13.0+cpu is torch 2.13.0
    except importlib.metadata.PackageNotFoundError:
        return None


def _kernel() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("Kernel", False, "no python3 kernel", "Run `make setup`.")
    return Finding("Kernel", True, f"{spec.display_name}")


def _loopback() -> Finding:
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            return Finding("Loopback", True, f"127.0.0.1 answers (port {server.getsockname()[1]} was free)")
    except OSError as exc:
        return Finding("Loopback", False, f"127.0.0.1: {exc.strerror}", "The embedded Hub listens there: allow it.")


def _sandbox(sandboxes: Iterable[Sandbox]) -> Finding:
    reasons: list[str] = []
    for sandbox in sandboxes:
        reason = sandbox.available() or sandbox.leaks()
        promise = sandbox.promise()
        if reason is None:
            return Finding("Sandbox", True, _level(promise, reasons))
        reasons.append(f"{promise.backend}: {reason}")
    return Finding("Sandbox", False, "; ".join(reasons), "Linux with Python 3.11 has at least process limits.")


def _level(promise: Promise, missed: list[str]) -> str:
    """Say what a containment promises, what stronger ones lack here, and how to get more."""
    level = "official grades" if promise.official else "your own machine only"
    said = [f"{promise.backend} ({level}): covers {', '.join(promise.covers)}"]
    if promise.lacks:
        said.append(f"not covered: {', '.join(promise.lacks)}")
    if missed:
        said.append(f"stronger ones: {'; '.join(reason.rstrip('.') for reason in missed)}")
    more = how_to_get_more(promise)
    if more:
        said.append(f"how to get more (docs/security.md): {'; '.join(more)}")
    return ". ".join(sentence[0].upper() + sentence[1:] if at else sentence for at, sentence in enumerate(said))


def _folder(subject: str, folder: Path) -> Finding:
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(existing, os.W_OK):
        return Finding(subject, False, f"{folder} cannot be written", f"Allow it, or set GRADER_{subject.upper()}.")
    free = shutil.disk_usage(existing).free
    works = free >= ENOUGH_DISK_BYTES
    cure = "" if works else "Free some space: checkpoints of one run may need 2 GiB."
    return Finding(subject, works, f"{folder}, {free / 1024**3:.0f} GiB free", cure)
