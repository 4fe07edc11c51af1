"""Fills grades into a grading worksheet that the instructor downloaded from Moodle."""

from collections.abc import Sequence

from grader.errors import UsageFault
from grader.exchange.entry import Entry
from grader.exchange.sheet import Filled, Sheet, finder, number_of, read_sheet, unplaced, value_for
from grader.model.safe_text import csv_text

#: A worksheet's header is in the site's language: these are the ones that are known here.
_GRADE = frozenset({"grade", "bewertung", "note", "calificación", "nota", "valutazione", "cijfer", "ocena"})
_MOST = frozenset({"maximum grade", "bestwertung", "note maximale", "calificación máxima", "maximale cijfer"})
_FEEDBACK = frozenset({"feedback comments", "feedback als kommentar", "commentaires", "feedback mediante comentarios"})
_IDS = {"email address": "email", "e-mail-adresse": "email", "id number": "sid", "username": "login"}


def fill_moodle(original: bytes, entries: Sequence[Entry], column: str | None = None) -> Filled:
    """Fill a grading worksheet.

    Every row and column stays; only grade and feedback change. By *Last modified (grade)* Moodle finds grades that were
    changed meanwhile, so that column stays as it is.

    Args:
        original: the downloaded worksheet.
        entries: grades of one lab.
        column: header of the grade column, where the site's language is not known here.

    Raises:
        UsageFault: GR112, it is no worksheet, or the grades are of several labs.
    """
    labs = {entry.lab_id for entry in entries}
    if len(labs) > 1:
        raise UsageFault("GR112", "A worksheet of Moodle is for one assignment.", "Name the lab with `--lab`.")
    sheet = read_sheet(original)
    place = _grade_place(sheet, column)
    most, feedback = sheet.place_among(_MOST), sheet.place_among(_FEEDBACK)
    find = finder(entries, {0: "moodle", **sheet.places_named(_IDS)})
    rows = [sheet.header]
    filled: list[str] = []
    missing: list[str] = []
    notes: set[str] = set()
    found: set[tuple[str, str]] = set()
    for row in sheet.rows[1:]:
        entry = find(row, next(iter(labs), ""))
        worth = None if most is None else number_of(row[most])
        value = None if entry is None else value_for(entry, worth)
        if entry is None or value is None:
            missing.append(f"{row[1]} ({row[0]})" if row[1] else row[0])
            rows.append(row)
            continue
        if worth is not None and entry.total is not None and worth != entry.total:
            notes.add(f"Grades are scaled from {entry.total:g} to {worth:g} points.")
        found.add((entry.sid, entry.lab_id))
        filled.append(row[0])
        cells = {place: sheet.number(value)}
        if feedback is not None and entry.comment:
            cells[feedback] = csv_text(entry.comment)
        rows.append([cells.get(number, cell) for number, cell in enumerate(row)])
    left = unplaced(entries, found, labs)
    return Filled(sheet.written(rows), tuple(filled), tuple(missing), left, tuple(sorted(notes)))


def _grade_place(sheet: Sheet, column: str | None) -> int:
    place = sheet.place_of(column) if column else sheet.place_among(_GRADE)
    if place is None:
        shown = ", ".join(sheet.header[:12])
        raise UsageFault("GR112", f"No column for the grade was seen. There are: {shown}.", "Name it: `--column NAME`.")
    return place
