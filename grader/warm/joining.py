"""What a forked process does to live inside a box that bubblewrap has built."""

import ctypes
import fcntl
import os
import resource
from collections.abc import Sequence
from pathlib import Path

_NS_GET_USERNS = 0xB701
#: Entered after the user namespace that owns them, which gives the right to, and before the process's own.
_KINDS = ("pid", "net", "ipc", "uts", "cgroup", "mnt")


def namespaces_of(pid: int) -> list[int]:
    """Open the namespaces of a process that bubblewrap has started.

    With `--disable-userns`, bubblewrap's command lives in a nested user namespace; all others belong to the outer one.

    Args:
        pid: the process.

    Returns:
        Descriptors, in the order in which `join` has to enter them.

    Raises:
        OSError: the process is gone, or may not be looked at.
    """
    found: list[int] = []
    place = Path(f"/proc/{pid}/ns")
    try:
        for kind in (*_KINDS, "user"):
            descriptor = os.open(place / kind, os.O_RDONLY | os.O_CLOEXEC)
            found.append(descriptor)
        found.insert(0, fcntl.ioctl(found[_KINDS.index("net")], _NS_GET_USERNS))
        if os.fstat(found[0]).st_ino == os.fstat(found[-1]).st_ino:
            os.close(found.pop())  # one cannot enter what one is in
    except OSError:
        for descriptor in found:
            os.close(descriptor)
        raise
    os.set_inheritable(found[0], False)
    return found


def join(namespaces: Sequence[int]) -> None:
    """Enter namespaces; the next child of this process is the first one in the box's own tree of processes.

    Args:
        namespaces: from `namespaces_of`.

    Raises:
        OSError: one could not be entered.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for descriptor in namespaces:
        _check(libc.setns(descriptor, 0), "setns")
    os.chdir("/")


def become(uid: int) -> None:
    """Become an unprivileged user for good.

    Args:
        uid: number of the user and of its group.

    Raises:
        OSError: the kernel refused.
    """
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def close_all_but(kept: Sequence[int]) -> None:
    """Close every descriptor from 3 on but these.

    Args:
        kept: descriptors that stay open.
    """
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    most = 1 << 20 if most == resource.RLIM_INFINITY else most
    before = 3
    for descriptor in (*sorted(kept), most):
        os.closerange(before, descriptor)
        before = descriptor + 1


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
