"""Finds out whether a notebook was run, or a run was judged, before: by the two keys that say what each depends on."""

import hashlib
import os
import shutil
from pathlib import Path

from grader.artifacts.discard import discard
from grader.artifacts.seal import NAME as SEAL
from grader.model.files import read_json
from grader.model.grade import Grade
from grader.model.lab import Lab
from grader.model.run import RunResult, RunStatus
from grader.model.submission import Submission
from grader.pipeline import Request
from grader.reuse import Store, installed_sha256, make_key, sources_sha256
from grader.reuse.keys import files_sha256
from grader.settings import Settings
from grader.wiring.devices import choose_device
from grader.wiring.lab_files import helper_modules, judging_files

#: What a run can come to again. One that was stopped may go better on another day, and one of our faults must.
_KEPT = frozenset({RunStatus.COMPLETED, RunStatus.CELL_FAILED, RunStatus.NOT_ATTEMPTED})
_STAFF = "report-staff.html"
#: Files of a run folder that judging makes; all others belong to the run.
_JUDGEMENT = ("verdicts.json", "grade.json", "report.html", "report.md", _STAFF)
#: The evidence that checks read; manifest.json holds the hash of every artifact.
_EVIDENCE = (
    *("manifest.json", "run.json", "probes.json", "executed.ipynb", "submission.ipynb"),
    "hub/requests.jsonl",
)
_RUNNING = ("running", "probing", "hub", "sandbox", "artifacts")
_JUDGING = ("checking", "measuring", "hub", "grading", "reporting", "probing", "artifacts", "model")


class Reuse:
    """The memory of what was run and judged on this machine."""

    def __init__(self, settings: Settings) -> None:
        """Open the store in the cache folder."""
        self._settings = settings
        self._store = Store(settings.cache / "work", int(settings.cache_gib * 1024**3))

    def asked_key(self, request: Request) -> str:
        """Return what a whole answer depends on, as far as files tell; no notebook is parsed for it.

        Args:
            request: what was asked for.

        Returns:
            The key; another one when the notebook, a file of the course or of the grader, or a package was touched.
        """
        settings, root = self._settings, self._settings.root
        asked = [repr(request), settings.student, *self._containment(), Path("/dev/nvidiactl").exists()]
        bases = settings.cache / "hub" / "bases"
        own = [str(settings.hub_base), _hash(settings.hub_base / "base.json")] if settings.hub_base else []
        return make_key(
            "asked",
            {
                "request": asked,
                "notebook": _hash(request.notebook),
                "course": [_touched(root / name) for name in ("labs", "checks", "reports")],
                "hub": [*own, *sorted(path.name for path in bases.glob("*"))],
                "installed": installed_sha256(),
                "sources": sources_sha256("."),
            },
        )

    def asked_before(self, key: str, runs: Path) -> Path | None:
        """Return the folder of an earlier answer that is whole, as it was.

        Args:
            key: from `asked_key`.
            runs: where run folders are.
        """
        entry = self._store.find("asked", key)
        return runs / entry.name if entry is not None and self._store.matches(entry, runs / entry.name) else None

    def keep_asked(self, key: str, folder: Path) -> None:
        """Remember an answer that could be given again.

        Args:
            key: from `asked_key`.
            folder: the run folder, judged and sealed.
        """
        judged = read_json(folder / "grade.json", Grade)
        if judged.run.status in _KEPT and not judged.counts.get("our fault"):
            self._keep("asked", key, folder, sorted({*_names(folder), *_judgement(folder)}))

    def run_key(self, request: Request, submission: Submission, lab: Lab, hub: str) -> str:
        """Return what the run of a notebook depends on.

        Args:
            request: what was asked for.
            submission: the notebook.
            lab: the lab that it answers.
            hub: digest of the models and data that are served.

        Returns:
            The key; another one for other bytes, parameters, limits, probes, packages, device or containment.

        Raises:
            UsageFault: GR104, a profile or parameter does not exist.
        """
        from grader.running.parameters import choose_parameters, choose_profile

        profile = choose_profile(lab, request.profile)
        device = choose_device(request.device, profile.device)
        parameters = choose_parameters(
            lab, profile, submission.student_id, device=device.kind, seed=request.seed, overrides=request.overrides
        )
        return make_key(
            "run",
            {
                "submission": submission.sha256,
                "parameters": parameters,
                "lab": [lab.id, lab.version, profile.limits, lab.probes],
                "probes": files_sha256(helper_modules(lab)) if lab.probes else "",
                "hub": hub,
                "installed": installed_sha256(),
                "sources": sources_sha256(*_RUNNING),
                "device": [device.kind, *([device.gpu.name, device.gpu.driver] if device.gpu else [])],
                "sandbox": self._containment(),
            },
        )

    def earlier_run(self, key: str, runs: Path) -> Path | None:
        """Return the folder of an earlier run that is whole, as it was; None when there is none.

        Args:
            key: from `run_key`.
            runs: where run folders are. One that was removed there is brought back under its name, so its seal holds.
        """
        entry = self._store.find("run", key)
        if entry is None:
            return None
        folder = runs / entry.name
        if folder.is_dir():
            return folder if self._store.matches(entry, folder, besides=(SEAL,)) else None
        partial = runs / f".incoming-{key[:12]}"
        try:
            partial.mkdir()
            if self._store.restore(entry, partial):
                partial.rename(folder)
                return folder
            self._store.forget("run", key)
        except OSError:  # another grader brings it back just now, or the disk is full: it is run again
            pass
        discard(partial)
        return None

    def keep_run(self, key: str, folder: Path) -> None:
        """Remember a run whose artifacts were collected, when it may stand for the next one.

        Args:
            key: from `run_key`.
            folder: its folder.
        """
        if read_json(folder / "run.json", RunResult).status in _KEPT:
            self._keep("run", key, folder, _names(folder))

    def check_key(self, lab: Lab, folder: Path, only: tuple[str, ...], hub: str) -> str:
        """Return what the judgement of a run depends on.

        Args:
            lab: the lab that judges.
            folder: the run folder.
            only: checks that were asked for.
            hub: digest of the models and data that checks read.

        Returns:
            The key; another one for other evidence, checks, thresholds, data, measuring code or pages.
        """
        from grader.checking.declared import checks_sha256

        pages = [
            path for path in (self._settings.root / "reports").rglob("*") if path.is_file() and "out" not in path.parts
        ]
        return make_key(
            "judgement",
            {
                "run": [folder.name, [_hash(folder / name) for name in _EVIDENCE]],
                "pushed": files_sha256(sorted((folder / "hub" / "repos").rglob("*.json"))),
                "checks": [checks_sha256(lab), files_sha256(helper_modules(lab)), only],
                "lab": files_sha256([lab.toml, *judging_files(lab)]),
                "hub": hub,
                "installed": installed_sha256(),
                "sources": sources_sha256(*_JUDGING),
                "pages": files_sha256(pages),
            },
        )

    def judged_before(self, key: str, folder: Path) -> bool:
        """Tell whether a run folder holds the judgement of this key, or can be given it.

        Args:
            key: from `check_key`.
            folder: the run folder.
        """
        entry = self._store.find("judgement", key)
        if entry is None:
            return False
        return self._store.matches(entry, folder) or self._store.restore(entry, folder)

    def keep_judgement(self, key: str, folder: Path) -> None:
        """Remember the judgement of a run.

        Args:
            key: from `check_key`.
            folder: the run folder, sealed.
        """
        self._keep("judgement", key, folder, _judgement(folder))

    def _keep(self, kind: str, key: str, folder: Path, names: list[str]) -> None:
        if self._settings.cache_gib > 0:
            self._store.keep(kind, key, folder, names)

    def _containment(self) -> list[object]:
        return [self._settings.sandbox, self._settings.allow_weak, shutil.which("bwrap")]


def _touched(place: Path) -> list[tuple[str, int, int, int]]:
    """Name, size, time and number of every file below a folder."""
    found: list[tuple[str, int, int, int]] = []
    for folder, inner, names in os.walk(place):
        inner[:] = [name for name in inner if name not in {"out", "__pycache__"}]
        for name in names:
            path = f"{folder}/{name}"
            state = os.lstat(path)
            found.append((path, state.st_size, state.st_mtime_ns, state.st_ino))
    return sorted(found)


def _judgement(folder: Path) -> list[str]:
    return [name for name in (*_JUDGEMENT, SEAL) if name != _STAFF and (folder / name).is_file()]


def _names(folder: Path) -> list[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    return sorted(name for name in found if name not in _JUDGEMENT)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
