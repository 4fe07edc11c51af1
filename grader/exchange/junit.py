"""JUnit XML: one suite per grade, one case per check; fits the strict schema of Jenkins."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from grader.exchange.words import verdict_text
from grader.model.grade import Grade
from grader.model.points import earned
from grader.model.verdict import Verdict, VerdictStatus

#: Characters that XML 1.0 cannot hold.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(grades: Sequence[Grade]) -> bytes:
    """Return grades as a JUnit file.

    A check that is not met is a failure, one that broke an error, one that was not judged skipped. Scores are
    properties of the suite, and stand in each case's output as `[[PROPERTY|score=3.5]]`.

    Args:
        grades: as the reader may see them.
    """
    root = ET.Element("testsuites", name="grader")
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for grade in grades:
        suite = _suite(grade)
        root.append(suite)
        for name in totals:
            totals[name] += int(suite.get(name, "0"))
    for name, number in totals.items():
        root.set(name, str(number))
    root.set("time", f"{sum(grade.run.wall_seconds for grade in grades):.1f}")
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _suite(grade: Grade) -> ET.Element:
    unmet = {VerdictStatus.FAILED, VerdictStatus.PARTLY}
    statuses = [verdict.status for verdict in grade.verdicts]
    suite = ET.Element(
        "testsuite",
        name=_text(f"{grade.lab.id} {grade.submission.student_id}"),
        tests=str(len(statuses)),
        failures=str(sum(status in unmet for status in statuses)),
        errors=str(statuses.count(VerdictStatus.OUR_FAULT)),
        skipped=str(statuses.count(VerdictStatus.NOT_JUDGED)),
        time=f"{grade.run.wall_seconds:.1f}",
        timestamp=grade.run.started[:19],
        hostname="grader",
    )
    properties = ET.SubElement(suite, "properties")
    figures = {"score": grade.score, "possible": grade.possible, "total": grade.total}
    for name, value in {**figures, "run": grade.run_id, "lab_version": grade.lab.version}.items():
        shown = f"{value:g}" if isinstance(value, float | int) else value
        ET.SubElement(properties, "property", name=name, value=_text(shown))
    for verdict in grade.verdicts:
        suite.append(_case(grade, verdict))
    return suite


def _case(grade: Grade, verdict: Verdict) -> ET.Element:
    case = ET.Element(
        "testcase", classname=f"lab-{grade.lab.id}", name=_text(verdict.check.title), time=f"{verdict.seconds:.2f}"
    )
    words = _text(verdict_text(verdict))
    first = words.partition("\n")[0] or verdict.status.value
    if verdict.status in {VerdictStatus.FAILED, VerdictStatus.PARTLY}:
        ET.SubElement(case, "failure", message=first, type=verdict.status.value).text = words
    elif verdict.status is VerdictStatus.OUR_FAULT:
        ET.SubElement(case, "error", message=first, type=verdict.status.value).text = words
    elif verdict.status is VerdictStatus.NOT_JUDGED:
        ET.SubElement(case, "skipped", message=first)
    points = earned(verdict)
    told = "" if points is None else f"[[PROPERTY|score={float(points):g}]]\n"
    ET.SubElement(case, "system-out").text = f"{told}[[PROPERTY|points={verdict.check.points:g}]]"
    return case


def _text(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
