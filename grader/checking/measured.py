"""What the grader measures for itself, handed to checks by name and computed when first asked for."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from grader.checking.job import CheckJob
from grader.errors import GraderError
from grader.measuring.inputs import MeasuringInputs
from grader.model.artifact import ArtifactManifest
from grader.model.device import Gpu
from grader.model.files import read_json
from grader.model.lab import Limits, MeasurementSpec, Scalar
from grader.model.run import RunResult

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


def injected(spec: MeasurementSpec, parameters: Mapping[str, Scalar]) -> MeasurementSpec:
    """Put the values of the run in the place of options that name a parameter.

    Args:
        spec: as lab.toml declares it; an option `$rows` stands for the parameter `rows`.
        parameters: what was injected.

    Returns:
        The measurement as it is made.
    """
    options = {
        name: parameters[value[1:]] if isinstance(value, str) and value.startswith("$") else value
        for name, value in spec.options.items()
    }
    return replace(spec, options=options)


def inputs_of(job: CheckJob) -> MeasuringInputs:
    """Return what the measurements of a run read."""
    return MeasuringInputs(
        artifacts=job.run_folder / "artifacts",
        manifest=read_json(job.run_folder / "manifest.json", ArtifactManifest),
        bases=job.bases,
        checks_root=job.lab.checks_root,
        cache_dir=job.cache_dir,
        seed=read_json(job.run_folder / "run.json", RunResult).seed,
        device=job.device,
    )


def bound_gpu_memory(gpu: Gpu | None, limits: Limits) -> None:
    """Let torch take no more of the GPU: beyond it a measurement fails, and the students beside it do not."""
    if gpu is None or limits.gpu_memory_bytes is None:
        return
    import torch

    torch.cuda.set_per_process_memory_fraction(min(1.0, limits.gpu_memory_bytes / gpu.memory_bytes))
