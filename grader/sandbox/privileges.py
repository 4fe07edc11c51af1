"""Gives up what a process may do, for good: its capabilities, the ways to gain any, and calls of the kernel.

Imported by scripts that run without packages: the standard library only.
"""

import ctypes
import errno
import os

_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION = 0x20080522
_MOST_CAPABILITIES = 64


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


class _Header(ctypes.Structure):
    """`struct __user_cap_header_struct`."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    """Two of `struct __user_cap_data_struct`: effective, permitted, inheritable, for 32 capabilities each."""

    _fields_ = (("words", ctypes.c_uint32 * 6),)


def drop_capabilities() -> None:
    """Give up every capability, and what a program that is started could get of them.

    Raises:
        OSError: the kernel refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(_MOST_CAPABILITIES):
        if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            if ctypes.get_errno() != errno.EINVAL or capability == 0:
                _check(-1, "the bounding set of capabilities")
            break  # the kernel knows no more of them
    _check(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient capabilities")
    _check(libc.capset(ctypes.byref(_Header(_CAPABILITY_VERSION, 0)), ctypes.byref(_Sets())), "capabilities")


def gain_no_more() -> None:
    """Have no program that is started gain what this process may not do, such as by a setuid bit.

    Raises:
        OSError: the kernel refused.
    """
    _check(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def filter_calls(rules: bytes) -> None:
    """Install a filter of system calls for this process and its children.

    Args:
        rules: an array of `struct sock_filter`, from `seccomp.build_filter`.

    Raises:
        OSError: the kernel refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(rules) // 8, rules)
    done = libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
    _check(done, "the filter of system calls")


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
