"""Operators on the tensors of safetensors files; names are patterns such as `classifier.*`."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from grader.validating.operators.targets import OperatorError, targets

if TYPE_CHECKING:
    from torch import Tensor

    from grader.validating.context import CaseContext

    Tensors = dict[str, Tensor]


def base_weights(folder: Path, path: str, base: str, context: "CaseContext") -> None:
    """Put the weights of a base model of the Hub in the place of all tensors of the same name and shape."""
    original = _load(context.bases[base] / "model.safetensors")

    def copy(tensors: "Tensors") -> "Tensors":
        shared = {
            name: original[name].clone()
            for name, tensor in tensors.items()
            if name in original and original[name].shape == tensor.shape
        }
        if not shared:
            raise OperatorError(f"{path} shares no tensor with {base}.")
        return {**tensors, **shared}

    _rewrite(folder, path, copy)


def negate(folder: Path, path: str, names: str) -> None:
    """Change the sign of tensors: of a head, this is training on flipped labels."""
    _each(folder, path, names, lambda tensor: -tensor)


def zero(folder: Path, path: str, names: str) -> None:
    """Set tensors to zero."""
    _each(folder, path, names, lambda tensor: tensor * 0)


def noise(folder: Path, path: str, names: str, scale: float, seed: int = 0) -> None:
    """Put random numbers in the place of tensors, as in a head that was never trained."""
    import torch

    generator = torch.Generator().manual_seed(seed)

    def draw(tensor: "Tensor") -> "Tensor":
        return (torch.randn(tensor.shape, generator=generator) * scale).to(tensor.dtype)

    _each(folder, path, names, draw)


def perturb(folder: Path, path: str, names: str, share: float, seed: int = 0) -> None:
    """Add random numbers to tensors, as large as a share of their own spread."""
    import torch

    generator = torch.Generator().manual_seed(seed)

    def shake(tensor: "Tensor") -> "Tensor":
        if not tensor.is_floating_point() or tensor.numel() < 2:
            return tensor
        shaken = torch.randn(tensor.shape, generator=generator) * tensor.float().std() * share
        return (tensor.float() + shaken).to(tensor.dtype)

    _each(folder, path, names, shake)


def put_nan(folder: Path, path: str, names: str) -> None:
    """Make the first number of tensors not a number, as after a diverged training."""

    def spoil(tensor: "Tensor") -> "Tensor":
        spoilt = tensor.clone()
        spoilt.view(-1)[0] = float("nan")
        return spoilt

    _each(folder, path, names, spoil)


def cast(folder: Path, path: str, dtype: str) -> None:
    """Store all tensors in another type, such as `float16`: harmless within tolerance."""
    import torch

    _each(folder, path, "*", lambda tensor: tensor.to(getattr(torch, dtype)))


def drop_tensor(folder: Path, path: str, names: str) -> None:
    """Leave tensors out of the file."""
    _rewrite(folder, path, lambda tensors: {n: t for n, t in tensors.items() if n not in _matching(tensors, names)})


def rename_tensor(folder: Path, path: str, old: str, new: str) -> None:
    """Replace a part of the names of tensors."""

    def rename(tensors: "Tensors") -> "Tensors":
        _matching(tensors, f"*{old}*")
        return {name.replace(old, new): tensor for name, tensor in tensors.items()}

    _rewrite(folder, path, rename)


def pickle_weights(folder: Path, path: str, to: str) -> None:
    """Replace a safetensors file by a pickle of the same tensors, beside it."""
    import torch

    for found in targets(folder, path):
        torch.save(_load(found), found.with_name(to))
        found.unlink()


def _each(folder: Path, path: str, names: str, change: "Callable[[Tensor], Tensor]") -> None:
    def apply(tensors: "Tensors") -> "Tensors":
        return {**tensors, **{name: change(tensors[name]) for name in _matching(tensors, names)}}

    _rewrite(folder, path, apply)


def _matching(tensors: "Tensors", names: str) -> list[str]:
    found = [name for name in tensors if fnmatchcase(name, names)]
    if not found:
        raise OperatorError(f"no tensor is named {names}.")
    return found


def _rewrite(folder: Path, path: str, change: "Callable[[Tensors], Tensors]") -> None:
    from safetensors.torch import save_file

    for found in targets(folder, path):
        tensors = {name: tensor.contiguous() for name, tensor in change(_load(found)).items()}
        save_file(tensors, found, metadata={"format": "pt"})


def _load(path: Path) -> "Tensors":
    from safetensors.torch import load_file

    return load_file(path)
