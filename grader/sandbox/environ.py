"""Builds the environment of contained code from nothing, so that no secret of the grader's is in it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

#: What a GPU needs from the machine's environment; none of it is secret.
_GPU_VARIABLES = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES", "LD_LIBRARY_PATH")
#: What the Hub's clients are told in every run; address, token and folders differ from run to run.
HUB_CLIENTS = {
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_ETAG_TIMEOUT": "60",
    "HF_HUB_DOWNLOAD_TIMEOUT": "60",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",
    "DISABLE_SAFETENSORS_CONVERSION": "1",
}
#: Figures appear in a notebook as pictures, as they do in Jupyter.
NOTEBOOK_FIGURES = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
)


def build_environment(
    home: Path,
    temporary: Path,
    *,
    threads: int = 1,
    device: str = "cpu",
    extra: Mapping[str, str] | None = None,
    machine: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the whole environment of a contained process.

    Args:
        home: its home, inside the run's folder.
        temporary: its folder for temporary files.
        threads: threads for numeric libraries.
        device: `cuda` lets it see the GPU; anything else hides it.
        extra: further variables, such as those of the Hub; they win.
        machine: the environment to take the GPU's variables from; that of this process when left out.

    Returns:
        Variables by name; nothing else is inherited.
    """
    values = {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin")),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "dumb",
        "MPLBACKEND": "Agg",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    values |= dict.fromkeys(_THREAD_VARIABLES, str(threads))
    values |= _gpu(device, os.environ if machine is None else machine)
    return values | dict(extra or {})


def _gpu(device: str, machine: Mapping[str, str]) -> dict[str, str]:
    if device != "cuda":
        return {"CUDA_VISIBLE_DEVICES": ""}
    return {name: machine[name] for name in _GPU_VARIABLES if name in machine}
