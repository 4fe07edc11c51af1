"""Containment by bubblewrap, a system-call filter and limits on the whole box: walls, so that a grade may be official.

The command sees the system's programs, this program's interpreter and packages, and the folders that it is given;
nothing else of the machine has a name in there. It has its own processes, network, users and memory file systems.

Covered by the kernel: files, processes, network, capabilities, system calls. Covered by looking several times a second,
and in memory and processes by a control group where one can be made: sums over the box.

Not covered: faults of the kernel and of GPU drivers, channels of timing, locks on files that two boxes share, files
that are deleted while open (up to the size of a single file each).
"""

import shutil
from pathlib import Path

from grader.sandbox.box_sandbox import BoxSandbox, no_boxes
from grader.sandbox.builders import Bubblewrap, Builder


class BubblewrapSandbox(BoxSandbox):
    """Contains a command in a box that bubblewrap has built."""

    name = "bubblewrap"

    def missing(self) -> str | None:
        """Return what this machine lacks."""
        return missing()

    def builder(self) -> Builder:
        """Return bubblewrap."""
        return Bubblewrap(Path(shutil.which("bwrap") or "bwrap"))


def missing() -> str | None:
    """Return what this machine lacks for a box of bubblewrap's, or None when one may be tried."""
    if shutil.which("bwrap") is None:
        return no_boxes() or "bubblewrap is not installed."
    return no_boxes()
