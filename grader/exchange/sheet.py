"""An instructor's own CSV file, read so that it can be written again the way the platform wrote it."""

import csv
import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from grader.errors import UsageFault
from grader.exchange.entry import Entry


@dataclass(frozen=True)
class Filled:
    """A filled file, and whom it concerns."""

    content: bytes
    """The file to upload."""
    filled: tuple[str, ...]
    """Students whose grade was written."""
    without_grade: tuple[str, ...]
    """Students of the file for whom there is no grade; their rows are left out or left alone."""
    without_row: tuple[str, ...]
    """Students with a grade whom the file does not hold; nobody is guessed."""
    notes: tuple[str, ...] = ()
    """What a person should know, such as another number of points."""


@dataclass(frozen=True)
class Sheet:
    """A table with what it takes to write it again."""

    rows: list[list[str]]
    """The header, then the rows, all of the same length."""
    delimiter: str
    """Between cells."""
    bom: bool
    """Whether the file began with a byte-order mark."""
    newline: str
    """Between rows."""
    decimal_comma: bool
    """Whether numbers are written with one."""

    @property
    def header(self) -> list[str]:
        """The first row."""
        return self.rows[0]

    def number(self, value: float) -> str:
        """Return points as this file writes numbers."""
        text = f"{value:.2f}"
        return text.replace(".", ",") if self.decimal_comma else text

    def written(self, rows: Sequence[Sequence[str]]) -> bytes:
        """Return rows as a file like this one."""
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.delimiter, lineterminator=self.newline).writerows(rows)
        return ("\ufeff" * self.bom + text.getvalue()).encode("utf-8")

    def place_of(self, name: str) -> int | None:
        """Return the column of this name."""
        return self.place_among({name.casefold()})

    def place_among(self, names: Collection[str]) -> int | None:
        """Return the first column with one of these names, given in lower case."""
        return next((place for place, cell in enumerate(self.header) if cell.strip().casefold() in names), None)

    def places_named(self, columns: Mapping[str, str]) -> dict[int, str]:
        """Return what the columns mean, by place; names are given in lower case."""
        cells = enumerate(cell.strip().casefold() for cell in self.header)
        return {place: columns[cell] for place, cell in cells if cell in columns}


def read_sheet(original: bytes) -> Sheet:
    """Read a file that was exported from a platform.

    Raises:
        UsageFault: GR112, it is no table.
    """
    try:
        text = original.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise UsageFault("GR112", "The file is not UTF-8 text.", "Download it again as CSV.") from exc
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    if not rows or len(rows[0]) < 2:
        raise UsageFault("GR112", "The file is no table with a header.")
    width = len(rows[0])
    return Sheet(
        rows=[row + [""] * (width - len(row)) for row in rows],
        delimiter=delimiter,
        bom=original.startswith(b"\xef\xbb\xbf"),
        newline="\r\n" if "\r\n" in text else "\n",
        decimal_comma=delimiter == ";" and bool(re.search(r";\d+,\d+(;|\r?\n)", text)),
    )


def finder(entries: Sequence[Entry], columns: Mapping[int, str]) -> Callable[[Sequence[str], str], Entry | None]:
    """Return what finds the grade of a row in a lab, by ids alone: names are not unique.

    Args:
        entries: the grades.
        columns: which kind of id is in which column.
    """
    known: dict[tuple[str, str, str], Entry] = {}
    for entry in entries:
        ids = {"login": entry.sid, **entry.lms, "sid": entry.sid, "email": entry.email}
        for kind, value in ids.items():
            if value:
                known[entry.lab_id, kind, value.casefold()] = entry

    def find(row: Sequence[str], lab_id: str) -> Entry | None:
        for place, kind in columns.items():
            value = row[place].strip().casefold()
            value = value.rpartition(" ")[2] if kind == "moodle" else value  # `Participant 12`, in any language
            entry = known.get((lab_id, kind, value))
            if entry is not None:
                return entry
        return None

    return find


def number_of(text: str) -> float | None:
    """Return a number as people write it; None for anything else."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def value_for(entry: Entry, worth: float | None) -> float | None:
    """Return the points for a column that is worth so much; None without a grade."""
    return entry.counted if worth is None else entry.scaled_to(worth)


def unplaced(entries: Sequence[Entry], found: Collection[tuple[str, str]], labs: Collection[str]) -> tuple[str, ...]:
    """Return students who have a grade in one of these labs and were not found in a file."""
    graded = [entry for entry in entries if entry.points is not None and entry.lab_id in labs]
    return tuple(sorted({entry.sid for entry in graded if (entry.sid, entry.lab_id) not in found}))
