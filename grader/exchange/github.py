"""GitHub Actions: one annotation per lab, and the summary of a job within its limit."""

from grader.exchange.entry import needs_person, summary
from grader.model.grade import Grade
from grader.model.safe_text import github_data, github_property
from grader.model.verdict import VerdictStatus

#: GitHub drops a whole summary above 1024 KiB.
MOST_SUMMARY_BYTES = 900 * 1024
_CUT = "\n\n*The rest is left out: this summary was too long.*\n"


def annotation(grade: Grade, file: str) -> str:
    """Return the workflow command that annotates a notebook; a step may have ten, so a lab gets one.

    Args:
        grade: as the student may read it.
        file: the notebook, as the repository has it.
    """
    met = all(verdict.status is VerdictStatus.PASSED for verdict in grade.verdicts)
    kind = "warning" if needs_person(grade) else "notice" if met else "error"
    title = f"Lab {grade.lab.id}: {grade.score:g} of {grade.possible:g} points"
    if grade.run.stopped_at is not None:
        title += f", stopped in cell {grade.run.stopped_at}"
    return f"::{kind} file={github_property(file)},title={github_property(title)}::{github_data(summary(grade))}"


def job_summary(markdown: str) -> str:
    """Return a page for `$GITHUB_STEP_SUMMARY`, cut where GitHub would drop it.

    Args:
        markdown: the report; what is not met comes first in it.
    """
    content = markdown.encode("utf-8")
    if len(content) <= MOST_SUMMARY_BYTES:
        return markdown
    return content[:MOST_SUMMARY_BYTES].decode("utf-8", "ignore") + _CUT
