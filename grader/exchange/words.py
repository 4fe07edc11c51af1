"""Puts a verdict into plain text, for systems that show text alone."""

from grader.model.verdict import EvidenceRow, Verdict, VerdictStatus


def verdict_text(verdict: Verdict) -> str:
    """Return what a student reads of a verdict.

    Args:
        verdict: already without what the student must not read.
    """
    lines = [verdict.message] if verdict.message else []
    if verdict.status is VerdictStatus.NOT_JUDGED and verdict.waits_for:
        lines.append(f"Waits for: {', '.join(verdict.waits_for)}")
    if verdict.status is VerdictStatus.OUR_FAULT:
        lines.append("This check broke. That is our fault and costs no points.")
    if verdict.hint and verdict.status is not VerdictStatus.PASSED:
        lines.append(f"Try this: {verdict.hint}")
    lines += [_row(row) for row in verdict.rows if row.sentence != verdict.message]
    return "\n".join(lines)


def _row(row: EvidenceRow) -> str:
    mark = {True: "met", False: "not yet", None: "note"}[row.met]
    claimed = f"you report {row.claimed}{row.unit}, " if row.claimed is not None else ""
    required = f"{row.required} required, " if row.required else ""
    return f"- {row.label}: {claimed}{required}we measured {row.measured}{row.unit} ({mark})"
