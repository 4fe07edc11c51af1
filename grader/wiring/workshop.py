"""What a command works with: the labs of a course and everything that can be done with a notebook."""

import contextlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from grader import pipeline
from grader.codes import CODES
from grader.errors import InternalFault, LabFault, UsageFault
from grader.grading import exit_code
from grader.model.files import read_json
from grader.model.grade import Grade
from grader.model.lab import Lab
from grader.model.run import RunResult, RunStatus
from grader.model.verdict import DeclaredCheck
from grader.pipeline import Narrator, Request
from grader.settings import Settings
from grader.wiring.choices import sandboxes
from grader.wiring.devices import gpus_in_words
from grader.wiring.reusing import Reuse

if TYPE_CHECKING:
    from grader.doctor import Finding
    from grader.reporting.terminal import Line
    from grader.wiring.beside import ServerBeside
    from grader.wiring.stages import CourseStages
    from grader.wiring.warming import WarmStatus

#: Where the bundled sample submission lies, below the course's root.
SAMPLE = Path("solutions", "samples", "lab-2.5.4-sample.ipynb")


@dataclass(frozen=True)
class RunProgress:
    """What a live line shows."""

    sentence: str


class Workshop:
    """The collaborators of one command, built when first asked for."""

    def __init__(self, settings: Settings, labs: Sequence[Lab] | None = None) -> None:
        """Keep what is known; nothing is opened yet.

        Args:
            settings: those in force.
            labs: of the course, where they were read before.
        """
        self._settings = settings
        self._labs = labs
        self._beside: ServerBeside | None = None
        self.on_progress: Callable[[RunProgress], None] = _ignore

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    @cached_property
    def labs(self) -> tuple[Lab, ...]:
        """The labs of the course, by id."""
        from grader.catalog import load_labs  # what is asked for again needs no lab.toml

        return load_labs(self._settings.root) if self._labs is None else tuple(self._labs)

    @cached_property
    def stages(self) -> "CourseStages":
        """The real collaborators of the flow."""
        from grader.wiring.stages import CourseStages
        from grader.wiring.warming import WarmedLater

        if self._beside is None:
            return CourseStages(self._settings, self.labs, WarmedLater(self._settings, self.labs, self.say), self.say)
        sandbox = WarmedLater(self._settings, self.labs, self.say, self._beside.server)
        return CourseStages(self._settings, self.labs, sandbox, self.say, self._beside.begin)

    @contextlib.contextmanager
    def warmed(self, notebooks: int) -> Generator[None]:
        """Have a warm server come up beside the first notebook that runs, where that is worth it.

        Args:
            notebooks: that are going to be graded.
        """
        from grader.wiring.beside import ServerBeside, worth_it

        if not worth_it(self._settings, notebooks):
            yield
            return
        with contextlib.closing(ServerBeside(self._settings, self.labs, self.say)) as self._beside:
            yield

    def warm_start(self, minutes: float) -> "WarmStatus":
        """Start a warm server that stays; see `warming.start_server`."""
        from grader.wiring.warming import start_server

        return start_server(self._settings, self.labs, minutes)

    def warm_status(self) -> "WarmStatus":
        """Say whether the next run is warm."""
        from grader.wiring.warming import status_of

        return status_of(self._settings, self.labs)

    def warm_stop(self) -> bool:
        """End the kept warm server; return whether there was one."""
        from grader.wiring.warming import stop_server

        return stop_server(self._settings)

    def say(self, sentence: str) -> None:
        """Show a sentence where progress is shown."""
        self.on_progress(RunProgress(sentence))

    # --- labs ---------------------------------------------------------------------------------------------------

    def lab(self, lab_id: str) -> Lab:
        """Return a lab, or raise UsageFault GR101 with the nearest names."""
        from grader.catalog import find_lab

        return find_lab(self.labs, lab_id)

    def chosen(self, lab_ids: Sequence[str] | None) -> tuple[Lab, ...]:
        """Return the named labs, or all."""
        return tuple(self.lab(lab_id) for lab_id in lab_ids) if lab_ids else self.labs

    def declared(self, lab: Lab) -> tuple[DeclaredCheck, ...]:
        """Return the checks of a lab, visible and hidden."""
        from grader.checking.declared import declared_checks

        return declared_checks(lab)

    def begun(self) -> list[Path]:
        """Return the notebooks below labs/ that a student has begun."""
        from grader.intake.begun import is_begun

        return [lab.starter for lab in self.labs if is_begun(lab.starter)]

    def sample(self) -> Path | None:
        """Return the bundled sample submission, where there is one."""
        path = self._settings.root / SAMPLE
        return path if path.is_file() else None

    def release(self, lab: Lab, *, write: bool) -> bool:
        """Make a lab's starter from its solution; return whether it differs from the file that is there.

        Args:
            lab: the lab.
            write: replace the starter when it differs.
        """
        from grader.intake.begun import is_begun
        from grader.releasing import release

        starter = release(lab.solution, lab)
        changed = not lab.starter.is_file() or lab.starter.read_bytes() != starter
        if changed and write:
            if is_begun(lab.starter):
                raise LabFault(
                    "GR203",
                    f"{self.relative(lab.starter)} holds somebody's work and is not replaced.",
                    "Move it away, then release again.",
                )
            lab.starter.parent.mkdir(parents=True, exist_ok=True)
            lab.starter.write_bytes(starter)
        return changed

    def bundle(self, destination: Path) -> tuple[str, ...]:
        """Write what students get of the course; see `releasing.bundle`.

        Args:
            destination: a new folder.

        Returns:
            Paths of the files in it.
        """
        from grader.releasing import write_bundle

        return write_bundle(self._settings.root, self.labs, destination)

    # --- runs ---------------------------------------------------------------------------------------------------

    def of(self, request: Request, notebook: Path) -> Request:
        """Return the request for one notebook."""
        return replace(request, notebook=notebook)

    def grade(self, request: Request, narrate: Narrator) -> tuple[Grade, Path]:
        """Take a notebook through every stage, unless that was done; see `pipeline.grade_submission`."""
        reuse, runs = Reuse(self._settings), self._settings.runs
        key = reuse.asked_key(request)
        folder = None if request.fresh else reuse.asked_before(key, runs)
        if folder is not None:
            return pipeline.earlier_grade(folder, narrate), folder
        grade, folder = pipeline.grade_submission(request, self.stages, runs, narrate)
        reuse.keep_asked(key, folder)
        return grade, folder

    def run(self, request: Request, narrate: Narrator) -> tuple[Path, RunResult]:
        """Run and collect, without judging; see `pipeline.run_submission`."""
        folder = pipeline.run_submission(request, self.stages, self._settings.runs, narrate)
        return folder, read_json(folder / "run.json", RunResult)

    def judge(self, folder: Path, only: tuple[str, ...], narrate: Narrator) -> Grade:
        """Judge a collected run; see `pipeline.judge_run`."""
        folder = self.run_folder(folder)
        return pipeline.judge_run(folder, self.stages, narrate, only)

    def verify(self, folder: Path) -> tuple[Path, bool]:
        """Compare a run folder with its seal.

        Args:
            folder: the run folder.

        Returns:
            The folder, and whether its grade is sealed as well.

        Raises:
            InternalFault: GR511, something was changed; GR512, nothing can be said.
        """
        from grader.artifacts.seal import check_seal, read_key

        folder = self.run_folder(folder)
        checked = check_seal(folder, read_key(self._settings.data))
        if checked.unknown:
            raise InternalFault("GR512", f"{folder.name} cannot be verified: {checked.unknown}.")
        if checked.changed:
            listed = ", ".join(checked.changed[:10]) + (" ..." if len(checked.changed) > 10 else "")
            raise InternalFault("GR511", f"{folder.name} was changed since it was sealed: {listed}.")
        return folder, checked.judged

    def report(self, folder: Path, *, staff: bool) -> Grade:
        """Make the pages of a graded run again; with `staff`, report-staff.html too."""
        folder = self.run_folder(folder)
        grade = pipeline.report_run(folder, self.stages)
        if staff:
            self.stages.staff_report(grade, folder)
        return grade

    def run_folder(self, folder: Path) -> Path:
        """Return a run folder, named by its path or by the bare run id.

        Raises:
            UsageFault: GR103, it is not one.
        """
        for candidate in (folder, self._settings.runs / folder):
            if (candidate / "submission.json").is_file():
                return candidate.resolve()
        raise UsageFault("GR103", f"{folder} is not a run folder.")

    # --- words --------------------------------------------------------------------------------------------------

    def relative(self, path: Path) -> str:
        """Return a path as a person in the current folder would type it."""
        path = path.resolve()
        here = Path.cwd()
        return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)

    def terminal_lines(self, grade: Grade, folder: Path, *, staff: bool = False) -> "tuple[Line, ...]":
        """Return the result as lines for a terminal; without `staff` filtered for the student."""
        from grader.reporting.terminal import terminal_lines

        report = folder / ("report-staff.html" if staff else "report.html")
        return terminal_lines(grade, report=self.relative(report), staff=staff)

    def markdown(self, grade: Grade, *, staff: bool) -> str:
        """Return the result as Markdown."""
        from grader.reporting.markdown import render_markdown

        return render_markdown(grade, staff=staff)

    def public(self, grade: Grade, *, staff: bool) -> Grade:
        """Return the grade as `--json` prints it: what hidden checks hide is left out unless `staff`."""
        from grader.reporting.public import public_grade

        return grade if staff else public_grade(grade)

    def exit_code(self, grade: Grade) -> int:
        """Return the exit code of a grade."""
        return exit_code(grade)

    def run_exit_code(self, result: RunResult) -> int:
        """Return the exit code of a run that was not judged."""
        if result.status is RunStatus.COMPLETED:
            return 0
        return CODES[result.code].exit_code if result.code else 1

    def examine(self) -> "list[Finding]":
        """Look at this machine."""
        from grader import doctor

        settings = self._settings
        lock = settings.root / "requirements.lock"
        return doctor.examine(sandboxes().values(), lock, settings.cache, settings.runs, gpus_in_words())


def _ignore(_progress: RunProgress) -> None:
    """Show nothing."""
