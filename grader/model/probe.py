"""What became of a student's functions on inputs that nobody could foresee: `probes.json`."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ProbeError:
    """Why a function gave no answer."""

    kind: str
    """`missing`, `not callable`, `not attempted`, `raised`, `timeout`, `ended`, `unsuitable`, `too large` or
    `not called`."""
    text: str = ""
    """The exception, the type of what came back, or how the process ended; clipped."""


@dataclass(frozen=True)
class ProbeCall:
    """One call of a function; what came back is a claim."""

    inputs: dict[str, Any]
    """The arguments by name, made outside the sandbox."""
    output: Any = None
    """What the function returned, as data: tensors are objects with `$tensor`."""
    error: ProbeError | None = None
    """Why there is no output."""
    after: dict[str, Any] = field(default_factory=dict[str, Any])
    """Of each argument that is a module: its training flags after the call."""
    seconds: float | None = None
    """How long the call took, by the kernel's clock."""


@dataclass(frozen=True)
class Probe:
    """One function with all calls on one kind of inputs."""

    name: str
    """Name of the function in the notebook."""
    inputs: str
    """Name of the generator of its inputs."""
    calls: tuple[ProbeCall, ...]
    """In the order in which they were made."""


@dataclass(frozen=True)
class ProbeRecord:
    """All probes of one run."""

    nonce: str
    """What the inputs were derived from: drawn for this run after the notebook was handed in."""
    probes: tuple[Probe, ...]
    """In the order of lab.toml."""
    schema: str = "grader.probes/1"
    """Name and version of this format."""
