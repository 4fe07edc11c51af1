"""Numbers and names as people read them in the sentences of a verdict."""

import math
import unicodedata

#: Characters of one message for a student, and of one staff field.
MESSAGE_LIMIT = 2_000
STAFF_LIMIT = 20_000

Scalar = str | float | int | bool | None


def number(value: float) -> str:
    """Write a number with as many digits as help: 0.9155, 1,154, 3.2e-06.

    Args:
        value: any number.

    Returns:
        Its text.
    """
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 10**15 else f"{float(value):.4g}"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("infinity" if value > 0 else "-infinity")
    if value == 0.0 or 1e-4 <= abs(value) < 1e6:
        text = f"{value:,.4f}".rstrip("0")
        return text + "0" if text.endswith(".") else text
    return f"{value:.4g}"


def shown(value: Scalar, unit: str = "") -> str:
    """Write a value of an evidence row with its unit.

    Args:
        value: what was measured or claimed.
        unit: appended after a space, except for a unit that brings its own.

    Returns:
        Its text.
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = printable(value, 200) if isinstance(value, str) else number(value)
    return f"{text} {unit.strip()}" if unit.strip() else text


def printable(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Drop control characters that a terminal or a page could obey, and cut what is too long.

    Args:
        text: words that may come from a student's file.
        limit: the most characters to keep.

    Returns:
        The text, ending in an ellipsis when it was cut.
    """
    clean = "".join(
        letter
        for letter in text[: limit + 1]
        if letter in "\n\t" or unicodedata.category(letter) not in {"Cc", "Cf", "Cs"}
    )
    return clean if len(text) <= limit else clean[:limit] + "…"


def plain(value: object) -> Scalar:
    """Bring a value into the four JSON kinds; numpy scalars become Python's.

    Args:
        value: what a check wants to show.

    Returns:
        A string, a number, a truth value or None.

    Raises:
        TypeError: it is none of these: a mistake of the check's author.
    """
    item = getattr(value, "item", None)
    if callable(item) and not isinstance(value, str | int | float):
        value = item()
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return float(value) if abs(value) < 10**300 else math.copysign(math.inf, value)
    if value is None or isinstance(value, bool | int | float):
        return value
    raise TypeError(f"A row of evidence shows text, a number or yes/no, not {type(value).__name__}.")
