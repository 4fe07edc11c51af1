import errno
import struct

import pytest

from grader.sandbox.seccomp import build_filter
from grader.sandbox.syscalls import ALWAYS_DENIED, ARCHITECTURES, MISSING, SETUID_MODES

ALLOW, KILL = 0x7FFF0000, 0x80000000


def decide(program, architecture, number, *arguments, audit=None):
    """Run a filter as the kernel does; returns its answer."""
    values = [*arguments, *(0,) * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number, audit or architecture.audit, 0, *values)
    position, register = 0, 0
    while True:
        code, yes, no, value = struct.unpack_from("=HBBI", program, 8 * position)
        position += 1
        if code == 0x20:
            register = struct.unpack_from("=I", data, value)[0]
        elif code == 0x06:
            return value
        else:
            holds = {0x15: register == value, 0x45: bool(register & value), 0x35: register >= value}[code]
            position += yes if holds else no


def refusal(number):
    return 0x50000 | number


@pytest.fixture(params=ARCHITECTURES)
def architecture(request):
    return ARCHITECTURES[request.param], build_filter(cgroup=False, machine=request.param)


def test_every_call_of_the_lists_is_refused(architecture):
    machine, program = architecture
    for names, number in ((ALWAYS_DENIED, errno.EPERM), (MISSING, errno.ENOSYS)):
        for name in names:
            if name in machine.numbers:
                assert decide(program, machine, machine.numbers[name]) == refusal(number), name


def test_calls_that_notebooks_live_on_are_allowed(architecture):
    machine, program = architecture
    ordinary = {number for number in range(450) if number not in machine.numbers.values()}

    assert all(decide(program, machine, number) == ALLOW for number in ordinary)


def test_another_architecture_is_killed(architecture):
    machine, program = architecture

    assert decide(program, machine, 0, audit=0x40000003) == KILL


def test_the_second_table_of_x86_64_is_killed():
    machine = ARCHITECTURES["x86_64"]

    assert decide(build_filter(cgroup=True, machine="x86_64"), machine, 0x40000000 | 41, 40) == KILL


@pytest.mark.parametrize(
    ("family", "protocol", "answer"),
    [
        (1, 0, ALLOW),
        (2, 0, ALLOW),
        (10, 0, ALLOW),
        (16, 0, ALLOW),
        (16, 9, refusal(errno.EPERM)),
        (40, 0, refusal(errno.EAFNOSUPPORT)),
        (17, 0, refusal(errno.EAFNOSUPPORT)),
        (38, 0, refusal(errno.EAFNOSUPPORT)),
    ],
)
def test_only_families_that_know_namespaces_are_allowed(architecture, family, protocol, answer):
    machine, program = architecture

    assert decide(program, machine, machine.numbers["socket"], family, 1, protocol) == answer


def test_a_fork_is_allowed_and_a_namespace_is_not(architecture):
    machine, program = architecture
    clone = machine.numbers["clone"]

    assert decide(program, machine, clone, 0x003D0F00) == ALLOW
    for flag in (0x10000000, 0x20000, 0x40000000):
        assert decide(program, machine, clone, flag | 17) == refusal(errno.EPERM)


def test_terminal_injection_is_refused_and_other_requests_are_not(architecture):
    machine, program = architecture
    ioctl = machine.numbers["ioctl"]

    assert decide(program, machine, ioctl, 0, 0x5412) == refusal(errno.EPERM)
    assert decide(program, machine, ioctl, 0, 0xFFFFFFFF_00005412) == refusal(errno.EPERM)
    assert decide(program, machine, ioctl, 0, 0x5401) == ALLOW


def test_setuid_bits_are_refused_where_a_mode_is_given(architecture):
    machine, program = architecture
    for name, position in SETUID_MODES:
        if name not in machine.numbers:
            continue
        arguments = [0] * position
        if name in {"open", "openat"}:
            arguments[position - 1] = 0o100
        number = machine.numbers[name]
        assert decide(program, machine, number, *arguments, 0o4755) == refusal(errno.EPERM), name
        assert decide(program, machine, number, *arguments, 0o755) == ALLOW, name
        if name in {"open", "openat"}:
            assert decide(program, machine, number, *[0] * position, 0o4755) == ALLOW, name


def test_uncounted_memory_is_refused_only_without_a_control_group():
    machine = ARCHITECTURES["x86_64"]
    watched, counted = (build_filter(cgroup=cgroup, machine="x86_64") for cgroup in (False, True))
    memory_file, options = machine.numbers["memfd_create"], machine.numbers["setsockopt"]

    assert decide(watched, machine, memory_file) == refusal(errno.ENOSYS)
    assert decide(counted, machine, memory_file) == ALLOW
    assert decide(watched, machine, options, 0, 1, 7) == refusal(0)
    assert decide(watched, machine, options, 0, 6, 7) == ALLOW
    assert decide(counted, machine, options, 0, 1, 7) == ALLOW
    assert decide(watched, machine, machine.numbers["fcntl"], 0, 1031) == refusal(errno.EPERM)
