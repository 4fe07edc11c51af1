"""A lab as lab.toml describes it: what may be injected, what must be left behind, what is judged."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Scalar = str | int | float | bool


@dataclass(frozen=True)
class Limits:
    """What one run may use; None means that the sandbox does not bound it."""

    wall_seconds: float = 600.0
    cpu_seconds: float | None = None
    memory_bytes: int | None = 4 * 1024**3
    """Sum over the tree of processes."""
    processes: int | None = 128
    file_bytes: int | None = 512 * 1024**2
    """Largest single file."""
    disk_bytes: int | None = 2 * 1024**3
    """Everything under the run's own folders."""
    output_bytes: int = 16 * 1024**2
    """Everything that cells print, and everything the processes write to stdout and stderr."""
    artifact_files: int = 200
    artifact_bytes: int = 512 * 1024**2
    artifact_depth: int = 6
    threads: int = 1
    """OpenMP threads of the kernel (1: two threads under contention are ten times slower, measured)."""


@dataclass(frozen=True)
class Profile:
    """One way to run a lab: the parameters to inject and the limits to keep."""

    name: str
    parameters: dict[str, Scalar]
    limits: Limits
    device: Literal["cpu", "cuda", "auto"] = "cpu"


@dataclass(frozen=True)
class Exercise:
    """One exercise of the notebook and the checks that read its result."""

    id: str
    """`exercise-3`: the tag of its cell."""
    title: str
    checks: tuple[str, ...]


@dataclass(frozen=True)
class ArtifactSpec:
    """One file or folder that the notebook must leave under `output_dir`."""

    path: str
    kind: Literal["json", "csv", "parquet", "safetensors", "model", "adapter", "folder", "text"]
    description: str
    schema: str | None = None
    """File name of a JSON Schema beside lab.toml, for `kind = "json"`."""
    required: bool = True


@dataclass(frozen=True)
class MeasurementSpec:
    """One thing that the grader measures for itself, asked for by checks as `measured.<name>`."""

    name: str
    measure: str
    """Name of a function that `grader.measuring.registry` knows."""
    artifacts: tuple[str, ...]
    """Artifact files or folders that it reads: their hashes are part of its cache key."""
    bases: tuple[str, ...] = ()
    """Hub model ids whose seeded snapshot folders it reads."""
    data: tuple[str, ...] = ()
    """Data files (relative to the checks folder of the track), possibly hidden."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Lab:
    """One lab: lab.toml, validated, with its paths resolved."""

    id: str
    title: str
    version: str
    track: str
    """Folder name below labs/, solutions/ and checks/, such as `module-2.5`."""
    slug: str
    """File name of the notebook without its suffix."""
    minutes: int
    """What a student should plan for."""
    points: float
    bonus: float
    parameters: tuple[str, ...]
    """Every name that the parameters cell assigns."""
    profiles: dict[str, Profile]
    artifacts: tuple[ArtifactSpec, ...]
    exercises: tuple[Exercise, ...]
    check_modules: tuple[Path, ...]
    """Visible check modules."""
    hidden_check_modules: tuple[Path, ...]
    """Those that are on this machine; students do not have them."""
    measurements: tuple[MeasurementSpec, ...]
    hub_models: tuple[str, ...]
    hub_datasets: tuple[str, ...]
    starter: Path
    solution: Path
    checks_root: Path
    """checks/<track>: check modules, their data, `hidden/` and `cases/`."""
    toml: Path
    notebook_bytes: int = 20 * 1024**2
    """Largest notebook that intake accepts."""
    hidden_declared: tuple[str, ...] = ()
    """Hidden check modules that lab.toml names, whether or not they are on this machine."""

    def profile(self, name: str) -> Profile:
        """Return a profile by name.

        Raises:
            KeyError: the lab has no such profile.
        """
        return self.profiles[name]
