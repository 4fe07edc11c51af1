"""Chooses where models run: the CPU, or one of the GPUs; a GPU that was wanted and is not used is always told."""

import importlib.util
import os
import re
import runpy
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grader.errors import MachineFault, UsageFault
from grader.model.device import Gpu
from grader.model.lab import Limits, Profile
from grader.model.submission import Notice
from grader.sandbox.gpus import find_gpus, free_bytes

_WANTED = re.compile(r"auto|cpu|cuda(:(?P<index>\d+))?")


@dataclass(frozen=True)
class ChosenDevice:
    """Where a run happens."""

    kind: Literal["cpu", "cuda"]
    gpu: Gpu | None = None
    notice: Notice | None = None
    """What the student should know of the choice."""


def choose_device(wanted: str, profile_device: str) -> ChosenDevice:
    """Return where to run.

    Args:
        wanted: what the person asked for: `auto`, `cpu`, `cuda` (the GPU with the most free memory) or `cuda:1`.
        profile_device: what the lab's profile asks for; `auto` takes a GPU where there is one.

    Returns:
        The device. A profile that may use a GPU and gets none has a notice with GR607.

    Raises:
        UsageFault: GR104, there is no such device.
        MachineFault: GR601, a GPU was asked for and none can be used here.
    """
    match = _WANTED.fullmatch(wanted)
    if match is None:
        raise UsageFault("GR104", f"There is no device {wanted}.", "Choose auto, cpu, cuda or cuda:0.")
    device = profile_device if wanted == "auto" else wanted.partition(":")[0]
    if device == "cpu":
        return ChosenDevice("cpu", notice=_slower("--device cpu") if profile_device == "cuda" else None)
    gpus, reason = usable_gpus()
    if not gpus:
        if device == "auto":
            return ChosenDevice("cpu", notice=_slower(reason))
        raise MachineFault("GR601", f"A GPU was asked for: {reason}.", "Leave out --device, or use cpu.")
    return ChosenDevice("cuda", _pick(gpus, match["index"]))


def declared_gpu_bytes(profile: Profile | None, wanted: str) -> int | None:
    """Return the GPU memory by which a run is planned.

    Args:
        profile: that is run; None for one that does not exist, which the run itself will say.
        wanted: as for `choose_device`.

    Returns:
        As `planned_gpu_bytes`.
    """
    return None if profile is None else planned_gpu_bytes(choose_device(wanted, profile.device).kind, profile.limits)


def planned_gpu_bytes(kind: str, limits: Limits) -> int | None:
    """Return the GPU memory by which work is planned.

    Args:
        kind: `cpu` or `cuda`.
        limits: what it declares.

    Returns:
        Bytes; 0, a whole GPU, when nothing is declared; None on the CPU.
    """
    return None if kind == "cpu" else limits.gpu_memory_bytes or 0


def usable_gpus() -> tuple[tuple[Gpu, ...], str]:
    """Return the GPUs that the installed torch can use, and why there are none."""
    gpus = find_gpus(os.environ)
    if not gpus:
        return (), "this machine has no GPU with a driver that answers"
    if torch_cuda() is None:
        return (), f"{gpus[0].name} is here, but the installed torch is a build for the CPU"
    return gpus, ""


def gpus_in_words() -> str:
    """Say which GPUs can be used, or why there is none."""
    gpus, reason = usable_gpus()
    return "; ".join(gpu.sentence for gpu in gpus) or f"none: {reason}. The miniature profile needs none"


def torch_cuda() -> str | None:
    """Return the version of CUDA that torch was built for; None for the CPU. Importing torch would cost seconds."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    found = runpy.run_path(str(Path(spec.origin).with_name("version.py"))).get("cuda")
    return str(found) if found else None


def _pick(gpus: tuple[Gpu, ...], index: str | None) -> Gpu:
    if index is None:
        return max(gpus, key=free_bytes)
    for gpu in gpus:
        if gpu.index == int(index):
            return gpu
    here = ", ".join(f"cuda:{gpu.index}" for gpu in gpus)
    raise MachineFault("GR601", f"There is no cuda:{index} here.", f"Choose one of {here}.")


def _slower(reason: str) -> Notice:
    return Notice(
        "GR607", f"This profile is made for a GPU and ran on the CPU: {reason}.", "Its figures are the CPU's."
    )
