"""Every sentence that reports say in the grader's own voice, in one place so that it can be read and translated."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Status:
    """How one state is shown: never by colour alone."""

    key: str
    """Names the CSS class and orders the groups."""
    icon: str
    word: str
    counted: str
    """The word after a number: `2 not yet`."""
    heading: str
    """Title of the group of checks."""


PASSED = Status("passed", "✓", "Passed", "passed", "Passed")
PARTLY = Status("partly", "◐", "Partly", "partly", "Partly there")
FAILED = Status("failed", "✗", "Not yet", "not yet", "Not yet")
NOT_JUDGED = Status("not-judged", "–", "Not judged", "not judged", "Not judged")
OUR_FAULT = Status("our-fault", "⚠", "Our fault", "our fault", "Our fault")
NOT_ATTEMPTED = Status("not-attempted", "○", "Not attempted", "not attempted", "Not attempted")
NOT_REACHED = Status("not-reached", "…", "Not reached", "not reached", "Not reached")

#: The order of the groups on a page.
GROUPS = (FAILED, PARTLY, NOT_ATTEMPTED, NOT_REACHED, OUR_FAULT, NOT_JUDGED, PASSED)

#: How a cell ended, by the words of `CellRun.status`.
CELLS = {
    "ok": Status("passed", "✓", "ran", "", ""),
    "failed": Status("failed", "✗", "raised an error", "", ""),
    "stopped": Status("failed", "■", "was stopped", "", ""),
    "not run": Status("not-judged", "–", "did not run", "", ""),
}

#: What a run that did not end is called.
BANNERS = {
    "cell failed": "Your notebook stopped at an error",
    "not attempted": "Your notebook stopped at an exercise that is still open",
    "stopped": "Your notebook was stopped at a limit",
    "kernel died": "The Python process of your notebook ended",
    "interrupted": "The run was interrupted",
    "our fault": "Your notebook could not be run, and that is our fault",
}

#: Names of the lines of *Reproduce this*.
STAMP = (
    *("Submission", "Lab", "Checks", "Grader", "Profile and seed", "Packages"),
    *("Device", "Hub snapshot", "Containment", "Started", "Ended", "Run"),
)

#: The usual mistakes, by `Verdict.mistake`: what the evidence looks like.
MISTAKES = {
    "random-model": "This looks like a model chosen at random: judge by card, downloads, licence and benchmark.",
    "tokenizer-mismatch": "This looks like a tokenizer from another checkpoint than the model's.",
    "trainer-logs-nothing": "This looks like a Trainer without `logging_steps`: it logged nothing to look at.",
    "lora-target-modules": "This looks like `target_modules` that do not match the names of the architecture.",
    "slow-dataset": "This looks like `map` row by row: `batched=True` and `num_proc` make it fast.",
    "pipeline-in-loop": "This looks like a pipeline built inside the loop: build it once and reuse it.",
    "train-mode": "This looks like a model used in train mode: `model.eval()` comes before inference.",
}

HIDDEN_TITLE = "Hidden check {number}"
HIDDEN_ONLY_POINTS = "Only its points are shown."
HIDDEN_NOTE = "A hidden check: its test stays with your instructor."
OUR_FAULT_MESSAGE = "This check broke. That is our fault, and it costs you no points."
NEEDS_GPU = "This check needs a GPU, and the machine that graded has none."
NOT_JUDGED_MESSAGE = "This check could not be judged in this run. Its points are not counted."
NOT_ATTEMPTED_MESSAGE = "The notebook stopped before this exercise was done."
NO_INTERNET = (
    "A graded run has no internet. Take models and data from the course's own Hub, by their usual names, and leave "
    "everything else out."
)
NOT_REACHED_MESSAGE = "The run ended in cell {number}, before this was done."
FAILED_MESSAGE = "The result is not what this check expects."
NO_CHECKS = "This lab has no checks, so there is nothing to judge."
NOTHING_JUDGED = "Nothing could be judged in this run, so there is no score."

TRY = "Try this"
WAITS = "Waits for"
REPORT = "You report"
REQUIRED = "Required"
MEASURED = "We measured"
MET = Status("passed", "✓", "met", "", "")
UNMET = Status("failed", "✗", "not yet", "", "")
INFORMS = Status("plain", "·", "for information", "", "")

UNSANDBOXED = "Unsandboxed"
UNSANDBOXED_LONG = (
    "The notebook ran without full containment on this machine, so this is a practice grade. "
    "An official grade needs a sandboxed run."
)
UNSANDBOXED_SHORT = "the notebook ran without full containment, so this is a practice grade."
SANDBOXED = "Ran inside a sandbox"
SEND = "Send this to your instructor"
NEXT_SEND = "send your instructor this line: {appeal}"
APPEAL = "If you think that this result is not right, send your instructor this line:"
KEPT = "Everything that this page shows is kept in the run folder {run} on the machine that graded it."
STAFF_PAGE = "Staff page: it shows hidden checks and tracebacks. Do not hand it to students."

READ = "read"
CHECK = "check"
PEAK = "peak"
TRY_SHORT = "Try"
REPORT_AT = "Report"
NEXT_IS = "Next"
SKIP = "Skip to the result"
LAB = "Lab"
RUN = "run"
OF = "of"
POINTS = "points"
COUNTS = "How many checks are in which state"
STAFF_TITLE = "For staff"
NOTICES = "About your files"
DO_NEXT = "Do this next"
NOTEBOOK = "Your notebook as it ran"
REPRODUCE = "Reproduce this"
RESOURCES = "Time and memory"
SLOWEST = "Where the time went"
FILES = "Files that your notebook left"
CODE = "Code"
LOOK_CELL = "Look at cell"
BONUS_NOTE = "A bonus check."
REVEAL_NOTE = "Its student sees it at level"
EVIDENCE = "Evidence"
TABLE = "Table"
CHART = "Chart"
OUTPUT_OF = "Output of"
WHAT = "What"
RESULT = "Result"
USED = "Used"
LIMIT = "Limit"
CELL = "Cell"
TIME = "Time"
CPU_TIME = "CPU time"
PEAK_MEMORY = "Peak memory"
NO_LIMIT = "none"
TOTAL = "total"
CONFUSION_CORNER = "is ↓ · predicted →"
SLICE = "Part of the data"
SLICE_N = "n"
SLICE_RATE = "Rate"
SLICE_INTERVAL = "95 % interval"
NO_DATA = "There is no finite number to draw here."

CLIPPED = "clipped: {hidden} of {total} not shown here"
MORE_OUTPUTS = "{count} further outputs are not shown here."
MORE_CELLS = "{count} further cells are not shown here: this page keeps the first {size} of a notebook."
UNSHOWN = "An output of a kind that this page does not show ({kind})."
UNSHOWN_IMAGE = "A picture that this page does not show: it is damaged or larger than {size}."
FIGURE = "Figure that the notebook drew"
INJECTED = "Parameters of this run, set by the grader"
NO_NOTEBOOK = "The notebook did not run, so there is nothing to show."
SPARE_CELL = "A cell without a number: it was not in the notebook that you handed in."


def plural(count: int, noun: str, many: str = "") -> str:
    """Return `1 check`, `2 checks`.

    Args:
        count: how many.
        noun: the singular.
        many: the plural, when it is not the singular with an s.

    Returns:
        The number and its noun.
    """
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def terminal_lab(version: str, seed: int, device: str) -> str:
    """Name the lab's version, the seed and the device of a run."""
    return f"lab {version} · seed {seed} · {device}"


def refused(path: str, reason: str, code: str) -> str:
    """Say that a file was not collected."""
    return f"{path} was not collected: {reason} ({code})"


def more_files(count: int) -> str:
    """Say that a list of files goes on."""
    return f"and {count} more"


def adjustment(what: str, change: str, by: str, when: str) -> str:
    """Tell a change of the score that no check made."""
    return f"{what}: {change} points, by {by}, {when}."


def fix_check(title: str) -> str:
    """Name the check of the next step."""
    return f'fix "{title}"'


def cell(number: int, first_line: str) -> str:
    """Name a cell by the student's number and its first line."""
    return f"Cell {number}: {first_line}" if first_line else f"Cell {number}"


def not_counted(missing: str, total: str) -> str:
    """Say that points left the total."""
    return f"{missing} of the lab's {total} points could not be judged here and are not counted against you."


def checks_away(missing: str, total: str) -> str:
    """Say that points belong to checks that are not here: a student's copy has no hidden ones."""
    return (
        f"{missing} of the lab's {total} points belong to checks that were not run here: "
        "hidden checks stay with your instructor and run when you submit."
    )


def bonus(points: str) -> str:
    """Say that the score holds bonus points."""
    return f"The score includes {points} bonus points."


def hidden_summary(unmet: int, count: int, points: str) -> str:
    """Say how the hidden checks went, without saying what they are."""
    if not unmet:
        return {1: "The hidden check is met.", 2: "Both hidden checks are met."}.get(
            count, f"All {count} hidden checks are met."
        )
    which = "The hidden check is" if count == 1 else f"{unmet} of {count} hidden checks"
    return f"{which} not met ({points} points)."


def judged(count: int, total: int) -> str:
    """Say how much of a stopped run could still be judged."""
    return f"Everything before it is kept: {count} of {plural(total, 'check')} could be judged."


def fix_run(number: int) -> str:
    """Name the next step after a run that did not end."""
    return f"Make cell {number} run to its end"


def write_cell(number: int) -> str:
    """Name the next step after a run that came to an exercise which nobody has written."""
    return f"Write the exercise in cell {number}"


def again(run_words: str) -> str:
    """Name the command after the fix."""
    return f"then run `make grade` again (a run takes about {run_words})"


@dataclass(frozen=True)
class NextWords:
    """The sentences of *Do this next* when no check is unmet."""

    all_met: str = "Nothing is left to do. Every check is met."
    waits_gpu: str = "Nothing is left to do on this machine. What needs a GPU is judged when you submit."
    ours: str = "Nothing for you to do. Send your instructor the line at the end of this page, so that we repair it."
    hidden: str = "What remains is in hidden checks. Read the goals of the lab again and test your model on new inputs."
    nothing: str = "Run the lab's notebook from the top, then hand it in again."
    look: str = "Read what we measured, then change the cell that makes it."


NEXT = NextWords()


def parts_line(total: str, parts: Sequence[str]) -> str:
    """Describe one stacked bar."""
    return f"{total} ({', '.join(parts)})" if parts else total


def curve_line(name: str, first: str, last: str, lowest: str, highest: str) -> str:
    """Describe one line of a chart in words."""
    return f"{name}: from {first} to {last}; lowest {lowest}, highest {highest}"


def curve_empty(name: str) -> str:
    """Say that a series holds nothing to draw."""
    return f"{name}: no finite values"


def decimated(count: int) -> str:
    """Say that a line was thinned."""
    return f"drawn from {count:,} points"


def diagonal(right: str, total: str) -> str:
    """Sum up a confusion matrix."""
    return f"{right} of {total} are on the diagonal: predicted as they are."
