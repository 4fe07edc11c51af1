"""The real collaborators of the flow: each method calls one room."""

import contextlib
import datetime as dt
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import msgspec

from grader.artifacts.collect import collect
from grader.artifacts.discard import discard
from grader.artifacts.json_file import read_json_file
from grader.artifacts.manifest import write_manifest
from grader.artifacts.notebook_file import NOTEBOOK_LIMIT
from grader.artifacts.seal import check_seal, read_key, seal_judgement, seal_run
from grader.catalog import find_lab
from grader.errors import InternalFault, SubmissionFault
from grader.grading import make_grade, make_stamp
from grader.model.artifact import ArtifactManifest
from grader.model.files import read_json, write_text
from grader.model.grade import Grade
from grader.model.lab import Lab
from grader.model.run import RunResult
from grader.model.submission import Submission
from grader.model.verdict import Verdicts, VerdictStatus
from grader.pipeline import HubLease, Request
from grader.sandbox.base import Sandbox
from grader.settings import Settings
from grader.wiring.devices import choose_device
from grader.wiring.reusing import Reuse

if TYPE_CHECKING:
    from grader.checking.job import CheckJob
    from grader.hub.server import HubSession


@dataclass
class CourseStages:
    """Stages of one course on this machine; the Hub's base is opened once and kept."""

    settings: Settings
    labs: tuple[Lab, ...]
    sandbox: Sandbox
    say: Callable[[str], None]
    before_run: Callable[[], None] = lambda: None
    """Called when a notebook is about to run where forks are possible: on a CPU."""
    _reuse: Reuse = field(init=False)
    _bases: dict[tuple[str, ...], Path] = field(default_factory=dict[tuple[str, ...], Path])

    def __post_init__(self) -> None:
        """Open the memory of earlier work."""
        self._reuse = Reuse(self.settings)

    def read(self, request: Request, destination: Path) -> tuple[Submission, Lab]:
        """Accept the notebook."""
        from grader.intake import read_submission

        submission = read_submission(
            request.notebook,
            self.labs,
            destination=destination,
            lab_id=request.lab_id,
            student_id=request.student_id,
            fallback_student=self.settings.student,
        )
        return submission, self.lab(submission.lab_id)

    def lab(self, lab_id: str) -> Lab:
        """Return a lab by id."""
        return find_lab(self.labs, lab_id)

    def earlier_run(self, request: Request, submission: Submission, lab: Lab, runs: Path) -> Path | None:
        """Find an earlier run by its key; without one, refuse where no sandbox works."""
        key = self._reuse.run_key(request, submission, lab, self.hub_digest(lab))
        folder = None if request.fresh else self._reuse.earlier_run(key, runs)
        if folder is None:
            self.sandbox.promise()
        return folder

    def expect_checks(self, lab: Lab, only: tuple[str, ...]) -> None:
        """Read the checks that will judge."""
        from grader.checking.declared import declared_checks
        from grader.checking.runner import select

        select(declared_checks(lab), only)

    def keep_run(self, request: Request, submission: Submission, lab: Lab, folder: Path) -> None:
        """Remember a run by its key."""
        self._reuse.keep_run(self._reuse.run_key(request, submission, lab, self.hub_digest(lab)), folder)

    def judged_before(self, lab: Lab, folder: Path, only: tuple[str, ...]) -> bool:
        """Find an earlier judgement by its key."""
        return self._reuse.judged_before(self._reuse.check_key(lab, folder, only, self.hub_digest(lab)), folder)

    def keep_judgement(self, lab: Lab, folder: Path, only: tuple[str, ...]) -> None:
        """Seal a judgement and remember it by its key, unless a fault of ours is in it."""
        self.seal(folder, seal_judgement)
        verdicts = read_json(folder / "verdicts.json", Verdicts).verdicts
        if all(verdict.status is not VerdictStatus.OUR_FAULT for verdict in verdicts):
            self._reuse.keep_judgement(self._reuse.check_key(lab, folder, only, self.hub_digest(lab)), folder)

    @contextlib.contextmanager
    def hub(self, lab: Lab, run_folder: Path, student_id: str) -> Generator[HubLease]:
        """Serve the lab's models and data to one run, with an overlay in its folder."""
        from grader.hub.server import HubServer

        with HubServer(self.hub_base(lab)) as server:
            session = server.open_session(run_folder / "hub", student_id)
            try:
                home = run_folder / "work" / "hf-home"  # the student's own cache: counted against the run's disk limit
                yield HubLease(
                    session.environment(home), lambda: self._hub_facts(lab, session), (_port(session.endpoint),)
                )
            finally:
                session.close()

    def run(self, request: Request, submission: Submission, lab: Lab, folder: Path, hub: HubLease) -> RunResult:
        """Run the notebook in the sandbox."""
        from grader.running.job import RunJob, run_notebook

        profile = lab.profiles.get(request.profile)
        device = choose_device(request.device, profile.device if profile else "cpu")
        job = RunJob(
            run_folder=folder,
            submission=submission,
            lab=lab,
            profile=request.profile,
            seed=request.seed,
            overrides=dict(request.overrides),
            device=device.kind,
            gpu=device.gpu,
            device_notices=(device.notice,) if device.notice else (),
            environment=dict(hub.environment),
            ports=hub.ports,
            hub_usage=hub.usage,
        )
        if device.gpu is None:
            self.before_run()
        return run_notebook(job, self.sandbox, lambda progress: self.say(progress.sentence))

    def collect(self, result: RunResult, folder: Path) -> ArtifactManifest:
        """Copy the artifacts out, drop the work folder, write the manifest last."""
        pushed = self._pushed(result, folder / "hub")
        manifest = collect(folder / "work" / "artifacts", folder / "artifacts", result.limits, result.run_id, pushed)
        with contextlib.suppress(OSError):  # a leftover costs disk, never a grade
            discard(folder / "work")
        write_manifest(folder, manifest)
        self.seal(folder, seal_run)
        return manifest

    def _pushed(self, result: RunResult, overlay: Path) -> dict[str, dict[str, Path]]:
        """Find the artifacts that come from the run's Hub, in the Hub's own store."""
        from grader.hub.evidence import HubEvidence

        lab = self.lab(result.lab_id)
        specs = [spec for spec in lab.artifacts if spec.hub]
        if not specs:
            return {}
        evidence = HubEvidence(overlay, self.hub_base(lab))
        return {spec.path: evidence.pushed(str(result.parameters[spec.hub]), spec.revision) for spec in specs}

    def seal(self, folder: Path, part: Callable[[Path, bytes], None]) -> None:
        """Seal a part of a run; a machine where that fails can grade all the same, and `verify` says so."""
        try:
            part(folder, read_key(self.settings.data))
        except InternalFault as exc:
            self.say(f"this run is not sealed: {exc.message}")

    def check(self, lab: Lab, folder: Path, only: tuple[str, ...]) -> Verdicts:
        """Judge the artifacts, unless they were changed since the run."""
        job = self.check_job(lab, folder, only)
        from grader.checking.runner import run_checks

        self.say("judging the artifacts")
        return run_checks(job, self.sandbox)

    def check_job(self, lab: Lab, folder: Path, only: tuple[str, ...] = ()) -> "CheckJob":
        """Return what judges or measures a run; refuse one that was changed."""
        self._refuse_changed(folder)
        from grader.checking.job import CheckJob, check_limits

        run = read_json(folder / "run.json", RunResult)
        # it may be judged again on another machine
        device = choose_device("auto", "auto" if run.device == "cuda" else "cpu")
        return CheckJob(
            run_folder=folder,
            lab=lab,
            bases=self.snapshots(lab),
            hub_base=self.hub_base(lab),
            cache_dir=self.settings.cache / "measurements",
            device=device.kind,
            gpu=device.gpu,
            only=only,
            limits=check_limits(run.limits),
        )

    def _refuse_changed(self, folder: Path) -> None:
        try:
            key = read_key(self.settings.data)
        except InternalFault:
            return  # nothing was sealed with a key that cannot be used
        changed = check_seal(folder, key).run_changed
        if changed:
            raise InternalFault("GR511", f"{folder.name} was changed since it ran: {', '.join(changed[:5])}.")

    def score(
        self, submission: Submission, lab: Lab, run: RunResult, manifest: ArtifactManifest, verdicts: Verdicts
    ) -> Grade:
        """Make the grade."""
        now = dt.datetime.now(dt.UTC).astimezone().isoformat(timespec="seconds")
        return make_grade(submission, lab, run, manifest, verdicts, stamp=make_stamp(submission, run), graded=now)

    def report(self, grade: Grade, folder: Path) -> None:
        """Write report.html and report.md for the student."""
        from grader.reporting.markdown import render_markdown
        from grader.reporting.render import render_html

        write_text(folder / "report.html", render_html(grade, self._notebook(folder)))
        write_text(folder / "report.md", render_markdown(grade))

    def staff_report(self, grade: Grade, folder: Path) -> None:
        """Write report-staff.html: with hidden checks, tracebacks and flags."""
        from grader.reporting.render import render_html

        write_text(folder / "report-staff.html", render_html(grade, self._notebook(folder), staff=True))

    def snapshots(self, lab: Lab) -> dict[str, Path]:
        """Return plain folders of the lab's Hub repositories, by id."""
        from grader.hub.base import snapshot_dir

        ids = [*lab.hub_models, *(f"datasets/{name.partition(':')[0]}" for name in lab.hub_datasets)]
        base = self.hub_base(lab)
        return {repo_id: snapshot_dir(base, repo_id) for repo_id in ids}

    def _hub_facts(self, lab: Lab, session: "HubSession") -> dict[str, Any]:
        return {"snapshot": self.hub_digest(lab), **msgspec.to_builtins(session.usage())}

    def hub_digest(self, lab: Lab) -> str:
        """Return the id of the models and data that a lab's runs are served; they are made when they are not there."""
        from grader.hub.base import base_digest

        return base_digest(self.hub_base(lab))

    def hub_base(self, lab: Lab) -> Path:
        """Return the folder of everything that the Hub serves to a lab, built when it is not there."""
        from grader.hub.base import ensure_base, holding, whole_base

        if self.settings.hub_base is not None:
            return holding(self.settings.hub_base, lab.hub_models, lab.hub_datasets)
        key = ("*",) if lab.hub_whole else (*lab.hub_models, "|", *lab.hub_datasets)
        if key not in self._bases:
            cache = self.settings.cache / "hub"
            self._bases[key] = (
                whole_base(cache, self.say)
                if lab.hub_whole
                else ensure_base(lab.hub_models, lab.hub_datasets, cache, self.say)
            )
        return self._bases[key]

    def _notebook(self, folder: Path) -> dict[str, Any] | None:
        """Return the executed notebook; None where nothing ran or the file was cut off by a kill."""
        try:
            return cast("dict[str, Any]", read_json_file(folder, "executed.ipynb", NOTEBOOK_LIMIT))
        except SubmissionFault:
            return None


def _port(endpoint: str) -> int:
    port = urlsplit(endpoint).port
    if port is None:
        raise InternalFault("GR505", f"The Hub's address {endpoint} has no port.")
    return port
