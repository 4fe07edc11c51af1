"""What the pages show and do: one method per question, over the classroom; every call opens the gradebook anew."""

import contextlib
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from grader.catalog import find_lab
from grader.errors import UsageFault
from grader.gradebook.grades import Standing
from grader.model.decision import Decision, DecisionKind
from grader.model.grade import Grade
from grader.model.lab import Lab
from grader.model.overview import ALIKE_FROM, ClassFacts
from grader.settings import Settings
from grader.wiring.classroom import Classroom
from grader.wiring.engines import as_environment
from grader.wiring.exporting import class_csv
from grader.wiring.overviewing import Overviewer, report_of


@dataclass(frozen=True)
class LabRow:
    """One lab on the first page."""

    id: str
    title: str
    graded: int
    refused: int
    waiting: int
    missing: int

    @property
    def students(self) -> int:
        """Everybody who has a standing in it."""
        return self.graded + self.refused + self.waiting + self.missing


@dataclass(frozen=True)
class Progress:
    """What is going on now."""

    jobs: dict[str, int]
    """Jobs of the ledger by state."""
    graded: int
    """Students with a grade, over all labs."""
    judging: str
    """The lab that is judged again now; empty when none is."""
    last: str
    """How judging again ended last."""


@dataclass(frozen=True)
class StudentPage:
    """One student in one lab."""

    lab: Lab
    standing: Standing
    grade: Grade | None
    decisions: tuple[Decision, ...]
    report: bool
    """Whether there is a report to show beside it."""


class Desk:
    """The instructor's desk."""

    def __init__(self, settings: Settings) -> None:
        """Keep the settings; the gradebook is opened for each question, so that batches may write meanwhile."""
        self._settings = settings
        self._judging = ""
        self._last = ""
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def _open(self) -> Generator[Classroom]:
        opened = Classroom(self._settings)
        try:
            yield opened
        finally:
            opened.close()

    def labs(self) -> list[LabRow]:
        """Return every lab with how far its class is."""
        with self._open() as room:
            states = Counter((entry.lab_id, entry.state) for entry in room.standings())
            return [
                LabRow(
                    lab.id,
                    lab.title,
                    graded=states[lab.id, "graded"],
                    refused=states[lab.id, "refused"],
                    waiting=states[lab.id, "waiting"],
                    missing=states[lab.id, "missing"],
                )
                for lab in room.labs
            ]

    def progress(self) -> Progress:
        """Return what is going on now."""
        with self._open() as room:
            return Progress(room.book.ledger().counts(), room.book.graded(), self._judging, self._last)

    def facts(self, lab_id: str) -> ClassFacts:
        """Return the facts of a class, every student's page being that of this desk.

        Raises:
            UsageFault: GR101, there is no such lab; GR111, nobody handed anything in.
        """
        with self._open() as room:
            facts = Overviewer(room).facts(lab_id, ALIKE_FROM)
        entries = tuple(
            replace(entry, page=f"/labs/{lab_id}/students/{entry.student}" if entry.attempts else "")
            for entry in facts.entries
        )
        pages = {entry.student: entry.page for entry in entries}
        attention = tuple(replace(one, page=pages.get(one.student, "")) for one in facts.attention)
        return replace(facts, entries=entries, attention=attention)

    def standings(self, lab_id: str) -> tuple[Lab, list[Standing]]:
        """Return the standings of a lab.

        Raises:
            UsageFault: GR101, there is no such lab.
        """
        with self._open() as room:
            lab = find_lab(room.labs, lab_id)
            return lab, room.standings(lab.id)

    def grades_csv(self, lab_id: str) -> bytes:
        """Return the grades of a lab, as `grader export --to csv` writes them.

        Raises:
            UsageFault: GR101, there is no such lab.
        """
        with self._open() as room:
            return class_csv(room, lab_id)

    def student(self, lab_id: str, student: str) -> StudentPage:
        """Return one student in one lab.

        Raises:
            UsageFault: GR101 or GR111, there is no such lab or student.
        """
        with self._open() as room:
            lab = find_lab(room.labs, lab_id)
            standing = self._standing(room, lab_id, student)
            grade = room.book.grade(standing.submission_id) if standing.submission_id is not None else None
            mine = [one for one in room.decisions() if one.lab_id == lab.id and one.student_id in {"", student}]
        return StudentPage(lab, standing, grade, tuple(mine), report_of(standing) is not None)

    def report(self, lab_id: str, student: str) -> Path:
        """Return the report of a student, for staff where there is one.

        Raises:
            UsageFault: GR101 or GR111, there is no such lab, student or report.
        """
        with self._open() as room:
            found = report_of(self._standing(room, lab_id, student))
        if found is None:
            raise UsageFault("GR111", f"{student} has no report in lab {lab_id}.")
        return found

    def decide(
        self, kind: DecisionKind, lab_id: str, reason: str, *, student: str = "", check: str = "", points: float | None
    ) -> None:
        """Write a decision down; see `Classroom.decide`."""
        with self._open() as room:
            room.decide(kind, lab_id, reason, student=student, check=check, points=points)

    def revoke(self, number: int, reason: str) -> None:
        """Revoke a decision."""
        with self._open() as room:
            room.revoke(number, reason)

    def judge_again(self, lab_id: str) -> bool:
        """Start judging a lab's stored runs with the checks as they are now; False when one is going on.

        Raises:
            UsageFault: GR101, there is no such lab.
        """
        with self._open() as room:
            find_lab(room.labs, lab_id)
        with self._lock:
            if self._judging:
                return False
            self._judging = lab_id
        threading.Thread(target=self._judge, args=(lab_id,), daemon=True).start()
        return True

    def _judge(self, lab_id: str) -> None:
        """A process of its own: what it imports and how it ends are not this server's."""
        command = [sys.executable, "-m", "grader", "-C", str(self._settings.root), "regrade", "--lab", lab_id, "-q"]
        try:
            done = subprocess.run(
                command, env=as_environment(self._settings), capture_output=True, text=True, check=False
            )
            lines = (done.stdout if done.returncode == 0 else done.stderr or done.stdout).strip().splitlines()
            self._last = lines[-1] if lines else f"ended with exit code {done.returncode}"
        finally:
            self._judging = ""

    def _standing(self, room: Classroom, lab_id: str, student: str) -> Standing:
        found = room.standings(lab_id, student)
        if not found:
            raise UsageFault("GR111", f"The gradebook has no {student} in lab {lab_id}.")
        return found[0]
