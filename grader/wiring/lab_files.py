"""Which files of a lab its runs and its judgements depend on, for every key under which work is remembered."""

from pathlib import Path

from grader.checking.names import CHECK_PREFIX
from grader.model.lab import Lab


def helper_modules(lab: Lab) -> list[Path]:
    """Return the modules beside the checks that are no check modules: generators of probes, and what checks import.

    Args:
        lab: the lab; all labs of its track share these modules.
    """
    found = [path for place in (lab.checks_root, lab.checks_root / "hidden") for path in place.glob("*.py")]
    return [path for path in found if not path.name.startswith(CHECK_PREFIX)]


def calibration_file(lab: Lab) -> Path:
    """Return where the thresholds of a lab are, which `grader calibrate` writes and checks read.

    Args:
        lab: the lab; one without thresholds has no such file.
    """
    return lab.toml.with_name(f"calibration-{lab.id}.json")


def judging_files(lab: Lab) -> list[Path]:
    """Return what the checks of a lab read besides the run: thresholds, schemas, hidden data.

    Args:
        lab: the lab.
    """
    schemas = [lab.toml.parent / spec.schema for spec in lab.artifacts if spec.schema]
    data = [lab.checks_root / name for spec in lab.measurements for name in spec.data]
    return [calibration_file(lab), *schemas, *data]
