"""Reads the header of a safetensors file: names, dtypes and shapes, without torch and without loading a weight."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from grader.artifacts.json_file import parse_json
from grader.artifacts.locate import find_file
from grader.errors import SubmissionFault

#: Bytes of a header; that of an 8 B model has 30 kB.
HEADER_LIMIT = 8 * 1024**2
#: Tensors in one file.
TENSOR_LIMIT = 20_000
#: Bytes of one element by the format's name of the dtype.
ITEM_BYTES = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
    "U16": 2,
    "I16": 2,
    "F16": 2,
    "BF16": 2,
    "U32": 4,
    "I32": 4,
    "F32": 4,
    "U64": 8,
    "I64": 8,
    "F64": 8,
}


@dataclass(frozen=True)
class TensorHeader:
    """One tensor as the header declares it."""

    name: str
    dtype: str
    """The format's name: `F32`, `BF16`..."""
    shape: tuple[int, ...]
    size_bytes: int

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class SafetensorsHeader:
    """What a safetensors file declares, verified against the file's size."""

    tensors: dict[str, TensorHeader]
    metadata: dict[str, str]

    @property
    def count(self) -> int:
        """Number of elements of all tensors."""
        return sum(tensor.count for tensor in self.tensors.values())

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape by name."""
        return {name: tensor.shape for name, tensor in self.tensors.items()}


def read_safetensors_header(root: Path, name: str) -> SafetensorsHeader:
    """Read and verify the header of a safetensors file among the artifacts.

    The format: 8 bytes with the header's length (little endian), the header as JSON, then the tensors without gaps or
    overlaps (https://github.com/huggingface/safetensors#format).

    Args:
        root: the folder of collected artifacts.
        name: POSIX path below it.

    Returns:
        The tensors by name, and the metadata.

    Raises:
        SubmissionFault: GR314, the file is missing; GR316, it is a pickle; GR315, it is truncated or its header lies.
    """
    path = find_file(root, name)
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        _refuse_pickle(start, name)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > min(HEADER_LIMIT, size - 8):
            raise _damaged(name, "it is cut off, or it was not written by safetensors")
        text = file.read(length)
    try:
        header = parse_json(text, name)
    except SubmissionFault as exc:
        raise _damaged(name, "its header is not readable") from exc
    if not isinstance(header, dict):
        raise _damaged(name, "its header is not a JSON object")
    return _verified(cast("dict[str, Any]", header), name, size - 8 - length)


def _verified(header: dict[str, Any], name: str, data_bytes: int) -> SafetensorsHeader:
    metadata = header.pop("__metadata__", {})
    if len(header) > TENSOR_LIMIT:
        raise _damaged(name, f"it declares {len(header):,} tensors")
    spans: list[tuple[int, int]] = []
    tensors: dict[str, TensorHeader] = {}
    for key, entry in header.items():
        tensors[key], span = _tensor(key, entry, name)
        spans.append(span)
    end = 0
    for begin, stop in sorted(spans):
        if begin != end:
            raise _damaged(name, "its tensors overlap or leave gaps")
        end = stop
    if end > data_bytes:
        raise _damaged(
            name, f"it is cut off: its header promises {end:,} bytes of weights and {data_bytes:,} are there"
        )
    if end < data_bytes:
        raise _damaged(name, f"{data_bytes - end:,} bytes after its last tensor belong to none")
    return SafetensorsHeader(tensors, _strings(metadata))


def _tensor(key: str, entry: Any, name: str) -> tuple[TensorHeader, tuple[int, int]]:
    fields = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
    dtype, shape, offsets = fields.get("dtype"), _naturals(fields.get("shape")), _naturals(fields.get("data_offsets"))
    if not key.isprintable() or len(key) > 500:
        raise _damaged(name, "a tensor has a name that cannot be printed")
    if (
        not isinstance(dtype, str)
        or dtype not in ITEM_BYTES
        or shape is None
        or offsets is None
        or len(offsets) != 2
        or len(shape) > 8
    ):
        raise _damaged(name, f"its header does not describe the tensor {key!r}")
    begin, end = offsets
    size_bytes = math.prod(shape) * ITEM_BYTES[dtype]
    if end - begin != size_bytes:
        raise _damaged(name, f"the shape of the tensor {key!r} does not fit its bytes")
    return TensorHeader(key, dtype, shape, size_bytes), (begin, end)


def _naturals(value: Any) -> tuple[int, ...] | None:
    """A list of numbers 0 or more that fit 63 bits; None for anything else."""
    if not isinstance(value, list):
        return None
    entries = cast("list[Any]", value)
    good = all(type(entry) is int and 0 <= entry < 2**63 for entry in entries)
    return tuple(entries) if good else None


def _strings(value: Any) -> dict[str, str]:
    entries = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    return {key: text if isinstance(text, str) else json.dumps(text) for key, text in entries.items()}


def _refuse_pickle(start: bytes, name: str) -> None:
    # torch.save writes a zip archive; older ones and joblib write a pickle of protocol 2 to 5. The length of an honest
    # header fits three bytes, so the rest of its eight is zero.
    zipped = start.startswith(b"PK\x03\x04")
    pickled = start[:1] == b"\x80" and start[1:2] in {b"\2", b"\3", b"\4", b"\5"} and any(start[3:8])
    if zipped or pickled:
        raise SubmissionFault("GR316", f"{name} is a pickle with the name of a safetensors file.")


def _damaged(name: str, why: str) -> SubmissionFault:
    return SubmissionFault("GR315", f"{name} cannot be read: {why}.", "Save it once more with `save_pretrained`.")
