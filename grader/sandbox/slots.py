"""Lends one unprivileged user to each run that root starts, so that no two runs share one."""

import contextlib
import fcntl
import os
from collections.abc import Generator
from pathlib import Path

from grader.errors import MachineFault

#: Users that no account has: the machine's own accounts end below, containers' ranges begin above.
FIRST_UID = 60001
SLOTS = 64
_FOLDER = Path("/run/grader-slots")


@contextlib.contextmanager
def borrow_slot(folder: Path = _FOLDER) -> Generator[int]:
    """Lend a user for as long as the context lasts; the kernel takes it back from a process that dies.

    Args:
        folder: where locks are kept; only root may write it.

    Yields:
        A uid, also to be used as gid.

    Raises:
        MachineFault: GR602, all users are lent, or the folder cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, uid = _take(folder)
    except OSError as exc:
        raise MachineFault("GR602", f"{folder} cannot be used to lend users: {exc.strerror}.") from exc
    try:
        yield uid
    finally:
        os.close(descriptor)


def _take(folder: Path) -> tuple[int, int]:
    for uid in range(FIRST_UID, FIRST_UID + SLOTS):
        descriptor = os.open(folder / str(uid), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        return descriptor, uid
    raise MachineFault("GR602", f"All {SLOTS} users for runs are lent: too many runs at a time.")
