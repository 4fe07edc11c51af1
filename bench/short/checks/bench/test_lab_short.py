"""Checks of the short lab: the same six as in `bench/short/test_plain.py`, by this grader's own measurements."""

from typing import Any

from grader.checking.api import check

#: Between what an untrained model reaches and what this one does.
FLOOR = 0.75


@check(points=1, cell="exercise-6")
def test_metrics(artifacts: Any, evidence: Any, run: Any) -> None:
    """The notebook writes accuracy and number of steps"""
    metrics = artifacts.json("metrics.json")
    metrics.number("accuracy", 0, 1)
    evidence.equals("Steps", metrics.integer("steps"), run.parameters["steps"])


@check(points=1, cell="exercise-1", needs=[test_metrics])
def test_loss_falls(artifacts: Any, evidence: Any) -> None:
    """The loss falls while the model trains"""
    losses = artifacts.json("metrics.json").numbers("losses")
    evidence.at_most("Last loss against the first", losses[-1] / losses[0], 0.9)


@check(points=1, cell="exercise-3")
def test_model(measured: Any, evidence: Any) -> None:
    """The saved model is a BERT classifier with two labels"""
    evidence.equals("Architecture", measured.model["architecture"], "BertForSequenceClassification")
    evidence.equals("Labels", measured.model["num_labels"], 2)


@check(points=1, cell="exercise-3", needs=[test_model])
def test_weights(measured: Any, evidence: Any) -> None:
    """All weights are there and finite"""
    evidence.holds("Finite", measured.model["finite"], "A weight is not finite.")
    evidence.equals("Missing tensors", len(measured.model["missing"]), 0)


@check(points=1, cell="exercise-4", needs=[test_model])
def test_accuracy(measured: Any, evidence: Any) -> None:
    """The model does well on texts that it has not seen"""
    evidence.at_least("Accuracy on held-out texts", measured.held_out["accuracy"], FLOOR)


@check(points=1, cell="exercise-6", needs=[test_accuracy])
def test_claim(artifacts: Any, measured: Any, evidence: Any) -> None:
    """The accuracy that the notebook reports is the accuracy that is measured"""
    claimed = artifacts.json("metrics.json").number("accuracy")
    evidence.agrees("Accuracy", claimed=claimed, measured=measured.held_out["accuracy"], tol=0.002)
