"""Makes the class page of a lab from the gradebook and the run folders."""

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.catalog import find_lab
from grader.errors import GraderError, UsageFault
from grader.gradebook.grades import Standing
from grader.model.artifact import ArtifactManifest
from grader.model.files import read_json, write_text
from grader.model.lab import Lab
from grader.model.overview import ClassFacts, Entry, Pair
from grader.overview import class_facts
from grader.overview.checkpoints import alike_checkpoints, sketch
from grader.overview.notebooks import alike_notebooks, code_of, read_code
from grader.wiring.classroom import Classroom
from grader.wiring.workshop import Workshop

if TYPE_CHECKING:
    from grader.overview.checkpoints import Sketch

#: File of weights by kind of artifact.
_WEIGHTS = {"model": "model.safetensors", "adapter": "adapter_model.safetensors"}
_PAGES = ("report-staff.html", "report.html")


@dataclass(frozen=True)
class Overview:
    """What was made for one lab."""

    facts: ClassFacts
    page: Path
    """The staff's page."""
    public: Path | None
    """The page without names."""


class Overviewer:
    """Reads a class, compares its work and writes its pages."""

    def __init__(self, classroom: Classroom) -> None:
        """Keep the class.

        Args:
            classroom: with its gradebook and labs.
        """
        self._classroom = classroom
        self._settings = classroom.settings

    def make(self, lab_id: str, threshold: float, *, public: bool) -> Overview:
        """Compute the facts of a lab and write its pages into the folder for runs.

        Args:
            lab_id: the lab.
            threshold: least share of shared tokens that makes a pair of notebooks, 0 to 1.
            public: write the page without names as well.

        Raises:
            UsageFault: GR101, there is no such lab; GR111, nobody handed anything in.
            InternalFault: GR507 or GR508, a page cannot be made or written.
        """
        from grader.reporting.class_page import render_class

        facts = self.facts(lab_id, threshold)
        page = self._settings.runs / f"class-{facts.lab_id}.html"
        write_text(page, render_class(facts))
        if not public:
            return Overview(facts, page, None)
        shown = page.with_name(f"class-{facts.lab_id}-public.html")
        write_text(shown, render_class(facts, public=True))
        return Overview(facts, page, shown)

    def facts(self, lab_id: str, threshold: float) -> ClassFacts:
        """Compute the facts of a lab; see `make`."""
        lab = find_lab(self._classroom.labs, lab_id)
        standings = self._classroom.standings(lab.id)
        if not standings:
            raise UsageFault("GR111", f"The gradebook has nobody in lab {lab.id}.", "Grade the class: `grader batch`.")
        entries = [self._entry(standing) for standing in standings]
        folders = {one.sid: Path(one.run_folder) for one in standings if one.run_folder}
        pairs = (*self._notebooks(lab, folders, threshold), *self._checkpoints(lab, folders))
        now = dt.datetime.now(dt.UTC).astimezone().isoformat(timespec="seconds")
        return class_facts(lab, entries, pairs, made=now)

    def _entry(self, standing: Standing) -> Entry:
        graded = standing.state == "graded" and standing.submission_id is not None
        grade = self._classroom.book.grade(standing.submission_id) if graded and standing.submission_id else None
        return Entry(
            student=standing.sid,
            state=standing.state,
            name=standing.name,
            section=standing.section,
            points=standing.points,
            possible=standing.possible,
            late_seconds=standing.late_seconds,
            attempts=standing.attempts,
            run_id=standing.run_id,
            page=self._page(standing),
            code=standing.code,
            message=standing.message,
            grade=grade,
        )

    def _page(self, standing: Standing) -> str:
        """The report's address, relative to the class page, which lies in the folder for runs."""
        report = report_of(standing)
        return "" if report is None else Path(os.path.relpath(report, self._settings.runs)).as_posix()

    def _notebooks(self, lab: Lab, folders: dict[str, Path], threshold: float) -> tuple[Pair, ...]:
        codes = {student: code for student, folder in folders.items() if (code := read_code(folder))}
        released = code_of(lab.starter.read_bytes()) if lab.starter.is_file() else ""
        return alike_notebooks(codes, released, threshold)

    def _checkpoints(self, lab: Lab, folders: dict[str, Path]) -> tuple[Pair, ...]:
        kept = next((spec for spec in lab.artifacts if spec.kind in _WEIGHTS), None)
        if kept is None:
            return ()
        name = f"{kept.path}/{_WEIGHTS[kept.kind]}"
        base = self._base_weights(lab) if kept.kind == "model" else None
        found = {student: self._sketch(folder, name, base) for student, folder in folders.items()}
        return alike_checkpoints({student: one for student, one in found.items() if one is not None})

    def _base_weights(self, lab: Lab) -> Path | None:
        if not lab.hub_models:
            return None
        folder = Workshop(self._settings).stages.snapshots(lab)[lab.hub_models[0]]
        weights = folder / _WEIGHTS["model"]
        return weights if weights.is_file() else None

    def _sketch(self, folder: Path, name: str, base: Path | None) -> "Sketch | None":
        """Sketch a checkpoint, once for its bytes."""
        import numpy as np

        try:
            manifest = read_json(folder / "manifest.json", ArtifactManifest)
        except GraderError:
            return None
        known = next((file for file in manifest.files if file.path == name), None)
        if known is None:
            return None
        kept = self._settings.cache / "sketches" / f"{known.sha256}.npy"
        if kept.is_file():
            return np.load(kept, allow_pickle=False)
        made = sketch(folder / "artifacts" / name, base)
        if made is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            partial = kept.with_name(f"{kept.stem}-{os.getpid()}.partial.npy")
            np.save(partial, made, allow_pickle=False)
            partial.replace(kept)
        return made


def report_of(standing: Standing) -> Path | None:
    """Return the report of a student, that for staff where there is one; None without one.

    The run folder is the gradebook's word, nobody's request; a report is a plain file directly in it.

    Args:
        standing: the student in a lab.
    """
    if not standing.run_folder:
        return None
    paths = (Path(standing.run_folder) / name for name in _PAGES)
    return next((path for path in paths if path.is_file() and not path.is_symlink()), None)
