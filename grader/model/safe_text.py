"""Text that strangers wrote, made harmless for what reads it: spreadsheets, logs of CI, terminals."""

import re
import unicodedata

#: A spreadsheet takes a cell that begins with one of these for a formula; the last four are their wide forms.
_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
#: Reverse or isolate text where it is shown, so that a line can lie about itself.
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SEPARATORS = frozenset({"Cc", "Zl", "Zp", "Cs"})
#: What runners of CI look for: `::command::` where a line begins, `##[command]` and `##teamcity[` anywhere in it.
_COLONS = re.compile(r"^(\s*)(?=::)")
_HASHES = re.compile(r"#(?=#\w*\[)")
_LONGEST_CELL = 32_000
_LONGEST_LINE = 2_000


def one_line(text: str, longest: int = _LONGEST_LINE) -> str:
    """Return text as one line that a terminal shows and does not obey.

    Args:
        text: anything.
        longest: characters after which it is cut.

    Returns:
        Runs of white space as one space, other control characters as their escapes.
    """
    flat = " ".join(text[: 4 * longest].split())
    shown = "".join(_escaped(char) for char in flat[: longest + 1])
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def csv_text(text: str) -> str:
    """Return a text for a CSV cell that no spreadsheet takes for a formula.

    For texts only: write numbers as numbers. Quoting is the CSV writer's.

    Args:
        text: anything, such as a student's name or message.

    Returns:
        One line; an apostrophe stands before what would have been a formula.
    """
    shown = one_line(text, _LONGEST_CELL)
    # some readers drop characters without a width first
    first = next((char for char in shown if unicodedata.category(char) != "Cf"), "")
    return f"'{shown}" if first in _FORMULA else shown


def log_line(line: str) -> str:
    """Return a line that no runner of CI takes for a command: the text of a student could fake an annotation.

    Args:
        line: printable, such as a piece of a message that quotes a student.

    Returns:
        The line; a command of GitHub, Azure or TeamCity is broken by a sign or a space.
    """
    return _COLONS.sub(r"\1· ", _HASHES.sub("# ", line))


def github_data(text: str) -> str:
    """Return the text of a GitHub workflow command, what stands after its second `::`.

    Args:
        text: anything; line ends stay line ends in the annotation.

    Returns:
        The text as the runner wants it escaped.
    """
    lines = "\n".join(one_line(line) for line in text.splitlines())
    return lines.replace("%", "%25").replace("\n", "%0A")


def github_property(text: str) -> str:
    """Return a value of a GitHub workflow command, such as a file name or a title.

    Args:
        text: anything.

    Returns:
        The value as the runner wants it escaped.
    """
    return github_data(one_line(text)).replace(":", "%3A").replace(",", "%2C")


def _escaped(char: str) -> str:
    if unicodedata.category(char) in _SEPARATORS or char in _BIDI_CONTROLS:
        return char.encode("unicode_escape").decode("ascii")
    return char
