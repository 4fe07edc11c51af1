"""Finds the bases and options that a measurement reads, and says whose fault it is when they cannot be read."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

from grader.errors import InternalFault, SubmissionFault
from grader.measuring.inputs import MeasuringInputs
from grader.model.lab import MeasurementSpec

#: How the id of a data set begins among the bases.
DATASET_PREFIX = "datasets/"


@contextlib.contextmanager
def ours(what: str) -> Generator[None]:
    """Read something of ours with a reader of student files: its faults are then ours too.

    Args:
        what: the thing that is read, for the message.

    Raises:
        InternalFault: GR504, it cannot be read.
    """
    try:
        yield
    except SubmissionFault as exc:
        raise InternalFault("GR504", f"{what}: {exc.message}") from exc


def model_base(spec: MeasurementSpec, inputs: MeasuringInputs) -> Path:
    """Return the folder of the first model among the bases.

    Raises:
        InternalFault: GR504, none is declared or it is not there.
    """
    return _base(spec, inputs, datasets=False)


def dataset_base(spec: MeasurementSpec, inputs: MeasuringInputs) -> Path | None:
    """Return the folder of the first data set among the bases; None when none is declared.

    Raises:
        InternalFault: GR504, it is not there.
    """
    declared = any(name.startswith(DATASET_PREFIX) for name in spec.bases)
    return _base(spec, inputs, datasets=True) if declared else None


def option(spec: MeasurementSpec, name: str, default: Any) -> Any:
    """Return an option of the declaration, of the kind of its default.

    Raises:
        InternalFault: GR504, it is of another kind.
    """
    value = spec.options.get(name, default)
    if type(value) is not type(default):
        raise InternalFault("GR504", f"The option {name} of [measurements.{spec.name}] cannot be {value!r}.")
    return value


def _base(spec: MeasurementSpec, inputs: MeasuringInputs, *, datasets: bool) -> Path:
    names = [name for name in spec.bases if name.startswith(DATASET_PREFIX) is datasets]
    kind = "data set" if datasets else "model"
    if not names:
        raise InternalFault("GR504", f"[measurements.{spec.name}] needs a {kind} among its bases.")
    if names[0] not in inputs.bases:
        raise InternalFault("GR504", f"The {kind} {names[0]} is not on this machine.")
    return inputs.bases[names[0]]
