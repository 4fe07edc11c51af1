"""The kernel of a worker that was forked warm: one more fork, made before the worker has a loop or a socket."""

import json
import os
import signal
import subprocess
from typing import Any, NoReturn, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from grader.sandbox.ending import end
from grader.warm import birth
from grader.warm.joining import close_all_but

_PIECE = 65536


class ForkedProcess:
    """A child of this process, with as much of `subprocess.Popen` as a provisioner needs."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        """Know it by its number."""
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return its exit status, negative for a signal; None while it runs."""
        if self.returncode is None:
            self._wait(os.WNOHANG)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit status."""
        del timeout
        if self.returncode is None:
            self._wait(0)
        assert self.returncode is not None  # it was waited for
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal while it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _wait(self, options: int) -> None:
        try:
            pid, state = os.waitpid(self.pid, options)
        except ChildProcessError:  # somebody else has waited for it
            pid, state = self.pid, 0
        if pid:
            self.returncode = os.waitstatus_to_exitcode(state)


class Nursery:
    """A fork that waits to become the kernel."""

    def __init__(self) -> None:
        """Fork it."""
        inner, self._outer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _grow(inner)
        os.close(inner)

    def become(self, argv: list[str], cwd: str, environment: dict[str, str]) -> ForkedProcess:
        """Let it be the kernel.

        Args:
            argv: what a new process would have been started with.
            cwd: where it starts.
            environment: its whole environment.

        Returns:
            Its process.
        """
        with os.fdopen(self._outer, "wb") as pipe:
            pipe.write(json.dumps([argv, cwd, environment]).encode())
        return ForkedProcess(self.pid)


class ForkedProvisioner(LocalProvisioner):
    """Launches the kernel out of a nursery; everything else is as for a local process."""

    nursery: Nursery | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Let the waiting fork become the kernel."""
        assert self.nursery is not None  # start_kernel gives one
        child = self.nursery.become(cmd, os.fspath(kwargs["cwd"]), dict(kwargs["env"]))
        self.process = cast("subprocess.Popen[bytes]", child)
        self.pid = self.pgid = child.pid
        return self.connection_info


def _grow(pipe: int) -> NoReturn:
    """In the fork: wait for what to be, then be it."""
    try:
        os.setsid()
        close_all_but([pipe])
        text = b""
        while piece := os.read(pipe, _PIECE):
            text += piece
        os.close(pipe)
        if not text:
            os._exit(0)  # the worker has ended before it needed a kernel
        argv, cwd, environment = json.loads(text)
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(environment)
        birth.reseed()
        # read from the environment when ipykernel is imported, which was long ago
        program = birth.program_of((*argv, f"--IPKernelApp.parent_handle={os.getppid()}"))
    except BaseException:
        os._exit(1)
    end(program or _nothing)


def _nothing() -> None:
    raise SystemExit(1)
