"""Changes to what a run of lab 2.5.1 left behind, as a student makes them who does not ask the Hub, or not well."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.checking.api.cases import LOG, HubEvidence, Layer, read_run

TEXTS = ("strengths", "limitations", "use_for")


def set_field(folder: Path, field: str, value: Any, only: str = "") -> None:
    """Give every model, or the one with this id, the same value."""
    _each(folder, lambda model: model.update({field: value}) if only in ("", model["model_id"]) else None)


def scale_field(folder: Path, field: str, factor: float) -> None:
    """Multiply a number of every model."""
    _each(folder, lambda model: model.update({field: model[field] * factor}))


def swap_fields(folder: Path, first: str, second: str) -> None:
    """Exchange two facts of every model."""
    _each(folder, lambda model: model.update({first: model[second], second: model[first]}))


def days_only(folder: Path) -> None:
    """Write dates without the time: harmless."""
    _each(folder, lambda model: model.update({"last_modified": model["last_modified"][:10]}))


def drop_texts(folder: Path) -> None:
    """Judge no model."""
    _each(folder, lambda model: [model.pop(name) for name in TEXTS])


def keep_models(folder: Path, number: int) -> None:
    """Document only the first so many models."""
    _write(folder, _models(folder)[:number])


def reverse_models(folder: Path) -> None:
    """List the models in another order: harmless."""
    _write(folder, _models(folder)[::-1])


def repeat_model(folder: Path) -> None:
    """List the first model again in the place of the second, in capital letters."""
    models = _models(folder)
    models[1] = models[0] | {"model_id": models[0]["model_id"].upper()} | {name: models[1][name] for name in TEXTS}
    _write(folder, models)


def one_text(folder: Path) -> None:
    """Use the judgement of the first model for all, with the name put in."""
    first = _models(folder)[0]
    _each(
        folder,
        lambda model: model.update({name: f"{model['model_id']}: {first[name]}" for name in TEXTS}),
    )


def rotate_texts(folder: Path) -> None:
    """Give every model the judgement of the one before it."""
    models = _models(folder)
    texts = [{name: model[name] for name in TEXTS} for model in models]
    _write(folder, [model | texts[at - 1] for at, model in enumerate(models)])


def copy_cards(folder: Path, context) -> None:
    """Take the judgement of each model from its card, where that has a description."""
    helpers, hub = _helpers(context), _hub(context)

    def copy(model: dict[str, Any]) -> None:
        lines = helpers["body"](hub.card(model["model_id"]) or "").splitlines()
        prose = [line for line in lines if line and not line.startswith(("#", "|"))]
        if len(prose) >= 3:
            model.update(zip(TEXTS, prose, strict=False))

    _each(folder, copy)


def document_tasks(folder: Path, context, tasks: list[str], number: int) -> None:
    """Document well-described models of a few tasks and no others, truly, having looked at each of them."""
    helpers, hub = _helpers(context), _hub(context)
    cards = {one.repo_id: hub.card(one.repo_id) for one in hub.profiles() if one.task in tasks}
    chosen = [name for name, card in cards.items() if card and len(helpers["own_terms"](hub)[name]) > 8][:number]
    models: list[dict[str, Any]] = []
    for name in chosen:
        profile = hub.profile(name)
        terms = sorted(helpers["own_terms"](hub)[name])
        told = {
            "model_id": name,
            "revision": profile.revision,
            "card_quality": helpers["quality"](cards[name], profile.metadata),
            "commercial_use": helpers["uses"](profile.licenses)[0],
            "strengths": f"Words of {name}: {', '.join(terms[::2])}.",
            "limitations": f"Others of {name}: {', '.join(terms[1::2])}.",
            "use_for": "What these words say.",
        }
        models.append(helpers["facts"](profile) | told)
    _write(folder, models)
    _look_at(context, chosen)


def choose_unfit(folder: Path, context, field: str) -> None:
    """Choose a model that fails the scenario in a field: if possible nowhere else, and one of the right task."""
    helpers, hub, run = _helpers(context), _hub(context), read_run(context.run)
    needs = helpers["scenario"](run.seed)
    failing = [(one, helpers["unmet"](needs, one, hub.card(one.repo_id))) for one in hub.profiles()]
    chosen = min(
        ((one, fields) for one, fields in failing if field in fields),
        key=lambda pair: ("task" in pair[1], len(pair[1]), -pair[0].downloads, pair[0].repo_id),
    )[0]
    choice = json.loads((folder / "choice.json").read_text("utf-8"))
    choice |= {"model_id": chosen.repo_id, "revision": chosen.revision}
    (folder / "choice.json").write_text(json.dumps(choice, indent=2), "utf-8")
    _look_at(context, [chosen.repo_id])


def reject_the_chosen(folder: Path) -> None:
    """Put the chosen model among the rejected ones as well."""
    choice = json.loads((folder / "choice.json").read_text("utf-8"))
    choice["rejected"][0]["model_id"] = choice["model_id"]
    (folder / "choice.json").write_text(json.dumps(choice, indent=2), "utf-8")


def reject_for_nothing(folder: Path, context) -> None:
    """Reject the first of the rejected models for something that it has."""
    helpers, hub, run = _helpers(context), _hub(context), read_run(context.run)
    choice = json.loads((folder / "choice.json").read_text("utf-8"))
    other = choice["rejected"][0]
    failing = helpers["unmet"](
        helpers["scenario"](run.seed), hub.profile(other["model_id"]), hub.card(other["model_id"])
    )
    other["field"] = next(field for field in ("gated", "languages", "license") if field not in failing)
    (folder / "choice.json").write_text(json.dumps(choice, indent=2), "utf-8")


def push_own_copy(folder: Path, context) -> None:
    """Document a copy of the first model that the run has pushed under the student's own name."""
    student = read_run(context.run).student_id
    first, base, layer = _models(folder)[0]["model_id"], Layer(context.hub), Layer(context.run / "hub")
    repo = base.repos["model", first]
    layer.open_for_writing()
    layer.save_repo(replace(repo, repo_id=f"{student}/{repo.name}", alias=None))
    models = _models(folder)
    _look_at(context, [f"{student}/{repo.name}"])
    models[0]["model_id"] = f"{student}/{repo.name}"
    _write(folder, models)


def push_many_copies(_folder: Path, context, model_id: str, number: int) -> None:
    """Push a card so often that its words seem common and all others rare."""
    student = read_run(context.run).student_id
    repo, layer = Layer(context.hub).repos["model", model_id], Layer(context.run / "hub")
    layer.open_for_writing()
    for at in range(number):
        layer.save_repo(replace(repo, repo_id=f"{student}/copy-{at}", alias=None))


def _look_at(context, names: list[str]) -> None:
    """Add what the Hub's log holds of a model that was looked at."""
    lines = (context.run / LOG).read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    kinds = ("/api/models/", "/README.md")
    samples = [next(one for one in records if kind in one["path"] and one["status"] == 200) for kind in kinds]
    samples[1] = next(one for one in records if one["path"].endswith("/README.md") and one["method"] == "GET")
    for name in names:
        for sample in samples:
            old = sample["notes"]["repo"].removeprefix("models/")
            lines.append(json.dumps(sample).replace(old, name))
    (context.run / LOG).write_text("".join(f"{line}\n" for line in lines), "utf-8")


def _helpers(context) -> dict[str, Any]:
    """What the checks know of cards, licences and scenarios."""
    sys.path.append(str(context.checks_root))
    try:
        import hub_models
        import licences
        import model_cards
        import scenarios
    finally:
        sys.path.remove(str(context.checks_root))
    return {**vars(licences), **vars(model_cards), **vars(scenarios), **vars(hub_models)}


def _hub(context) -> HubEvidence:
    return HubEvidence(context.run / "hub", context.hub)


def _each(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    models = _models(folder)
    for model in models:
        change(model)
    _write(folder, models)


def _models(folder: Path) -> list[dict[str, Any]]:
    return json.loads((folder / "models.json").read_text("utf-8"))["models"]


def _write(folder: Path, models: list[dict[str, Any]]) -> None:
    report = json.loads((folder / "models.json").read_text("utf-8"))
    (folder / "models.json").write_text(json.dumps(report | {"models": models}, indent=2), "utf-8")
