"""`make bench`: how long one submission takes, stage by stage, against the student's own cells."""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.classes import class_lines
from bench.hub import hub_lines, measure_hub
from bench.judged import judged_lines
from bench.labs import labs_lines, measure_labs
from bench.peers.run import peer_lines
from bench.sandbox import measure_sandboxes, sandbox_lines
from bench.submission import STAGES, Round, measure_round
from bench.warm import measure_ways, warm_lines

OUT = Path("bench/out")


#: What can be measured beside one submission, stage by stage: name -> lines to print.
MEASURED: dict[str, Callable[[argparse.Namespace], list[str]]] = {
    "sandbox": lambda asked: sandbox_lines(measure_sandboxes(max(asked.rounds, 10))),
    "hub": lambda _asked: hub_lines(measure_hub()),
    "warm": lambda asked: warm_lines(measure_ways(asked.lab, asked.profile, asked.rounds)),
    "class": lambda _asked: class_lines(),
    "judged": lambda asked: judged_lines(asked.students, asked.lab, asked.profile),
    "labs": lambda _asked: labs_lines(measure_labs()),
    "peers": lambda asked: peer_lines(asked.repeats, asked.only),
}


def main() -> int:
    """Time an empty command in each containment, run the rounds, print the tables, keep the figures in bench/out."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("submission", *MEASURED), default="submission")
    parser.add_argument("--lab", default="2.5.4")
    parser.add_argument("--profile", default="miniature")
    parser.add_argument("--students", type=int, default=500, help="of the class that is judged")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=5, help="rounds of peers")
    parser.add_argument(
        "--only", nargs="+", default=[], help="parts of peers: rounds, workers, memory; or names of peers"
    )
    arguments = parser.parse_args()
    if arguments.what in MEASURED:
        print("\n".join(MEASURED[arguments.what](arguments)))
        return 0
    print("\n".join(sandbox_lines(measure_sandboxes(10))))
    rounds: list[Round] = []
    for number in range(1, arguments.rounds + 1):
        print(f"round {number} of {arguments.rounds} ...", file=sys.stderr)
        rounds.append(measure_round(arguments.lab, arguments.profile))
    _print(rounds)
    OUT.mkdir(parents=True, exist_ok=True)
    figures = {"lab": arguments.lab, "profile": arguments.profile, "load": os.getloadavg()[0]}
    figures["rounds"] = [round_.as_json() for round_ in rounds]
    (OUT / "submission.json").write_text(json.dumps(figures, indent=1) + "\n")
    return 0


def _print(rounds: list[Round]) -> None:
    table = Table("Stage", "Wall s (median)", "min .. max", "CPU s (median)", "Share of wall")
    total = statistics.median(round_.wall for round_ in rounds)
    for stage in STAGES:
        walls = [round_.stages[stage].wall for round_ in rounds]
        cpus = [round_.stages[stage].cpu for round_ in rounds]
        wall = statistics.median(walls)
        spread = f"{min(walls):.2f} .. {max(walls):.2f}"
        table.add_row(stage, f"{wall:.2f}", spread, f"{statistics.median(cpus):.2f}", f"{100 * wall / total:.0f} %")
    console = Console()
    console.print(table)
    cells = statistics.median(round_.cells for round_ in rounds)
    ratios = [round_.wall / round_.cells for round_ in rounds]
    console.print(f"The student's own cells: {cells:.2f} s. Everything: {total:.2f} s.")
    console.print(
        f"Overhead ratio (everything / own cells): {statistics.median(ratios):.2f} "
        f"({min(ratios):.2f} .. {max(ratios):.2f}), {len(rounds)} rounds, load {os.getloadavg()[0]:.1f}."
    )


if __name__ == "__main__":
    sys.exit(main())
