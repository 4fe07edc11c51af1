"""Makes wrong submissions of a reference run and has the lab's checks judge them, quickly and side by side."""

import os
import platform
import sys
import tempfile
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from grader.errors import InternalFault, LabFault
from grader.model.lab import Lab, Limits
from grader.model.verdict import Verdicts
from grader.sandbox.base import Command
from grader.sandbox.trusted import TrustedProcesses
from grader.validating import Case
from grader.validating.making import MakeJob, write_job
from grader.wiring.stages import CourseStages

#: What making and judging import, once, before the first fork.
IMPORTS = ("grader.checking.worker", "grader.validating.making")
#: What measuring and the notebooks import, in labs that have to do with models.
MODEL_IMPORTS = (
    "grader.measuring.checkpoints",
    "grader.measuring.classifiers",
    "grader.measuring.lora",
    "grader.measuring.memory",
    "grader.measuring.merging",
    "grader.measuring.pipelines",
    "grader.measuring.tokenizers",
    "accelerate",
    "datasets",
    "peft",
    "sklearn.metrics",
    "torch",
    "transformers.models.bert.modeling_bert",
    "transformers.models.distilbert.modeling_distilbert",
    "transformers.models.gpt2.modeling_gpt2",
    "transformers.models.vit.modeling_vit",
    "transformers.pipelines",
    "transformers.trainer",
)
#: A case may train a model.
_LIMITS = Limits(wall_seconds=600.0, memory_bytes=8 * 1024**3)
_INHERITED = ("PATH", "HOME", "LD_LIBRARY_PATH", "COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")


class Bench:
    """Where the course's own submissions are made and judged; one process serves all of them."""

    def __init__(self, stages: CourseStages, *, models: bool = True) -> None:
        """Start the process that is forked.

        Args:
            stages: of the course, with the sandbox that notebooks run in; checks are judged without one.
            models: whether what it judges has to do with models: that is half a gigabyte of libraries.
        """
        self.students = stages
        self.processes = TrustedProcesses(IMPORTS + (MODEL_IMPORTS if models else ()))
        self.stages = replace(stages, sandbox=self.processes)

    def make(self, case: Case, lab: Lab, reference: Path, folder: Path) -> None:
        """Make the run folder of a wrong submission.

        Args:
            case: what to change.
            lab: its lab.
            reference: the run folder of the reference solution.
            folder: the run folder to make; it must not exist.

        Raises:
            LabFault: GR206, the case does not fit.
            InternalFault: GR503, the process that makes it ended.
        """
        folder = folder.resolve()
        with tempfile.TemporaryDirectory(prefix="grader-make-") as name:
            scratch = Path(name).resolve()
            job, told, log = scratch / "job.json", scratch / "told", scratch / "log"
            bases, kept = self.stages.snapshots(lab), self.stages.settings.cache.resolve() / "cases"
            hub = self.stages.hub_base(lab).resolve()
            write_job(job, MakeJob(case, reference.resolve(), folder, bases, lab.checks_root, kept, hub=hub))
            argv = (sys.executable, "-I", "-B", "-m", "grader.validating.making", str(job), str(told))
            environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
            command = Command(argv, scratch, {**environment, "TMPDIR": str(scratch)}, _LIMITS, (folder,), stdout=log)
            ended = self.processes.run(command)
            if told.exists():
                raise LabFault("GR206", told.read_text("utf-8"))
            if ended.exit_code != 0:
                raise InternalFault("GR503", f"Case {case.name} could not be made: {_last_line(log)} {ended.detail}")

    def judge(self, lab: Lab, folder: Path) -> Verdicts:
        """Have a run folder judged; writes verdicts.json into it.

        Args:
            lab: the lab.
            folder: a run folder with its manifest.

        Returns:
            One verdict for every check of the lab.
        """
        return self.stages.check(lab, folder, ())


def needs_models(lab: Lab) -> bool:
    """Whether anything of a lab has to do with models, so that judging it needs their libraries."""
    return bool(lab.hub_models or lab.hub_datasets or lab.measurements or lab.probes)


def installed() -> dict[str, str]:
    """Return the versions of Python, of the grader and of the packages that decide figures."""
    names = ("grader", "torch", "transformers", "datasets", "peft", "tokenizers", "scikit-learn")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").split("\n") if log.exists() else []
    return next((line for line in reversed(lines) if line.strip()), "")
