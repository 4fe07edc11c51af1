"""What a command about a class works with: the gradebook, and everything that changes or reads it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.catalog import find_lab, load_labs
from grader.checking.declared import declared_checks
from grader.errors import UsageFault
from grader.gradebook.book import Gradebook, open_gradebook
from grader.gradebook.events import Event
from grader.gradebook.grades import Standing
from grader.grading.project import project
from grader.model.decision import Decision, DecisionKind
from grader.model.lab import Lab
from grader.settings import Settings


@dataclass(frozen=True)
class Decided:
    """What became of a decision."""

    number: int
    """By which it is revoked."""
    changed: int
    """How many grades changed."""


class Classroom:
    """The collaborators of a command about a class, built when first asked for."""

    def __init__(self, settings: Settings) -> None:
        """Keep the settings; nothing is opened yet."""
        self.settings = settings

    @cached_property
    def labs(self) -> tuple[Lab, ...]:
        """The labs of the course, by id."""
        return load_labs(self.settings.root)

    @cached_property
    def book(self) -> Gradebook:
        """The gradebook; its labs are brought up to date when it is opened."""
        place = self.settings.gradebook or str(self.settings.runs / "gradebook.db")
        return open_gradebook(place, self.settings.actor, project)

    def close(self) -> None:
        """Close the gradebook, where it was opened."""
        if "book" in self.__dict__:
            self.book.close()

    def standings(self, lab_id: str | None = None, student: str | None = None) -> list[Standing]:
        """Return where students stand.

        Args:
            lab_id: only in this lab, by any name that people give it.
            student: only this one.

        Raises:
            UsageFault: GR101, there is no such lab.
        """
        found = self.book.standings(None if lab_id is None else [lab_id])
        if lab_id is not None and not found:  # a lab that the course has no longer is known by its id alone
            found = self.book.standings([find_lab(self.labs, lab_id).id])
        return [entry for entry in found if student is None or entry.sid == student]

    def decide(
        self,
        kind: DecisionKind,
        lab_id: str,
        reason: str,
        *,
        student: str = "",
        check: str = "",
        points: float | None = None,
    ) -> Decided:
        """Write a decision down and project the grades that it touches; nothing is run.

        Args:
            kind: what is decided.
            lab_id: in which lab.
            reason: why.
            student: about whom; everybody when empty.
            check: about which check.
            points: how many.

        Raises:
            UsageFault: GR101, GR105, there is no such lab or check; GR111, no such student, no reason, or no number.
        """
        lab = find_lab(self.labs, lab_id)
        if check and check not in {entry.id for entry in declared_checks(lab)}:
            raise UsageFault("GR105", f"Lab {lab.id} has no check {check}.")
        if not reason.strip():
            raise UsageFault("GR111", "A decision needs a reason.", "Say why: `--reason TEXT`.")
        if points is not None and not 0 <= points < math.inf:  # not a number is neither
            raise UsageFault("GR111", f"{points:g} is no number of points.", "Give a number of 0 or more.")
        decision = Decision(kind, lab.id, reason.strip(), self.settings.actor, student, check, points)
        return Decided(*self.book.decide(decision))

    def revoke(self, number: int, reason: str) -> Decided:
        """Revoke a decision."""
        return Decided(number, self.book.revoke(number, reason))

    def write_pages(self, lab_id: str | None) -> int:
        """Write the student's page of every grade that counts, with lateness and decisions on it.

        Args:
            lab_id: only of this lab.

        Returns:
            How many were written; a run whose folder is gone has none.

        Raises:
            UsageFault: GR101, there is no such lab.
        """
        from grader.wiring.workshop import Workshop

        report = Workshop(self.settings).stages.report
        written = 0
        for entry in self.standings(lab_id):
            folder = Path(entry.run_folder)
            grade = self.book.grade(entry.submission_id) if entry.submission_id and entry.run_folder else None
            if grade is not None and (folder / "grade.json").is_file():
                report(grade, folder)
                written += 1
        return written

    def decisions(self) -> list[Decision]:
        """Return the decisions in force."""
        return self.book.decisions()

    def events(self, kind: str | None, newest: int | None) -> Sequence[Event]:
        """Return entries of the log."""
        return self.book.events(kind, newest)

    def verify(self) -> int:
        """Follow the chain of the log; returns its length."""
        return self.book.verify()

    def back_up(self, target: Path) -> None:
        """Write a copy of the gradebook."""
        self.book.back_up(target)

    def write_parquet(self, folder: Path) -> dict[str, int]:
        """Write every table as Parquet; returns rows by table."""
        return self.book.write_parquet(folder)
