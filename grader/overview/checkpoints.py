"""Finds checkpoints that are nearly the same, by what training changed of the base that everybody shares.

A sketch is the change of every tensor, projected on random directions: the cosine of two sketches is close to that of
the changes (count sketch: M. Charikar et al., ICALP 2002), and a class of 500 is compared in one product of matrices.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.errors import GraderError
from grader.model.overview import Pair

if TYPE_CHECKING:
    import numpy as np

    Sketch = np.ndarray[Any, np.dtype[np.float32]]

#: Random directions; the cosine of a sketch is within 0.06 of the true one (one standard error is 1 / sqrt(256)).
DIRECTIONS = 256
#: Three honest runs of lab 2.5.4 with seeds of their own lie at 0.16 to 0.30; a copy, rounded or noisy, above 0.99.
THRESHOLD = 0.8
_PIECE = 65536
_LARGEST_BYTES = 2 * 1024**3


def sketch(weights: Path, base: Path | None) -> "Sketch | None":
    """Sketch what a checkpoint changed.

    Args:
        weights: a safetensors file, as it was collected.
        base: the safetensors file that training began with; tensors that it lacks count as they are.

    Returns:
        Shape (256,), of length 1; None when the file cannot be read, is too large or equals the base.
    """
    import numpy as np

    total = np.zeros(DIRECTIONS, dtype=np.float64)
    try:
        tensors, known = _read(weights), _read(base) if base is not None else {}
    except GraderError:
        return None
    for name in sorted(tensors):
        change = tensors[name]
        if name in known and known[name].shape == change.shape:
            change = change - known[name]
        if np.isfinite(change).all():
            total += _project(name, change.ravel())
    length = float(np.linalg.norm(total))
    return (total / length).astype(np.float32) if length > 0 else None


def alike_checkpoints(sketches: "Mapping[str, Sketch]", threshold: float = THRESHOLD) -> tuple[Pair, ...]:
    """Compare the sketches of a class.

    Args:
        sketches: by student.
        threshold: least cosine.

    Returns:
        The pairs at or above the threshold, the most alike first.
    """
    import numpy as np

    students = sorted(sketches)
    if len(students) < 2:
        return ()
    stacked = np.stack([sketches[student] for student in students])
    cosines = stacked @ stacked.T
    rows, columns = np.nonzero(np.triu(cosines >= threshold, k=1))
    pairs = [
        Pair(students[row], students[column], "checkpoint", min(1.0, float(cosines[row, column])))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    return tuple(sorted(pairs, key=lambda pair: (-pair.share, pair.first, pair.second)))


def _read(path: Path) -> "Mapping[str, np.ndarray[Any, Any]]":
    """Load tensors as float32; bfloat16 has no type of its own in NumPy, so torch reads it."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from grader.artifacts.safetensors_file import read_safetensors_header

    if path.stat().st_size > _LARGEST_BYTES:
        return {}
    read_safetensors_header(path.parent, path.name)
    try:
        return {name: tensor.float().numpy() for name, tensor in load_file(path).items() if tensor.is_floating_point()}
    except (SafetensorError, OSError):
        return {}


def _project(name: str, values: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Project on directions of random signs that depend on the tensor's name alone, piece by piece."""
    import numpy as np

    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    random = np.random.default_rng(seed)
    total = np.zeros(DIRECTIONS, dtype=np.float64)
    for start in range(0, len(values), _PIECE):
        piece = values[start : start + _PIECE]
        # a signed bucket for each value (count sketch): one pass, and the same expectation as dense directions
        buckets = random.integers(0, DIRECTIONS, len(piece))
        signs = random.integers(0, 2, len(piece)) * 2 - 1
        total += np.bincount(buckets, weights=piece * signs, minlength=DIRECTIONS)
    return total
