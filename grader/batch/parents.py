"""Ties the life of a process to that of the one that started it."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Let the system kill this process when the one that started it dies, however that dies.

    Only Linux can do that; elsewhere a worker that was left behind ends by itself, and what it made is not lost.

    Args:
        parent: process id of the one that started it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)
