"""What the grader measures for itself, handed to checks by name and computed when first asked for."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from grader.errors import GraderError
from grader.model.lab import MeasurementSpec

#: Measures one thing: given its declaration, returns plain JSON data.
Measurer = Callable[[MeasurementSpec], dict[str, Any]]


class Measured:
    """`measured.hidden["accuracy"]`: the measurement that lab.toml declares as `[measurements.hidden]`.

    A measurement is made once per run, also when it fails: every check that asks gets the same answer.
    """

    def __init__(self, specs: tuple[MeasurementSpec, ...], measurer: Measurer) -> None:
        """Know what can be asked for.

        Args:
            specs: the measurements that the lab declares.
            measurer: makes one of them.
        """
        self._specs = {spec.name: spec for spec in specs}
        self._measurer = measurer
        self._answers: dict[str, Mapping[str, Any] | GraderError] = {}

    def __getattr__(self, name: str) -> Mapping[str, Any]:
        """Return a measurement by name.

        Raises:
            AttributeError: lab.toml declares none of this name: a mistake of the check's author.
            GraderError: it could not be made; a SubmissionFault when the student's files are at fault.
        """
        if name.startswith("__") or name not in self._specs:
            raise AttributeError(f"lab.toml declares no [measurements.{name}].")
        return self[name]

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        """Return a measurement by name; as the attribute.

        Raises:
            KeyError: lab.toml declares none of this name: a mistake of the check's author.
        """
        if name not in self._answers:
            try:
                self._answers[name] = MappingProxyType(self._measurer(self._specs[name]))
            except GraderError as exc:
                self._answers[name] = exc
        answer = self._answers[name]
        if isinstance(answer, GraderError):
            raise answer
        return answer
