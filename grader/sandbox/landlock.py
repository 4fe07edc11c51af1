"""Applies a Landlock ruleset to this process and all that it will start: a second lock on files, with ctypes alone.

Imported by scripts that run without packages: the standard library only.
"""

import ctypes
import os
import struct
from collections.abc import Sequence

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_READ = _EXECUTE | _READ_FILE | _READ_DIR
#: What may be done to a device or to a file of /proc that is there already.
_USE = _READ | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV
#: What a rule on a single file may name.
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
#: Version of the interface -> rights that it knows: version 2 adds moving, 3 truncating, 5 requests to devices.
_KNOWN = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
#: From version 6 on: no abstract sockets and no signals to processes outside.
_SCOPES_FROM, _SCOPES = 6, 3

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Return the version of the kernel's Landlock interface; 0 where there is none."""
    return max(0, _libc.syscall(_CREATE_RULESET, None, 0, _VERSION))


def handled(known: int) -> int:
    """Return the rights that a version of the interface knows.

    Args:
        known: the version.
    """
    return max((rights for first, rights in _KNOWN.items() if first <= known), default=0)


def restrict(writable: Sequence[str], usable: Sequence[str]) -> None:
    """Allow reading everywhere, and writing in few places.

    Args:
        writable: folders and files in which everything is allowed.
        usable: folders whose files may be written and asked, but neither made nor removed.

    Raises:
        OSError: the kernel has no Landlock, or refused.
    """
    known = version()
    rights = handled(known)
    scopes = _SCOPES if known >= _SCOPES_FROM else 0
    attributes = struct.pack("=QQQ", rights, 0, scopes)
    # an older kernel takes no longer attributes than it knows
    size = 24 if known >= _SCOPES_FROM else 8
    ruleset = _check(_libc.syscall(_CREATE_RULESET, attributes, size, 0), "landlock")
    try:
        _allow(ruleset, "/", _READ & rights)
        for path in usable:
            _allow(ruleset, path, _USE & rights)
        for path in writable:
            _allow(ruleset, path, rights if os.path.isdir(path) else rights & _OF_FILES)
        _check(_libc.syscall(_RESTRICT_SELF, ruleset, 0), "landlock")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, folder)
        _check(_libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0), path)
    finally:
        os.close(folder)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result
