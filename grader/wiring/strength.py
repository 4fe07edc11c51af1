"""What a course's authors do with its checks: prove how strong they are, and calibrate their thresholds."""

from collections.abc import Sequence
from dataclasses import replace

from grader.model.lab import Lab
from grader.model.strength import StrengthReport
from grader.wiring.calibrating import Calibration, calibrate_lab, write_calibration
from grader.wiring.proving import Wanted, prove_labs
from grader.wiring.stages import CourseStages
from grader.wiring.workshop import Workshop


def validate(workshop: Workshop, labs: Sequence[Lab], wanted: Wanted) -> StrengthReport:
    """Prove how strong the checks of labs are; see `proving.Prover`.

    Args:
        workshop: of the course.
        labs: the labs.
        wanted: how much is to be proven.

    Returns:
        What holds and what does not, by lab.
    """
    declared = [(lab, workshop.declared(lab)) for lab in labs]
    return prove_labs(declared, _stages(workshop), wanted, workshop.say)


def calibrate(workshop: Workshop, lab: Lab, seeds: int, *, write: bool) -> Calibration:
    """Make the thresholds of a lab; see `calibrating.calibrate_lab`.

    Args:
        workshop: of the course.
        lab: the lab.
        seeds: how many runs of the reference.
        write: replace the lab's calibration file.
    """
    calibration = calibrate_lab(lab, _stages(workshop), seeds, workshop.say)
    if write:
        write_calibration(calibration)
    return calibration


def _stages(workshop: Workshop) -> CourseStages:
    """Stages for the course's own notebooks, whose run folders lie in the cache."""
    settings = replace(workshop.settings, runs=workshop.settings.cache / "validate", student="reference")
    return replace(workshop.stages, settings=settings)
