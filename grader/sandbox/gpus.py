"""Asks the NVIDIA driver which GPUs are here and who uses them; touches no CUDA, after which no process may fork."""

import contextlib
import time
from collections.abc import Generator, Mapping
from typing import Any

from grader.model.device import Gpu

_POLL_SECONDS = 0.1


def find_gpus(environment: Mapping[str, str]) -> tuple[Gpu, ...]:
    """Return the GPUs that this process may use.

    Args:
        environment: of this process: `CUDA_VISIBLE_DEVICES` may hide some, as a cluster's scheduler does.

    Returns:
        In the order of the driver; none where there is no driver.
    """
    with _driver() as nvml:
        if nvml is None:
            return ()
        driver = str(nvml.nvmlSystemGetDriverVersion())
        found = [_read(nvml, index, driver) for index in range(nvml.nvmlDeviceGetCount())]
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return tuple(found)
    names = [name.strip() for name in visible.split(",") if name.strip()]
    return tuple(gpu for gpu in found if str(gpu.index) in names or any(gpu.uuid.startswith(n) for n in names))


def free_bytes(gpu: Gpu) -> int:
    """Return how much memory of a GPU nobody uses now; 0 where the driver does not say."""
    with _driver() as nvml:
        if nvml is None:
            return 0
        return int(nvml.nvmlDeviceGetMemoryInfo(nvml.nvmlDeviceGetHandleByUUID(gpu.uuid)).free)


def gpu_processes(gpu: Gpu) -> frozenset[int]:
    """Return the processes that compute on a GPU, by number, as far as the driver shows them here."""
    with _driver() as nvml:
        if nvml is None:
            return frozenset()
        handle = nvml.nvmlDeviceGetHandleByUUID(gpu.uuid)
        return frozenset(int(process.pid) for process in nvml.nvmlDeviceGetComputeRunningProcesses(handle))


def wait_for_leftovers(gpu: Gpu, ours: frozenset[int], patience: float) -> frozenset[int]:
    """Wait until a run is off its GPU: the driver needs a moment to free the memory of a killed process.

    Args:
        gpu: the GPU; other runs may share it.
        ours: the processes of the run.
        patience: seconds to wait at most.

    Returns:
        The processes that are still there.
    """
    deadline = time.monotonic() + patience
    while (left := gpu_processes(gpu) & ours) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return left


def _read(nvml: Any, index: int, driver: str) -> Gpu:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    major, minor = nvml.nvmlDeviceGetCudaComputeCapability(handle)
    return Gpu(
        index=index,
        uuid=str(nvml.nvmlDeviceGetUUID(handle)),
        name=str(nvml.nvmlDeviceGetName(handle)),
        driver=driver,
        memory_bytes=int(nvml.nvmlDeviceGetMemoryInfo(handle).total),
        capability=(int(major), int(minor)),
    )


@contextlib.contextmanager
def _driver() -> Generator[Any]:
    """Give the library while it is open; None where there is no driver, or one that does not answer."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        yield None
        return
    try:
        yield pynvml
    finally:
        pynvml.nvmlShutdown()
