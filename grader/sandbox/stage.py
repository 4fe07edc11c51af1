"""Started by root alone: shows a run's folders to an unprivileged user as that user's own, becomes it, starts bwrap.

A plain script, so that it starts in a few milliseconds: `python -I -S stage.py PLAN_FD`. The plan is JSON:
`{"uid": 60001, "shown": [[path, target, read_only], ...], "argv": [...], "keep": [fds]}`.

Root would keep its capabilities in the box (bubblewrap's `--uid` changes only the label), and could write to the
machine through a read-only bind. So root is gone before bubblewrap starts. An unprivileged user, however, does not get
to folders below /root, nor into files of mode 0600. Handing all of them over by chown would have to be undone, for ever
with two runs at a time. Mounts that translate owners (Linux 5.12) show root's files as that user's, here and nowhere
else, and what the user writes is root's on the disk.
"""

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

_STAGE = "/run"
_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000
_MS_REC, _MS_PRIVATE, _MS_NOSUID, _MS_NODEV = 0x4000, 1 << 18, 2, 4
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_OPEN_TREE_CLONE, _OPEN_TREE_CLOEXEC = 1, 0o2000000
_AT_FDCWD, _AT_EMPTY_PATH, _AT_SYMLINK_NOFOLLOW = -100, 0x1000, 0x100
_MOVE_MOUNT_F_EMPTY_PATH = 4
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV, _ATTR_IDMAP = 1, 2, 4, 0x00100000
_PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.CDLL(None, use_errno=True)


class _Attributes(ctypes.Structure):
    """`struct mount_attr`."""

    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns", ctypes.c_uint64),
    )


def main() -> NoReturn:
    """Carry the plan out; ends as bwrap, or with one sentence on stderr."""
    with os.fdopen(int(sys.argv[1]), "rb") as file:
        plan = json.load(file)
    enter = _builder() if plan["inner"] else None
    try:
        _show(plan["shown"], plan["uid"])
        _become(plan["uid"])
        if enter is not None:
            enter(plan["inner"])
    except OSError as exc:
        sys.exit(f"{exc.filename or 'the stage'}: {exc.strerror}")
    for descriptor in plan["keep"]:
        os.set_inheritable(descriptor, True)
    os.execve(plan["argv"][0], plan["argv"], {})  # noqa: S606  no shell is wanted, and no environment: /proc/1/environ shows it


def _builder() -> Callable[[Any], NoReturn]:
    """Load what builds a box without bubblewrap, as long as its files can be read: an unprivileged user may not."""
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    from grader.sandbox import landlock, namespaces, new_root, privileges

    assert landlock
    assert new_root
    assert privileges
    return namespaces.enter


def _show(shown: list[tuple[str, str, bool]], uid: int) -> None:
    """Mount every folder below the stage, in a mount namespace of this process's own."""
    names = _translation(uid)
    trees = [(_clone(path, names, read_only=read_only), path, target) for path, target, read_only in shown]
    os.close(names)
    _check(_libc.unshare(_CLONE_NEWNS), "mount namespace")
    _check(_libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "/")
    # hides what else lives there, such as the sockets of other services
    _check(_libc.mount(b"stage", _STAGE.encode(), b"tmpfs", _MS_NOSUID | _MS_NODEV, b"mode=755,size=1m"), _STAGE)
    for tree, path, target in trees:
        if os.path.isdir(path):
            os.makedirs(target)
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o444))
        place = target.encode()
        _check(_libc.syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, place, _MOVE_MOUNT_F_EMPTY_PATH), path)
        os.close(tree)


def _clone(path: str, names: int, *, read_only: bool) -> int:
    """Return a detached mount of a path with its owners translated."""
    tree = _libc.syscall(_OPEN_TREE, _AT_FDCWD, path.encode(), _OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC)
    _check(tree, path)
    flags = _ATTR_IDMAP | _ATTR_NOSUID | _ATTR_NODEV | (_ATTR_RDONLY if read_only else 0)
    wanted = _Attributes(flags, 0, 0, names)
    done = _libc.syscall(_MOUNT_SETATTR, tree, b"", _AT_EMPTY_PATH, ctypes.byref(wanted), ctypes.sizeof(wanted))
    _check(done, f"{path} (its file system cannot translate owners)")
    return tree


def _translation(uid: int) -> int:
    """Return a user namespace in which root's number stands for the unprivileged user."""
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        done = _libc.unshare(_CLONE_NEWUSER)
        os.write(told, b"0" if done == 0 else b"1")
        signal.pause()
    try:
        if os.read(ready, 1) != b"0":
            raise OSError(1, "not permitted", "user namespace")
        for kind in ("uid_map", "gid_map"):
            with open(f"/proc/{child}/{kind}", "w", encoding="ascii") as file:
                file.write(f"0 {uid} 1")
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ready)
        os.close(told)


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


if __name__ == "__main__":
    main()
