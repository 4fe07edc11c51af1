"""Headers of safetensors files are read without torch."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from grader.artifacts.safetensors_file import read_safetensors_header
from grader.errors import SubmissionFault

TENSORS = {"a": np.zeros((2, 3), np.float32), "b": np.zeros((), np.int64), "c": np.zeros((0, 4), np.float16)}


def test_what_the_library_writes_is_read(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "x.safetensors", metadata={"format": "pt"})

    found = read_safetensors_header(tmp_path, "x.safetensors")

    assert found.shapes == {"a": (2, 3), "b": (), "c": (0, 4)}
    assert {name: tensor.dtype for name, tensor in found.tensors.items()} == {"a": "F32", "b": "I64", "c": "F16"}
    assert (found.tensors["a"].count, found.tensors["a"].size_bytes, found.count) == (6, 24, 7)
    assert found.metadata == {"format": "pt"}


def test_every_shorter_file_is_refused(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "whole.safetensors")
    data = (tmp_path / "whole.safetensors").read_bytes()

    for length in range(len(data)):
        (tmp_path / "x.safetensors").write_bytes(data[:length])
        with pytest.raises(SubmissionFault) as caught:
            read_safetensors_header(tmp_path, "x.safetensors")
        assert caught.value.code == "GR315"


@pytest.mark.parametrize(("metadata", "read"), [('{"a": 1, "b": "x"}', {"a": "1", "b": "x"}), ("[]", {})])
def test_odd_metadata_becomes_text(tmp_path: Path, metadata: str, read: dict[str, str]) -> None:
    text = f'{{"__metadata__": {metadata}}}'.encode()
    (tmp_path / "x.safetensors").write_bytes(len(text).to_bytes(8, "little") + text)

    assert read_safetensors_header(tmp_path, "x.safetensors").metadata == read
