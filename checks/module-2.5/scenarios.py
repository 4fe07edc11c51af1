"""The scenario of lab 2.5.1: what each student's model must be able to do, drawn from the seed."""

import random
from dataclasses import dataclass

from licences import UNCLEAR, uses
from model_cards import quality

#: (who needs what, task, language, largest number of parameters: one of these, least downloads: one of these)
SCENARIOS = (
    (
        "A bookshop sells an app that tells what customers think of a book.",
        "text-classification",
        "en",
        (215_000, 230_000),
        (30_000, 100_000),
    ),
    (
        "A news agency sells a search by the people and places that its English articles name.",
        "token-classification",
        "en",
        (221_000, 250_000),
        (165_000, 200_000),
    ),
    (
        "A help desk sells a form that sorts English requests by topics that change every week.",
        "zero-shot-classification",
        "en",
        (213_000, 240_000),
        (200_000, 1_000_000),
    ),
    (
        "A maker of machines sells an assistant that finds the answer to a question in its English manuals.",
        "question-answering",
        "en",
        (220_000, 260_000),
        (170_000, 200_000),
    ),
    (
        "A law firm buys a product that finds English sentences that mean the same.",
        "sentence-similarity",
        "en",
        (224_500, 300_000),
        (1_300_000, 10_000_000),
    ),
    (
        "A publisher sells an editor that goes on writing an English text, on the laptops of its customers.",
        "text-generation",
        "en",
        (200_000, 255_000),
        (200_000, 300_000),
    ),
    (
        "A hotel sells a service that turns English house rules into German ones.",
        "translation",
        "de",
        (180_000, 220_000),
        (300_000, 1_000_000),
    ),
    (
        "A clinic buys a product that writes down what is said in English.",
        "automatic-speech-recognition",
        "en",
        (110_000, 205_000),
        (600_000, 900_000),
    ),
    (
        "A museum sells an app that finds pictures by English words that nobody chose beforehand.",
        "zero-shot-image-classification",
        "en",
        (155_000, 200_000),
        (500_000, 1_000_000),
    ),
    (
        "A start-up trains its own English text model, which it will sell, on top of a base for masked words.",
        "fill-mask",
        "en",
        (313_000, 320_000),
        (400_000, 1_000_000),
    ),
)
LEAST_CARD_QUALITY = 4


@dataclass(frozen=True)
class Scenario:
    """What the chosen model must meet; sold, so its licence must allow that."""

    story: str
    task: str
    language: str
    max_parameters: int
    min_downloads: int


def scenario(seed: int) -> Scenario:
    """The scenario of a seed; the notebook draws it in the same way."""
    draw = random.Random(f"2.5.1/{seed}")  # noqa: S311 - no secret: the notebook draws the same
    story, task, language, parameters, downloads = draw.choice(SCENARIOS)
    return Scenario(story, task, language, draw.choice(parameters), draw.choice(downloads))


def unmet(needs: Scenario, profile, card: str | None) -> dict[str, str]:
    """The fields of a model that do not meet a scenario, each with what is the matter, in words."""
    languages, licence = profile.languages, ", ".join(profile.licenses) or "none"
    found = {
        "task": profile.task != needs.task and f"its task is {profile.task}, not {needs.task}",
        "languages": needs.language not in languages
        and "multilingual" not in languages
        and f"its languages are {', '.join(languages) or 'not stated'}, {needs.language} is needed",
        "parameters": not (profile.parameters and profile.parameters <= needs.max_parameters)
        and f"it has {profile.parameters or 0:,} parameters, the budget is {needs.max_parameters:,}",
        "license": "yes" not in uses(profile.licenses)
        and f"its licence ({licence}) {'is unclear' if uses(profile.licenses)[0] == UNCLEAR else 'restricts selling'}",
        "downloads": profile.downloads < needs.min_downloads
        and f"it has {profile.downloads:,} downloads, {needs.min_downloads:,} are needed",
        "gated": profile.gated is not None and "it is gated",
        "card_quality": quality(card, profile.metadata) < LEAST_CARD_QUALITY
        and f"its card earns {quality(card, profile.metadata)} of 5, {LEAST_CARD_QUALITY} are needed",
    }
    return {field: words for field, words in found.items() if words}
