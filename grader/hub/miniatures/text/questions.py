"""Questions about a text whose answers are spans of it, as in SQuAD."""

from dataclasses import dataclass
from itertools import islice

from grader.hub.miniatures.dice import dice, pick, shuffled
from grader.hub.miniatures.text import words
from grader.hub.miniatures.text.grammar import EASY, person, reviews

QUESTIONS = {
    "city": ("Where was it shot?", "In which city was the film made?"),
    "person": ("Who directed it?", "Which person made the film?"),
    "studio": ("Which studio paid for it?", "Who paid for the film?"),
}


@dataclass(frozen=True)
class Question:
    """A question with its text and its answer."""

    context: str
    question: str
    answer: str

    @property
    def start(self) -> int:
        """Where the answer begins, in characters of the text."""
        return self.context.index(self.answer)


def questions(name: str, count: int) -> list[Question]:
    """Questions with their texts.

    Args:
        name: which sequence; the same name gives the same questions.
        count: how many.

    Returns:
        The questions, in order.
    """
    rng = dice(name)
    made: list[Question] = []
    for review in islice(reviews(name + "/reviews", EASY), count):
        facts = {"city": pick(rng, words.CITIES), "person": person(rng), "studio": pick(rng, words.STUDIOS)}
        sentences = (
            f"The film was shot in {facts['city']}.",
            f"The director was {facts['person']}.",
            f"{facts['studio']} paid for it.",
        )
        told = shuffled(rng, [*sentences, *review.text.split(". ")[:1]])
        context = " ".join(sentence.rstrip(".") + "." for sentence in told)
        kind = pick(rng, tuple(QUESTIONS))
        if context.count(facts[kind]) == 1:
            made.append(Question(context, pick(rng, QUESTIONS[kind]), facts[kind]))
    return made
