"""`grader doctor`: what works on this machine, and the one thing to fix first."""

import typer
from rich.text import Text

from grader.cli.options import Json
from grader.cli.output import print_json, stdout
from grader.cli.workshop import open_workshop, settings_for


def doctor(context: typer.Context, as_json: Json = False) -> int:
    """Look at this machine: Python, packages, kernel, sandbox, GPU, cache, disk.

    Example: grader doctor
    """
    findings = open_workshop(settings_for(context.obj)).examine()
    broken = [finding for finding in findings if not finding.works and finding.essential]
    if as_json:
        print_json({"schema": "grader.doctor/1", "works": not broken, "findings": findings})
        return 6 if broken else 0
    for finding in findings:
        mark, color = ("✓", "green") if finding.works else ("✗", "red")
        stdout().print(Text.assemble((mark, color), f" {finding.subject:<9} {finding.detail}"))
    if broken:
        stdout().print(f"\nFix this first: {broken[0].cure}")
        return 6
    stdout().print("\nEverything that grading needs is here.")
    return 0
