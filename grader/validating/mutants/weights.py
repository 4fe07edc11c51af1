"""Mutants of weights: base, noise, zero, not a number, lost, renamed, pickled; half precision is harmless."""

import json
import random
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from grader.validating.mutants.mutant import Mutant, mutant

#: Words in the names of the tensors of a head.
_HEADS = ("classifier", "score", "head", "qa_outputs")


def weight_mutants(file: str, path: Path, bases: Sequence[str], draw: random.Random) -> Iterator[Mutant]:
    """Return the mutants of a safetensors file.

    Args:
        file: its path below the artifacts.
        path: where it is.
        bases: ids of the models of the lab's Hub that it may have been made of.
        draw: decides which tensor is changed where one is enough.
    """
    shapes = _shapes(path)
    names = sorted(shapes)
    if not names:
        return
    largest = max(names, key=lambda name: (shapes[name], name))
    one = draw.choice(names)
    yield mutant(file, "half precision", "cast", dtype="float16", harmless=True)
    yield mutant(file, "noise", "noise", names="*", scale=0.02, seed=draw.randrange(1000))
    yield mutant(file, "perturbed", "perturb", names="*", share=0.5, seed=draw.randrange(1000))
    yield mutant(file, "zero", "zero", "largest", names=largest)
    yield mutant(file, "not a number", "put_nan", "one", names=one)
    yield mutant(file, "lost", "drop_tensor", "one", names=one)
    yield mutant(file, "renamed", "rename_tensor", "one", old=one, new=f"{one}_")
    yield mutant(file, "pickled", "pickle_weights", to="pytorch_model.bin")
    for name in names:
        if name.endswith("weight") and any(head in name for head in _HEADS):
            yield mutant(file, "negated", "negate", name, names=name)
    for base in bases:
        yield mutant(file, "base weights", "base_weights", base, base=base)


def _shapes(path: Path) -> dict[str, int]:
    """How many bytes each tensor has, from the header."""
    with path.open("rb") as stream:
        (size,) = struct.unpack("<Q", stream.read(8))
        header = cast("dict[str, Any]", json.loads(stream.read(size)))
    header.pop("__metadata__", None)
    return {name: entry["data_offsets"][1] - entry["data_offsets"][0] for name, entry in header.items()}
