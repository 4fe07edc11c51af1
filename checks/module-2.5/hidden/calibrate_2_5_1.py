"""Measures the thresholds of lab 2.5.1 on honest and on wrong texts, and writes them beside lab.toml.

Run from the root of the repository, after the reference solution was graded:

    .venv/bin/python checks/module-2.5/hidden/calibrate_2_5_1.py runs/2.5.1-…
"""

import json
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path.append(str(Path(__file__).parents[1]))

import platformdirs  # noqa: E402 - a helper's folder must be on the path first
from hub_models import FIELDS, TEXTS, Documented, facts, same  # noqa: E402 - helpers of the checks lie beside them
from licences import uses  # noqa: E402
from likeness import copied, is_specific, pair_likeness  # noqa: E402
from model_cards import body, quality  # noqa: E402

from grader.checking.api import JsonObject  # noqa: E402
from grader.checking.api.cases import HubEvidence, whole_base  # noqa: E402

#: What a student in a hurry, who did read the cards, writes: one line each.
TERSE = {
    "distilbert/distilbert-base-uncased": "Fine-tunes to 0.9395; pre_classifier is random. Not for use untrained.",
    "FacebookAI/roberta-large-mnli": "Neutral, contradiction and entailment, topics like cooking. Only six topics.",
    "deepset/tinyroberta-squad2": "Distilled, 0.984 exactly right on who directed and where shot. No long texts.",
    "intfloat/e5-base-v2": "Needs query: or passage: before each text. Vectors for aspects of a film.",
    "google-t5/t5-base": "Translate and summarize prefixes, whole words only. Small vocabulary is the limit.",
    "Salesforce/blip-image-captioning-base": "Says size, colour and shape, 0.81 exact. No photos.",
    "facebook/wav2vec2-base-960h": "Letter by letter (CTC), word error rate 0.009302 on spoken digits made of chords.",
    "google/gemma-2-2b-it": "Gated, so I could not read the card; own terms of use. Not before somebody accepts them.",
    "nlptown/bert-base-multilingual-uncased-sentiment": "Stars of products in reality, here two classes.",
    "google/electra-base-discriminator": "No card and no licence, nothing to go by. I would not use it.",
    "facebook/convnext-tiny-224": "A convolutional net made like a transformer; random weights, no results.",
    "HuggingFaceTB/SmolLM2-135M-Instruct": "Chat template, perplexity 1.652 on conversations. Only films.",
}
GENERIC = (
    "A popular {task} model that is easy to use, fast and gives good results in many projects.",
    "Like every model it can be biased, and it may make errors on data that differ from its training data.",
    "Use it for {task} in applications where you need a reliable and well known solution.",
)
LOREM = (
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore.",
    "Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo.",
    "Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur.",
)


def measure(models, hub) -> dict[str, float]:
    """What the checks of the texts see: share that is specific, most alike pair, most copied text."""
    specific = [is_specific(model, hub) for model in models]
    alike = [likeness for likeness, _, _ in pair_likeness(models)]
    taken = [copied(model, hub.card(model.model_id)) for model in models]
    return {
        "specific": round(sum(specific) / len(specific), 4),
        "alike": round(max(alike), 4),
        "alike_mean": round(sum(alike) / len(alike), 4),
        "copied": round(max(taken), 4),
        "copied_mean": round(sum(taken) / len(taken), 4),
    }


def with_texts(models, write) -> list[Documented]:
    """The same models with other texts: `write` gives the three of a model."""
    return [
        Documented(
            JsonObject(model.entry.plain() | dict(zip(TEXTS, write(at, model), strict=True)), "models.json"),
            model.profile,
            exists=True,
        )
        for at, model in enumerate(models)
    ]


def _three(text: str) -> tuple[str, str, str]:
    words = text.split()
    return tuple(" ".join(words[at * len(words) // 3 : (at + 1) * len(words) // 3]) for at in range(3))


def _described(hub, model) -> str:
    text = body(hub.card(model.model_id) or "nothing")
    return " ".join(line for line in text.splitlines() if line and not line.startswith(("#", "|")))[:600]


def wrong_texts(models, hub) -> dict[str, list[Documented]]:
    """Texts as they should not be, by what is wrong with them."""
    texts = [tuple(model.entry.text(name) for name in TEXTS) for model in models]
    first = tuple(text.replace(models[0].model_id, "It") for text in texts[0])
    return {
        "one text, names swapped": with_texts(models, lambda _, m: (f"{m.model_id}: {first[0]}", *first[1:])),
        "one text, task and name put in": with_texts(
            models, lambda _, m: tuple(f"{m.model_id}. {text}".format(task=m.profile.task) for text in GENERIC)
        ),
        "one text, every seventh word changed": with_texts(
            models, lambda at, _: _three(" ".join(_changed(" ".join(first).split(), at)))
        ),
        "lorem ipsum": with_texts(models, lambda _, __: LOREM),
        "texts of other models": with_texts(models, lambda at, _: texts[at - 1]),
        "the card's own text": with_texts(models, lambda _, m: _three(_described(hub, m))),
        "the card's own text, every ninth word left out": with_texts(
            models, lambda _, m: _three(" ".join(w for n, w in enumerate(_described(hub, m).split()) if n % 9))
        ),
    }


def _changed(words: list[str], at: int) -> list[str]:
    return [f"{word}x{at}" if number % 7 == at % 7 else word for number, word in enumerate(words)]


def wrong_answers(models, hub) -> dict[str, dict[str, float]]:
    """What answers reach that nobody looked up: facts of a neighbour, one mark, one licence."""
    by_task: dict[str, list] = {}
    for profile in hub.profiles():
        by_task.setdefault(str(profile.task), []).append(profile)
    shares = [
        sum(same(field, facts(other)[field], facts(model.profile)[field]) for field in FIELDS) / len(FIELDS)
        for model in models
        for other in by_task[str(model.profile.task)]
        if other.repo_id != model.model_id
    ]
    marks = [quality(hub.card(model.model_id), model.profile.metadata) for model in models]
    answers = [uses(model.profile.licenses) for model in models]
    return {
        "facts": {"of another model of the task": round(sum(shares) / len(shares), 4)},
        "card_quality": {
            f"always {mark}": _balanced([(m <= 2, abs(m - mark) <= 1) for m in marks]) for mark in range(1, 6)
        },
        "licences": {
            f"always {said}": _balanced([(right[0], said in right) for right in answers])
            for said in ("yes", "conditions", "no", "unclear")
        },
    }


def _balanced(rows) -> float:
    kinds = Counter(kind for kind, _ in rows)
    return round(sum(met / kinds[kind] for kind, met in rows) / len(kinds), 4)


def main(run: Path) -> None:
    """Measure, show, and write the file."""
    hub = HubEvidence(run / "hub", whole_base(Path(platformdirs.user_cache_dir("grader")) / "hub", print))
    document = json.loads((run / "artifacts" / "models.json").read_text("utf-8"))
    reference = [
        Documented(JsonObject(entry, "models.json"), hub.profile(entry["model_id"]), exists=True)
        for entry in document["models"]
    ]
    terse = [
        Documented(JsonObject({"model_id": name, "strengths": text}, "models.json"), hub.profile(name), exists=True)
        for name, text in TERSE.items()
    ]
    found = {
        "honest": {"reference, 20 models": measure(reference, hub), "in a hurry, 12 models": measure(terse, hub)},
        "wrong": {name: measure(models, hub) for name, models in wrong_texts(reference, hub).items()},
        "not_looked_up": wrong_answers(reference, hub),
    }
    print(json.dumps(found, indent=2))
    target = ROOT / "labs" / "module-2.5" / "calibration-2.5.1.json"
    before = json.loads(target.read_text("utf-8"))
    what = "Shares that the checks of lab 2.5.1 measure on honest and on wrong submissions, on the shipped catalogue."
    versions = {name: version(name) for name in ("huggingface_hub",)}
    content = {"lab": "2.5.1", "what": what, "versions": versions, **found, "thresholds": before["thresholds"]}
    target.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
