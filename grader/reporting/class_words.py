"""The sentences of the class page."""

from grader.model.overview import Attention, Item, Scores
from grader.reporting.words import plural

TITLE = "Class overview"
PUBLIC_TITLE = "How the class did"
ATTENTION = "Needs a person"
NOTHING = "Nothing."
SCORES = "Scores"
ITEMS = "Checks"
SIGNATURES = "What to say in the next lecture"
CLAIMS = "Claimed against measured"
COST = "What it cost"
PAIRS = "Alike"
STUDENTS = "Students"
NOTES = "Left out"
X_POINTS = "share of the points"
MEASURED, CLAIMED = "measured", "reported"
#: Groups below this are not shown where students may read: a single one could be known by it.
FEWEST = 5
ALIKE = (
    "Token fingerprints after everything that the course gave was taken out, and what training changed of the common "
    "base. Look at both before you say anything: a likeness proves nothing."
)
ITEM_NOTES = {
    "broken": "broken: it failed by our fault",
    "review": "review: strong students miss it too",
    "tells nothing": "tells nothing: nearly all or nearly nobody meets it",
    "": "",
}
KINDS = {
    "fault": "Our fault",
    "refused": "Not gradable",
    "stopped": "Stopped",
    "claim": "Far from measured",
    "alike": "Alike",
}
STATES = {"graded": "graded", "refused": "not gradable", "waiting": "not graded yet", "missing": "nothing handed in"}
DISCRIMINATION = (
    "Discrimination: the correlation of a check with all other points. A check that waits for another one is left out "
    "for that student, because blocked is not failed."
)


def few(item: Item) -> str:
    """Say that figures rest on few students."""
    return "few students: these figures say little" if 0 < item.n < 30 else ""


def scores(found: Scores) -> str:
    """Say the distribution in words."""
    if not found.n or found.mean is None or found.median is None or found.lower is None or found.upper is None:
        return "No grade yet."
    middle = f"The middle half lies between {found.lower:.0%} and {found.upper:.0%}."
    return f"{plural(found.n, 'grade')}: mean {found.mean:.0%}, median {found.median:.0%}. {middle}"


def others(found: Scores) -> str:
    """Say who has no grade."""
    parts = [
        (found.missing, "handed in nothing"),
        (found.refused, "cannot be graded"),
        (found.waiting, "wait to be graded"),
    ]
    return ", ".join(f"{count} {what}" for count, what in parts if count)


def histogram(bins: tuple[int, ...]) -> str:
    """Say a histogram in words."""
    return ", ".join(f"{10 * number} to {10 * number + 10} %: {count}" for number, count in enumerate(bins) if count)


def claims(n: int, far: int) -> str:
    """Say the scatter in words."""
    return f"{plural(n, 'number')} reported and measured; {far} disagree." if n else "Nothing was reported."


def correlation(value: float | None) -> str:
    """Return a correlation as people read it."""
    return "–" if value is None else f"{value:+.2f}"


def share(value: float | None) -> str:
    """Return a share in per cent."""
    return "–" if value is None else f"{value:.0%}"


def kind(entry: Attention) -> str:
    """Return the word for why something needs a person."""
    return KINDS[entry.kind]
