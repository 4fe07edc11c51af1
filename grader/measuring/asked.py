"""A measurement that is asked for, and what became of models that were to be evaluated together."""

from dataclasses import dataclass

from grader.measuring.inputs import MeasuringInputs
from grader.model.lab import MeasurementSpec


@dataclass(frozen=True)
class Asked:
    """One measurement of one run."""

    key: str
    """Under which it is remembered; see `grader.measuring.registry.key_of`."""
    spec: MeasurementSpec
    """With the values of the run."""
    inputs: MeasuringInputs


@dataclass(frozen=True)
class Part:
    """What became of some models that are alike."""

    kind: str
    """`checkpoints` or `adapters`."""
    models: int
    """How many were evaluated at once; 0 when they were left to each run's own judging."""
    texts: int = 0
    """Texts that each model read."""
    seconds: float = 0.0
    """In which all models read all texts."""
    one_by_one_seconds: float = 0.0
    """What the same would have taken one after the other, as the trial tells."""
    why: str = ""
    """Why they were left."""
