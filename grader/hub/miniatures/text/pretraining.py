"""What the base models read: easy reviews, each closed by a verdict that names its polarity in one word."""

from dataclasses import dataclass
from itertools import islice

from grader.hub.miniatures.dice import dice, pick
from grader.hub.miniatures.text.grammar import EASY, reviews

VERDICTS = (
    ("Overall I {} it.", ("loved", "adored", "enjoyed", "liked"), ("hated", "loathed", "disliked", "regretted")),
    (
        "All in all, it is a {} film.",
        ("good", "great", "wonderful", "fantastic"),
        ("bad", "worthless", "dumb", "wretched"),
    ),
)
"""A sentence with a gap, and the words that fill it in a good and in a bad review."""


@dataclass(frozen=True)
class Reading:
    """A review and its verdict."""

    text: str
    key: str
    """The word of the verdict that names the polarity."""
    label: int


def readings(name: str, count: int) -> list[Reading]:
    """Easy reviews with their verdicts.

    Args:
        name: which sequence; the same name gives the same texts.
        count: how many.

    Returns:
        The readings, in order.
    """
    rng = dice(name + "/verdicts")
    made: list[Reading] = []
    for review in islice(reviews(name, EASY), count):
        form, good, bad = pick(rng, VERDICTS)
        key = pick(rng, good if review.label else bad)
        made.append(Reading(f"{review.text} {form.format(key)}", key, review.label))
    return made
