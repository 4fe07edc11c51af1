"""Chooses the values that are injected into a notebook."""

import difflib
import hashlib
import math
from collections.abc import Mapping

from grader.errors import UsageFault
from grader.model.lab import Lab, Profile, Scalar

#: Where the notebook writes, relative to the folder in which it runs.
OUTPUT_DIR = "artifacts"
_SEEDS = 10_000


def derive_seed(student_id: str, lab_id: str) -> int:
    """Return the seed of a student for a lab: the same on every machine, different for two students.

    Args:
        student_id: whose run it is.
        lab_id: the lab.

    Returns:
        A number below 10,000.
    """
    digest = hashlib.sha256(f"{student_id}/{lab_id}".encode()).hexdigest()
    return int(digest[:8], 16) % _SEEDS


def choose_profile(lab: Lab, name: str) -> Profile:
    """Return a profile of a lab.

    Args:
        lab: the lab.
        name: the profile.

    Returns:
        The profile.

    Raises:
        UsageFault: GR104, the lab has no such profile.
    """
    if name not in lab.profiles:
        known = ", ".join(lab.profiles)
        raise UsageFault("GR104", f"Lab {lab.id} has no profile {name}.", f"Its profiles are: {known}.")
    return lab.profiles[name]


def choose_parameters(
    lab: Lab,
    profile: Profile,
    student_id: str,
    *,
    device: str,
    seed: int | None = None,
    overrides: Mapping[str, Scalar] | None = None,
) -> dict[str, Scalar]:
    """Return every value that is injected, by name, in the lab's order.

    Args:
        lab: names what may be injected.
        profile: gives the values.
        student_id: whose run it is.
        device: `cpu` or `cuda`.
        seed: the seed; derived from student and lab when left out.
        overrides: values that win over the profile's.

    Returns:
        Values by name.

    Raises:
        UsageFault: GR104, a name is not a parameter of the lab, is the grader's own, or gets a value of another type.
    """
    own: dict[str, Scalar] = {
        "output_dir": OUTPUT_DIR,
        "seed": derive_seed(student_id, lab.id) if seed is None else seed,
        "student_id": student_id,
        "device": device,
        "profile": profile.name,
    }
    wanted = dict(overrides or {})
    for name in (*profile.parameters, *wanted):
        if name not in lab.parameters:
            raise _unknown(name, lab)
    for name, value in wanted.items():
        _refuse_unfit(name, value, own, profile)
    values = profile.parameters | own | wanted
    return {name: values[name] for name in lab.parameters if name in values}


def _unknown(name: str, lab: Lab) -> UsageFault:
    near = difflib.get_close_matches(name, lab.parameters, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return UsageFault(
        "GR104",
        f"{name} is not a parameter of lab {lab.id}.",
        f"{hint}Its parameters are: {', '.join(lab.parameters)}.",
    )


def _refuse_unfit(name: str, value: Scalar, own: Mapping[str, Scalar], profile: Profile) -> None:
    """Refuse an override that would break the run far from its cause."""
    if name in own and name != "seed":
        raise UsageFault("GR104", f"{name} is set by the grader itself.", "Use the option that belongs to it.")
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageFault("GR104", f"{name} must be a finite number, not {value}.")
    usual = profile.parameters.get(name, own.get(name))
    if usual is None or type(usual) is type(value) or (isinstance(usual, float) and type(value) is int):
        return
    kind, given = type(usual).__name__, type(value).__name__
    raise UsageFault("GR104", f"{name} is {given} here, but {kind} in the lab.", f"Give a value like {usual!r}.")
