"""Makes wrong submissions of a reference run and has the lab's checks judge them, quickly and side by side."""

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from grader.errors import InternalFault, LabFault
from grader.model.lab import Lab, Limits
from grader.model.verdict import Verdicts
from grader.sandbox.base import Command
from grader.sandbox.trusted import TrustedProcesses
from grader.validating import Case
from grader.validating.making import MakeJob, write_job
from grader.wiring.stages import CourseStages

#: What making and measuring import: imported once, before the first fork.
IMPORTS = (
    "grader.checking.worker",
    "grader.validating.making",
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

    def __init__(self, stages: CourseStages) -> None:
        """Start the process that is forked.

        Args:
            stages: of the course, with the sandbox that notebooks run in; checks are judged without one.
        """
        self.students = stages
        self.processes = TrustedProcesses(IMPORTS)
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


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").split("\n") if log.exists() else []
    return next((line for line in reversed(lines) if line.strip()), "")
