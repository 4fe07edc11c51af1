"""Finds the program in a box from outside of it."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from grader.sandbox.tree import LinuxTree


def find_program(tree: LinuxTree, words: Sequence[bytes]) -> tuple[int, int] | None:
    """Find the program that a box was built around, once it runs: until then its process has another command line.

    Args:
        tree: what is below the process that builds the box.
        words: the command line of the program.

    Returns:
        The numbers of the namespace's first process and of the program's; None while it is not there.
    """
    parents = {process.pid: _parent(process.pid) for process in tree.processes()}
    for pid, parent in parents.items():
        with contextlib.suppress(OSError):
            if parent in parents and Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1] == list(words):
                return parent, pid
    return None


def _parent(pid: int) -> int:
    try:
        line = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return -1
    return int(line[line.rindex(b")") + 2 :].split()[1])
