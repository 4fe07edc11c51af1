"""A driver of NVIDIA's with any GPUs: the part of pynvml that the grader asks."""

from dataclasses import dataclass, field
from types import SimpleNamespace


class NVMLError(Exception):
    """What the real library raises."""


@dataclass
class Card:
    """One GPU."""

    uuid: str = "GPU-0000"
    name: str = "NVIDIA Test 24GB"
    total: int = 24 * 1024**3
    free: int = 20 * 1024**3
    capability: tuple[int, int] = (9, 0)
    processes: list[int] = field(default_factory=list)


class Nvml:
    """Stands for the module `pynvml`."""

    NVMLError = NVMLError

    def __init__(self, *cards: Card, works: bool = True) -> None:
        self.cards = cards
        self.works = works
        self.open = 0

    def nvmlInit(self):  # noqa: N802 - the library's name
        if not self.works:
            raise NVMLError("Driver Not Loaded")
        self.open += 1

    def nvmlShutdown(self):  # noqa: N802
        self.open -= 1

    def nvmlSystemGetDriverVersion(self):  # noqa: N802
        return "570.1"

    def nvmlDeviceGetCount(self):  # noqa: N802
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index):  # noqa: N802
        return self.cards[index]

    def nvmlDeviceGetHandleByUUID(self, uuid):  # noqa: N802
        return next(card for card in self.cards if card.uuid == uuid)

    def nvmlDeviceGetCudaComputeCapability(self, card):  # noqa: N802
        return card.capability

    def nvmlDeviceGetUUID(self, card):  # noqa: N802
        return card.uuid

    def nvmlDeviceGetName(self, card):  # noqa: N802
        return card.name

    def nvmlDeviceGetMemoryInfo(self, card):  # noqa: N802
        return SimpleNamespace(total=card.total, free=card.free)

    def nvmlDeviceGetComputeRunningProcesses(self, card):  # noqa: N802
        return [SimpleNamespace(pid=pid) for pid in card.processes]
