"""Hidden checks of lab 2.5.5: what the adapter is worth on reviews that no student has seen."""

from grader.checking.api import check

FLOOR, GOAL = 0.84, 0.88
"""Measured on the shipped base: the head alone reaches 0.82 to 0.84, LoRA on 100 rows 0.80 to 0.85, at the rate of full
fine-tuning 0.87 to 0.88, a rate ten times too high 0.69, without a base 0.49; the solution 0.90 to 0.93."""


@check(
    points=15,
    needs=["test_adapter_trained"],
    reveal="hint",
    cell="exercise-3",
    hint="Compare a few multiples of `full_learning_rate`, and train for all the epochs that the lab gives.",
)
def test_quality(measured, evidence):
    """The adapter classifies reviews that nobody has seen"""
    found = measured.hidden
    evidence.plot("slices", "Accuracy by kind of review", slices=found["slices"])
    evidence.plot("confusion", "Hidden reviews", labels=["negative", "positive"], counts=found["confusion"])
    evidence.at_least("Accuracy on hidden reviews", round(found["accuracy"], 4), GOAL)
    evidence.partial((found["accuracy"] - FLOOR) / (GOAL - FLOOR))
    if found["accuracy"] < 0.3:
        evidence.mistake("labels-flipped", "The answers are worse than guessing: is label 1 `positive` everywhere?")
