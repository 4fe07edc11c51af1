"""Says whether this machine can have boxes at all, asked of bubblewrap itself and not of the code under test."""

import os
import subprocess

import pytest

from grader.sandbox.bubblewrap import missing
from grader.sandbox.own_box import NamespaceSandbox


def why_no_boxes() -> str | None:
    """Return why bubblewrap cannot make a box here, or None when it can."""
    absent = missing()
    if absent is not None:
        return absent
    trial = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--ro-bind", "/", "/", "--proc", "/proc"]
    done = subprocess.run([*trial, "/bin/true"], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr.strip()


def why_no_namespaces() -> str | None:
    """Return why our own builder cannot make a box here, or None when it can: asked of `unshare` and of the kernel."""
    absent = NamespaceSandbox().missing()
    if absent is not None:
        return absent
    trial = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--net", "--fork", "--mount-proc", "/bin/true"]
    done = subprocess.run(trial, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr.strip()


_WHY = why_no_boxes()
#: For tests that need boxes. Continuous integration sets the variable where it could install bubblewrap.
needs_boxes = pytest.mark.skipif(
    _WHY is not None and "GRADER_REQUIRE_BOXES" not in os.environ, reason=f"NO BOXES ON THIS MACHINE: {_WHY}"
)
_WHY_NOT = why_no_namespaces()
#: For tests of our own box. A kernel without Landlock cannot have one, whatever continuous integration demands.
needs_namespaces = pytest.mark.skipif(
    _WHY_NOT is not None and ("GRADER_REQUIRE_BOXES" not in os.environ or NamespaceSandbox().missing() is not None),
    reason=f"NO NAMESPACES HERE: {_WHY_NOT}",
)
