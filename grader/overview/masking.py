"""Makes messages comparable: the same mistake with other numbers is the same message."""

import re

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?")
_QUOTED = re.compile(r"`[^`\n]{1,200}`")
_LONGEST = 300


def masked(message: str) -> str:
    """Return a message with every number as `#`; names in backquotes stay unless they hold a digit.

    Args:
        message: of a verdict.

    Returns:
        One line of at most 300 characters.
    """
    line = " ".join(message.split())
    line = _QUOTED.sub(lambda quoted: _NUMBER.sub("#", quoted[0]), line)
    line = _NUMBER.sub("#", line)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
