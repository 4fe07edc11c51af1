"""Containment by namespaces and Landlock without bubblewrap, for machines where nothing can be installed.

The same box, with the same filter and the same limits, built by this program itself (`namespaces.py`): the command sees
the same files, and Landlock is a second lock on them, but for what is mounted below the box's own /tmp. Where
bubblewrap's box also forbids user namespaces by a limit of the kernel's, here the system-call filter alone does.

It needs a kernel that lets plain users make user namespaces (Ubuntu 24.04 does not, nor do most containers), Landlock
(Linux 5.13) and mounts by handle (5.12).
"""

from grader.sandbox.box_sandbox import BoxSandbox, no_boxes
from grader.sandbox.builders import Builder, OwnNamespaces
from grader.sandbox.landlock import version


class NamespaceSandbox(BoxSandbox):
    """Contains a command in a box that this program has built."""

    name = "namespaces"
    lacks = ("a second lock on user namespaces",)

    def missing(self) -> str | None:
        """Return what this machine lacks."""
        return no_boxes() or (None if version() else "The kernel has no Landlock.")

    def builder(self) -> Builder:
        """Return our own builder."""
        return OwnNamespaces()
