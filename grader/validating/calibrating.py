"""Makes thresholds from what the reference and wrong ways reach, by one rule that is stated with them: pure."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from grader.errors import LabFault
from grader.model.lab import CalibrationSpec, Lab
from grader.model.verdict import Verdict

RULE = (
    "goal: the worst honest value less its margin; the margin is three times the larger of the spread over seeds and "
    "the sampling error. floor: the middle between the best wrong value and the worst honest one. "
    "Both are rounded away from the honest values, to the step."
)


@dataclass(frozen=True)
class Calibrated:
    """What was measured of one value, and the thresholds that follow."""

    values: tuple[float, ...]
    """Of the reference, one per seed."""
    mean: float
    spread: float
    """Standard deviation over the seeds."""
    margin: float
    worst_honest: float
    best_wrong: float | None
    wrong: Mapping[str, float]
    """By case."""
    goal: float | None
    """None where the author sets thresholds by hand."""
    floor: float | None
    """None without a wrong way."""
    problem: str = ""
    """Why the thresholds do not tell honest and wrong ways apart."""


def shown_value(spec: CalibrationSpec, verdicts: Sequence[Verdict]) -> float:
    """Return the measured value of a row of evidence.

    Args:
        spec: which check and row.
        verdicts: of one run.

    Raises:
        LabFault: GR201, there is no such check or row, or it holds no number.
    """
    rows = [row for one in verdicts if one.check.id == spec.check for row in one.rows if row.label == spec.row]
    if not rows or isinstance(rows[0].measured, bool | str | None):
        raise LabFault(
            "GR201",
            f"[calibration.{spec.name}]: {spec.check} shows no number in a row {spec.row!r}.",
            "Name a check and the label of a row of its evidence.",
        )
    return float(rows[0].measured)


def calibrate(
    spec: CalibrationSpec,
    values: Sequence[float],
    wrong: Mapping[str, float],
    honest: Sequence[float] = (),
    noted_wrong: Sequence[float] = (),
) -> Calibrated:
    """Make the thresholds of one value.

    Args:
        spec: what lab.toml says of it.
        values: what the reference reached, by seed.
        wrong: what cases reached.
        honest: what other honest ways reached, noted by hand.
        noted_wrong: what other wrong ways reached, noted by hand.

    Returns:
        The figures.
    """
    mean = statistics.fmean(values)
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    sampling = math.sqrt(max(mean * (1 - mean), 0.0) / spec.n) if spec.n else 0.0
    margin = 3 * max(spread, sampling)
    sign = -1.0 if spec.better == "lower" else 1.0
    worst = min((*values, *honest), key=lambda value: sign * value)
    all_wrong = (*wrong.values(), *noted_wrong)
    best_wrong = max(all_wrong, key=lambda value: sign * value) if all_wrong else None
    goal = floor = None
    problem = ""
    if spec.better:
        goal = _rounded(worst - sign * margin, spec.step, sign)
        if best_wrong is not None:
            floor = _rounded((best_wrong + worst) / 2, spec.step, sign)
            if sign * (goal - floor) <= 0 or sign * (floor - best_wrong) <= 0:
                problem = f"the best wrong way reaches {best_wrong:g}, the worst honest one {worst:g}: too near"
    return Calibrated(
        tuple(values), round(mean, 5), round(spread, 5), round(margin, 5), worst, best_wrong, dict(wrong), goal, floor,
        problem,
    )  # fmt: skip


def _rounded(value: float, step: float, sign: float) -> float:
    """Round down where higher is better, else up."""
    steps = value / step
    count = math.floor(steps + 1e-9) if sign > 0 else math.ceil(steps - 1e-9)
    return round(count * step, 10)


def noted(document: Mapping[str, Any], key: str, name: str) -> list[float]:
    """Return what an author has noted by hand of one value: `{key: {name: {words: figure}}}`."""
    figures = cast("Mapping[str, Any]", document.get(key, {})).get(name, {})
    return [float(figure) for figure in figures.values()] if isinstance(figures, dict) else []


def updated(
    before: Mapping[str, Any],
    lab: Lab,
    seeds: Sequence[int],
    found: Mapping[str, Calibrated],
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """Return the calibration file of a lab with new figures.

    Args:
        before: the file as it is; what is written there by hand stays.
        lab: the lab.
        seeds: of the reference runs.
        found: the figures, by name.
        versions: of Python and the packages.

    Returns:
        The new file.
    """
    after = {"lab": lab.id, **before, "versions": dict(versions), "rule": RULE}
    after["reference"] = {
        "seeds": list(seeds),
        **{
            name: {
                "values": list(one.values),
                "mean": one.mean,
                "spread": one.spread,
                "margin": one.margin,
                **({"wrong": dict(one.wrong)} if one.wrong else {}),
            }
            for name, one in found.items()
        },
    }
    thresholds = dict(cast("Mapping[str, Any]", before.get("thresholds", {})))
    for name, one in found.items():
        new = {"floor": one.floor, "goal": one.goal}
        if made := {key: value for key, value in new.items() if value is not None}:
            thresholds[name] = thresholds.get(name, {}) | made
    after["thresholds"] = thresholds
    return after
