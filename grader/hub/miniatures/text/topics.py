"""Sentences on six subjects outside of films, and statements about what they are about."""

from dataclasses import dataclass

from grader.hub.miniatures.dice import dice, pick
from grader.hub.miniatures.text.words import listed

TOPICS = {
    "sports": listed("match goal team coach league stadium referee striker penalty trophy"),
    "cooking": listed("recipe oven soup garlic butter chef kitchen flour sauce pepper"),
    "travel": listed("train hotel passport beach flight luggage airport tourist island harbour"),
    "science": listed("atom planet microscope experiment theory laboratory telescope molecule physicist galaxy"),
    "music": listed("guitar concert piano melody drummer chorus orchestra singer violin album"),
    "politics": listed("election senate vote minister parliament treaty president campaign mayor ballot"),
}
FORMS = (
    "The {0} was near the {1} .",
    "We talked about the {0} and the {1} .",
    "Nobody had seen such a {0} before the {1} .",
    "The {0} and the {1} were in all the papers .",
    "A new {0} was what the {1} needed .",
)


@dataclass(frozen=True)
class OnTopic:
    """A sentence and its subject."""

    text: str
    topic: str


def on_topics(name: str, count: int) -> list[OnTopic]:
    """Sentences, each on one subject.

    Args:
        name: which sequence; the same name gives the same sentences.
        count: how many.

    Returns:
        The sentences, in order.
    """
    rng = dice(name)
    made: list[OnTopic] = []
    for _ in range(count):
        topic = pick(rng, tuple(TOPICS))
        made.append(OnTopic(pick(rng, FORMS).format(pick(rng, TOPICS[topic]), pick(rng, TOPICS[topic])), topic))
    return made
