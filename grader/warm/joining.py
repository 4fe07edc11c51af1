"""What a forked process does to live inside a box that bubblewrap has built, and to lose every privilege there."""

import ctypes
import fcntl
import os
import resource
from collections.abc import Sequence
from pathlib import Path

_NS_GET_USERNS = 0xB701
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION = 0x20080522
_MOST_CAPABILITIES = 64
_EINVAL = 22
#: Entered after the user namespace that owns them, which gives the right to, and before the process's own.
_KINDS = ("pid", "net", "ipc", "uts", "cgroup", "mnt")


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


class _Header(ctypes.Structure):
    """`struct __user_cap_header_struct`."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    """Two of `struct __user_cap_data_struct`: effective, permitted, inheritable, for 32 capabilities each."""

    _fields_ = (("words", ctypes.c_uint32 * 6),)


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


def drop_privileges() -> None:
    """Give up every capability, and the way to get one back.

    Raises:
        OSError: the kernel refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(_MOST_CAPABILITIES):
        if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            if ctypes.get_errno() != _EINVAL or capability == 0:  # the kernel knows no more of them
                raise OSError(ctypes.get_errno(), "bounding set")
            break
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    _check(libc.capset(ctypes.byref(_Header(_CAPABILITY_VERSION, 0)), ctypes.byref(_Sets())), "capset")
    _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def filter_calls(program: bytes) -> None:
    """Install a filter of system calls for this process and its children.

    Args:
        program: an array of `struct sock_filter`, as for bubblewrap.

    Raises:
        OSError: the kernel refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    rules = _Program(len(program) // 8, program)
    _check(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(rules), 0, 0), "filter of system calls")


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
