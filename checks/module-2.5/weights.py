"""Compares the tensors of two safetensors files; nothing but numbers is read."""

from pathlib import Path

import numpy as np
from safetensors import deserialize

_KINDS = {"F64": np.float64, "F32": np.float32, "F16": np.float16}


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """Read all floating-point tensors of a file whose header has been verified, as float32."""
    return {name: _array(entry) for name, entry in deserialize(path.read_bytes()) if _is_float(entry)}


def largest_difference(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> tuple[float, str]:
    """The largest absolute difference between two files and the tensor that has it; infinite when names differ."""
    if first.keys() != second.keys():
        return float("inf"), sorted(first.keys() ^ second.keys())[0]
    gaps = {name: _gap(first[name], second[name]) for name in first}
    name = max(gaps, key=gaps.__getitem__)
    return gaps[name], name


def _gap(one: np.ndarray, other: np.ndarray) -> float:
    if one.shape != other.shape:
        return float("inf")
    with np.errstate(invalid="ignore"):
        gap = float(np.abs(one - other).max(initial=0.0))
    return gap if np.isfinite(gap) else float("inf")  # a NaN is no small difference


def _is_float(entry) -> bool:
    return entry["dtype"] in _KINDS or entry["dtype"] == "BF16"


def _array(entry) -> np.ndarray:
    if entry["dtype"] == "BF16":  # the upper half of a float32
        upper = np.frombuffer(entry["data"], dtype="<u2").astype(np.uint32)
        return (upper << 16).view(np.float32).reshape(entry["shape"])
    return np.frombuffer(entry["data"], dtype=_KINDS[entry["dtype"]]).astype(np.float32).reshape(entry["shape"])
