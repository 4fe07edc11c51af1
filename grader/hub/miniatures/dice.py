"""Chance that falls the same way on every machine: one generator per name."""

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def dice(name: str) -> random.Random:
    """A generator of its own for a named purpose.

    Args:
        name: what the draws are for, such as `mini-imdb/train`.

    Returns:
        A generator whose draws depend on the name alone.
    """
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    return random.Random(seed)  # noqa: S311 - text that can be drawn again, not a secret


def pick(rng: random.Random, items: Sequence[T]) -> T:
    """One of the items.

    Built on `random()`, whose stream Python promises to keep between versions, unlike that of `choice()`.

    Args:
        rng: where the draw comes from.
        items: at least one item.

    Returns:
        The item drawn.
    """
    return items[int(rng.random() * len(items))]


def shuffled(rng: random.Random, items: Sequence[T]) -> list[T]:
    """The items in a random order.

    Args:
        rng: where the draws come from.
        items: any number of items.

    Returns:
        A new list.
    """
    keys = [rng.random() for _ in items]
    return [items[at] for at in sorted(range(len(items)), key=keys.__getitem__)]
