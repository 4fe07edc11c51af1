"""The table *you report / required / we measured* that a check fills, row by row."""

import math
from dataclasses import dataclass, field, replace
from typing import Any, SupportsFloat, SupportsIndex

from grader.checking.plots import PlotKind, make_plot
from grader.checking.words import Scalar, number, plain, printable, shown
from grader.model.verdict import EvidenceRow, Plot

Number = SupportsFloat | SupportsIndex


@dataclass
class _Entry:
    row: EvidenceRow
    fraction: float | None = None


@dataclass(frozen=True)
class Conclusion:
    """What the rows of one check say together."""

    fraction: float
    """0 to 1 of the check's points."""
    message: str
    """The sentence of the first row that is not met; empty when all are."""
    hint: str
    mistake: str


@dataclass
class Evidence:
    """What one check shows: all rows are kept; the first that is not met decides when the check's body has ended."""

    plots: list[Plot] = field(default_factory=list[Plot])
    _entries: list[_Entry] = field(default_factory=list[_Entry])
    _overall: float | None = None
    _mistake: tuple[str, str] = ("", "")

    @property
    def rows(self) -> tuple[EvidenceRow, ...]:
        """The rows so far."""
        return tuple(entry.row for entry in self._entries)

    def at_least(
        self, label: str, measured: Number, required: float, *, claimed: Scalar = None, unit: str = "", hint: str = ""
    ) -> bool:
        """Ask for a number that is `required` or more.

        Args:
            label: what was measured.
            measured: our number; NaN is never enough.
            required: the least that is asked for.
            claimed: what the student's file says about it.
            unit: such as `%` or `bytes`.
            hint: the next step when it is less.

        Returns:
            Whether the row is met.
        """
        value = _figure(measured)
        asked = f"at least {shown(required, unit)}"
        return self._bounded(label, value, met=value >= required, required=asked, claimed=claimed, unit=unit, hint=hint)

    def at_most(
        self, label: str, measured: Number, required: float, *, claimed: Scalar = None, unit: str = "", hint: str = ""
    ) -> bool:
        """Ask for a number that is `required` or less; as `at_least`."""
        value = _figure(measured)
        asked = f"at most {shown(required, unit)}"
        return self._bounded(label, value, met=value <= required, required=asked, claimed=claimed, unit=unit, hint=hint)

    def between(
        self,
        label: str,
        measured: Number,
        low: float,
        high: float,
        *,
        claimed: Scalar = None,
        unit: str = "",
        hint: str = "",
    ) -> bool:
        """Ask for a number from `low` to `high`, both included; as `at_least`."""
        value = _figure(measured)
        asked, met = f"from {number(low)} to {shown(high, unit)}", low <= value <= high
        return self._bounded(label, value, met=met, required=asked, claimed=claimed, unit=unit, hint=hint)

    def agrees(
        self,
        label: str,
        claimed: object,
        measured: Number,
        tol: float,
        *,
        relative: bool = False,
        unit: str = "",
        hint: str = "",
    ) -> bool:
        """Ask that what the student reports is what we measure.

        Args:
            label: what is compared.
            claimed: what the student's file says; anything but a number agrees with nothing.
            measured: ours.
            tol: the largest difference, in the unit of the number; of the measured one when `relative`.
            relative: whether `tol` is a fraction of the measured number.
            unit: such as `bytes`.
            hint: the next step when they differ.

        Returns:
            Whether the row is met.
        """
        theirs, ours = _claim(claimed), _figure(measured)
        required = "the measured value"
        if tol:
            required = f"within {shown(100 * tol, '%') if relative else shown(tol, unit)} of {required}"
        met = False
        if isinstance(theirs, int | float) and not isinstance(theirs, bool):
            # a difference of decimal fractions carries rounding noise: 0.93 - 0.91 is a little more than 0.02
            allowed = (tol * abs(ours) if relative else tol) + 1e-12 * max(abs(ours), 1.0)
            met = abs(theirs - ours) <= allowed
        sentence = "" if met else f"{label}: you report {shown(theirs, unit)}, we measure {shown(ours, unit)}."
        return self._add(EvidenceRow(label, _cell(ours), required, _cell(theirs), unit, met, sentence, hint))

    def equals(
        self,
        label: str,
        measured: object,
        required: object,
        *,
        claimed: Scalar = None,
        unit: str = "",
        hint: str = "",
    ) -> bool:
        """Ask for exactly one value: a text, a whole number, yes or no.

        Args:
            label: what was looked at.
            measured: what was found.
            required: what is asked for; shown to the student.
            claimed: what the student's file says about it.
            unit: of both values.
            hint: the next step when they differ.

        Returns:
            Whether the row is met.
        """
        found, asked = plain(measured), plain(required)
        # True equals 1 in Python; a truth value where a number belongs is a mistake all the same
        met = found == asked and isinstance(found, bool) == isinstance(asked, bool)
        sentence = "" if met else f"{label}: {shown(found, unit)} found, {shown(asked, unit)} required."
        return self._add(EvidenceRow(label, _cell(found), shown(asked, unit), claimed, unit, met, sentence, hint))

    def holds(
        self,
        label: str,
        condition: object,
        sentence: str = "",
        *,
        measured: object = None,
        required: str = "yes",
        claimed: Scalar = None,
        hint: str = "",
    ) -> bool:
        """Ask that something is so.

        Args:
            label: what is asked for, as a statement: `The loss falls`.
            condition: whether it is so.
            sentence: what to tell the student when it is not.
            measured: what to show in the table; yes or no when left out.
            required: what is asked for, in words.
            claimed: what the student's file says about it.
            hint: the next step when it is not so.

        Returns:
            Whether the row is met.
        """
        met = bool(condition)
        found = plain(measured) if measured is not None else met
        told = "" if met else sentence or f"{label}: not yet."
        return self._add(EvidenceRow(label, _cell(found), required, claimed, "", met, told, hint))

    def note(self, label: str, measured: object, *, claimed: Scalar = None, unit: str = "") -> None:
        """Show a value that decides nothing."""
        self._add(EvidenceRow(label, _cell(plain(measured)), "", claimed, unit, None))

    def plot(self, kind: PlotKind, title: str = "", **data: Any) -> None:
        """Add a small chart; the data by kind is described at `grader.model.verdict.Plot`.

        Args:
            kind: `curve`, `bars`, `confusion` or `slices`.
            title: what it shows.
            **data: as the kind asks; for `bars` also `values={name: number}`, for `slices` also a mapping of
                `{name: {accuracy or value, n, low, high}}`.

        Raises:
            ValueError: the data does not fit the kind: a mistake of the check's author.
        """
        self.plots.append(make_plot(kind, title, data))

    def partial(self, fraction: Number) -> None:
        """Give a part of the points for the row before, or for the whole check when there is no row yet.

        The check earns the smallest fraction of its rows; a row that is not met and has no fraction earns nothing.

        Args:
            fraction: of the points; cut to 0 to 1, so `(measured - floor) / (goal - floor)` can be given as it is.
        """
        value = float(fraction)
        share = 0.0 if math.isnan(value) else min(max(value, 0.0), 1.0)
        if self._entries:
            self._entries[-1].fraction = share
        else:
            self._overall = share

    def mistake(self, name: str, hint: str = "") -> None:
        """Say which usual mistake the evidence shows; kept only when the check is not met.

        Args:
            name: a short name with hyphens, the same in every lab: `tokenizer-mismatch`.
            hint: the next step, before that of a row or of the check.
        """
        if not self._mistake[0]:
            self._mistake = (name, hint)

    def conclude(self) -> Conclusion:
        """Say what the rows mean together; called when the check's body has ended."""
        shares = [1.0 if self._overall is None else self._overall]
        shares += [_share(entry) for entry in self._entries]
        fraction = min(shares)
        if fraction >= 1.0:
            return Conclusion(1.0, "", "", "")
        first = next((entry.row for entry in self._entries if entry.row.met is False), None)
        name, hint = self._mistake
        if first is None:
            return Conclusion(fraction, f"This is there in part: {100 * fraction:.0f} %.", hint, name)
        return Conclusion(fraction, first.sentence, hint or first.hint, name)

    def blame(self, message: str, hint: str) -> tuple[str, str]:
        """Return the mistake and the hint for a failure that was raised with these words."""
        name, own = self._mistake
        return name, hint or own or ("" if message else self.conclude().hint)

    def _bounded(
        self, label: str, value: float, *, met: bool, required: str, claimed: Scalar, unit: str, hint: str
    ) -> bool:
        sentence = "" if met else f"{label}: {shown(value, unit)} measured, {required} required."
        return self._add(EvidenceRow(label, _cell(value), required, claimed, unit, met, sentence, hint))

    def _add(self, row: EvidenceRow) -> bool:
        self._entries.append(_Entry(replace(row, claimed=_cell(_claim(row.claimed)), sentence=printable(row.sentence))))
        return row.met is not False


def _share(entry: _Entry) -> float:
    if entry.row.met is False:
        # a row that is not met never earns everything, however the fraction was rounded
        return min(entry.fraction or 0.0, 0.99)
    return 1.0 if entry.fraction is None else entry.fraction


def _figure(value: Number) -> float:
    """The number behind a measured value, whole numbers kept whole; text and truth values are an author's mistake."""
    found = plain(value)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise TypeError(f"A number is compared, not {value!r}.")
    return found


def _claim(value: object) -> Scalar:
    """A value of the student's, whatever it is: text, a number, or a word for what cannot be shown in a cell."""
    try:
        return plain(value)
    except TypeError:
        return "something else"


def _cell(value: Scalar) -> Scalar:
    """A value as JSON can hold it: NaN and infinity as words."""
    return number(value) if isinstance(value, float) and not math.isfinite(value) else value
