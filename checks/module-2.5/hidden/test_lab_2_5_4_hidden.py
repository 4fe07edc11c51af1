"""Hidden checks of lab 2.5.4: how the model does on reviews that nobody has seen."""

import math

from calibration import thresholds

from grader.checking.api import check


@check(
    points=25,
    cell="exercise-6",
    needs=["test_model_loads"],
    hint="Look at the loss curve first: does it fall, and to what? Then at the learning rate and the number of epochs.",
)
def test_unseen_reviews(lab, measured, evidence):
    """The model does well on reviews that it has not seen"""
    limits, hidden = thresholds(lab)["unseen_reviews"], measured.hidden
    accuracy = hidden["accuracy"]
    evidence.plot("slices", "Accuracy on unseen reviews", slices=hidden["slices"])
    evidence.plot("confusion", "Unseen reviews", labels=["neg", "pos"], counts=hidden["confusion"])
    evidence.at_least("Accuracy on unseen reviews", accuracy, limits["goal"])
    evidence.partial((accuracy - limits["floor"]) / (limits["goal"] - limits["floor"]))
    evidence.note("95 % interval", f"{hidden['low']:.3f} to {hidden['high']:.3f}")
    if accuracy < 0.2:
        evidence.mistake(
            "labels-flipped", "Nearly every answer is the other one: compare the labels with the data set's."
        )
    elif accuracy < 0.58:
        evidence.mistake(
            "not-trained", "This is a coin's accuracy: was the trained model saved, with its own tokenizer?"
        )
    elif accuracy < limits["floor"]:
        evidence.mistake(
            "trained-too-little", "So much a head alone, or few rows, can do: train all parameters on all rows."
        )


@check(points=10, cell="exercise-1", needs=["test_model_loads"], hint="Train and choose on the training split alone.")
def test_no_leakage(lab, measured, evidence):
    """The model copes with unseen reviews as well as with the test split"""
    public, hidden = measured.public, measured.hidden
    p = min(max(hidden["accuracy"], 0.01), 0.99)
    error = math.sqrt(p * (1 - p) * (1 / public["n"] + 1 / hidden["n"]))
    allowed = 3 * error + thresholds(lab)["leakage"]["margin"]
    evidence.note("Accuracy on the test split", public["accuracy"])
    evidence.note("Accuracy on unseen reviews", hidden["accuracy"])
    if not evidence.at_most("Difference", round(public["accuracy"] - hidden["accuracy"], 4), round(allowed, 4)):
        evidence.mistake("test-leakage", "The test split was trained on: keep it closed until the very end.")
