"""Started instead of bubblewrap where that is not installed: makes namespaces, builds the box's files, locks the door.

A plain script, so that it starts in a few milliseconds: `python -I -S namespaces.py PLAN_FD`; as root, `stage.py` calls
`enter` after it has become an unprivileged user. Three processes: this one waits outside; the first process of the
process namespace reaps and ends with the supervisor; the supervisor is what the plan's `argv` names.
"""

import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import sys
from typing import Any, NoReturn

#: CLONE_NEW* of cgroup, UTS, IPC, user, PID and network.
_NAMESPACES = 0x7E000000
_CLONE_NEWNS = 0x20000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> NoReturn:
    """Carry the plan out; ends as the box does, or with one sentence on stderr."""
    # without packages there is no grader: its folder is two above this one, and comes last
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    with os.fdopen(int(sys.argv[1]), "rb") as file:
        plan = json.load(file)
    try:
        enter(plan)
    except OSError as exc:
        sys.exit(f"{exc.filename or 'the box'}: {exc.strerror}")


def enter(plan: dict[str, Any]) -> NoReturn:
    """Build the box and wait for its end.

    Args:
        plan: what `build_root` takes; `writable` paths; `filter`, the descriptor of the system-call filter; `argv` and
            `environment` of the supervisor; `keep`, the descriptors that it inherits.

    Raises:
        OSError: the kernel refused a step; its file name says which.
    """
    _make_namespaces()
    _call(_PR_SET_PDEATHSIG, signal.SIGKILL)
    first = os.fork()
    if first == 0:
        _first_process(plan)
    _close_all_but(())
    os._exit(_wait_for(first))


def _make_namespaces() -> None:
    # after a change of user these files would be root's
    _call(_PR_SET_DUMPABLE, 1)
    user, group = os.geteuid(), os.getegid()
    _unshare(_NAMESPACES, "namespaces")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def _unshare(flags: int, what: str) -> None:
    if _libc.unshare(flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def _first_process(plan: dict[str, Any]) -> NoReturn:
    """Everything that needs privileges in the namespaces, then the supervisor without any."""
    from grader.sandbox.landlock import restrict
    from grader.sandbox.new_root import build_root
    from grader.sandbox.privileges import drop_capabilities, filter_calls, gain_no_more

    try:
        _call(_PR_SET_PDEATHSIG, signal.SIGKILL)
        with os.fdopen(plan["filter"], "rb") as file:
            rules = file.read()
        # not before the fork: a new root becomes that of all processes of its mount namespace
        _unshare(_CLONE_NEWNS, "mount namespace")
        build_root(plan)
        socket.sethostname("grader")
        _raise_loopback()
        os.setsid()
        gain_no_more()
        restrict([*plan["writable"], *plan["sizes"]], ["/proc", "/dev"])
        drop_capabilities()
        filter_calls(rules)
        supervisor = os.fork()
        if supervisor == 0:
            for descriptor in plan["keep"]:
                os.set_inheritable(descriptor, True)
            os.execve(plan["argv"][0], plan["argv"], plan["environment"])  # noqa: S606  no shell is wanted
        _call(_PR_SET_DUMPABLE, 0)  # its memory is not the contained code's to read
        _close_all_but(())
    except OSError as exc:
        sys.stderr.write(f"{exc.filename or 'the box'}: {exc.strerror}\n")
        sys.stderr.flush()
        os._exit(1)
    os._exit(_wait_for(supervisor))


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


def _wait_for(wanted: int) -> int:
    """Reap whatever ends until one process does; return its status as a shell would."""
    while True:
        try:
            pid, state = os.wait()
        except ChildProcessError:
            return 1
        if pid == wanted:
            code = os.waitstatus_to_exitcode(state)
            return code if code >= 0 else 128 - code


def _close_all_but(kept: tuple[int, ...]) -> None:
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:  # the descriptor of the listing itself
                continue


def _call(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), f"prctl {option}")


if __name__ == "__main__":
    main()
