"""Numbers, evidence and moments as people read them."""

import math
from datetime import datetime

from grader.model.quantities import size
from grader.model.safe_text import one_line

_VALUE_CHARACTERS = 240
_EXACT_INTEGER = 10**15


def points(value: float) -> str:
    """Return points with at most two decimals: `6.2`, `9`."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def figure(value: float, unit: str = "") -> str:
    """Return a number with its unit.

    Args:
        value: any int or float, also NaN, infinite or huge.
        unit: put after the number; `%` keeps a space.

    Returns:
        Four significant digits for a float, separators of thousands for an int.
    """
    words = _integer(value) if isinstance(value, int) else _real(value)
    return f"{words} {unit.strip()}" if unit.strip() else words


def _integer(value: int) -> str:
    if abs(value) < _EXACT_INTEGER:
        return f"{value:,}"
    return f"{'-' if value < 0 else ''}about 10^{int(value.bit_length() * 0.30103)}"


def _real(value: float) -> str:
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    if abs(value) >= 10_000:
        return f"{value:,.0f}" if abs(value) < _EXACT_INTEGER else f"{value:.3g}"
    return f"{value:.4g}"


def evidence(value: str | float | bool | None, unit: str = "") -> str:
    """Return one cell of an evidence table.

    Args:
        value: what was claimed or measured; strings are hostile.
        unit: of a number.

    Returns:
        One printable line, a dash for None.
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return one_line(value, _VALUE_CHARACTERS)
    return size(value) if unit == "bytes" and abs(value) >= _EXACT_INTEGER else figure(value, one_line(unit, 24))


def moment(iso: str) -> str:
    """Return a date and time with its zone: `23 November 2026, 14:05 UTC+01:00`.

    Args:
        iso: ISO 8601; anything else is given back as one printable line.
    """
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return one_line(iso, 40)
    zone = (when.tzname() or "").replace("UTC+00:00", "UTC")
    return f"{when.day} {when:%B %Y, %H:%M} {zone}".rstrip()
