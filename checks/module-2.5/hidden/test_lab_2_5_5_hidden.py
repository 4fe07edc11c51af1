"""Hidden checks of lab 2.5.5: what the adapter is worth on reviews that no student has seen."""

from calibration import thresholds

from grader.checking.api import check


@check(
    points=15,
    needs=["test_adapter_trained"],
    reveal="hint",
    cell="exercise-3",
    hint="Compare a few multiples of `full_learning_rate`, and train for all the epochs that the lab gives.",
)
def test_quality(lab, measured, evidence):
    """The adapter classifies reviews that nobody has seen"""
    limits, found = thresholds(lab)["quality"], measured.hidden
    evidence.plot("slices", "Accuracy by kind of review", slices=found["slices"])
    evidence.plot("confusion", "Hidden reviews", labels=["negative", "positive"], counts=found["confusion"])
    evidence.at_least("Accuracy on hidden reviews", round(found["accuracy"], 4), limits["goal"])
    evidence.partial((found["accuracy"] - limits["floor"]) / (limits["goal"] - limits["floor"]))
    if found["accuracy"] < 0.3:
        evidence.mistake("labels-flipped", "The answers are worse than guessing: is label 1 `positive` everywhere?")
