"""A lab as lab.toml describes it: what may be injected, what must be left behind, what is judged."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Scalar = str | int | float | bool


@dataclass(frozen=True)
class Limits:
    """What one run may use; None means that the sandbox does not bound it."""

    wall_seconds: float = 600.0
    """From start to end."""
    cpu_seconds: float | None = None
    """CPU time of all processes together."""
    memory_bytes: int | None = 4 * 1024**3
    """Sum over the tree of processes."""
    gpu_memory_bytes: int | None = None
    """Of one GPU: what the run is expected to need at most. No kernel enforces it; lanes are planned by it."""
    processes: int | None = 128
    """Processes at one time."""
    file_bytes: int | None = 512 * 1024**2
    """Largest single file."""
    disk_bytes: int | None = 2 * 1024**3
    """Everything under the run's own folders."""
    output_bytes: int = 16 * 1024**2
    """Everything that cells print, and everything the processes write to stdout and stderr."""
    artifact_files: int = 200
    """Files that are collected."""
    artifact_bytes: int = 512 * 1024**2
    """All collected files together."""
    artifact_depth: int = 6
    """Levels of folders that are collected."""
    threads: int = 1
    """OpenMP threads of the kernel (1: two threads under contention are ten times slower, measured)."""


@dataclass(frozen=True)
class Profile:
    """One way to run a lab: the parameters to inject and the limits to keep."""

    name: str
    """`miniature`, `smoke` or `full`."""
    parameters: dict[str, Scalar]
    """A value for every parameter that is the lab's own."""
    limits: Limits
    """What a run in this profile may use."""
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    """Device that the profile needs; `auto` takes a GPU where there is one."""


@dataclass(frozen=True)
class Exercise:
    """One exercise of the notebook and the checks that read its result."""

    id: str
    """`exercise-3`: the tag of its cell."""
    title: str
    """What is asked, as a short phrase."""
    checks: tuple[str, ...]
    """Ids of the checks that read its result."""


@dataclass(frozen=True)
class ArtifactSpec:
    """One file or folder that the notebook must leave under `output_dir`."""

    path: str
    """POSIX path below `output_dir`."""
    kind: Literal["json", "csv", "parquet", "safetensors", "model", "adapter", "folder", "text"]
    """How it is read."""
    description: str
    """What it holds, for the student."""
    schema: str | None = None
    """File name of a JSON Schema beside lab.toml, for `kind = "json"`."""
    required: bool = True
    """Whether it must be there."""
    hub: str = ""
    """The parameter that names a model repository: the files come from there and not from `output_dir`."""
    revision: str = "main"
    """Branch or tag of that repository."""


@dataclass(frozen=True)
class MeasurementSpec:
    """One thing that the grader measures for itself, asked for by checks as `measured.<name>`."""

    name: str
    """Name that checks use."""
    measure: str
    """Name of a function that `grader.measuring.registry` knows."""
    artifacts: tuple[str, ...]
    """Artifact files or folders that it reads: their hashes are part of its cache key."""
    bases: tuple[str, ...] = ()
    """Hub model ids whose seeded snapshot folders it reads."""
    data: tuple[str, ...] = ()
    """Data files (relative to the checks folder of the track), possibly hidden."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """Options of the measuring function."""


@dataclass(frozen=True)
class ProbeSpec:
    """One function of the notebook that the grader calls on inputs of its own."""

    name: str
    """Name of the function in the notebook."""
    inputs: str
    """Name of the generator of its inputs, in `probes_<lab>.py` beside the check modules."""
    seconds: float = 10.0
    """Time for all its calls together."""
    ours: bool = False
    """Whether the function is the grader's own, defined beside the generator."""


@dataclass(frozen=True)
class LatePolicy:
    """What lateness costs, and which of several submissions counts."""

    due: str = ""
    """ISO 8601 with zone; nothing is late when empty."""
    penalty_per_day: float = 0.0
    """Percent of the lab's points for each day that was begun."""
    grace_minutes: float = 0.0
    """Lateness that costs nothing."""
    cap: float = 100.0
    """Most percent of the lab's points that lateness takes."""
    attempts: Literal["last", "best"] = "last"
    """Which submission of a student counts."""


@dataclass(frozen=True)
class StrengthSpec:
    """How strong the checks of a lab have to be."""

    bar: float = 0.9
    """Share of the wrong submissions that must be caught."""
    half: float | None = None
    """Points of a notebook with the first half of the exercises done; None: those of the checks of these exercises."""


@dataclass(frozen=True)
class CalibrationSpec:
    """One measured value that thresholds are made of."""

    name: str
    """Name that checks use."""
    check: str
    """The check that shows the value."""
    row: str
    """Label of the row of its evidence."""
    better: Literal["higher", "lower"] | None = None
    """Which way is better; None where the author sets the thresholds by hand."""
    step: float = 0.01
    """What thresholds are rounded to."""
    n: int | None = None
    """How many answers the value is a share of."""
    wrong: tuple[str, ...] = ()
    """Cases whose value the floor must lie above."""


@dataclass(frozen=True)
class Lab:
    """One lab: lab.toml, validated, with its paths resolved."""

    id: str
    """Number of the lab in the course, such as `2.5.4`."""
    title: str
    """What the student does, as a short phrase."""
    version: str
    """Three numbers; part of every grade."""
    track: str
    """Folder name below labs/, solutions/ and checks/, such as `module-2.5`."""
    slug: str
    """File name of the notebook without its suffix."""
    minutes: int
    """What a student should plan for."""
    points: float
    """Points of all checks together, bonus left out."""
    bonus: float
    """Most bonus points that count."""
    parameters: tuple[str, ...]
    """Every name that the parameters cell assigns."""
    profiles: dict[str, Profile]
    """Ways to run the lab, by name."""
    artifacts: tuple[ArtifactSpec, ...]
    """What the notebook must leave under `output_dir`."""
    exercises: tuple[Exercise, ...]
    """Exercises of the notebook, in order."""
    check_modules: tuple[Path, ...]
    """Visible check modules."""
    hidden_check_modules: tuple[Path, ...]
    """Those that are on this machine; students do not have them."""
    measurements: tuple[MeasurementSpec, ...]
    """What the grader measures for itself."""
    hub_models: tuple[str, ...]
    """Hub ids of the models that the notebook may read."""
    hub_datasets: tuple[str, ...]
    """Hub ids of its data sets; `:variant` behind one adds its larger parts."""
    starter: Path
    """The notebook that students get."""
    solution: Path
    """The reference solution; students have none."""
    checks_root: Path
    """checks/<track>: check modules, their data, `hidden/` and `cases/`."""
    toml: Path
    """The file that all of this was read from."""
    notebook_bytes: int = 20 * 1024**2
    """Largest notebook that intake accepts."""
    hidden_declared: tuple[str, ...] = ()
    """Hidden check modules that lab.toml names, whether or not they are on this machine."""
    probes: tuple[ProbeSpec, ...] = ()
    """Functions of the notebook that the grader calls after the last cell."""
    preload: tuple[str, ...] = ()
    """Modules that a warm server imports for this lab besides the usual ones."""
    strength: StrengthSpec = field(default_factory=StrengthSpec)
    """How strong the checks have to be."""
    calibration: tuple[CalibrationSpec, ...] = ()
    """Measured values that thresholds are made of."""
    late: LatePolicy = LatePolicy()
    """What lateness costs, and which of several submissions counts."""

    hub_whole: bool = False
    """Whether the notebook may read the whole catalogue of the embedded Hub."""

    def profile(self, name: str) -> Profile:
        """Return a profile by name.

        Raises:
            KeyError: the lab has no such profile.
        """
        return self.profiles[name]
