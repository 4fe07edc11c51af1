"""Names a process so that another can tell whether it still lives."""

import os
import platform
from pathlib import Path

import psutil


def this_owner() -> str:
    """Return `node:boot:pid:start` of this process."""
    started = psutil.Process().create_time()
    return f"{platform.node()}:{_boot()}:{os.getpid()}:{started:.2f}"


def is_alive(owner: str) -> bool | None:
    """Tell whether an owner lives.

    Args:
        owner: from `this_owner`, of any machine.

    Returns:
        None for an owner on another machine: only its lease tells.
    """
    try:
        node, boot, pid, started = owner.rsplit(":", 3)
        number = int(pid)
    except ValueError:
        return False
    if node != platform.node():
        return None
    if boot != _boot():
        return False
    try:
        process = psutil.Process(number)
        return f"{process.create_time():.2f}" == started and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return f"{psutil.boot_time():.0f}"
