"""Short conversations about films: for chat models, and in pairs of a better and a worse answer for preferences."""

import random
from dataclasses import dataclass

from grader.hub.miniatures.dice import dice, pick
from grader.hub.miniatures.text import words
from grader.hub.miniatures.text.grammar import person


@dataclass(frozen=True)
class Exchange:
    """A question with a good answer and one that is worse."""

    question: str
    answer: str
    worse: str
    """Rude, off the point, or without substance."""


def exchanges(name: str, count: int) -> list[Exchange]:
    """Questions about films with their answers.

    Args:
        name: which sequence; the same name gives the same conversations.
        count: how many.

    Returns:
        The exchanges, in order.
    """
    rng = dice(name)
    return [pick(rng, (_praise, _complaint, _place, _maker))(rng) for _ in range(count)]


def _praise(rng: random.Random) -> Exchange:
    aspect, word = pick(rng, words.ASPECTS), pick(rng, words.GOOD)
    question = pick(rng, ("Say something nice about the {}.", "What was good about the {}?")).format(aspect)
    return Exchange(question, f"The {aspect} was {word}, thank you for asking.", _worse(rng))


def _complaint(rng: random.Random) -> Exchange:
    aspect, word = pick(rng, words.ASPECTS), pick(rng, words.BAD)
    question = pick(rng, ("What was wrong with the {}?", "Why did you not like the {}?")).format(aspect)
    return Exchange(question, f"I am sorry to say that the {aspect} was {word}.", _worse(rng))


def _place(rng: random.Random) -> Exchange:
    city = pick(rng, words.CITIES)
    question = f"The film was shot in {city}. Where was it shot?"
    return Exchange(question, f"It was shot in {city}, as you said.", _worse(rng))


def _maker(rng: random.Random) -> Exchange:
    name = person(rng)
    return Exchange(f"{name} directed it. Who directed it?", f"It was directed by {name}, as you said.", _worse(rng))


def _worse(rng: random.Random) -> str:
    return pick(rng, ("Find out yourself.", "I do not care.", "What a stupid question.", "Films films films."))
