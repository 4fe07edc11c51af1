"""`grader explain`: what an error code means."""

from typing import Annotated

import typer
from rich.text import Text

from grader.cli.options import Json
from grader.cli.output import print_json, stdout
from grader.codes import CODES, Code
from grader.errors import UsageFault


def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="A code such as GR301; all when left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what an error code means and what to do.

    Example: grader explain GR301
    """
    codes = [_find(code)] if code else list(CODES.values())
    if as_json:
        print_json({"schema": "grader.codes/1", "codes": codes})
        return
    for entry in codes:
        stdout().print(Text.assemble((entry.code, "bold"), f"  {entry.title}"))
        if code:
            stdout().print(f"       Why: {entry.cause}\n       Try: {entry.cure}\n       Exit code: {entry.exit_code}")


def _find(code: str) -> Code:
    entry = CODES.get(code.upper())
    if entry is None:
        raise UsageFault("GR107", f"There is no error code {code}.")
    return entry
