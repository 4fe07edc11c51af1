"""`grader overview`: the page of a class: what needs a person, how it did, what is alike."""

from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import options
from grader.cli.gradebook import classroom
from grader.cli.output import print_json, stdout
from grader.errors import UsageFault
from grader.model.overview import ALIKE_FROM

if TYPE_CHECKING:
    from grader.wiring.overviewing import Overview


def overview(
    context: typer.Context,
    lab: Annotated[str, typer.Option("--lab", metavar="LAB", help="Lab id, such as 2.5.4.", show_default=False)],
    public: Annotated[
        bool, typer.Option("--public", help="Also write a page without names, for the class itself.")
    ] = False,
    threshold: Annotated[
        float, typer.Option("--threshold", metavar="SHARE", help="Shared tokens from which two notebooks are a pair.")
    ] = ALIKE_FROM,
    runs: options.Runs = None,
    gradebook: options.GradebookPlace = None,
    as_json: options.Json = False,
) -> None:
    """Write the class page of a lab beside its runs: what needs a person first, then scores, checks, cost, likeness.

    Example: grader overview --lab 2.5.4 --public
    """
    from grader.wiring.overviewing import Overviewer

    if not 0 < threshold <= 1:
        raise UsageFault("GR104", f"--threshold {threshold} is no share.", "Choose a number above 0 and up to 1.")
    with classroom(context, gradebook, runs=runs) as opened:
        made = Overviewer(opened).make(lab, threshold, public=public)
    if as_json:
        print_json(made.facts)
        return
    _tell(made)


def _tell(made: "Overview") -> None:
    from grader.reporting import class_words

    facts = made.facts
    out = stdout()
    out.print(f"Lab {facts.lab_id} · {facts.title}", markup=False)
    out.print(f"  {class_words.scores(facts.scores)} {class_words.others(facts.scores)}".rstrip(), markup=False)
    out.print(f"  {len(facts.attention)} need a person · {len(facts.pairs)} pairs are alike", markup=False)
    for page in (made.page, made.public):
        if page is not None:
            out.print(f"Page: {page}", markup=False)
