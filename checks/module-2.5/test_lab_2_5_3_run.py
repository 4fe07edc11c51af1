"""Checks of lab 2.5.3: how the data set was made, as it was seen from outside: memory, time, requests."""

import ast

import stamps
from calibration import thresholds

from grader.checking.api import check

PREVIEW = 100
MB = 1_000_000


@check(
    points=10,
    needs=["test_opens"],
    cell="exercise-6",
    hint="Leave the rows in the mapped files: use `map`, `filter`, `select`.",
)
def test_memory(run, evidence):
    """The rows never were in memory all at once"""
    seen = [cell for cell in run.cells if cell.anonymous_bytes is not None]
    imports = next((cell for cell in seen if cell.id == "setup"), seen[0] if seen else None)
    later = [cell for cell in seen if cell.number > imports.number]
    if not evidence.at_least("Cells whose memory was measured after the imports", len(later), 1):
        return
    before = imports.anonymous_bytes
    grown = {cell.number: max(cell.anonymous_bytes - before, 0) / MB for cell in later}
    most = max(grown, key=grown.get)
    limit = run.parameters["memory_mb"]
    bars = {f"cell {number}": round(size, 1) for number, size in grown.items()}
    title = "Memory of the largest process above that of the imports"
    evidence.plot("bars", title, unit="MB", values=bars, limit={"name": "limit", "value": limit})
    if not evidence.at_most("Most memory above that of the imports", round(grown[most]), limit, unit="MB"):
        hint = (
            f"Which line of cell {most} makes a list of all rows? Objects of Python take ten times what the file does."
        )
        evidence.mistake("rows-in-memory", hint)
    evidence.at_most("Memory after the imports", round(before / MB), IMPORTS_MB, unit="MB",
                     hint="Load no data in the cell of the imports.")  # fmt: skip


@check(
    points=5,
    cell="exercise-1",
    hint='`load_dataset(dataset, config, split="train", streaming=True).take(100)`, and iterate over that.',
)
def test_streaming(artifacts, measured, hub, run, evidence):
    """The preview was streamed, and is what the data set begins with"""
    preview = artifacts.fits_schema("preview.json")
    rows = preview.objects("rows")
    told = [[row.text("id"), row.text("text"), row.text("label")] for row in rows]
    right = measured.first_rows["rows"]
    evidence.equals("Rows of the preview", len(told), PREVIEW)
    evidence.equals("Rows that are those of the data set, in its order", sum(map(list.__eq__, told, right)), PREVIEW)
    stamps.of_this_run(preview, "preview.json", run, evidence)
    name = f"datasets/{run.parameters['dataset']}"
    parts = [part for part in hub.downloads(name) if part.path.endswith(".parquet") and part.streamed]
    whole, streamed = measured.first_rows["bytes"], sum(part.sent_bytes for part in parts)
    if not evidence.at_least("Parts of files that were asked for", len(parts), 1):
        evidence.mistake("not-streamed", "The Hub was asked for whole files only: pass `streaming=True`.")
    evidence.note("Bytes of the whole data set", whole, unit="bytes")
    if not evidence.at_most("Bytes that were streamed", streamed, round(whole * STREAMED_SHARE), unit="bytes"):
        evidence.mistake("streamed-to-the-end", "Stop after 100 rows: `.take(100)`.")


@check(
    points=3,
    needs=["test_tokens"],
    cell="exercise-6",
    hint="Give the tokenizer a whole batch in one call, and load it once, outside of the function.",
)
def test_speed(measured, run, lab, notebook, evidence):
    """The data set was tokenised in batches"""
    ours, limits = measured.speed, thresholds(lab)["speed"]
    evidence.plot("bars", "Time of the processor for a row, as we measure it", unit="µs",
                  values={"in batches": ours["batched"], "row by row": ours["row_by_row"]})  # fmt: skip
    slow = "The dataset is slow: `map(batched=True)` with `num_proc`."
    if not evidence.holds("Exercise 6 maps in batches", not _row_wise(notebook.cell("exercise-6").source), slow):
        evidence.mistake("slow-dataset", slow)
    work = next((cell.cpu_seconds for cell in run.cells if cell.id == "exercise-6"), None) or 0
    rows = sum(split["rows"] for split in measured.processed["splits"].values())
    each = 1e6 * max(work - limits["start_seconds"], 0) / max(rows, 1)
    label = "Time of the processor for a row of exercise 6, times ours in batches"
    evidence.at_most(label, round(each / max(ours["batched"], 0.1), 2), limits["times_batched"])


@check(
    points=2,
    cell="exercise-7",
    hint="Pass `batched` on to `map`, and take both times with `load_from_cache_file=False`.",
)
def test_timing(artifacts, run, lab, evidence):
    """Row by row and in batches were timed, and really ran"""
    timing, limits = artifacts.fits_schema("timing.json"), thresholds(lab)["speed_up"]
    stamps.of_this_run(timing, "timing.json", run, evidence)
    count, alone, batched = timing.integer("rows"), timing.nested("row_by_row"), timing.nested("batched")
    evidence.equals("Calls, row by row", alone.integer("calls"), count)
    evidence.at_most("Calls, in batches", batched.integer("calls"), max(count // 100, 1))
    spent = next((cell.seconds for cell in run.cells if cell.id == "exercise-7"), None) or 0
    seconds = alone.number("seconds") + batched.number("seconds")
    evidence.at_most("Seconds of both", round(seconds, 2), round(spent, 2) + 0.01, hint="Measure, type nothing in.")
    ratio = alone.number("seconds") / batched.number("seconds")
    evidence.agrees("Speed-up", timing.number("speedup"), round(ratio, 4), 0.005, relative=True)
    evidence.between("Speed-up, from your seconds", round(ratio, 2), limits["least"], limits["most"])


def _row_wise(source):
    """Whether a cell calls `map` row by row, beyond doubt."""
    try:
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    except SyntaxError:  # a magic: the time tells all the same
        return False
    maps = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "map"]
    said = [{word.arg: word.value for word in call.keywords} for call in maps]
    return any(
        None not in words and (not (value := words.get("batched")) or getattr(value, "value", True) is False)
        for words in said
        if len(words) > 0
    )


IMPORTS_MB = 1_000
"""The imports of the notebook take 250 MB in a kernel of its own; torch with its extensions may double that."""
STREAMED_SHARE = 0.25
"""One file of eight, with the footers of some others, is 0.13 of the whole."""
