"""What `grader validate` found out as one self-contained HTML page, in the style of the reports."""

from pathlib import Path

from jinja2 import TemplateError

from grader.errors import InternalFault
from grader.model.strength import Outcome, StrengthReport
from grader.reporting import words
from grader.reporting.charts.marks import share_bar
from grader.reporting.render import TEMPLATES, page_environment, page_policy

#: How each outcome is shown.
OUTCOMES = {
    Outcome.CAUGHT: words.Status("passed", "✓", "caught", "caught", ""),
    Outcome.STOPPED: words.Status("passed", "■", "stopped", "stopped", ""),
    Outcome.HARMLESS: words.Status("passed", "✓", "cost nothing", "harmless", ""),
    Outcome.ACCEPTED: words.Status("partly", "◐", "survives for a reason", "accepted", ""),
    Outcome.SURVIVED: words.Status("failed", "✗", "survived", "survived", ""),
    Outcome.MISJUDGED: words.Status("our-fault", "⚠", "misjudged", "misjudged", ""),
}


def render_strength(report: StrengthReport, *, templates: Path = TEMPLATES) -> str:
    """Return the strength of a course's checks as one HTML file.

    Args:
        report: what was found out.
        templates: folder with `strength.html.j2` and `report.css`.

    Returns:
        The text of the file: no script, no request.

    Raises:
        InternalFault: GR508, a template is missing or does not fit the report.
    """
    try:
        environment = page_environment(templates)
        return environment.get_template("strength.html.j2").render(
            report=report, outcomes=OUTCOMES, policy=page_policy(environment), share_bar=share_bar
        )
    except TemplateError as exc:
        raise InternalFault("GR508", f"The page could not be made: {exc}.") from exc
