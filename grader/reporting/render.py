"""One grade becomes one self-contained HTML file: no script, no request, the same bytes every time."""

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup

from grader.errors import InternalFault
from grader.model.grade import Grade
from grader.model.quantities import duration
from grader.reporting import words
from grader.reporting.charts.draw import draw
from grader.reporting.charts.drawn import Table
from grader.reporting.charts.marks import share_bar, strip
from grader.reporting.notebook_view import NotebookView, notebook_view
from grader.reporting.page import Page
from grader.reporting.sanitise import code_spans
from grader.reporting.view import page_view


def _templates() -> Path:
    here = Path(__file__).resolve()
    packed = here.with_name("templates")  # in an installation that is no checkout
    return packed if packed.is_dir() else here.parents[2] / "reports" / "templates"


#: The templates of all pages.
TEMPLATES = _templates()

_POLICY = "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'"


def render_html(
    grade: Grade, notebook: Mapping[str, Any] | None, *, staff: bool = False, templates: Path = TEMPLATES
) -> str:
    """Return the report of a grade as one HTML file.

    Args:
        grade: as grading made it; the student's page is filtered by `reveal` here.
        notebook: the executed notebook (nbformat 4), hostile; None when nothing ran.
        staff: show hidden checks, tracebacks and flags.
        templates: folder with `report.html.j2`, its parts and `report.css`.

    Returns:
        The text of the file, UTF-8 encodable.

    Raises:
        InternalFault: GR508, a template is missing or does not fit the page.
    """
    page = page_view(grade, staff=staff)
    cells = notebook_view(notebook, grade)
    try:
        environment = page_environment(templates)
        return environment.get_template("report.html.j2").render(
            page=page,
            notebook=cells,
            say=words,
            code_spans=code_spans,
            policy=page_policy(environment),
            charts=_charts(page),
            strip=_strip(page),
            usage=_usage(page),
            times=_times(page),
            anchors=_anchors(page, cells),
        )
    except TemplateError as exc:
        raise InternalFault("GR508", f"The report of {page.header.run_id} could not be made: {exc}.") from exc


@lru_cache(maxsize=4)
def page_environment(templates: Path) -> Environment:
    """Return the templates of a folder: everything is escaped, and a missing value is an error."""
    return Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def page_policy(environment: Environment) -> str:
    """Return the policy of a page: nothing but its own style sheet, by its hash, and images inside the page."""
    css = environment.get_template("report.css").render()
    return _POLICY.format(base64.b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii"))


def _charts(page: Page) -> dict[str, list[Any]]:
    return {
        check.anchor: [draw(plot, f"{check.anchor}-plot-{i}") for i, plot in enumerate(check.plots, start=1)]
        for group in page.groups
        for check in group.checks
    }


def _strip(page: Page) -> str:
    shares = [(count.status.key, count.points) for count in page.header.counts]
    return strip(shares) if any(points > 0 for _, points in shares) else ""


def _usage(page: Page) -> Table:
    rows = tuple((meter.name, meter.used, meter.limit) for meter in page.meters)
    marks = tuple(Markup() if meter.share is None else share_bar(meter.share) for meter in page.meters)
    return Table(words.RESOURCES, (words.WHAT, words.USED, words.LIMIT), rows, marks)


def _times(page: Page) -> Table | None:
    if not page.cells:
        return None
    longest = max(cell.seconds for cell in page.cells) or 1.0
    rows = tuple((words.cell(cell.number, cell.first_line), duration(cell.seconds)) for cell in page.cells)
    marks = tuple(share_bar(cell.seconds / longest, limited=False) for cell in page.cells)
    return Table(words.SLOWEST, (words.CELL, words.TIME), rows, marks)


def _anchors(page: Page, cells: NotebookView) -> frozenset[str]:
    """Return the places that a link of the page may lead to."""
    checks = {check.anchor for group in page.groups for check in group.checks}
    return frozenset(checks | {cell.anchor for cell in cells.cells if cell.anchor})
