"""Spoken digits that nobody spoke: every word is a chord of three tones of its own, with noise and varied speed."""

import random
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.hub.miniatures.dice import dice, pick

RATE = 16_000
"""Samples a second."""
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
FORMANTS = tuple((300 + 60 * at, 900 + 140 * ((at * 3) % 10), 2_200 + 160 * ((at * 7) % 10)) for at in range(10))
"""Hertz of the three tones of each digit."""
LENGTH = (0.22, 0.34)
"""Seconds of a word, from and to."""
PAUSE = (0.04, 0.12)
MOST = 4
"""Words of a recording; with their pauses they stay under two seconds."""


@dataclass(frozen=True)
class Recording:
    """One recording and what is said in it."""

    samples: Any
    """Array of 32-bit floats from -1 to 1, at `RATE`."""
    text: str


def recordings(name: str, count: int) -> list[Recording]:
    """Recordings of one to four digits.

    Args:
        name: which sequence; the same name gives the same recordings.
        count: how many.

    Returns:
        The recordings, in order.
    """
    rng = dice(name)
    return [_record(rng) for _ in range(count)]


def _record(rng: random.Random) -> Recording:
    said = [pick(rng, range(len(DIGITS))) for _ in range(1 + int(rng.random() * MOST))]
    pitch = 0.96 + 0.08 * rng.random()
    parts = [_silence(rng)]
    for digit in said:
        parts += [_word(rng, digit, pitch), _silence(rng)]
    samples = np.concatenate(parts)
    noise = np.random.default_rng(int(rng.random() * 2**32)).standard_normal(len(samples)) * 0.01
    return Recording((samples + noise).clip(-1, 1).astype(np.float32), " ".join(DIGITS[digit] for digit in said))


def _between(rng: random.Random, bounds: tuple[float, float]) -> float:
    return bounds[0] + rng.random() * (bounds[1] - bounds[0])


def _silence(rng: random.Random) -> Any:
    return np.zeros(int(RATE * _between(rng, PAUSE)))


def _word(rng: random.Random, digit: int, pitch: float) -> Any:
    seconds = np.arange(int(RATE * _between(rng, LENGTH))) / RATE
    tones = sum(np.sin(2 * np.pi * hertz * pitch * seconds) / (at + 2) for at, hertz in enumerate(FORMANTS[digit]))
    return 0.5 * tones * np.sin(np.pi * seconds / seconds[-1])
