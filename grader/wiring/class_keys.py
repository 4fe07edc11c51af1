"""The keys of a class: what a run and a judgement depend on, so that the same work is never planned twice.

Unlike the keys of `reusing` they leave the grader's own sources out: a new version of the grader does not run a class
again, which has its grades.
"""

import json
import platform
from dataclasses import dataclass
from pathlib import Path

import msgspec

from grader.checking.declared import checks_sha256
from grader.model.lab import Lab
from grader.model.submission import Submission
from grader.pipeline import Request
from grader.reuse.keys import files_sha256, make_key
from grader.running.parameters import choose_parameters, choose_profile
from grader.wiring.devices import choose_device
from grader.wiring.lab_files import helper_modules, judging_files


@dataclass(frozen=True)
class LabFacts:
    """What the keys of all submissions of a lab share; looked up once."""

    lab: Lab
    """The lab."""
    hub: str
    """Digest of the models and data that are served."""
    judging: str
    """Everything of the lab that judgements depend on."""
    environment: str
    """Hash of the locked packages."""


def lab_facts(lab: Lab, root: Path, hub: str) -> LabFacts:
    """Look up what the keys of a lab's submissions share.

    Args:
        lab: the lab.
        root: the course.
        hub: digest of the models and data that are served.
    """
    parts = {
        "checks": checks_sha256(lab),
        "helpers": files_sha256(helper_modules(lab)),
        "files": files_sha256(judging_files(lab)),
        "lab": repr((lab.points, lab.bonus, lab.artifacts, lab.exercises, lab.measurements)),
    }
    return LabFacts(lab, hub, make_key("judging", parts), files_sha256([root / "requirements.lock"]))


def run_inputs(facts: LabFacts, submission: Submission, request: Request) -> dict[str, str]:
    """Return everything that a run depends on, each part as text.

    Args:
        facts: of the lab.
        submission: the notebook.
        request: profile, device, seed.

    Raises:
        UsageFault: GR104, a profile, device or parameter does not exist.
        MachineFault: GR601, a GPU was asked for and none is here.
    """
    lab = facts.lab
    profile = choose_profile(lab, request.profile)
    device = choose_device(request.device, profile.device)
    parameters = choose_parameters(
        lab, profile, submission.student_id, device=device.kind, seed=request.seed, overrides=request.overrides
    )
    return {
        "submission": submission.sha256,
        "lab": f"{lab.id} {lab.version}",
        "parameters": json.dumps(parameters, sort_keys=True),
        "limits": msgspec.json.encode(profile.limits, order="sorted").decode(),
        # what lab.toml says of them: to edit a generator runs no class again, whose runs keep the inputs that they had
        "probes": repr(lab.probes),
        "hub": facts.hub,
        "packages": facts.environment,
        "python": platform.python_version(),
        "device": device.kind,
    }


def exec_key(inputs: dict[str, str]) -> str:
    """Return the key of a run."""
    return make_key("class run", inputs)


def judge_key(execution: str, facts: LabFacts, times: int = 0) -> str:
    """Return the key of a judgement.

    Args:
        execution: key of the run.
        facts: of the lab.
        times: how often the run was judged, for a judgement that is made again although nothing changed.
    """
    return make_key("class judgement", {"run": execution, "judging": facts.judging, "times": times})
