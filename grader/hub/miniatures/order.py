"""What a recipe is handed: a folder to fill and what it may use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Progress = Callable[[float], None]
"""Told the share done, from 0 to 1."""
Figures = dict[str, float]
"""What a recipe measured of its own result."""


@dataclass(frozen=True)
class Order:
    """One build to be made. A recipe is a module with `build(order: Order) -> Figures`."""

    folder: Path
    """Where the files go; exists and is empty."""
    parameters: Mapping[str, Any]
    """From the catalogue."""
    needs: Mapping[str, Path]
    """Folders of the builds that this one starts from, by the names that the catalogue gives them."""
    progress: Progress
