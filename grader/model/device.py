"""The GPU that a run had, as its driver describes it."""

from dataclasses import dataclass

#: Compute capability from which a GPU computes in bfloat16 (NVIDIA Ampere whitepaper, 2020).
_BF16_FROM = (8, 0)


@dataclass(frozen=True)
class Gpu:
    """One GPU of this machine."""

    index: int
    """Its number in the order of the driver; `--device cuda:1` names number 1."""
    uuid: str
    """What names it whatever the order: `GPU-…`."""
    name: str
    """Such as `NVIDIA H100 80GB HBM3`."""
    driver: str
    """Version of the driver."""
    memory_bytes: int
    """What it has in all."""
    capability: tuple[int, int]
    """Compute capability, such as (9, 0)."""

    @property
    def bf16(self) -> bool:
        """Whether it computes in bfloat16."""
        return self.capability >= _BF16_FROM

    @property
    def sentence(self) -> str:
        """Say what it is in one line."""
        memory = f"{self.memory_bytes / 1024**3:.0f} GiB"
        return f"cuda:{self.index}, {self.name}, {memory}, driver {self.driver}, {'bf16' if self.bf16 else 'no bf16'}"
