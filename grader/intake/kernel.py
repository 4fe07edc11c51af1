"""Refuses notebooks of other languages, and accepts Python kernels of any name."""

from collections.abc import Mapping
from typing import Any

from grader.errors import SubmissionFault
from grader.intake.source import printable
from grader.model.submission import Notice

_PYTHON = frozenset({"python", "ipython", "python3"})
_USUAL_NAME = "python3"
#: Starts of kernel names that are not Python, for notebooks that name a kernel but no language.
_OTHER_KERNELS = ("ir", "julia", "bash", "javascript", "typescript", "deno", "java", "xcpp", "sas", "scala", "octave")


def check_kernel(metadata: Mapping[str, Any], name: str) -> tuple[Notice, ...]:
    """Check the language and the kernel that a notebook names.

    Args:
        metadata: the notebook's metadata, valid by the notebook format.
        name: the file's name, for messages.

    Returns:
        A notice when the kernel is a Python kernel of an unusual name.

    Raises:
        SubmissionFault: GR307, the notebook is not a Python 3 notebook.
    """
    spec = _table(metadata, "kernelspec")
    info = _table(metadata, "language_info")
    kernel = str(spec.get("name", ""))
    language = str(info.get("name") or spec.get("language") or "")
    shown = printable(str(spec.get("display_name") or kernel or language), 60)
    if language and language.casefold() not in _PYTHON:
        message = f"{name} is written in {printable(language, 40)} (kernel '{shown}'); the labs are in Python."
        raise SubmissionFault("GR307", message)
    if not language and _first_word(kernel) in _OTHER_KERNELS:
        raise SubmissionFault(
            "GR307", f"The kernel '{shown}' of {name} is not a Python kernel; the labs are in Python."
        )
    if kernel.casefold() == "python2" or str(info.get("version", "")).startswith("2."):
        raise SubmissionFault("GR307", f"{name} was written for Python 2 (kernel '{shown}'); the labs are in Python 3.")
    if kernel and kernel != _USUAL_NAME:
        message = f"The notebook names the kernel '{shown}'; it is run with the grader's own Python."
        return (Notice("GR322", message, "Nothing to do."),)
    return ()


def _table(metadata: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = metadata.get(key)
    return value if isinstance(value, Mapping) else {}


def _first_word(kernel: str) -> str:
    return kernel.casefold().split("-")[0].rstrip("0123456789.")
