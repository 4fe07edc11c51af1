"""The facts of a class become one self-contained HTML file: tables that sort, charts with words, no request."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from jinja2 import TemplateError
from markupsafe import Markup

from grader.errors import InternalFault
from grader.model.overview import Claim, ClassFacts
from grader.model.quantities import duration, size
from grader.model.safe_text import one_line
from grader.reporting import class_words, figures
from grader.reporting.charts.histogram import histogram
from grader.reporting.charts.scatter import scatter
from grader.reporting.render import TEMPLATES, page_environment
from grader.reporting.sanitise import code_spans

#: The one script sorts tables by their headings; without it they are in the order that matters.
_POLICY = (
    "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
_FIRST_ATTENTION, _MOST_ATTENTION = 12, 400
_MOST_SIGNATURES = 40
_MOST_PAIRS = 100
#: Numbers of one label that a scatter needs, and how many scatters a page shows.
_FEWEST_CLAIMS, _MOST_SCATTERS = 3, 6
_EDGES = ("0", "10", "20", "30", "40", "50", "60", "70", "80", "90", "100 %")


@dataclass(frozen=True)
class Scatter:
    """One label's claims, drawn."""

    label: str
    picture: Markup
    words: str


def render_class(facts: ClassFacts, *, public: bool = False, templates: Path = TEMPLATES) -> str:
    """Return the page of a class as one HTML file.

    Args:
        facts: of the class.
        public: leave out names, hidden checks, pairs and every group of fewer than five students.
        templates: folder with `class.html.j2`, `report.css`, `class.css` and `class.js`.

    Returns:
        The text of the file.

    Raises:
        InternalFault: GR508, a template is missing or does not fit the facts.
    """
    try:
        environment = page_environment(templates)
        template = environment.get_template("class-public.html.j2" if public else "class.html.j2")
        style = environment.get_template("report.css").render() + environment.get_template("class.css").render()
        script = environment.get_template("class.js").render()
        return template.render(
            facts=facts,
            say=class_words,
            policy=_POLICY.format(_hash(style), _hash(script)),
            histogram=_histogram(facts),
            scatters=() if public else _scatters(facts.claims),
            first=facts.attention[:_FIRST_ATTENTION],
            further=facts.attention[_FIRST_ATTENTION:_MOST_ATTENTION],
            signatures=facts.signatures[:_MOST_SIGNATURES],
            pairs=facts.pairs[:_MOST_PAIRS],
            hidden_titles={item.title for item in facts.items if item.hidden},
            one_line=one_line,
            code_spans=code_spans,
            points=figures.points,
            duration=duration,
            size=size,
            moment=figures.moment,
        )
    except TemplateError as exc:
        raise InternalFault("GR508", f"The class page of lab {facts.lab_id} could not be made: {exc}.") from exc


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _histogram(facts: ClassFacts) -> Markup:
    bins = facts.scores.bins
    desc = class_words.histogram(bins)
    return histogram(bins, _EDGES, name="scores", title=class_words.SCORES, desc=desc, x_label=class_words.X_POINTS)


def _scatters(claims: tuple[Claim, ...]) -> tuple[Scatter, ...]:
    by_label: dict[str, list[Claim]] = {}
    for claim in claims:
        by_label.setdefault(claim.label, []).append(claim)
    worst_first = sorted(by_label.items(), key=lambda item: (-sum(not claim.met for claim in item[1]), item[0]))
    enough = [(label, found) for label, found in worst_first if len(found) >= _FEWEST_CLAIMS]
    return tuple(_scatter(number, label, found) for number, (label, found) in enumerate(enough[:_MOST_SCATTERS]))


def _scatter(number: int, label: str, claims: list[Claim]) -> Scatter:
    words = class_words.claims(len(claims), sum(not claim.met for claim in claims))
    name = one_line(label, 80)
    points = [(claim.measured, claim.claimed, claim.met) for claim in claims]
    drawn = scatter(
        points,
        name=f"claims-{number}",
        title=name,
        desc=words,
        x_label=class_words.MEASURED,
        y_label=class_words.CLAIMED,
    )
    return Scatter(name, drawn, words)
