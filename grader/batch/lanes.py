"""GPU lanes: how many jobs share a GPU, by the memory that their labs declare; CPU work goes on around them."""

import asyncio
import contextlib
import math
from collections.abc import AsyncGenerator, Sequence

from grader.model.device import Gpu

#: Clusters count GPUs in ten thousandths.
_PARTS = 10_000


class Lanes:
    """Hands GPUs out to jobs so that what they declare fits; of those that wait, the first that fits goes on."""

    def __init__(self, gpus: Sequence[Gpu]) -> None:
        """Begin with every GPU free.

        Args:
            gpus: those that may be used.
        """
        self._free = {gpu.uuid: gpu.memory_bytes for gpu in gpus}
        self._gpus = {gpu.uuid: gpu for gpu in gpus}
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def lane(self, memory_bytes: int | None, index: int | None = None) -> AsyncGenerator[Gpu | None]:
        """Hold a part of a GPU.

        Args:
            memory_bytes: what the job declares; 0 takes a whole GPU, as does more than any has. None: it needs none.
            index: of the only GPU that will do; any when left out.

        Yields:
            The GPU that the job is to see; None when it needs none or none is here.
        """
        fitting = [uuid for uuid, gpu in self._gpus.items() if index is None or gpu.index == index]
        if memory_bytes is None or not fitting:
            yield None
            return
        async with self._changed:
            await self._changed.wait_for(lambda: self._room(fitting, memory_bytes) is not None)
            uuid, taken = self._room(fitting, memory_bytes) or ("", 0)
            self._free[uuid] -= taken
        try:
            yield self._gpus[uuid]
        finally:
            async with self._changed:
                self._free[uuid] += taken
                self._changed.notify_all()

    def _room(self, fitting: Sequence[str], wanted: int) -> tuple[str, int] | None:
        """Of the GPUs on which the job fits now the one with the most room, and how much of it the job takes."""
        sizes = {uuid: self._gpus[uuid].memory_bytes for uuid in fitting}
        largest = max(sizes.values())
        if wanted > largest:
            sizes = {uuid: size for uuid, size in sizes.items() if size == largest}
        taken = {uuid: size if wanted == 0 else min(wanted, largest) for uuid, size in sizes.items()}
        free = [uuid for uuid in taken if self._free[uuid] >= taken[uuid]]
        if not free:
            return None
        uuid = max(free, key=lambda name: self._free[name])
        return uuid, taken[uuid]


def gpu_share(declared: int | None, smallest: int | None) -> float:
    """Return the part of a GPU that a job asks a cluster for.

    Args:
        declared: memory in bytes; 0 for a whole GPU, None when it needs none.
        smallest: memory of the smallest GPU of the cluster; 0 when unknown, None without GPUs.
    """
    if declared is None or smallest is None:
        return 0.0
    if not declared or declared >= smallest:
        return 1.0
    return math.ceil(declared / smallest * _PARTS) / _PARTS
