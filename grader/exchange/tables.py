"""Tables of a class that we write ourselves: our own CSV, and the one of nbgrader's exporter."""

import csv
import io
from collections.abc import Iterable, Sequence

from grader.exchange.entry import Entry, counted
from grader.model.safe_text import csv_text

#: nbgrader/plugins/export.py.
NBGRADER = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)
OWN = (
    *("lab", "student", "name", "email", "section", "state", "attempts", "received", "late_seconds"),
    *("raw", "points", "possible", "total", "counted", "run", "code", "comment"),
)


def own_table(entries: Sequence[Entry]) -> bytes:
    """Return everything that is known of each student, one row per student and lab."""
    return _written(OWN, (_own(entry) for entry in entries))


def nbgrader_table(entries: Sequence[Entry]) -> bytes:
    """Return the table that `nbgrader export` writes: a row for every student and assignment, 0 for what is missing."""
    return _written(NBGRADER, (_nbgrader(entry) for entry in entries if entry.lab_id))


def _own(entry: Entry) -> list[str]:
    texts = (entry.lab_id, entry.sid, entry.name, entry.email, entry.section, entry.state)
    received = "" if entry.received is None else entry.received.isoformat(timespec="seconds")
    numbers = (entry.raw, entry.points, entry.possible, entry.total, entry.counted)
    return [
        *map(csv_text, texts),
        str(entry.attempts),
        received,
        str(entry.late_seconds),
        *("" if number is None else f"{number:.2f}" for number in numbers),
        *map(csv_text, (entry.run_id, entry.code, entry.comment)),
    ]


def _nbgrader(entry: Entry) -> list[str]:
    first, last = split_name(entry.name)
    score = entry.counted or 0.0
    raw = score
    if entry.raw is not None and entry.possible and entry.total is not None:
        raw = counted(entry.raw, entry.possible, entry.total) or 0.0
    received = "" if entry.received is None or entry.points is None else entry.received.strftime("%Y-%m-%d %H:%M:%S")
    texts = (entry.lab_id, entry.due, received, entry.sid, last, first, entry.email)
    penalty = max(0.0, raw - score)
    numbers = (raw, penalty, score, entry.total or 0.0)
    return [*map(csv_text, texts), *(f"{number:.2f}" for number in numbers)]


def split_name(name: str) -> tuple[str, str]:
    """Return first and last name: `Lovelace, Ada` and `Ada Lovelace` are the same."""
    last, comma, first = name.partition(",")
    if comma:
        return first.strip(), last.strip()
    first, _, last = name.strip().rpartition(" ")
    return (first, last) if first else (last, "")


def _written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")
