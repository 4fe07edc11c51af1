"""Builds the file tree of a box without bubblewrap, in a mount namespace of this process's own, and moves into it.

Imported by scripts that run without packages: the standard library only.
"""

import ctypes
import os
from typing import Any

#: A folder of every machine to build on; what lies in it is cloned before it is covered.
_BASE = "/tmp"  # noqa: S108  covered by a file system of our own
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR, _PIVOT_ROOT = 428, 429, 442, {"x86_64": 155, "aarch64": 41}
_CLONE, _CLOEXEC = 1, 0o2000000
_MOVE_MOUNT_F_EMPTY_PATH = 4
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 2, 4, 8, 0x4000, 1 << 18
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV = 1, 2, 4
_MNT_DETACH = 2
_NODES = ("null", "zero", "full", "random", "urandom", "tty")
_STANDARD = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
}

_libc = ctypes.CDLL(None, use_errno=True)


class _Attributes(ctypes.Structure):
    """`struct mount_attr`."""

    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns", ctypes.c_uint64),
    )


def build_root(plan: dict[str, Any]) -> None:
    """Build the tree and make it the root of this process.

    Args:
        plan: `binds` as (path, target, writable) with parents first, `optional` paths that may be missing, `links` as
            (name, target), `devices` as paths, `sizes` of memory file systems by path.

    Raises:
        OSError: the kernel refused a step; its file name says which.
    """
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    trees = _clones(plan)
    _mount("tmpfs", _BASE, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=755,size=1m")
    for name, target in plan["links"]:
        os.symlink(target, _BASE + name)
    _system_folders(plan["sizes"])
    for tree, target, flags in trees:
        _place(tree, target, flags)
    # last: these two are file systems that nothing may be written to any more
    for path in (_BASE + "/dev", _BASE):
        _set(path, _ATTR_RDONLY, 0)
    _enter()


def _clones(plan: dict[str, Any]) -> list[tuple[int, str, int]]:
    """Take hold of everything that is shown, before it is covered."""
    closed = _ATTR_NOSUID | _ATTR_NODEV | _ATTR_RDONLY
    wanted = [(path, target, closed & ~_ATTR_RDONLY if open_ else closed) for path, target, open_ in plan["binds"]]
    wanted += [(path, path, closed) for path in plan["optional"] if os.path.exists(path)]
    wanted += [(path, path, _ATTR_NOSUID) for path in (*(f"/dev/{name}" for name in _NODES), *plan["devices"])]
    return [(_clone(path), target, flags) for path, target, flags in wanted]


def _system_folders(sizes: dict[str, int]) -> None:
    for path in ("/proc", "/dev"):
        os.mkdir(_BASE + path)
    _mount("proc", _BASE + "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    _mount("tmpfs", _BASE + "/dev", "tmpfs", _MS_NOSUID, "mode=755,size=1m")
    os.mkdir(_BASE + "/dev/pts")
    _mount("devpts", _BASE + "/dev/pts", "devpts", _MS_NOSUID | _MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620")
    os.symlink("pts/ptmx", _BASE + "/dev/ptmx")
    for name, target in _STANDARD.items():
        os.symlink(target, f"{_BASE}/dev/{name}")
    for path, size in sizes.items():
        os.makedirs(_BASE + path, exist_ok=True)
        _mount("tmpfs", _BASE + path, "tmpfs", _MS_NOSUID | _MS_NODEV, f"mode=1777,size={size}")


def _clone(path: str) -> int:
    tree = _libc.syscall(_OPEN_TREE, _AT_FDCWD, path.encode(), _CLONE | _CLOEXEC | _AT_RECURSIVE)
    return _check(tree, path)


def _place(tree: int, target: str, flags: int) -> None:
    place = _BASE + target
    if not os.path.lexists(place):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if os.path.isdir(f"/proc/self/fd/{tree}"):
            os.mkdir(place)
        else:
            os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o444))
    _check(_libc.syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, place.encode(), _MOVE_MOUNT_F_EMPTY_PATH), target)
    os.close(tree)
    _set(place, flags, _AT_RECURSIVE)


def _set(path: str, flags: int, how: int) -> None:
    """Add restrictions; what is restricted already stays so."""
    wanted = _Attributes(flags, 0, 0, 0)
    size = ctypes.sizeof(wanted)
    _check(_libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, path.encode(), how, ctypes.byref(wanted), size), path)


def _enter() -> None:
    os.chdir(_BASE)
    # the old root comes to lie over the new one, and goes
    _check(_libc.syscall(_PIVOT_ROOT[os.uname().machine], b".", b"."), "pivot_root")
    _check(_libc.umount2(b".", _MNT_DETACH), "the old root")
    os.chdir("/")


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    words = [None if word is None else word.encode() for word in (source, target, kind, options)]
    _check(_libc.mount(words[0], words[1], words[2], flags, words[3]), target)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result
