"""Sentences about films in English and in German, and reviews with their summaries."""

import random
from dataclasses import dataclass

from grader.hub.miniatures.dice import dice, pick, shuffled
from grader.hub.miniatures.text import words

NOUNS = {
    "plot": "die Handlung",
    "music": "die Musik",
    "scene": "die Szene",
    "story": "die Geschichte",
    "actress": "die Schauspielerin",
    "film": "der Film",
    "actor": "der Schauspieler",
    "ending": "der Schluss",
    "director": "der Regisseur",
    "script": "das Drehbuch",
    "picture": "das Bild",
    "light": "das Licht",
}
ADJECTIVES = {
    "beautiful": "schön",
    "boring": "langweilig",
    "bad": "schlecht",
    "good": "gut",
    "new": "neu",
    "old": "alt",
    "funny": "lustig",
    "sad": "traurig",
    "long": "lang",
    "short": "kurz",
    "bright": "hell",
    "dark": "dunkel",
    "quiet": "leise",
    "loud": "laut",
    "famous": "berühmt",
    "clever": "klug",
}
DEGREES = {"": "", "very ": "sehr ", "not ": "nicht ", "never ": "nie ", "often ": "oft ", "too ": "zu "}
VERBS = {"was": "war", "is": "ist"}


@dataclass(frozen=True)
class Pair:
    """A text and what is to be made of it."""

    source: str
    target: str


def translations(name: str, count: int) -> list[Pair]:
    """English sentences with their German translations.

    Args:
        name: which sequence; the same name gives the same pairs.
        count: how many.

    Returns:
        The pairs, in order.
    """
    rng = dice(name)
    made: list[Pair] = []
    for _ in range(count):
        clauses = [_clause(rng) for _ in range(pick(rng, (1, 1, 2)))]
        made.append(Pair(" and ".join(one.source for one in clauses), " und ".join(one.target for one in clauses)))
    return made


def _clause(rng: random.Random) -> Pair:
    noun, verb, degree, adjective = (pick(rng, tuple(table)) for table in (NOUNS, VERBS, DEGREES, ADJECTIVES))
    return Pair(
        f"the {noun} {verb} {degree}{adjective}",
        f"{NOUNS[noun]} {VERBS[verb]} {DEGREES[degree]}{ADJECTIVES[adjective]}",
    )


def summaries(name: str, count: int) -> list[Pair]:
    """Reviews of three statements, summarised by what was good and what was bad.

    Args:
        name: which sequence; the same name gives the same pairs.
        count: how many.

    Returns:
        The pairs, in order.
    """
    rng = dice(name)
    made: list[Pair] = []
    for _ in range(count):
        told: list[str] = []
        short: list[str] = []
        for aspect in shuffled(rng, words.ASPECTS[:16])[:3]:
            good = rng.random() < 0.5
            told.append(f"the {aspect} {pick(rng, words.LINKS)} {pick(rng, (words.GOOD if good else words.BAD)[:40])}")
            short.append(f"{'good' if good else 'bad'} {aspect}")
        made.append(Pair(" . ".join(told) + " .", " , ".join(short)))
    return made
