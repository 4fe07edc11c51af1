"""One gradebook, opened: what the rest of the grader may ask of it."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from grader.gradebook import decisions, events, grades, keeping, records
from grader.gradebook.database import clock, open_database, reading, writing
from grader.gradebook.events import Event
from grader.gradebook.grades import Projection, Standing
from grader.gradebook.ledger import LEASE_SECONDS, Ledger
from grader.gradebook.migrate import upgrade
from grader.gradebook.owner import this_owner
from grader.gradebook.records import Handin, JudgedRun, Person, Stored
from grader.gradebook.tables import execution, export, lab, student, submission
from grader.model.decision import Decision
from grader.model.grade import Grade
from grader.model.lab import Lab


class Gradebook:
    """Students, submissions, judgements, grades and decisions of a course."""

    def __init__(self, engine: Engine, actor: str, projection: Projection) -> None:
        """Use `open_gradebook`."""
        self.engine = engine
        self.actor = actor
        self._projection = projection

    def ledger(self, owner: str | None = None, lease_seconds: float = LEASE_SECONDS) -> Ledger:
        """Return the jobs as this process sees them."""
        return Ledger(self.engine, owner or this_owner(), lease_seconds)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    # --- what is there ---------------------------------------------------------------------------------------------

    def keep_course(self, labs: Iterable[Lab], people: Iterable[Person] = ()) -> None:
        """Write labs and students down, or bring them up to date; a changed late policy changes grades."""
        with writing(self.engine) as connection:
            for entry in labs:
                records.keep_lab(connection, entry)
            for person in people:
                records.keep_person(connection, person)

    def hand_in(self, person: Person, handin: Handin) -> int:
        """Write a submission down and return its number; the same bytes of a student count once."""
        with writing(self.engine) as connection:
            records.keep_person(connection, person)
            return records.keep_handin(connection, handin)

    def hand_in_all(self, entries: Iterable[tuple[Person, Handin]]) -> list[int]:
        """Write many submissions down in one transaction; returns their numbers, in order."""
        numbers: list[int] = []
        with writing(self.engine) as connection:
            for person, handin in entries:
                records.keep_person(connection, person)
                numbers.append(records.keep_handin(connection, handin))
        return numbers

    def executed(self, exec_key: str) -> str | None:
        """Return the run folder of an execution; None when it is not known."""
        with reading(self.engine) as connection:
            query = sa.select(execution.c.run_folder).where(execution.c.exec_key == exec_key)
            return connection.execute(query).scalar_one_or_none()

    def times_judged(self, judge_key: str) -> int:
        """Return how often the run of a judgement was judged; 0 when the judgement is not there."""
        with reading(self.engine) as connection:
            return records.times_judged(connection, judge_key)

    def faulty_runs(self) -> set[str]:
        """Return the keys of runs in whose newest judgement a check broke."""
        with reading(self.engine) as connection:
            return records.faulty_runs(connection)

    def standings(self, lab_ids: Sequence[str] | None = None) -> list[Standing]:
        """Return where every student stands in every lab."""
        with reading(self.engine) as connection:
            return grades.standings(connection, lab_ids)

    def graded(self) -> int:
        """Return how many students have a grade, each once for every lab."""
        with reading(self.engine) as connection:
            return grades.count_graded(connection)

    def grade(self, submission_id: int) -> Grade | None:
        """Return the grade of a submission that counts, with decisions and lateness applied."""
        with reading(self.engine) as connection:
            return grades.current_document(connection, submission_id)

    def executions(self, lab_id: str) -> list[Stored]:
        """Return the newest run of each submission of a lab."""
        newest = sa.select(sa.func.max(execution.c.id)).group_by(execution.c.submission_id)
        query = (
            sa.select(submission.c.id, execution.c.exec_key, execution.c.run_folder, student.c.sid)
            .join(submission, submission.c.id == execution.c.submission_id)
            .join(lab, lab.c.id == submission.c.lab_id)
            .join(student, student.c.id == submission.c.student_id)
            .where(lab.c.slug == lab_id, execution.c.id.in_(newest))
            .order_by(submission.c.id)
        )
        with reading(self.engine) as connection:
            return [Stored(*row) for row in connection.execute(query)]

    # --- what is found out and decided -----------------------------------------------------------------------------

    def recorder(self, judged: JudgedRun) -> Callable[[Connection], None]:
        """Return what writes a judged run down, for the transaction in which the ledger records the result."""

        def store(connection: Connection) -> None:
            number = records.keep_execution(connection, judged)
            records.keep_judgement(connection, number, judged.judge_key, judged.grade)
            grades.project_submission(connection, self.actor, self._projection, judged.submission_id)

        return store

    def refuser(self, submission_id: int, code: str, message: str) -> Callable[[Connection], None]:
        """Return what writes down that a submission cannot be graded after all, for the ledger's transaction."""

        def store(connection: Connection) -> None:
            values = {"refused_code": code, "refused_message": message}
            connection.execute(sa.update(submission).where(submission.c.id == submission_id).values(**values))

        return store

    def decide(self, decision: Decision) -> tuple[int, int]:
        """Write a decision down and project the grades that it touches.

        Args:
            decision: what was decided.

        Returns:
            The decision's number, and how many grades changed.

        Raises:
            UsageFault: GR111, the gradebook does not know the lab or the student.
        """
        with writing(self.engine) as connection:
            number = decisions.decide(connection, decision)
            return number, self._project(connection, decision)

    def revoke(self, number: int, reason: str) -> int:
        """Revoke a decision; returns how many grades changed.

        Raises:
            UsageFault: GR111, there is no such decision in force.
        """
        with writing(self.engine) as connection:
            return self._project(connection, decisions.revoke(connection, number, self.actor, reason))

    def decisions(self) -> list[Decision]:
        """Return the decisions in force, oldest first."""
        with reading(self.engine) as connection:
            return decisions.in_force(connection)

    def reproject(self, lab_id: str | None = None) -> int:
        """Compute grades anew, after a change of the late policy; returns how many changed."""
        with writing(self.engine) as connection:
            return grades.reproject(connection, self.actor, self._projection, lab_id)

    # --- history and copies ----------------------------------------------------------------------------------------

    def events(self, kind: str | None = None, newest: int | None = None) -> list[Event]:
        """Return entries of the event log, oldest first."""
        with reading(self.engine) as connection:
            return list(events.entries(connection, kind, newest))

    def verify(self) -> int:
        """Follow the chain of the event log; returns its length.

        Raises:
            InternalFault: GR514, an entry was changed or removed.
        """
        with reading(self.engine) as connection:
            return events.verify(connection)

    def note_export(self, target: str, lab_id: str, path: Path, content: bytes, rows: int) -> bool:
        """Remember what was exported.

        Returns:
            Whether it differs from the last export of this kind.
        """
        digest = hashlib.sha256(content).hexdigest()
        with writing(self.engine) as connection:
            same = sa.select(export.c.digest).where(export.c.target == target, export.c.lab_slug == lab_id)
            last = connection.execute(same.order_by(export.c.id.desc()).limit(1)).scalar_one_or_none()
            values = {"target": target, "lab_slug": lab_id, "path": str(path), "digest": digest, "row_count": rows}
            connection.execute(sa.insert(export).values(**values, at=clock(connection)))
            events.append(connection, self.actor, "export", "lab", lab_id, target=target, digest=digest, rows=rows)
        return last != digest

    def back_up(self, target: Path) -> None:
        """Write a copy that can be opened again; see `keeping.back_up`."""
        keeping.back_up(self.engine, target)

    def write_parquet(self, folder: Path) -> dict[str, int]:
        """Write every table as Parquet; see `keeping.write_parquet`."""
        return keeping.write_parquet(self.engine, folder)

    def _project(self, connection: Connection, decision: Decision) -> int:
        sid = decision.student_id or None
        return grades.reproject(connection, self.actor, self._projection, decision.lab_id, sid)


def open_gradebook(place: str, actor: str, projection: Projection) -> Gradebook:
    """Open a gradebook; its tables are made or brought up to date.

    Args:
        place: the path of an SQLite file, or a PostgreSQL URL.
        actor: who works with it.
        projection: what turns a judgement into a grade.

    Raises:
        UsageFault: GR108, it cannot be opened.
        MachineFault: GR606, the driver is missing.
        InternalFault: GR513, the database failed.
    """
    engine = open_database(place)
    try:
        upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return Gradebook(engine, actor, projection)
