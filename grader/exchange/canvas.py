"""Fills grades into a gradebook that the instructor exported from Canvas."""

import re
from collections.abc import Mapping, Sequence

from grader.errors import UsageFault
from grader.exchange.entry import Entry
from grader.exchange.sheet import Filled, Sheet, finder, number_of, read_sheet, unplaced, value_for
from grader.model.safe_text import csv_text

#: `Title (id)`: gradebook_importer.rb of canvas-lms.
_ASSIGNMENT = re.compile(r"^(?P<title>.*)\s\((?P<id>\d+)\)$")
_IDS = {"id": "canvas", "sis user id": "sid", "sis login id": "login"}


def fill_canvas(original: bytes, entries: Sequence[Entry], column: str | None = None) -> Filled:
    """Fill a gradebook.

    Student columns and the assignments' headers stay; other assignments and read-only columns are dropped, so an upload
    changes nothing else. Students without a grade are left out: a blank cell would count as a change.

    Args:
        original: the exported file.
        entries: grades of one or more labs.
        column: title or id of the assignment, where there is one lab and its title does not tell.

    Raises:
        UsageFault: GR112, it is no export of Canvas, or has no column for these labs.
    """
    sheet = read_sheet(original)
    section = sheet.place_of("section")
    if section is None or not any(word in sheet.header[0].casefold() for word in ("student", "lastname")):
        raise UsageFault("GR112", "The file is no gradebook of Canvas: no columns Student and Section.")
    places = _assignments(sheet, section, entries, column)
    worth = {place: _worth(sheet, place) for place in places}
    find = finder(entries, sheet.places_named(_IDS))
    kept = (*range(section + 1), *places)
    rows = [[sheet.header[place] for place in kept]]
    filled: list[str] = []
    missing: list[str] = []
    found: set[tuple[str, str]] = set()
    for row in sheet.rows[1:]:
        grades = {place: entry for place, lab_id in places.items() if (entry := find(row, lab_id))}
        found |= {(entry.sid, entry.lab_id) for entry in grades.values()}
        values = {place: value_for(entry, worth[place]) for place, entry in grades.items()}
        cells = {place: sheet.number(value) for place, value in values.items() if value is not None}
        if cells or _is_points_row(row):
            rows.append([cells.get(place, _plain(row, place, section)) for place in kept])
        if cells:
            filled.append(row[0])
        elif not _is_points_row(row) and row[0].strip() and row[0] != "Student, Test":
            missing.append(row[0])
    left = unplaced(entries, found, places.values())
    return Filled(sheet.written(rows), tuple(filled), tuple(missing), left, _notes(worth, places, entries))


def _assignments(sheet: Sheet, section: int, entries: Sequence[Entry], column: str | None) -> dict[int, str]:
    """Return the columns of the labs, by place."""
    labs = {entry.lab_id: entry for entry in entries}
    if column is not None and len(labs) > 1:
        raise UsageFault("GR112", "With --column, one lab is exported.", "Name the lab with `--lab`.")
    later = range(section + 1, len(sheet.header))
    titles = {place: found for place in later if (found := _ASSIGNMENT.match(sheet.header[place].strip()))}
    places: dict[int, str] = {}
    for lab_id, entry in labs.items():
        fits = [place for place, found in titles.items() if _fits(found, entry, column)]
        if len(fits) == 1:
            places[fits[0]] = lab_id
    if not places:
        shown = ", ".join(found["title"] for found in titles.values()) or "none"
        hint = "Name its title or id with `--column`."
        raise UsageFault("GR112", f"No assignment of the file is called like a lab. There are: {shown}.", hint)
    return dict(sorted(places.items()))


def _fits(found: re.Match[str], entry: Entry, column: str | None) -> bool:
    if column is not None:
        return column in {found["id"], found["title"], found[0]}
    title = found["title"].casefold()
    # `Lab 2.5.4: ...` is lab 2.5.4, and neither 2.5 nor 2.5.41
    named = re.search(rf"(?<![\d.]){re.escape(entry.lab_id)}(?!\.?\d)", title)
    return title == entry.lab_title.casefold() or named is not None


def _worth(sheet: Sheet, place: int) -> float | None:
    return next((number_of(row[place]) for row in sheet.rows[1:] if _is_points_row(row)), None)


def _is_points_row(row: Sequence[str]) -> bool:
    return "points possible" in row[0].casefold()


def _plain(row: Sequence[str], place: int, section: int) -> str:
    """Names and sections are texts of strangers; ids are what the platform matches by."""
    if _is_points_row(row):
        return row[place]
    return csv_text(row[place]) if place in {0, section} else row[place]


def _notes(worth: Mapping[int, float | None], places: Mapping[int, str], entries: Sequence[Entry]) -> tuple[str, ...]:
    by_lab = {lab_id: worth[place] for place, lab_id in places.items()}
    notes: set[str] = set()
    for entry in entries:
        most = by_lab.get(entry.lab_id)
        if entry.lab_id not in by_lab:
            notes.add(f"The file has no column for lab {entry.lab_id}.")
        elif most is not None and entry.total and most != entry.total:
            notes.add(f"Grades of lab {entry.lab_id} are scaled from {entry.total:g} to {most:g} points.")
    return tuple(sorted(notes))
