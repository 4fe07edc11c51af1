"""Runs the reference under several seeds and makes the thresholds of a lab of what its checks measure."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import LabFault
from grader.model.files import write_text
from grader.model.lab import CalibrationSpec, Lab
from grader.model.verdict import Verdict
from grader.validating import load_cases
from grader.validating.calibrating import Calibrated, calibrate, noted, shown_value, updated
from grader.wiring.bench import Bench, installed, needs_models
from grader.wiring.lab_files import calibration_file
from grader.wiring.proving import Prover, Wanted
from grader.wiring.stages import CourseStages


@dataclass(frozen=True)
class Calibration:
    """What calibrating a lab found out."""

    path: Path
    """`labs/<track>/calibration-<lab>.json`."""
    before: dict[str, Any]
    after: dict[str, Any]
    found: dict[str, Calibrated]

    @property
    def text(self) -> str:
        """The file as it is written."""
        return json.dumps(self.after, indent=2, ensure_ascii=False) + "\n"


def calibrate_lab(lab: Lab, stages: CourseStages, seeds: int, say: Callable[[str], None]) -> Calibration:
    """Measure what the thresholds of a lab are made of.

    Args:
        lab: the lab; its `[calibration]` says what is measured.
        stages: of the course.
        seeds: how many runs of the reference: seeds 1, 2, ...
        say: told what goes on.

    Returns:
        The figures and the file that would hold them; nothing is written.

    Raises:
        LabFault: GR201, lab.toml names nothing to calibrate, or a row that is not there.
    """
    if not lab.calibration:
        raise LabFault("GR201", f"Lab {lab.id} has nothing to calibrate.", "Add a [calibration.NAME] to lab.toml.")
    path = calibration_file(lab)
    before: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    bench = Bench(stages, models=needs_models(lab))
    try:
        prover = Prover(bench, Wanted(), say)
        folders = [prover.reference(lab, seed) for seed in range(1, seeds + 1)]
        judged = [bench.judge(lab, folder).verdicts for folder in folders]
        wrong = _wrong_ways(lab, prover, folders[0])
    finally:
        bench.processes.close()
    found = {spec.name: _calibrated(spec, judged, wrong, before) for spec in lab.calibration}
    after = updated(before, lab, range(1, seeds + 1), found, installed())
    return Calibration(path, before, after, found)


def write_calibration(calibration: Calibration) -> None:
    """Write the file of a lab, replacing it in one step.

    Raises:
        InternalFault: GR507, it could not be written.
    """
    write_text(calibration.path, calibration.text)


def _wrong_ways(lab: Lab, prover: Prover, reference: Path) -> dict[str, tuple[Verdict, ...]]:
    """The verdicts on every case that lab.toml names as a wrong way."""
    named = {name for spec in lab.calibration for name in spec.wrong}
    cases = {case.name: case for case in load_cases(lab)}
    if lost := sorted(named - set(cases)):
        raise LabFault("GR201", f"[calibration] of lab {lab.id} names cases that are not there: {', '.join(lost)}.")
    return {name: prover.judged(cases[name], lab, reference).verdicts for name in sorted(named)}


def _calibrated(
    spec: CalibrationSpec,
    judged: list[tuple[Verdict, ...]],
    wrong: dict[str, tuple[Verdict, ...]],
    before: dict[str, Any],
) -> Calibrated:
    values = [shown_value(spec, verdicts) for verdicts in judged]
    reached = {name: shown_value(spec, wrong[name]) for name in spec.wrong}
    honest, noted_wrong = (noted(before, key, spec.name) for key in ("other_honest_ways", "wrong_ways"))
    return calibrate(spec, values, reached, honest, noted_wrong)
