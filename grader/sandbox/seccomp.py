"""The system-call filter of a box, as a classic BPF program made here: no library is needed to build it.

A deny-list over the calls that a notebook has no use for, an allow-list over socket families, and answers that make
libraries fall back (`ENOSYS`) where they can. Rules and numbers stand in `syscalls.py`.
"""

import errno
import platform
import struct

from grader.sandbox.syscalls import (
    ALWAYS_DENIED,
    ARCHITECTURES,
    DENIED_WITHOUT_CGROUP,
    MISSING,
    NAMESPACE_FLAGS,
    SETUID_MODES,
    SOCKET_FAMILIES,
    Architecture,
)

_LOAD, _JEQ, _JSET, _JGE, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_KILL_PROCESS, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_AF_UNIX, _AF_NETLINK = 1, 16
_SOL_SOCKET = 1
_SNDBUF, _RCVBUF, _SNDBUFFORCE, _RCVBUFFORCE = 7, 8, 32, 33
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_F_SETPIPE_SZ = 1031
_S_ISUID_OR_S_ISGID = 0o6000
_O_CREAT_OR_O_TMPFILE = 0x400040
_FLAGS_BEFORE_MODE = ("open", "openat")
#: x32 calls carry this bit: a second table of calls under the same architecture.
_X32 = 0x40000000

_Instruction = tuple[int, int, int, int]


def supported() -> bool:
    """Return whether the numbers of this machine's system calls are known."""
    return platform.machine() in ARCHITECTURES


def build_filter(*, cgroup: bool, machine: str | None = None) -> bytes:
    """Return the program for `bwrap --seccomp`.

    Args:
        cgroup: whether the kernel counts the memory of the whole box; without it, memory that is in no process's
            resident set is refused instead (SysV and memory files, large socket buffers and pipes).
        machine: such as `x86_64` or `aarch64`; this one when left out.

    Returns:
        An array of `struct sock_filter`.
    """
    architecture = ARCHITECTURES[machine or platform.machine()]
    program: list[_Instruction] = [
        (_LOAD, 0, 0, _ARCH),
        (_JEQ, 1, 0, architecture.audit),
        _answer(_KILL_PROCESS),  # 32-bit calls have other numbers: the filter would not know them
        (_LOAD, 0, 0, _NUMBER),
    ]
    if architecture.x32:
        program += [(_JGE, 0, 1, _X32), _answer(_KILL_PROCESS)]
    program += _flat(architecture, MISSING, errno.ENOSYS)
    program += _flat(architecture, ALWAYS_DENIED, errno.EPERM)
    program += _sockets(architecture)
    program += _arguments(architecture)
    if not cgroup:
        program += _flat(architecture, DENIED_WITHOUT_CGROUP, errno.ENOSYS) + _buffers(architecture)
    program.append(_answer(_ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _answer(value: int) -> _Instruction:
    return (_RETURN, 0, 0, value)


def _flat(architecture: Architecture, names: tuple[str, ...], number: int) -> list[_Instruction]:
    """Refuse calls whatever their arguments are."""
    program: list[_Instruction] = []
    for name in names:
        if name in architecture.numbers:
            program += [(_JEQ, 0, 1, architecture.numbers[name]), _answer(_ERRNO | number)]
    return program


def _block(architecture: Architecture, name: str, body: list[_Instruction]) -> list[_Instruction]:
    """Look at the arguments of one call; what the body does not refuse is allowed."""
    if name not in architecture.numbers:
        return []
    body = [*body, _answer(_ALLOW)]
    return [(_JEQ, 0, len(body), architecture.numbers[name]), *body]


def _low(argument: int) -> _Instruction:
    """Load the low half of an argument: the kernel takes these arguments as 32-bit numbers."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * argument)


def _sockets(architecture: Architecture) -> list[_Instruction]:
    refused = _answer(_ERRNO | errno.EAFNOSUPPORT)
    pairs = [_low(0), (_JEQ, 1, 0, _AF_UNIX), refused]
    return _block(architecture, "socket", _families()) + _block(architecture, "socketpair", pairs)


def _families() -> list[_Instruction]:
    """Allow the families of the list; AF_VSOCK and others know no network namespace."""
    body: list[_Instruction] = [_low(0)]
    for family in SOCKET_FAMILIES:
        body += [(_JEQ, 0, 1, family), _answer(_ALLOW)]
    # of netlink only routes are needed: getaddrinfo asks for them
    body += [(_JEQ, 1, 0, _AF_NETLINK), _answer(_ERRNO | errno.EAFNOSUPPORT)]
    body += [_low(2), (_JEQ, 1, 0, 0), _answer(_ERRNO | errno.EPERM)]
    return body


def _arguments(architecture: Architecture) -> list[_Instruction]:
    """Refuse some arguments of calls that are needed otherwise."""
    refused = _answer(_ERRNO | errno.EPERM)
    program = _block(architecture, "clone", [_low(0), (_JSET, 0, 1, NAMESPACE_FLAGS), refused])
    program += _block(
        architecture, "ioctl", [_low(1), (_JEQ, 0, 1, _TIOCSTI), refused, (_JEQ, 0, 1, _TIOCLINUX), refused]
    )
    for name, argument in SETUID_MODES:  # a setuid file would outlive the box on the grader's disk
        body = [_low(argument), (_JSET, 0, 1, _S_ISUID_OR_S_ISGID), refused]
        if name in _FLAGS_BEFORE_MODE:  # without these flags the mode is whatever the register held
            body = [_low(argument - 1), (_JSET, 1, 0, _O_CREAT_OR_O_TMPFILE), _answer(_ALLOW), *body]
        program += _block(architecture, name, body)
    return program


def _buffers(architecture: Architecture) -> list[_Instruction]:
    """Answer "done" to requests for larger socket buffers, and refuse larger pipes: nobody counts that memory."""
    options = [_SNDBUF, _RCVBUF, _SNDBUFFORCE, _RCVBUFFORCE]
    body = [_low(1), (_JEQ, 1, 0, _SOL_SOCKET), _answer(_ALLOW), _low(2)]
    for option in options:
        body += [(_JEQ, 0, 1, option), _answer(_ERRNO)]
    pipes = [_low(1), (_JEQ, 0, 1, _F_SETPIPE_SZ), _answer(_ERRNO | errno.EPERM)]
    return _block(architecture, "setsockopt", body) + _block(architecture, "fcntl", pipes)
