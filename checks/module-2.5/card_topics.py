"""Judges the sections of a model card: whether each topic has one, and whether somebody wrote it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from upload_card import Card, Section, all_words, shared, template_words

#: Different words that a section must hold.
LEAST_WORDS = 30
#: Share of its runs of five words that a section may have in common with a template, a base's card or another section.
MOST_SHARED = 0.5
#: What a section must answer -> headings that promise it; the first topic that fits takes the heading.
TOPICS = {
    "how to use": r"how to|get(ting)? started|usage|quick ?start",
    "evaluation": r"evaluation|results?\b|metrics|performance",
    "limits and bias": r"limit|bias|risk",
    "procedure": r"procedure|hyper-?parameter|^training( details)?$|how it was trained",
    "data": r"\bdata\b|data ?sets?\b",
    "intended use": r"\bintended|\buses?\b|use cases|\bscope\b",
    "what it is": r"description|overview|details|summary|what (it|this)|about",
}
#: What to do about each mistake.
NEXT_STEPS = {
    "section-missing": "Give it a heading of its own, such as those in the table of exercise 3.",
    "placeholder-card": "Replace what waits to be filled in by what you know.",
    "section-too-short": "What would somebody ask who has never seen your notebook? Answer that.",
    "words-repeated": "Say each thing once, and say more things.",
    "template-copied": "The template asks; your card has to answer, in your own words.",
    "base-card-copied": "That card describes another model: say what you made of it.",
    "sections-repeat": "Each section answers a question of its own.",
}
_PLACEHOLDER = re.compile(
    r"more information needed|lorem ipsum|\bto-?do\b|\btbd\b|\bto be (added|written|done)\b|fill (this |me )?in|"
    r"your (text|description) here|\bx{3,}\b|\[(insert|add|describe|your)[^\]]{0,60}\]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Judged:
    """One topic of the card."""

    topic: str
    section: Section | None
    words: int
    """Different words."""
    fault: str
    """What is wrong with it; empty when nothing is."""
    mistake: str = ""


def judge_topics(card: Card, base_card: str) -> list[Judged]:
    """Judge every topic, in the order in which a reader meets them."""
    found = assign(card)
    base = all_words(base_card)
    judged = []
    for topic in reversed(TOPICS):
        others = [section for name, section in found.items() if name != topic]
        section = found.get(topic)
        words = len(set(section.words)) if section else 0
        fault, mistake = _fault(section, words, base, others)
        judged.append(Judged(topic, section, words, fault, mistake))
    return judged


def assign(card: Card) -> dict[str, Section]:
    """The section of each topic: of several that fit, the longest."""
    found: dict[str, Section] = {}
    for section in card.sections[1:]:
        topic = next((name for name, words in TOPICS.items() if re.search(words, section.heading.lower())), None)
        if topic and (topic not in found or len(found[topic].words) < len(section.words)):
            found[topic] = section
    return found


def placeholders(card: Card) -> int:
    """How many places of a card wait for somebody to fill them in."""
    return len(_PLACEHOLDER.findall(card.body))


def _fault(section: Section | None, words: int, base: Sequence[str], others: Sequence[Section]) -> tuple[str, str]:
    if section is None:
        return "there is no heading for it", "section-missing"
    if _PLACEHOLDER.search(section.prose):
        return "it holds a placeholder", "placeholder-card"
    if words < LEAST_WORDS:
        repeated = len(section.words) >= 2 * LEAST_WORDS
        return f"different words in it: {words}", "words-repeated" if repeated else "section-too-short"
    known = {
        "template-copied": ("its words are those of the template", [template_words()]),
        "base-card-copied": ("its words are those of the base model's card", [base]),
        "sections-repeat": ("another section says the same", [other.words for other in others]),
    }
    for mistake, (fault, sources) in known.items():
        if any(shared(section.words, source) > MOST_SHARED for source in sources):
            return fault, mistake
    return "", ""
