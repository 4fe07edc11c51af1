"""Sentences about people, places and studios, with a tag on every word."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from grader.hub.miniatures.dice import dice, pick
from grader.hub.miniatures.text import words
from grader.hub.miniatures.text.grammar import person

TAGS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
FORMS = (
    "It was shot in LOC .",
    "PER directed it .",
    "ORG made it in LOC .",
    "I saw it with PER in LOC .",
    "ORG hired PER and PER .",
    "PER moved from LOC to LOC .",
    "The acting of PER was really good .",
    "The story was told by PER for ORG .",
    "PER , who lives in LOC , never liked the ending .",
    "The plot was dull .",
)
"""Sentences in which PER, ORG and LOC stand for names."""


@dataclass(frozen=True)
class Tagged:
    """A text in words."""

    tokens: tuple[str, ...]
    tags: tuple[int, ...]
    """Numbers of `TAGS`, one a word."""


def tagged(name: str, count: int) -> list[Tagged]:
    """Texts of one or two sentences with the tags of their names.

    Args:
        name: which sequence; the same name gives the same sentences.
        count: how many.

    Returns:
        The texts, in order.
    """
    rng = dice(name)
    return [_joined([_sentence(rng) for _ in range(pick(rng, (1, 2)))]) for _ in range(count)]


def _joined(sentences: Sequence[Tagged]) -> Tagged:
    return Tagged(
        tuple(token for one in sentences for token in one.tokens), tuple(tag for one in sentences for tag in one.tags)
    )


def _sentence(rng: random.Random) -> Tagged:
    tokens: list[str] = []
    tags: list[int] = []
    for word in pick(rng, FORMS).split():
        found = _entity(rng, word)
        tokens += found
        tags += [_tag(word, at) for at in range(len(found))]
    return Tagged(tuple(tokens), tuple(tags))


def _entity(rng: random.Random, word: str) -> Sequence[str]:
    if word == "PER":
        return person(rng).split()
    if word == "ORG":
        return pick(rng, words.STUDIOS).split()
    return [pick(rng, words.CITIES)] if word == "LOC" else [word]


def _tag(word: str, at: int) -> int:
    name = f"{'I' if at else 'B'}-{word}"
    return TAGS.index(name) if name in TAGS else 0
