"""Reads lab.toml files into labs."""

import dataclasses
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.catalog.crosscheck import file_problems, part_problems
from grader.catalog.schema import schema_problems
from grader.errors import LabFault, UsageFault
from grader.model.lab import (
    ArtifactSpec,
    CalibrationSpec,
    Exercise,
    Lab,
    LatePolicy,
    Limits,
    MeasurementSpec,
    ProbeSpec,
    Profile,
    StrengthSpec,
)

_UNITS = {"_bytes": 1, "_mib": 1024**2, "_gib": 1024**3}
_DEFAULT_NOTEBOOK_MIB = 20


def load_labs(root: Path) -> tuple[Lab, ...]:
    """Read all labs of a course.

    Args:
        root: the course: the folder that holds `labs/`.

    Returns:
        The labs of `labs/<track>/lab-<id>.toml`, ordered by id (2.5.10 after 2.5.9).

    Raises:
        UsageFault: GR102, there is no folder `labs`.
        LabFault: GR201, a lab.toml is not valid; GR204, a file of a lab is missing. Names every fault of every lab.
    """
    folder = root / "labs"
    if not folder.is_dir():
        raise UsageFault("GR102", f"{folder} is not there.", "Name the course's folder with `-C DIR`.")
    labs: list[Lab] = []
    faults: list[LabFault] = []
    for toml in sorted(folder.glob("*/lab-*.toml")):
        try:
            labs.append(load_lab(toml))
        except LabFault as fault:
            faults.append(fault)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise LabFault("GR201", "\n".join(fault.message for fault in faults))
    _refuse_twins(labs)
    return tuple(sorted(labs, key=lambda lab: _natural(lab.id)))


def load_lab(toml: Path) -> Lab:
    """Read one lab.

    Args:
        toml: `labs/<track>/lab-<id>.toml` below the course's folder.

    Returns:
        The lab, all its paths absolute.

    Raises:
        UsageFault: GR102, the file cannot be read.
        LabFault: GR201, it is not valid, with every error; GR204, files that it names are missing.
    """
    path = toml.absolute()
    table = _parse(path)
    shown = f"{path.parent.name}/{path.name}"
    problems = schema_problems(table) or part_problems(table, path)
    if problems:
        raise LabFault("GR201", _listed(f"{shown} is not valid", problems))
    checks_root = path.parents[2] / "checks" / path.parent.name
    missing = file_problems(table, path, checks_root)
    if missing:
        raise LabFault("GR204", _listed(f"{shown} names files that cannot be used", missing))
    return _build(table, path, checks_root)


def _parse(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as exc:
        raise UsageFault("GR102", f"{path} cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise LabFault("GR201", f"{path.name} is not UTF-8 text.") from exc
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise LabFault("GR201", f"{path.name} is not TOML: {exc}.", "Correct the named line.") from exc


def _build(table: Mapping[str, Any], path: Path, checks_root: Path) -> Lab:
    root, track, slug = path.parents[2], path.parent.name, table["notebook"]
    hidden: list[str] = table["checks"].get("hidden", [])
    hub: Mapping[str, Any] = table.get("hub", {})
    return Lab(
        id=table["id"],
        title=table["title"],
        version=table["version"],
        track=track,
        slug=slug,
        minutes=table["minutes"],
        points=float(table["points"]),
        bonus=float(table.get("bonus", 0)),
        parameters=tuple(table["parameters"]),
        profiles={name: _profile(name, settings) for name, settings in table["profiles"].items()},
        artifacts=tuple(ArtifactSpec(**entry) for entry in table.get("artifacts", [])),
        exercises=tuple(
            Exercise(entry["id"], entry["title"], tuple(entry["checks"])) for entry in table.get("exercises", [])
        ),
        check_modules=tuple(checks_root / name for name in table["checks"]["modules"]),
        hidden_check_modules=tuple(checks_root / name for name in hidden if (checks_root / name).is_file()),
        hidden_declared=tuple(hidden),
        measurements=tuple(_measurement(name, entry) for name, entry in table.get("measurements", {}).items()),
        probes=tuple(ProbeSpec(**entry) for entry in table.get("probes", [])),
        late=LatePolicy(**table.get("late", {})),
        hub_models=tuple(hub.get("models", [])),
        hub_datasets=tuple(hub.get("datasets", [])),
        hub_whole=hub.get("whole", False),
        starter=path.parent / f"{slug}.ipynb",
        solution=root / "solutions" / track / f"{slug}.ipynb",
        checks_root=checks_root,
        toml=path,
        strength=StrengthSpec(**table.get("strength", {})),
        calibration=tuple(_calibration(name, entry) for name, entry in table.get("calibration", {}).items()),
        preload=tuple(table.get("preload", ())),
        notebook_bytes=int(table.get("notebook_mib", _DEFAULT_NOTEBOOK_MIB) * 1024**2),
    )


def _profile(name: str, settings: Mapping[str, Any]) -> Profile:
    return Profile(
        name, dict(settings["parameters"]), limits_from(settings.get("limits", {})), settings.get("device", "cpu")
    )


def limits_from(table: Mapping[str, Any]) -> Limits:
    """Turn the limits of a lab.toml into bytes and seconds.

    Args:
        table: names of `Limits`; sizes may end in `_mib` or `_gib` instead of `_bytes`.

    Returns:
        The limits, defaults where nothing is said.
    """
    values: dict[str, Any] = {}
    for key, value in table.items():
        stem, _, unit = key.rpartition("_")
        factor = _UNITS.get(f"_{unit}")
        if factor is None:
            values[key] = value
        else:
            values[f"{stem}_bytes"] = int(value * factor)
    return dataclasses.replace(Limits(), **values)


def _measurement(name: str, entry: Mapping[str, Any]) -> MeasurementSpec:
    return MeasurementSpec(
        name=name,
        measure=entry["measure"],
        artifacts=tuple(entry.get("artifacts", [])),
        bases=tuple(entry.get("bases", [])),
        data=tuple(entry.get("data", [])),
        options=dict(entry.get("options", {})),
    )


def _calibration(name: str, entry: Mapping[str, Any]) -> CalibrationSpec:
    wrong: list[str] = entry.get("wrong", [])
    return CalibrationSpec(name=name, **{key: entry[key] for key in entry if key != "wrong"}, wrong=tuple(wrong))


def _refuse_twins(labs: Sequence[Lab]) -> None:
    for what, counts in (("id", Counter(lab.id for lab in labs)), ("notebook", Counter(lab.slug for lab in labs))):
        twins = sorted(name for name, count in counts.items() if count > 1)
        if twins:
            files = ", ".join(f"{lab.track}/{lab.toml.name}" for lab in labs if twins[0] in {lab.id, lab.slug})
            raise LabFault("GR201", f"The {what} {twins[0]} belongs to several labs: {files}.")


def _natural(lab_id: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"[.-]", lab_id)]


def _listed(heading: str, problems: Sequence[str]) -> str:
    return f"{heading}:\n" + "\n".join(f"  - {problem}" for problem in problems)
