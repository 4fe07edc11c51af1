"""Calls the functions of a made-up notebook as the student's kernel would."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from grader.model.probe import ProbeCall, ProbeRecord
from grader.probing.inputs import PlannedProbe
from grader.probing.record import make_record
from grader.probing.source import probe_code


def probe(folder: Path, notebook: str, *asked: tuple[str, dict[str, Any]], seconds: float = 5.0) -> list[ProbeCall]:
    """Run a notebook's code in a process of its own, then the probe cell; return the first call of each probe.

    Args:
        folder: for the answers.
        notebook: its code.
        asked: names of functions with the arguments of one call.
        seconds: for each function.
    """
    return [probed.calls[0] for probed in record(folder, notebook, planned(*asked, seconds=seconds)).probes]


def planned(*asked: tuple[str, dict[str, Any]], seconds: float = 5.0) -> list[PlannedProbe]:
    """Plan one call of each function."""
    return [PlannedProbe(name, "inputs", seconds, (inputs,)) for name, inputs in asked]


def record(folder: Path, notebook: str, plan: list[PlannedProbe]) -> ProbeRecord:
    """Run a notebook's code in a process of its own, then the probe cell."""
    target = folder / "probes.jsonl"
    code = f"{notebook}\n{probe_code([probe.order() for probe in plan], str(target))}"
    subprocess.run([sys.executable, "-c", code], check=False, timeout=60, capture_output=True, cwd=folder)
    return make_record("nonce", plan, target)
