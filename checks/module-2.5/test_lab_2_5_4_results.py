"""Checks of lab 2.5.4: whether what the student reports of the model is so."""

import math

from words import some

from grader.checking.api import CheckFailure, check

LABELS = ("neg", "pos")
COLUMNS = ["row_id", "label", "score"]


@check(points=10, cell="exercise-4", needs=["test_model_loads", "test_report_file"])
def test_claim(artifacts, run, measured, evidence):
    """The numbers you report are the ones we measure"""
    told, found = artifacts.json("metrics.json"), measured.public
    n = found["n"]
    share = 0.005 if _loose(run, measured) else 1.5 / n
    hint = "Evaluate the model that you saved, on the whole test split, with label 1 as the positive one."
    evidence.plot("confusion", "Test split, as we measure it", labels=list(LABELS), counts=found["confusion"])
    evidence.equals("Reviews of the test split", told.integer("n"), n, hint="Predict the whole test split.")
    evidence.agrees("Accuracy", claimed=told.number("accuracy"), measured=found["accuracy"], tol=share, hint=hint)
    for name in ("precision", "recall", "f1"):
        evidence.agrees(name.capitalize(), claimed=told.number(name), measured=found[name], tol=3 * share, hint=hint)
    cells = [(truth, answer) for truth in (0, 1) for answer in (0, 1)]
    for truth, answer in cells:
        evidence.agrees(
            f"{LABELS[truth]} called {LABELS[answer]}",
            claimed=told.entries("confusion")[truth][answer],
            measured=found["confusion"][truth][answer],
            tol=math.ceil(share * n),
            hint="`confusion_matrix(truth, predicted)`: rows are the truth, columns the answers.",
        )


@check(points=8, cell="exercise-8", needs=["test_model_loads"], hint="Predict with the model that you save, in order.")
def test_predictions(artifacts, run, measured, evidence):
    """The predictions in predictions.csv are those of your model"""
    table, found = artifacts.table("predictions.csv"), measured.answers
    if list(table.columns) != COLUMNS:
        raise CheckFailure(f"predictions.csv has the columns {some(list(table.columns))}; {some(COLUMNS)} are needed.")
    rows, labels, scores = table.integers("row_id"), table.integers("label"), table.numbers("score")
    if sorted(rows) != list(range(found["n"])):
        raise CheckFailure(
            f"predictions.csv has {len(rows)} rows; each of the {found['n']} reviews of the test split needs one.",
            "Number the rows from 0, in the order of the test split, and leave none out.",
        )
    near, tolerance = (0.05, 0.02) if _loose(run, measured) else (1e-4, 1e-4)
    ours = [(found["labels"][row], found["margins"][row]) for row in rows]
    others = sum(label != own and margin > near for label, (own, margin) in zip(labels, ours, strict=True))
    if not evidence.at_most("Labels that your model does not give", others, 0):
        _name_the_other_labels(others, measured.public, evidence)
    gaps = [
        abs(score - 1 / (1 + math.exp(-margin)))
        for label, score, (own, margin) in zip(labels, scores, ours, strict=True)
        if label == own
    ]
    evidence.at_most(
        "Largest difference of a score",
        round(max(gaps, default=1.0), 6),
        tolerance,
        hint="`score` is the probability (softmax of the logits) of the label in the same row.",
    )


@check(points=5, cell="exercise-7", needs=["test_report_file"], hint="Give every review exactly one slice.")
def test_slices(artifacts, evidence):
    """The slices of the error analysis add up to the test split"""
    told = artifacts.json("metrics.json")
    slices = {name: told.nested("slices").nested(name) for name in told.nested("slices")}
    counts = {name: entry.integer("n", 1) for name, entry in slices.items()}
    right = {name: entry.number("accuracy", 0, 1) * counts[name] for name, entry in slices.items()}
    confusion = told.entries("confusion")
    if slices:
        shown = {name: {"value": right[name] / counts[name], "n": counts[name]} for name in list(slices)[:12]}
        evidence.plot("slices", "Accuracy by slice, as you report it", slices=shown)
    evidence.at_least("Slices", len(slices), 2)
    evidence.equals("Reviews in all slices", sum(counts.values()), sum(map(sum, confusion)))
    evidence.agrees(
        "Right answers in all slices",
        claimed=round(sum(right.values()), 2),
        measured=confusion[0][0] + confusion[1][1],
        tol=0.51,
        hint="Add up over slices what the confusion matrix says is right.",
    )
    whole = all(abs(value - round(value)) < 0.01 for value in right.values())
    evidence.holds("Each accuracy is a number of right answers out of n", whole)
    largest = max(counts.values(), default=0) / max(1, sum(counts.values()))
    evidence.at_most("Share of the largest slice", round(largest, 3), 0.95, hint="Find a slice that tells more.")


def _loose(run, measured) -> bool:
    """Whether rounding may turn a close decision: on a GPU, or with weights in half precision."""
    return run.device != "cpu" or set(measured.model["dtypes"]) != {"F32"}


def _name_the_other_labels(others, public, evidence):
    """Say what kind of wrong the labels are, when their number tells: of a model that works, that is."""
    n, wrong = public["n"], public["n"] - public["correct"]
    if public["accuracy"] < 0.6:
        return
    if abs(others - wrong) <= max(1, 0.001 * n):
        evidence.mistake("labels-as-predictions", "These are the labels of the data set: write what the model answers.")
    elif others > 0.8 * n:
        evidence.mistake("labels-flipped", "Nearly every label is the other one: is the order of the classes swapped?")
    elif abs(others / n - 0.5) < 0.06:
        evidence.mistake("rows-out-of-order", "Half of the labels differ: keep the rows in the order of the split.")
