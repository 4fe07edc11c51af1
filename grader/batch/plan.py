"""Looks at what was handed in before anything is run: whose it is, which lab, and whether it can be graded."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.errors import GraderError, SubmissionFault, UsageFault
from grader.gradebook.records import Handin, Person
from grader.intake.handins.base import HandedIn
from grader.intake.handins.roster import Roster, Student
from grader.intake.source import printable, read_source
from grader.intake.student import safe_id
from grader.intake.submission import Accepted, inspect_notebook, size_limit
from grader.model.lab import Lab


@dataclass(frozen=True)
class Planned:
    """One file that was handed in, looked at."""

    person: Person
    """Whose it is."""
    handin: Handin
    """What goes into the gradebook."""
    accepted: Accepted | None
    """The notebook; None when it cannot be graded."""
    lab: Lab | None
    """The lab that it answers."""
    shown: str
    """How a person finds it."""


def look_at(
    handed: HandedIn, labs: Sequence[Lab], roster: Roster, now: dt.datetime, named: Lab | None = None
) -> Planned:
    """Look at one file; whatever it is, this does not raise, so that one bad file does not stop a class.

    Args:
        handed: the file and what the download says of it.
        labs: the labs that there are.
        roster: the list of the class, may be empty.
        now: when we saw it.
        named: the lab that the caller named.
    """
    person = _person(handed, roster)
    handin = Handin(
        sid=person.sid,
        content_sha="",
        received=handed.received or now,
        time_known=handed.received is not None,
        late_mark=handed.late_mark,
        source=handed.source,
        file_name=printable(handed.path.name, 300),
    )
    content = b""
    try:
        content = read_source(handed.path, size_limit(named, labs))
        accepted = inspect_notebook(content, handed.path.name, labs, lab=named, path=handed.path, student_id=person.sid)
    except (SubmissionFault, UsageFault) as fault:
        lab = named or _by_name(handed, labs)
        return _refused(Planned(person, handin, None, lab, handed.shown), content, fault)
    handin = replace(handin, content_sha=accepted.submission.sha256, lab_id=accepted.lab.id)
    return Planned(person, handin, accepted, accepted.lab, handed.shown)


def people_of(roster: Roster) -> list[Person]:
    """Return the students of a roster as the gradebook keeps them."""
    return [_enrolled(student) for student in roster.students]


def _person(handed: HandedIn, roster: Roster) -> Person:
    student = roster.find(handed.who)
    if student is not None:
        known = _enrolled(student)
        return replace(known, lms=handed.who.lms | known.lms)
    who = handed.who
    return Person(safe_id(who.key), who.name, who.email, lms=who.lms, enrolled=not roster.students)


def _enrolled(student: Student) -> Person:
    return Person(student.sid, student.name, student.email, student.section, student.lms)


def _by_name(handed: HandedIn, labs: Sequence[Lab]) -> Lab | None:
    """A file that cannot be read may still be called like its lab."""
    return next((lab for lab in labs if lab.slug in handed.path.name), labs[0] if len(labs) == 1 else None)


def _refused(planned: Planned, content: bytes, fault: GraderError) -> Planned:
    # a file that was not read is known by its place
    sha = hashlib.sha256(content or planned.shown.encode("utf-8", "surrogatepass")).hexdigest()
    refused = replace(
        planned.handin,
        content_sha=sha,
        lab_id=planned.lab.id if planned.lab else None,
        refused_code=fault.code,
        refused_message=fault.message,
    )
    return replace(planned, handin=refused)
