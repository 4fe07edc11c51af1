"""Starts the kernel of a run: always this environment's own Python, whatever kernels the machine knows."""

import os
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from grader.running.kernel_client import PromptManager

if TYPE_CHECKING:
    from grader.running.forked_kernel import Nursery

NAME = "python3"
#: Relative, because the path of a Unix socket may have 107 bytes and run folders may lie deep.
_SOCKETS = "kernel"


class _OneKernel(KernelSpecManager):
    """Knows one kernel: the interpreter that runs this."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return that kernel, by any name."""
        return KernelSpec(
            argv=[sys.executable, "-m", "grader.running.kernel_app", "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            name=kernel_name,
        )


def start_kernel(work: str, nursery: "Nursery | None" = None) -> AsyncKernelManager:
    """Start a kernel and return at once, so that it gets ready while other things are imported.

    Args:
        work: the folder in which it starts, relative to this process's own.
        nursery: a fork that waits to become it; a new process when left out.

    Returns:
        Its manager. Sockets are files in this process's folder: no port to race for, and nobody else can connect.
    """
    here = Path.cwd().name
    manager = PromptManager(kernel_name=NAME, kernel_spec_manager=_OneKernel(), transport="ipc")
    manager.ip = str(Path("..") / here / _SOCKETS)
    if nursery is not None:
        from grader.running.forked_kernel import ForkedProvisioner

        manager.kernel_id = manager.kernel_id or str(uuid.uuid4())
        spec = manager.kernel_spec_manager.get_kernel_spec(NAME)
        provisioner = ForkedProvisioner(kernel_id=manager.kernel_id, kernel_spec=spec, parent=manager)
        provisioner.nursery = nursery
        manager.provisioner = provisioner
    start: Any = run_sync(manager.start_kernel)
    start(cwd=os.fspath(work), extra_arguments=["--HistoryManager.enabled=False"])
    return manager


def how_it_ended(manager: AsyncKernelManager) -> str:
    """Say how the process of a kernel ended, such as `exit code 3` or `signal 9`."""
    process = getattr(manager.provisioner, "process", None)
    code: int | None = getattr(process, "returncode", None)
    if code is None:
        return "no exit code"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
