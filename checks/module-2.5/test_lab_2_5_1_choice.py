"""Checks of lab 2.5.1: the model that is chosen for the student's own scenario, and why."""

import re

from model_cards import quality
from scenarios import LEAST_CARD_QUALITY, scenario, unmet
from words import some

from grader.checking.api import check

LEAST_REJECTED, LEAST_FIELDS = 2, 3
LANGUAGES = {"en": "english", "de": "german"}
RANDOM = "Judge a model by its card, licence, size, downloads and results before you choose it: read them on the Hub."


@check(points=10, cell="exercise-7", hint="Go through the scenario line by line, for each candidate of its task.")
def test_choice(artifacts, hub, run, evidence):
    """The model that you choose meets every line of your scenario"""
    choice = artifacts.fits_schema("choice.json")
    stamp = f"{choice.text('student_id')}, seed {choice.integer('seed')}"
    evidence.equals("choice.json is of", stamp, f"{run.student_id}, seed {run.seed}")
    needs, name = scenario(run.seed), choice.text("model_id")
    profile = hub.profile(name, choice.text("revision"))
    evidence.note("Your scenario", needs.story)
    if not evidence.holds(
        "It is on the Hub, at the revision that you state",
        profile is not None and profile.author != run.student_id,
        f"The Hub has no {name} at that revision.",
        measured=name if profile else f"no {name} at that revision",
    ):
        return
    failing = unmet(needs, profile, hub.card(name))
    for field, required in _asked(needs).items():
        evidence.holds(
            f"{field} fits",
            field not in failing,
            f"{name} does not fit: {failing.get(field)}.",
            measured=_value(profile, field, hub),
            required=required,
        )
    looked = hub.looked_at(name) and hub.card_asked(name)
    evidence.holds("You looked at it", looked, f"The facts and the card of {name} were not read in this run.")
    if failing or not looked:
        evidence.mistake("model-chosen-at-random", RANDOM)


@check(points=5, cell="exercise-7", needs=[test_choice], hint="Name fields and their values, for and against.")
def test_reasons(artifacts, hub, run, evidence):
    """Your reasons name what the scenario asks for, and what speaks against two others"""
    choice, needs = artifacts.json("choice.json"), scenario(run.seed)
    profile = hub.profile(choice.text("model_id"))
    named = _named_fields(choice.text("reason"), profile, needs)
    evidence.at_least("Fields of the scenario that your reason names with their values", len(named), LEAST_FIELDS)
    evidence.note("Found in your reason", some(named, most=7) or "none")
    sound, faults = set(), []
    for entry in choice.objects("rejected"):
        other, field = hub.profile(entry.text("model_id")), entry.text("field")
        fault = _fault(other, field, profile, needs, hub)
        if fault:
            faults.append(f"{entry.text('model_id')}: {fault}")
        elif not entry.text("reason").strip():
            faults.append(f"{entry.text('model_id')}: the reason is empty")
        else:
            sound.add(other.repo_id)
    evidence.at_least("Models that are rejected for a reason that holds", len(sound), LEAST_REJECTED)
    evidence.holds(
        "Every reason against a model holds",
        not faults,
        f"A reason does not hold: {some(faults)}.",
        measured=some(faults) or "all hold",
        required="all hold",
    )


def _asked(needs) -> dict[str, str]:
    return {
        "task": needs.task,
        "languages": f"{needs.language} or multilingual",
        "parameters": f"at most {needs.max_parameters:,}",
        "license": "may be sold",
        "downloads": f"at least {needs.min_downloads:,}",
        "gated": "open to all",
        "card_quality": f"at least {LEAST_CARD_QUALITY} of 5",
    }


def _value(profile, field: str, hub) -> str:
    values = {
        "task": profile.task or "none",
        "languages": ", ".join(profile.languages) or "not stated",
        "parameters": f"{profile.parameters or 0:,}",
        "license": ", ".join(profile.licenses) or "none",
        "downloads": f"{profile.downloads:,}",
        "gated": profile.gated or "open",
        "card_quality": str(quality(hub.card(profile.repo_id), profile.metadata)),
    }
    return values[field]


def _fault(other, field: str, chosen, needs, hub) -> str:
    """Why a rejection does not hold: the model must fail the scenario there, or be worse than the chosen one."""
    if other is None:
        return "the Hub has no such model"
    if other.repo_id == chosen.repo_id:
        return "this is the model that you chose"
    if other.task != needs.task:
        return f"its task is {other.task}, so it was never a candidate"
    if not hub.looked_at(other.repo_id):
        return "the Hub was not asked for it in this run"
    if field in unmet(needs, other, hub.card(other.repo_id)) or _worse(other, chosen, field, hub):
        return ""
    return f"`{field}` does not speak against it"


def _worse(other, chosen, field: str, hub) -> bool:
    """Whether a model that fits is worse than the chosen one in a field that has a better and a worse."""
    marks = [quality(hub.card(one.repo_id), one.metadata) for one in (other, chosen)]
    pairs = {
        "downloads": (other.downloads, chosen.downloads),
        "likes": (other.likes, chosen.likes),
        "parameters": (-(other.parameters or 0), -(chosen.parameters or 0)),
        "card_quality": tuple(marks),
    }
    return field in pairs and pairs[field][0] < pairs[field][1]


def _named_fields(reason: str, profile, needs) -> list[str]:
    """The fields whose value of the chosen model stands in the reason."""
    text = reason.lower()
    numbers = {number.replace(",", "").replace("_", "") for number in re.findall(r"\d[\d,_]*", text)}
    words = {
        "task": needs.task.replace("-", " ") in text.replace("-", " "),
        "languages": bool(re.search(rf"\b({needs.language}|{LANGUAGES[needs.language]}|multilingual)\b", text)),
        "parameters": str(profile.parameters) in numbers,
        "license": any(name in text for name in profile.licenses),
        "downloads": str(profile.downloads) in numbers,
        "gated": "gate" in text or "open to all" in text or "without asking" in text,
        "card_quality": "card" in text,
    }
    return [field for field, found in words.items() if found]
