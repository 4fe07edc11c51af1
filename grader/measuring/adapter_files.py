"""Reads a LoRA adapter from adapter_config.json and safetensors, without peft and without executing anything."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from grader.artifacts.json_file import read_json_file
from grader.artifacts.locate import find_folder
from grader.artifacts.safetensors_file import SafetensorsHeader, read_safetensors_header
from grader.errors import SubmissionFault

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
#: The largest rank that is read.
RANK_LIMIT = 4_096
#: Options of peft that change what an adapter means; these labs do without them.
UNSUPPORTED = (
    "use_dora",
    "fan_in_fan_out",
    "lora_bias",
    "rank_pattern",
    "alpha_pattern",
    "layer_replication",
    "trainable_token_indices",
    "target_parameters",
)
_MATRIX = re.compile(r"(.+)\.lora_([AB])(?:\.default)?\.weight")


@dataclass(frozen=True)
class AdapterConfig:
    """What we take from adapter_config.json."""

    base_model: str
    revision: str | None
    r: int
    alpha: float
    scaling: float
    """alpha / r, or alpha / sqrt(r) with `use_rslora`."""
    target_modules: tuple[str, ...] | None
    """Last names of modules; None when the file has a pattern, which is never executed."""
    modules_to_save: tuple[str, ...]


@dataclass(frozen=True)
class AdapterNames:
    """The tensors of an adapter file, sorted by what they are; names as in the file."""

    a: dict[str, str]
    """Name of the tensor A by module."""
    b: dict[str, str]
    saved: dict[str, str]
    """Name of the tensor by the parameter of the base that it replaces."""
    unexpected: tuple[str, ...]


def read_adapter_config(root: Path, folder: str) -> AdapterConfig:
    """Read the configuration of an adapter.

    Args:
        root: the folder of collected artifacts.
        folder: POSIX path of the adapter's folder below it.

    Returns:
        The configuration.

    Raises:
        SubmissionFault: GR314, the file is missing; GR315, it is not that of a plain LoRA adapter.
    """
    find_folder(root, folder)
    name = f"{folder}/{CONFIG}"
    data = read_json_file(root, name)
    config = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    if config.get("peft_type") != "LORA":
        raise _unsuitable(name, f"`peft_type` is {str(config.get('peft_type'))[:40]!r}, not 'LORA'")
    strange = [field for field in UNSUPPORTED if config.get(field)]
    if strange or config.get("bias", "none") != "none":
        raise _unsuitable(name, f"it uses `{strange[0] if strange else 'bias'}`, which is not part of this lab")
    r, alpha = config.get("r"), config.get("lora_alpha")
    if type(r) is not int or not 1 <= r <= RANK_LIMIT:
        raise _unsuitable(name, f"`r` is {str(r)[:40]}; a whole number from 1 on is needed")
    if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not 0 < alpha < 1e9:
        raise _unsuitable(name, f"`lora_alpha` is {str(alpha)[:40]}; a positive number is needed")
    base, revision = config.get("base_model_name_or_path"), config.get("revision")
    return AdapterConfig(
        base_model=base[:300] if isinstance(base, str) else "",
        revision=revision[:100] if isinstance(revision, str) else None,
        r=r,
        alpha=float(alpha),
        scaling=alpha / (math.sqrt(r) if config.get("use_rslora") is True else r),
        target_modules=_names(config.get("target_modules")),
        modules_to_save=_names(config.get("modules_to_save")) or (),
    )


def sort_names(header: SafetensorsHeader, shapes: dict[str, tuple[int, ...]]) -> AdapterNames:
    """Sort the tensors of an adapter file.

    Args:
        header: the file's header.
        shapes: of the base classifier's parameters.

    Returns:
        A and B matrices by module, saved parameters, and what belongs to neither.
    """
    linear = linear_modules(shapes)
    a: dict[str, str] = {}
    b: dict[str, str] = {}
    saved: dict[str, str] = {}
    unexpected: list[str] = []
    for name in sorted(header.tensors):
        inner = name.removeprefix("base_model.model.")
        matrix = _MATRIX.fullmatch(inner)
        plain = inner.replace(".modules_to_save.default.", ".").replace(".modules_to_save.", ".")
        if inner == name:
            unexpected.append(name)
        elif matrix and matrix[1] in linear:
            (a if matrix[2] == "A" else b)[matrix[1]] = name
        elif plain.rpartition(".")[0] in linear and plain in shapes and _is_head(plain):
            saved[plain] = name
        else:
            unexpected.append(name)
    return AdapterNames(a, b, saved, tuple(unexpected))


def read_adapter_header(root: Path, folder: str) -> SafetensorsHeader:
    """Read the header of an adapter's weights.

    Raises:
        SubmissionFault: GR314 to GR316, as `read_safetensors_header`.
    """
    return read_safetensors_header(root, f"{folder}/{WEIGHTS}")


def updates(
    tensors: "Mapping[str, Tensor]", names: AdapterNames, scaling: float, shapes: dict[str, tuple[int, ...]]
) -> "dict[str, Tensor]":
    """Compute what an adapter adds to each weight: scaling · B A.

    Source: E. Hu et al., LoRA (arXiv 2106.09685), section 4.1, with scaling = alpha / r.

    Args:
        tensors: the adapter's tensors, by name in the file.
        names: the same, sorted.
        scaling: the factor.
        shapes: shapes of the base's parameters.

    Returns:
        The update in float64, by name of the parameter; shape (out, in).

    Raises:
        SubmissionFault: GR315, a matrix lacks its partner or has another shape than its layer.
    """
    found: dict[str, Tensor] = {}
    for module in sorted(names.a.keys() | names.b.keys()):
        parameter = f"{module}.weight"
        if module not in names.a or module not in names.b:
            raise _unsuitable(WEIGHTS, f"{module} has only one of its two matrices")
        a, b = tensors[names.a[module]].double(), tensors[names.b[module]].double()
        if a.ndim != 2 or b.ndim != 2 or a.shape[0] != b.shape[1] or (b.shape[0], a.shape[1]) != shapes[parameter]:
            raise _unsuitable(WEIGHTS, f"the matrices of {module} do not fit the layer")
        found[parameter] = scaling * (b @ a)
    return found


def linear_modules(shapes: dict[str, tuple[int, ...]]) -> tuple[str, ...]:
    """Return the linear layers of a classifier, sorted: modules with a matrix that are no embedding."""
    matrices = (name.removesuffix(".weight") for name, shape in shapes.items() if len(shape) == 2)
    return tuple(sorted(module for module in matrices if "embeddings" not in module))


def _is_head(parameter: str) -> bool:
    """Whether a parameter lies behind the encoder's layers: those are what `modules_to_save` is for."""
    return ".layer." not in parameter


def _names(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(sorted(str(entry)[:200] for entry in cast("list[Any]", value)))


def _unsuitable(name: str, why: str) -> SubmissionFault:
    return SubmissionFault("GR315", f"{name} cannot be used: {why}.", "Save the adapter with `save_pretrained`.")
