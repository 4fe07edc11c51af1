"""Hidden checks of lab 2.5.1: whether each judgement is about its model, and the student's own."""

from calibration import thresholds
from hub_models import documented
from likeness import copied, is_specific, pair_likeness
from words import some

from grader.checking.api import check


@check(
    points=6,
    cell="exercise-6",
    needs=["test_documented"],
    hint="Name what this card tells and others do not: its data, its results, its limits. A silent card is a finding.",
)
def test_specific(artifacts, hub, run, lab, evidence):
    """Each judgement names things that its own model's card tells"""
    models = [model for model in documented(artifacts, hub, run) if model.profile is not None]
    vague = [model.model_id for model in models if not is_specific(model, hub)]
    share = 1 - len(vague) / max(1, len(models))
    limits = thresholds(lab)["specific"]
    evidence.holds(
        "Judgements that are about their model",
        share >= limits["goal"],
        f"This could be said of any model: {some(vague)}.",
        measured=f"{len(models) - len(vague)} of {len(models)}",
        required="nearly all",
    )
    evidence.partial((share - limits["floor"]) / (limits["goal"] - limits["floor"]))
    if share < limits["floor"]:
        evidence.mistake("model-chosen-at-random", "Read the card of each model: what does it tell that others do not?")


@check(
    points=4,
    cell="exercise-6",
    needs=["test_documented"],
    hint="Write each judgement anew, in your own words.",
)
def test_own_words(artifacts, hub, run, lab, evidence):
    """Each judgement is written for its model, in your own words"""
    models = documented(artifacts, hub, run)
    limits = thresholds(lab)
    written = sum(bool(model.text.strip()) for model in models)
    evidence.equals("Models with a judgement", written, len(models))
    taken = [
        model.model_id
        for model in models
        if model.profile and copied(model, hub.card(model.model_id)) > limits["copied"]["most"]
    ]
    if not evidence.holds(
        "No judgement is copied from its card",
        not taken,
        f"This is the card's own text: {some(taken)}.",
        measured=some(taken) or "none is",
        required="none is",
    ):
        evidence.mistake("copied-from-card", "Say what follows from the card for somebody who must choose.")
    pairs = pair_likeness(models)
    share, one, other = pairs[0] if pairs else (0.0, "", "")
    if not evidence.holds(
        "No two judgements are the same text",
        share < limits["alike"]["most"],
        f"What you write of {one} and of {other} is nearly the same text.",
        measured="all differ" if share < limits["alike"]["most"] else f"{one} and {other}",
        required="all differ",
    ):
        evidence.mistake("one-text-for-all", "A judgement that fits two models helps to choose neither.")
