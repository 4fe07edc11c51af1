"""Names the versions that a result depends on, read from the installed packages and never by importing them."""

import functools
import importlib.metadata
import platform

_PACKAGES = (
    "torch",
    "transformers",
    "datasets",
    "peft",
    "accelerate",
    "huggingface_hub",
    "tokenizers",
    "safetensors",
    "numpy",
    "papermill",
    "ipykernel",
)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that are installed, by name."""
    return dict(_versions())


@functools.cache
def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
