"""Runs a program of this repository as a user without any privilege, when the tests run as root.

Python and packages may lie in folders that only root may enter. In a mount namespace of its own this program covers
such folders by empty ones and puts only what is needed back; nothing of the machine is changed.

    python -m tests.fakes.plain_user HOME PROGRAM [ARGUMENT ...]
"""

import ctypes
import os
import sys
from pathlib import Path

#: Has no account and is lent to no run.
UID = 60_200
_OPEN_TREE, _MOVE_MOUNT = 428, 429
_CLONE_NEWNS, _MS_REC, _MS_PRIVATE = 0x20000, 0x4000, 1 << 18
_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Become the user and the program."""
    home, *argv = sys.argv[1:]
    needed = sorted({Path.cwd(), Path(sys.prefix), Path(sys.base_prefix)}, key=lambda path: len(path.parts))
    _must(_libc.unshare(_CLONE_NEWNS), "unshare")
    _must(_libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "/")
    while (closed := next(filter(None, map(_closed, needed)), None)) is not None:
        _open(closed, [path for path in needed if path.is_relative_to(closed)])
    os.chown(home, UID, UID)
    os.setgroups([])
    os.setresgid(UID, UID, UID)
    os.setresuid(UID, UID, UID)
    environment = {"PATH": os.environ["PATH"], "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", "USER": "plain"}
    passed = ("GRADER_HOSTILE", "GRADER_REQUIRE_BOXES", "OMP_NUM_THREADS")
    environment |= {name: os.environ[name] for name in passed if name in os.environ}
    os.execve(argv[0], argv, {**environment, "PYTHONDONTWRITEBYTECODE": "1"})


def _closed(path: Path) -> Path | None:
    """Return the first folder on the way to a path that others may not enter."""
    ways = [parent for parent in (*reversed(path.parents), path) if not parent.stat().st_mode & 0o001]
    return ways[0] if ways else None


def _open(closed: Path, kept: list[Path]) -> None:
    # clone and close on exec, with what is mounted below
    trees = [_must(_libc.syscall(_OPEN_TREE, -100, str(path).encode(), 1 | 0o2000000 | 0x8000), path) for path in kept]
    _must(_libc.mount(b"tmpfs", str(closed).encode(), b"tmpfs", 0, b"mode=755,size=1m"), closed)
    for tree, path in zip(trees, kept, strict=True):
        if path != closed:
            path.mkdir(parents=True, exist_ok=True)
        _must(_libc.syscall(_MOVE_MOUNT, tree, b"", -100, str(path).encode(), 4), path)
        if not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o055)


def _must(result: int, what: object) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(what))
    return result


if __name__ == "__main__":
    main()
