"""Reads the list of a class, and finds in it the students whom a download names."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageFault
from grader.intake.handins.base import Who
from grader.intake.student import safe_id

#: Column -> its usual names, in lower case, letters and digits only; Canvas's and Moodle's own exports are among them.
_COLUMNS = {
    "id": ("id", "sid", "studentid", "sisuserid", "matriculation", "idnumber"),
    "name": ("name", "fullname", "student", "studentname"),
    "first": ("firstname", "givenname"),
    "last": ("lastname", "surname", "familyname"),
    "email": ("email", "emailaddress", "mail"),
    "section": ("section", "group", "class", "tutorial"),
    "canvas": ("canvasid", "canvas"),
    "moodle": ("identifier", "moodleid", "moodle", "participant"),
    "login": ("sisloginid", "login", "username", "netid", "user"),
    "github": ("github", "githubusername"),
}
_LMS = ("canvas", "moodle", "login", "github")
_MOST_BYTES = 16 * 1024**2


@dataclass(frozen=True)
class Student:
    """One student of the class."""

    sid: str
    """The id that the grader uses."""
    name: str
    """As people write it."""
    email: str
    """Address."""
    section: str
    """Group or section."""
    lms: dict[str, str]
    """Ids by system."""


class Roster:
    """The list of a class."""

    def __init__(self, students: Iterable[Student] = ()) -> None:
        """Index the students by everything that may name them; what names two of them names nobody."""
        self.students = tuple(students)
        self._by_word: dict[str, Student | None] = {}
        for student in self.students:
            for word in _words(student):
                self._by_word[word] = student if self._by_word.get(word, student) is student else None

    def find(self, who: Who) -> Student | None:
        """Return the student whom a download names; None when nobody, or several, could be meant.

        Args:
            who: from a download.
        """
        words = [f"{system}:{value.casefold()}" for system, value in who.lms.items()]
        words += [text.strip().casefold() for text in (who.email, who.key) if text.strip()]
        words += [_folded(text) for text in (who.name, who.key) if _folded(text)]
        return next((student for word in words if (student := self._by_word.get(word))), None)


def read_roster(path: Path) -> Roster:
    """Read a roster: CSV with a header, separated by comma, semicolon or tab.

    Args:
        path: the file; an export of Canvas's gradebook or of Moodle's worksheet will do.

    Raises:
        UsageFault: GR102, it cannot be read; GR109, it is no such table, or two students have the same id.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageFault("GR109", f"{path.name} is too large for the list of a class.")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise UsageFault("GR102", f"{path} cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise UsageFault("GR109", f"{path.name} is not UTF-8 text.", "Save it as CSV in UTF-8.") from exc
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter, strict=False)
    places = _places(next(rows, []))
    students = [student for row in rows if (student := _student(row, places))]
    if not students:
        raise UsageFault("GR109", f"{path.name} names no students; its columns are: {header.strip()[:200]}.")
    ids = [student.sid for student in students]
    twice = sorted({sid for sid in ids if ids.count(sid) > 1})
    if twice:
        raise UsageFault("GR109", f"{path.name} names these ids twice: {', '.join(twice[:5])}.")
    return Roster(students)


def _places(header: list[str]) -> dict[str, int]:
    plain = [re.sub(r"[^a-z0-9]", "", cell.casefold()) for cell in header]
    if "sisloginid" in plain and "id" in plain:  # Canvas calls its own number ID
        plain[plain.index("id")] = "canvasid"
    found: dict[str, int] = {}
    for column, names in _COLUMNS.items():
        place = next((plain.index(name) for name in names if name in plain), None)
        if place is not None:
            found[column] = place
    return found


def _student(row: list[str], places: Mapping[str, int]) -> Student | None:
    values = {column: row[place].strip() if place < len(row) else "" for column, place in places.items()}
    name = values.get("name") or " ".join(filter(None, (values.get("first", ""), values.get("last", ""))))
    if "points possible" in name.casefold() or name == "Student, Test":
        return None
    lms = {system: values[system] for system in _LMS if values.get(system)}
    if "moodle" in lms:
        lms["moodle"] = lms["moodle"].split()[-1]  # `Participant 12`, in any language
    named = (values.get("id"), lms.get("login"), values.get("email"), lms.get("github"), *lms.values())
    key = next((text for text in named if text), "")
    if not key:
        return None
    return Student(safe_id(key), name, values.get("email", ""), values.get("section", ""), lms)


def _words(student: Student) -> set[str]:
    words = {f"{system}:{value.casefold()}" for system, value in student.lms.items()}
    words |= {text.casefold() for text in (student.sid, student.email, *student.lms.values()) if text}
    if student.name:
        words |= {_folded(student.name), _folded(_turned(student.name))}
    return words - {""}


def _turned(name: str) -> str:
    """`Lovelace, Ada` is Ada Lovelace, and the other way round."""
    last, comma, first = name.partition(",")
    if comma:
        return f"{first} {last}"
    first, _, last = name.rpartition(" ")
    return f"{last} {first}"


def _folded(text: str) -> str:
    """Canvas writes names in lower case, without anything but letters and digits."""
    return re.sub(r"[\W_]+", "", text.casefold())
