"""Makes the code that the student's kernel executes after the last cell."""

import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

#: What the harness takes from the others, whose texts come before its own.
_IMPORT = re.compile(r"^from grader\.probing\..*\n", re.MULTILINE)
_PARTS = ("building.py", "encoding.py", "harness.py")


def harness_source() -> str:
    """Return the text of the harness, complete in itself."""
    folder = resources.files("grader.probing")
    return "\n".join(_IMPORT.sub("", folder.joinpath(name).read_text("utf-8")) for name in _PARTS)


def probe_code(order: Sequence[Mapping[str, Any]], target: str) -> str:
    """Return the code that calls every function of an order.

    Args:
        order: per probe: `name`, `seconds` and `calls`.
        target: file to which one line per call is appended.

    Returns:
        Python that works whatever names the notebook has bound: it takes even `exec` from where a notebook's own
        variable of that name is not.
    """
    text = f"{harness_source()}\ncall_all(NAMES, ORDER, TARGET)\n"
    space = f"{{'__name__': 'probes', 'NAMES': __probes.globals(), 'ORDER': {list(order)!r}, 'TARGET': {target!r}}}"
    return f"import builtins as __probes\n__probes.exec(__probes.compile({text!r}, '<probes>', 'exec'), {space})\n"
