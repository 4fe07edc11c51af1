"""Makes the inputs of a lab's probes, outside the sandbox: fresh for every run, the same for the same nonce."""

import ast
import random
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec

from grader.errors import LabFault
from grader.model.lab import Lab, ProbeSpec, Scalar

#: A generator: gets a source of chance and the injected parameters, returns the arguments of each call by name.
Generator = Callable[[random.Random, Mapping[str, Scalar]], list[dict[str, Any]]]


@dataclass(frozen=True)
class PlannedProbe:
    """One function and what it will be called with."""

    name: str
    """Name of the function in the notebook."""
    inputs: str
    """Name of the generator."""
    seconds: float
    """For all calls together."""
    calls: tuple[dict[str, Any], ...]
    """The arguments of each call, by name, as plain data."""
    source: str = ""
    """Python that defines the function, where it is ours and not the notebook's."""

    def order(self) -> dict[str, Any]:
        """Return what the harness is told."""
        own = {"source": self.source} if self.source else {}
        return {"name": self.name, "seconds": self.seconds, "calls": list(self.calls), **own}


def generator_files(checks_root: Path, lab_id: str) -> tuple[Path, Path]:
    """Return where the generators of a lab are: those that students have, and the hidden ones.

    Args:
        checks_root: checks/<track>.
        lab_id: the lab.

    Returns:
        Two paths; neither file has to be there.
    """
    name = f"probes_{lab_id.replace('.', '_').replace('-', '_')}.py"
    return checks_root / name, checks_root / "hidden" / name


def generator_names(path: Path) -> frozenset[str]:
    """Return the functions that a file of generators defines, without importing it.

    Args:
        path: the file.

    Returns:
        Names; none when the file is not there or is not Python.
    """
    try:
        tree = ast.parse(path.read_text("utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return frozenset()
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def plan_probes(lab: Lab, nonce: str, parameters: Mapping[str, Scalar]) -> tuple[PlannedProbe, ...]:
    """Make the inputs of every probe of a lab.

    Args:
        lab: names the functions and the generators.
        nonce: what the inputs are derived from.
        parameters: those that are injected into the notebook.

    Returns:
        The probes in the lab's order; those whose generator is hidden only where it is on this machine.

    Raises:
        LabFault: GR201, a generator is missing, fails, or returns what JSON cannot hold.
    """
    if not lab.probes:
        return ()
    visible, hidden = generator_files(lab.checks_root, lab.id)
    known = _functions(hidden, lab) | _functions(visible, lab)
    planned: list[PlannedProbe] = []
    for spec in lab.probes:
        generator = known.get(spec.inputs)
        if generator is None and not hidden.is_file():
            continue  # a student's machine: the hidden generators stay with the teacher
        if generator is None:
            raise LabFault("GR201", f"Lab {lab.id}: {visible.name} defines no generator {spec.inputs}.")
        calls = _calls(lab, spec, generator, nonce, parameters)
        source = _source(lab, spec, visible, hidden) if spec.ours else ""
        planned.append(PlannedProbe(spec.name, spec.inputs, spec.seconds, calls, source))
    return tuple(planned)


def _source(lab: Lab, spec: ProbeSpec, visible: Path, hidden: Path) -> str:
    """The text of the file that defines a function of ours: it goes to the student's kernel as it is."""
    for path in (visible, hidden):
        if spec.name in generator_names(path):
            return path.read_text("utf-8")
    raise LabFault("GR201", f"Lab {lab.id}: {visible.name} defines no function {spec.name}.")


def _functions(path: Path, lab: Lab) -> dict[str, Generator]:
    """What a Python file of the lab's author defines: it is trusted like a check."""
    if not path.is_file():
        return {}
    try:
        return {name: cast("Generator", value) for name, value in runpy.run_path(str(path)).items() if callable(value)}
    except Exception as exc:
        raise LabFault("GR201", f"Lab {lab.id}: {path.name} cannot be used: {exc!r}.") from exc


def _calls(
    lab: Lab, spec: ProbeSpec, generator: Generator, nonce: str, parameters: Mapping[str, Scalar]
) -> tuple[dict[str, Any], ...]:
    try:
        calls = generator(random.Random(f"{nonce}/{spec.inputs}"), parameters)  # noqa: S311  chance, not secrecy
        # through JSON and back: what the check reads is what the function was given
        return msgspec.json.decode(msgspec.json.encode(calls), type=tuple[dict[str, Any], ...])
    except Exception as exc:
        raise LabFault("GR201", f"Lab {lab.id}: the inputs {spec.inputs} could not be made: {exc!r}.") from exc
