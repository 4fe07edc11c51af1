"""Headers of safetensors files: what is in them, read without reading the tensors."""

from pathlib import Path
from typing import Any

from grader.hub.cards import read_json_bytes

HEADER_BYTES = 8 * 1024**2
_BYTES_OF_DTYPE = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


def safetensors_header(path: Path) -> dict[str, Any] | None:
    """Read the header of a safetensors file, and nothing else of it.

    Args:
        path: the file; may be anything.

    Returns:
        Tensor name -> dtype, shape and offsets, and `__metadata__`; None when it is not such a file.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= HEADER_BYTES:
            return None
        header = read_json_bytes(file.read(length))
    return header if isinstance(header, dict) else None


def safetensors_counts(path: Path) -> dict[str, int]:
    """Count the parameters of a safetensors file.

    Returns:
        Dtype -> number of parameters, by the offsets of the header.
    """
    counts: dict[str, int] = {}
    for name, tensor in (safetensors_header(path) or {}).items():
        match tensor:
            case {"dtype": str(dtype), "data_offsets": [int(start), int(stop)]} if name != "__metadata__":
                counts[dtype] = counts.get(dtype, 0) + max(0, stop - start) // _BYTES_OF_DTYPE.get(dtype, 1)
            case _:
                continue
    return counts
