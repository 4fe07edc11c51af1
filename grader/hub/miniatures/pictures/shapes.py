"""Small pictures of one coloured shape each, drawn from a name alone."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.hub.miniatures.dice import dice, pick

SIZE = 32
COLOURS: Mapping[str, tuple[int, int, int]] = {"red": (220, 40, 40), "green": (40, 180, 60), "blue": (50, 80, 230)}
Mask = Callable[[Any, Any], Any]
"""From coordinates, with the shape between -1 and 1, to whether a point belongs to it."""
SHAPES: Mapping[str, Mask] = {
    "circle": lambda x, y: x**2 + y**2 < 1,
    "square": lambda x, y: np.maximum(abs(x), abs(y)) < 0.85,
    "triangle": lambda x, y: (y < 0.8) & (y > 2 * abs(x) - 1),
    "cross": lambda x, y: (np.minimum(abs(x), abs(y)) < 0.3) & (np.maximum(abs(x), abs(y)) < 1),
}
SIZES = {"small": (6.0, 8.0), "big": (10.0, 13.0)}
"""Radius in pixels, from and to."""


@dataclass(frozen=True)
class Picture:
    """One picture and what is on it."""

    pixels: Any
    """Array of (height, width, 3), 8 bits each."""
    shape: str
    colour: str
    size: str

    @property
    def caption(self) -> str:
        """The words for it, such as `a small red circle`."""
        return f"a {self.size} {self.colour} {self.shape}"


def pictures(name: str, count: int) -> list[Picture]:
    """Pictures of one shape each on a noisy grey ground.

    Args:
        name: which sequence; the same name gives the same pictures.
        count: how many.

    Returns:
        The pictures, in order.
    """
    rng = dice(name)
    return [_draw(rng) for _ in range(count)]


def _draw(rng: random.Random) -> Picture:
    shape, colour, size = pick(rng, tuple(SHAPES)), pick(rng, tuple(COLOURS)), pick(rng, tuple(SIZES))
    low, high = SIZES[size]
    radius = low + rng.random() * (high - low)
    middle = [radius + rng.random() * (SIZE - 2 * radius) for _ in range(2)]
    rows, columns = np.mgrid[0:SIZE, 0:SIZE] + 0.5
    inside = SHAPES[shape]((columns - middle[0]) / radius, (rows - middle[1]) / radius)
    noise = np.random.default_rng(int(rng.random() * 2**32)).integers(-20, 21, (SIZE, SIZE, 3))
    ground = 120 + int(rng.random() * 110)
    drawn = np.where(inside[..., None], np.array(COLOURS[colour]), ground) + noise
    return Picture(drawn.clip(0, 255).astype(np.uint8), shape, colour, size)
