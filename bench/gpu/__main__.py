"""`make gpu`: all GPU tests and measurements; writes bench/out/gpu.json and prints tables. Exit 6 without a GPU."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from grader.running.versions import versions
from grader.wiring.devices import choose_device, usable_gpus
from grader.wiring.engines import default_workers

OUT = Path("bench/out/gpu.json")
PARTS = ("tests", "memory", "many", "class", "labs")
NO_GPU = 6


def main() -> int:
    """Run the parts; one that fails leaves the others alone."""
    parser = argparse.ArgumentParser(prog="python -m bench.gpu", description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS), metavar="PART", help=f"of {', '.join(PARTS)}")
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.parts) - set(PARTS)):
        parser.error(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    gpus, reason = usable_gpus()
    if not gpus:
        print(f"GR601  Nothing to measure: {reason}.", file=sys.stderr)
        return NO_GPU
    gpu = choose_device("cuda", "cuda").gpu
    assert gpu is not None
    device = f"cuda:{gpu.index}"
    figures: dict[str, Any] = {"gpu": gpu.sentence, "versions": versions()}
    for part in arguments.parts:
        print(f"{part} ...", file=sys.stderr)
        figures[part] = measure_part(part, device)
        OUT.parent.mkdir(parents=True, exist_ok=True)
        OUT.write_text(json.dumps(figures, indent=1) + "\n")
    show(figures, Console())
    return 1 if "tests" in figures and figures["tests"]["exit_code"] else 0


def measure_part(part: str, device: str) -> Any:
    """Measure one part."""
    match part:
        case "tests":
            command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "tests/gpu", "-p", "no:cacheprovider"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            return {"exit_code": done.returncode, "last_line": (done.stdout.strip().splitlines() or [""])[-1]}
        case "memory":
            from bench.gpu.memory import measure_memory, predict_large

            return measure_memory(device) + predict_large()
        case "many":
            from bench.gpu.many import measure_many

            return [measure_many(device, students) for students in (8, 32, 128)]
        case "class":
            from bench.gpu.class_at_once import Graded, measure_class
            from bench.gpu.labs import NOTEBOOKS

            workers = default_workers()
            return [measure_class(Graded(lab, 2 * workers, "miniature", device, workers)) for lab in NOTEBOOKS]
        case _:
            from bench.gpu.labs import NOTEBOOKS, run_lab

            return [run_lab(lab, device) for lab in NOTEBOOKS]


def show(figures: dict[str, Any], console: Console) -> None:
    """Print what was measured as tables."""
    console.print(figures["gpu"])
    if "tests" in figures:
        console.print(f"Tests: {figures['tests']['last_line']}")
    if "memory" in figures:
        console.print(_memory_table(figures["memory"]))
    if "many" in figures:
        console.print(_many_table(figures["many"]))
    for row in figures.get("class", []):
        console.print(row.get("error") or _class_table(row))
    for row in figures.get("labs", []):
        told = row.get("error") or _lab_in_words(row)
        console.print(f"Lab {row['lab']}, full profile: {told}")


def _lab_in_words(row: dict[str, Any]) -> str:
    seconds = f"{row['run_seconds']:.0f} s in cells, {row['everything_seconds']:.0f} s in all"
    points = f"{row['score']:g} of {row['possible']:g} points (random weights)"
    rows = "".join(f", {way} {rate:,.0f} rows/s" for way, rate in row["rows_per_second"].items())
    memory = f", at most {_mib(row['gpu_peak_bytes'])} of the GPU" if row["gpu_peak_bytes"] is not None else ""
    return f"{row['status']} on {row['device']}, {row['parameters']:,} parameters, {seconds}{rows}{memory}, {points}"


def _memory_table(rows: list[dict[str, Any]]) -> Table:
    table = Table("Model", "Method", "Dtype", "Predicted", "Storages", "Allocated", "Reserved", "Error", "Activations")
    for row in rows:
        if "error" in row:
            table.add_row(row["model"], row["method"], row["dtype"], row["error"])
            continue
        sizes = [_mib(row.get(name)) for name in ("predicted", "storages", "allocated", "reserved")]
        error = f"{row['prediction_error']:+.1%}" if "prediction_error" in row else "–"
        share = f"{row['activation_share']:.0%}" if "activation_share" in row else "–"
        table.add_row(row["model"], row["method"], row["dtype"], *sizes, error, share)
    return table


def _many_table(rows: list[dict[str, Any]]) -> Table:
    table = Table("What", "Students", "One by one", "At once", "Speed-up", "Largest difference", "Chosen")
    for row in rows:
        for what, fast in (("checkpoints", "all_at_once_seconds"), ("adapters", "mixed_seconds")):
            one = row[what]
            slow = f"{one['one_by_one_seconds'] * 1000:.0f} ms"
            ratio = f"{one['speed_up']:.1f}"
            chosen, difference = one.get("chosen", ""), f"{one['largest_difference']:.1e}"
            table.add_row(what, str(one["students"]), slow, f"{one[fast] * 1000:.0f} ms", ratio, difference, chosen)
    return table


def _class_table(row: dict[str, Any]) -> Table:
    shared = f"{row['students']} students, {row['workers']} at a time, {row['batch_seconds']:.0f} s to run and judge"
    points = f"{min(row['points'].values()):g} to {max(row['points'].values()):g} points"
    notices = ", ".join(sorted(set(row["notices"]))) or "none"
    table = Table(
        "Judged again", "Seconds", "Of it at once", "Faster", "Largest difference", "Grades that moved",
        title=f"Lab {row['lab']}, {row['profile']}: {shared}, {points}, notices: {notices}",
    )  # fmt: skip
    for way, told in row["again"].items():
        (one,) = told["together"] or ({"seconds": 0.0, "speed_up": 0.0},)
        faster = f"{one['speed_up']:.1f} times" if one["speed_up"] else "–"
        cells = (f"{told['seconds']:.1f}", f"{one['seconds']:.1f}", faster, f"{told['largest_difference']:.1e}")
        table.add_row(f"--together {way}", *cells, str(len(told["changes"])))
    return table


def _mib(value: int | None) -> str:
    return "–" if value is None else f"{value / 1024**2:,.0f} MiB"


if __name__ == "__main__":
    sys.exit(main())
