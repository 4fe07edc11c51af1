"""The supervisor inside a box: what is mounted, what is counted, how it is entered and destroyed."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from grader.errors import InternalFault
from grader.model.quantities import size
from grader.sandbox.base import Command
from grader.sandbox.builders import Builder, Kept, look_at, stage_plan
from grader.sandbox.bwrap_arguments import SHARED_MEMORY, TEMPORARY
from grader.sandbox.cgroup import ControlGroup, make_group
from grader.sandbox.finding import find_program
from grader.sandbox.forward import Forwarder
from grader.sandbox.launcher import Order
from grader.sandbox.limits import MOST_ENTRIES, TASKS_PER_PROCESS, describe, kernel_limits
from grader.sandbox.sockets import Sockets
from grader.sandbox.tree import LinuxTree, Process, ProcessTree
from grader.sandbox.vessel import Launched, Vessel

#: Of the builder and the supervisor, beyond what the command may use, and what a look can be late by.
_SPARE_TASKS = 48
_OWN_BYTES = 64 * 1024**2
#: One process may pass the limit by this much between two looks; then its next allocation fails.
_LAG_BYTES = 1024**3
#: Socket buffers and pipes hold memory that nobody counts without a control group: fewer files, less of it.
_OPEN_FILES = {True: 1024, False: 512}
#: The machine itself must keep this much.
_FLOOR_BYTES = 256 * 1024**2
_ENTER_SECONDS = 10.0
_HANDOVER_SECONDS = 10.0


class BoxTree(ProcessTree):
    """Everything below the outer process but the first one of the box and the supervisor.

    Rooted at the process that we have not waited for: its number cannot come to mean another one.
    """

    def __init__(self, outer: int, ours: frozenset[int]) -> None:
        """Watch what is below `outer`, without the processes that are `ours`."""
        self._tree = LinuxTree(outer)
        self._ours = ours

    def processes(self) -> list[Process]:
        """Return the living processes of the command."""
        return [process for process in self._tree.processes() if process.pid not in self._ours]

    def shared_out_bytes(self, processes: Iterable[Process]) -> int:
        """Return their memory with every shared page counted once."""
        return self._tree.shared_out_bytes(processes)

    def anonymous_bytes(self, processes: Iterable[Process]) -> int:
        """Return the memory of the largest one that no file backs."""
        return self._tree.anonymous_bytes(processes)


class BoxVessel(Vessel):
    """One box around one command."""

    #: Whatever is left after this dies with the namespace.
    patience = 2.0

    def __init__(self, builder: Builder, command: Command, uid: int | None) -> None:
        """Prepare the box.

        Args:
            builder: what builds it.
            command: what will run in it.
            uid: the unprivileged user to become first, when this process is root's; None keeps the own one.
        """
        self._builder = builder
        self._command = command
        self._uid = uid
        limits = command.limits
        tasks = limits.processes * TASKS_PER_PROCESS + 2 * _SPARE_TASKS if limits.processes is not None else None
        memory = limits.memory_bytes + _OWN_BYTES if limits.memory_bytes is not None else None
        self._group: ControlGroup | None = make_group(memory, tasks)
        self._resources = contextlib.ExitStack()
        if self._group is not None:
            self._resources.callback(self._group.remove)
        self._outer: subprocess.Popen[bytes] | None = None
        self._inner: list[bytes] = []
        self._channel: socket.socket | None = None
        self._init = self._supervisor = -1
        self._processes = -1
        self._sockets: Sockets | None = None
        self._file_systems: tuple[int, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether a control group counts the memory of this box."""
        return self._group is not None

    def launch(self, output: int) -> tuple[Launched, int]:
        """Start what builds the box, with the supervisor in it."""
        reader, writer = os.pipe()
        with contextlib.ExitStack() as ours:
            ours.callback(os.close, writer)
            self._channel, far = socket.socketpair()
            self._resources.callback(self._channel.close)
            ours.callback(far.close)
            inner = (sys.executable, "-I", "-m", "grader.sandbox.launcher", str(writer), str(far.fileno()))
            try:
                self._outer = self.build(inner, output, writer, far.fileno())
            except OSError:
                os.close(reader)
                raise
        return self._outer, reader

    def build(self, inner: tuple[str, ...], output: int, *keep: int) -> subprocess.Popen[bytes]:
        """Start what builds the box around a program.

        Args:
            inner: the program and its arguments.
            output: descriptor for what is printed.
            keep: descriptors that the program inherits.

        Returns:
            What builds the box, with the program's stdin piped.

        Raises:
            OSError: it could not be started.
        """
        self._inner = [os.fsencode(word) for word in inner]
        kept = Kept(*keep)
        with kept.resources:
            sight = look_at(self._command, _own_code(), staged=self._uid is not None)
            plan = self._builder.plan(self._command, sight, inner, kept, counted=self.counted)
            argv = plan.argv if self._uid is None else stage_plan(self._uid, sight, plan, kept)
            # no environment: /proc/1/environ shows that of bubblewrap whatever --clearenv says. A box dies with the
            # thread that starts it; this one waits for it in `Supervised.run`.
            return subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd="/",
                env={},
                pass_fds=kept.descriptors,
            )

    def enter(self, launcher: int) -> ProcessTree:
        """Wait until the supervisor is there, then bound the box; nothing of the command's runs yet."""
        init, supervisor = self.find()
        self.hold(init, supervisor, (launcher, init, supervisor))
        return BoxTree(launcher, frozenset((init, supervisor)))

    def find(self) -> tuple[int, int]:
        """Wait until the program that the box was built around is there.

        Returns:
            The numbers of the namespace's first process and of the program's.

        Raises:
            InternalFault: GR503, the box could not be built.
        """
        deadline = time.monotonic() + _ENTER_SECONDS
        while self._outer is not None and self._outer.poll() is None and time.monotonic() < deadline:
            found = find_program(LinuxTree(self._outer.pid), self._inner)
            if found is not None:
                return found
            time.sleep(0.001)
        raise InternalFault("GR503", "The box could not be built.")

    def hold(self, init: int, supervisor: int, members: tuple[int, ...]) -> None:
        """Take hold of a box that is there, and bound it.

        Args:
            init: the namespace's first process.
            supervisor: what waits for the order.
            members: processes that the control group counts, with all that they will start.

        Raises:
            InternalFault: GR503, one of them is gone.
        """
        try:
            self._init, self._supervisor = os.pidfd_open(init), os.pidfd_open(supervisor)
            self._resources.callback(os.close, self._init)
            self._resources.callback(os.close, self._supervisor)
            if self._group is not None:
                self._group.add(members)
            self._sockets = Sockets(supervisor, self._resources.callback, len(self._command.network_ports))
            self._processes = self._open_in_box(supervisor, "/proc")
            self._file_systems = tuple(self._open_in_box(supervisor, path) for path in (TEMPORARY, SHARED_MEMORY))
        except OSError as exc:
            raise InternalFault("GR503", f"The box could not be entered: {exc.strerror}.") from exc

    def _open_in_box(self, supervisor: int, path: str) -> int:
        descriptor = os.open(f"/proc/{supervisor}/root{path}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._resources.callback(os.close, descriptor)
        return descriptor

    def order(self, command: Command, marker: str) -> Order:
        """Return the order: limits are counted inside the box's own user namespace, so only its own tasks count."""
        name, _, value = marker.partition("=")
        values = kernel_limits(replace(command.limits, processes=None))
        values |= {"RLIMIT_NOFILE": _OPEN_FILES[self.counted], "RLIMIT_MSGQUEUE": 0}
        if command.limits.processes is not None:
            # a little more than is allowed: the look that says so comes first, this bounds what happens between two
            values["RLIMIT_NPROC"] = command.limits.processes * TASKS_PER_PROCESS + _SPARE_TASKS
        if command.limits.memory_bytes is not None and not command.gpu:
            values["RLIMIT_DATA"] = command.limits.memory_bytes + _LAG_BYTES
        environment = {key: text for key, text in command.environment.items() if not key.startswith("COVERAGE")}
        return Order(
            command.argv, str(command.cwd.absolute()), {**environment, name: value}, values, command.network_ports
        )

    def given(self) -> None:
        """Take the listeners that were made inside and serve them from here."""
        if self._channel is None or not self._command.network_ports:
            return
        self._channel.settimeout(_HANDOVER_SECONDS)
        try:
            _, descriptors, _, _ = socket.recv_fds(self._channel, 16, len(self._command.network_ports))
        except OSError as exc:
            raise InternalFault("GR503", f"The box did not hand out its ports: {exc.strerror or exc}.") from exc
        listeners = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        forwarder = Forwarder(dict(zip(self._command.network_ports, listeners, strict=False)))
        self._resources.callback(forwarder.close)

    def memory_bytes(self) -> int:
        """Return what its sockets hold, and its memory file systems, where no control group counts them."""
        sockets = self._sockets.lately() if self._sockets is not None else 0
        if self.counted:
            return sockets
        states = map(os.fstatvfs, self._file_systems)
        return sockets + sum((state.f_blocks - state.f_bfree) * state.f_frsize for state in states)

    def crowd(self) -> tuple[str, str] | None:
        """See a fork bomb in one call: it takes the time that looking at each of its processes would need."""
        limit = self._command.limits.processes
        # the dead are in this count
        crowded = limit is not None and self._entries() > 2 * limit + _SPARE_TASKS
        return ("GR404", describe("GR404", self._command.limits)) if crowded else None

    def breach(self) -> tuple[str, str] | None:
        """Return a limit that only the box can see passed."""
        if self._group is not None and self._group.kills():
            return "GR403", describe("GR403", self._command.limits)
        # the size of a tmpfs does not bound its inodes, and those are memory of the kernel's
        if any(state.f_files - state.f_ffree > MOST_ENTRIES for state in map(os.fstatvfs, self._file_systems)):
            return "GR406", f"{MOST_ENTRIES:,} files"
        if not self.counted and _available_bytes() < _FLOOR_BYTES:
            return "GR403", f"memory: the machine has less than {size(_FLOOR_BYTES)} left"
        return None

    def _entries(self) -> int:
        """Return how many processes the box shows in its own /proc."""
        try:
            return sum(name.isdigit() for name in os.listdir(self._processes))  # noqa: PTH208  a descriptor, not a path
        except OSError:  # the box is gone
            return 0

    def stop(self) -> None:
        """Kill everything at once: what forks faster than it is read cannot be killed one by one."""
        _signal(self._init, signal.SIGKILL)

    def wake(self) -> None:
        """Make the supervisor go on."""
        _signal(self._supervisor, signal.SIGCONT)

    def destroy(self) -> None:
        """Kill the first process of the namespace: the kernel kills all others with it."""
        _signal(self._init, signal.SIGKILL)
        if self._outer is not None:
            self._outer.kill()

    def close(self) -> None:
        """Stop serving, close what is open, remove the control group."""
        self._resources.close()


def _own_code() -> tuple[Path, ...]:
    """The interpreter, its packages and this program: what the supervisor itself needs."""
    # an environment may be laid over the packages of another one, which holds the torch that fits the GPU's driver
    packages = (Path(entry) for entry in sys.path if Path(entry).name in {"site-packages", "dist-packages"})
    places = dict.fromkeys((Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parents[1], *packages))
    outside = [path for path in places if not path.is_relative_to("/usr") and path.is_dir()]
    return tuple(path for path in outside if not any(path.is_relative_to(o) for o in outside if o != path))


def _available_bytes() -> int:
    for line in Path("/proc/meminfo").read_text("ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return sys.maxsize


def _signal(descriptor: int, number: signal.Signals) -> None:
    if descriptor >= 0:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            signal.pidfd_send_signal(descriptor, number)
