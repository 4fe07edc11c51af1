"""A small grammar of English film reviews, in which the polarity of every sentence is known.

A review holds one to three statements about aspects of a film. A statement has the polarity of its adjective, turned by
a negator; of a concession only the main clause counts; one statement of three may dissent. The label of a review is the
polarity of the majority. Neutral sentences about places, people and studios stand between the statements.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.hub.miniatures.dice import dice, pick, shuffled
from grader.hub.miniatures.text import words


@dataclass(frozen=True)
class Style:
    """How hard the reviews are: the share of each construction, from 0 to 1."""

    negated: float
    """Clauses whose adjective is turned by a negator."""
    concessive: float
    """Statements with a second clause that does not count."""
    dissenting: float
    """Reviews of three statements of which one has the other polarity."""
    filler: float
    """Places between statements that hold a neutral sentence."""
    statements: tuple[int, ...]
    """Numbers of statements, drawn evenly."""


HARD = Style(negated=0.45, concessive=0.12, dissenting=0.12, filler=0.25, statements=(1, 2, 2, 3))
"""The public and the hidden reviews."""
EASY = Style(negated=0.02, concessive=0.0, dissenting=0.0, filler=0.2, statements=(1, 2))
"""What the base models are pre-trained on."""


@dataclass(frozen=True)
class Review:
    """One review with what is known about it."""

    text: str
    label: int
    """1 for a positive review, 0 for a negative one."""
    negated: bool
    concessive: bool
    dissenting: bool

    @property
    def words(self) -> int:
        """Number of words, split at blanks."""
        return len(self.text.split())


def reviews(name: str, style: Style = HARD) -> Iterator[Review]:
    """All reviews of a name, without end.

    Args:
        name: which sequence, such as `mini-imdb/train`; the same name gives the same reviews.
        style: how hard they are.

    Yields:
        Reviews; the labels are drawn evenly.
    """
    rng = dice(name)
    while True:
        yield review(rng, style)


def review(rng: random.Random, style: Style) -> Review:
    """Draw one review.

    Args:
        rng: where the draws come from.
        style: the share of each construction.

    Returns:
        The review.
    """
    label = int(rng.random() < 0.5)
    count = pick(rng, style.statements)
    polarities = [label] * count
    dissenting = count > 2 and rng.random() < style.dissenting
    if dissenting:
        polarities[int(rng.random() * count)] = 1 - label
    aspects = shuffled(rng, words.ASPECTS)
    made = [_statement(rng, style, polarity, aspects[2 * at :]) for at, polarity in enumerate(polarities)]
    sentences = [sentence for statement in made for sentence in (*_filler(rng, style), statement.text)]
    return Review(
        text=" ".join(sentences),
        label=label,
        negated=any(statement.negated for statement in made),
        concessive=any(statement.concessive for statement in made),
        dissenting=dissenting,
    )


@dataclass(frozen=True)
class _Statement:
    text: str
    negated: bool
    concessive: bool


def _statement(rng: random.Random, style: Style, polarity: int, aspects: Sequence[str]) -> _Statement:
    main, negated = _clause(rng, style, polarity, aspects[0])
    if rng.random() >= style.concessive:
        return _Statement(_sentence(main), negated, concessive=False)
    aside, aside_negated = _clause(rng, style, 1 - polarity, aspects[1])
    form = pick(rng, ("although {aside}, {main}", "{aside}, but {main}", "{main}, even though {aside}"))
    return _Statement(_sentence(form.format(main=main, aside=aside)), negated or aside_negated, concessive=True)


def _clause(rng: random.Random, style: Style, polarity: int, aspect: str) -> tuple[str, bool]:
    negated = rng.random() < style.negated
    adjective = pick(rng, words.GOOD if polarity != negated else words.BAD)
    turn = pick(rng, words.NEGATORS) + " " if negated else ""
    degree = pick(rng, words.DEGREES) + " " if rng.random() < 0.25 else ""
    return f"the {aspect} {pick(rng, words.LINKS)} {turn}{degree}{adjective}", negated


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def person(rng: random.Random) -> str:
    """Draw the name of a person.

    Args:
        rng: where the draws come from.

    Returns:
        A first and a last name.
    """
    return f"{pick(rng, words.FIRST_NAMES)} {pick(rng, words.LAST_NAMES)}"


def _filler(rng: random.Random, style: Style) -> tuple[str, ...]:
    if rng.random() >= style.filler:
        return ()
    form = pick(
        rng,
        (
            "It was shot in {city}.",
            "{person} directed it.",
            "{studio} made it in {city}.",
            "I saw it with {person}.",
        ),
    )
    return (form.format(city=pick(rng, words.CITIES), person=person(rng), studio=pick(rng, words.STUDIOS)),)
