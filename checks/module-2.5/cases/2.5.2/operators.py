"""What cases of lab 2.5.2 need: other answers wherever `run_demo` has answered, as other code gives them."""

import json
from pathlib import Path

from grader.checking.api import pipelines
from grader.checking.api.pipelines import TASKS

EDGES = "edge_texts"


# --- other code ----------------------------------------------------------------------------------------------


def answer_otherwise(
    folder: Path, context, task: str, *, model: str = "", tokenizer: str = "", max_length: int = 0, options=None
) -> None:
    """Answer with another model, another tokenizer, a limit of one's own, or other arguments than the stated ones.

    Args:
        folder: the artifacts.
        context: where the models are, and the probes of the run.
        task: whose answers change.
        model: in the place of the stated one.
        tokenizer: the model whose tokenizer is taken.
        max_length: tokens that are kept.
        options: arguments of the call that differ from the stated ones; null leaves one out.
    """
    demo = _demo(_read(folder / "demos.json"), task)
    pipe = pipelines.load(task, context.bases[model or demo["model_id"]], "cpu")
    if tokenizer:
        pipe = _with_tokenizer(task, pipe, context.bases[tokenizer])
    changed = {**demo["kwargs"], **(options or {})}
    stated = {name: value for name, value in changed.items() if value is not None}
    if max_length:
        stated |= {"truncation": True, "max_length": max_length}

    def answer(inputs, outputs):
        return [
            output if _refused(output) else pipelines.call(TASKS[task], pipe, stated, item)
            for item, output in zip(inputs, outputs, strict=True)
        ]

    _everywhere(folder, context, task, answer)


def _with_tokenizer(task, pipe, other):
    from transformers import AutoTokenizer, pipeline

    return pipeline(task, model=pipe.model, tokenizer=AutoTokenizer.from_pretrained(other), device="cpu")


def sample(folder: Path, context) -> None:
    """Write text by drawing each token at random, a new text each time."""
    answer_otherwise(folder, context, "text-generation", options={"do_sample": True, "temperature": 3.0})


# --- other answers -------------------------------------------------------------------------------------------


def swap_labels(folder: Path, context, task: str, labels: list[str]) -> None:
    """Give each of two labels the name of the other."""
    other = {labels[0]: labels[1], labels[1]: labels[0]}

    def swapped(output):
        entries = output if isinstance(output, list) else [output]
        return [{**entry, "label": other.get(entry["label"], entry["label"])} for entry in entries]

    _each(folder, context, task, swapped)


def set_scores(folder: Path, context, task: str, score: float) -> None:
    """Give every answer the same score."""
    _each(folder, context, task, lambda output: [{**entry, "score": score} for entry in output])


def round_scores(folder: Path, context, digits: int) -> None:
    """Round every number of every answer."""
    for task in TASKS:
        _each(folder, context, task, lambda output: _rounded(output, digits))


def rotate(folder: Path, context, task: str) -> None:
    """Put each answer at the place of the next input."""
    _everywhere(folder, context, task, lambda _, outputs: outputs[1:] + outputs[:1])


def always_the_first(folder: Path, context, task: str) -> None:
    """Answer every fresh input with the first stated output."""
    stated = _demo(_read(folder / "demos.json"), task)["outputs"][0]
    _probes(context, task, lambda _, outputs: [stated for _ in outputs])


def answer_edges(folder: Path, context, kind: str) -> None:
    """Ask the model also for what is empty, or for a value that is turned into text.

    Args:
        folder: the artifacts.
        context: where the models are, and the probes of the run.
        kind: `empty` or `wrong-type`.
    """
    task = TASKS["text-classification"]
    pipe = pipelines.load(task.name, context.bases[_demo(_read(folder / "demos.json"), task.name)["model_id"]], "cpu")

    def answer(inputs, outputs):
        return [
            pipelines.call(task, pipe, {}, str(item))
            if isinstance(item, str) is (kind == "empty") and _refused(old)
            else old
            for item, old in zip(inputs, outputs, strict=True)
        ]

    _everywhere(folder, context, task.name, answer)


# --- other probes --------------------------------------------------------------------------------------------


def fail_calls(
    _folder: Path, context, *, function: str, kind: str, text: str = "", inputs: str = "", only: int = -1
) -> None:
    """Let calls of a function fail.

    Args:
        context: has the probes of the run.
        function: its name.
        kind: of the failure, such as `raised` or `missing`.
        text: what it says.
        inputs: a generator; calls on all kinds of inputs when left out.
        only: the number of the one call that fails, from 0.
    """

    def failing(probe):
        for number, call in enumerate(probe["calls"]):
            if only in (-1, number):
                call |= {"output": None, "error": {"kind": kind, "text": text}}

    _change_probes(context, lambda probe: probe["name"] == function and inputs in ("", probe["inputs"]), failing)


def train_mode(_folder: Path, context) -> None:
    """Leave every pipeline's model in train mode."""
    _change_pipelines(context, lambda _, seen: {**seen, "training": True})


def build_again(_folder: Path, context) -> None:
    """Build a pipeline for every call."""
    _change_pipelines(context, lambda number, seen: {**seen, "number": number})


def _change_pipelines(context, change):
    def changed(probe):
        for number, call in enumerate(probe["calls"]):
            if call.get("output"):
                call["output"] = {"$pipeline": change(number, call["output"]["$pipeline"])}

    _change_probes(context, lambda probe: probe["name"] == "get_pipeline", changed)


def other_link(_folder: Path, context, key: str, values: list) -> None:
    """Let a link of the chain say something else: for each value the next one of a list."""

    def changed(probe):
        for call in probe["calls"]:
            before = call["output"][key]
            call["output"][key] = values[(values.index(before) + 1) % len(values)]

    _change_probes(context, lambda probe: probe["name"] == "describe_order", changed)


# --- other demos ---------------------------------------------------------------------------------------------


def only_one_task(folder: Path) -> None:
    """Show text classification five times, under its two names."""
    report = _read(folder / "demos.json")
    demo = _demo(report, "text-classification")
    names = ("text-classification", "sentiment-analysis") * 2
    report["demos"] = [{**demo, "task": name} for name in (*names, names[0])]
    _write(folder / "demos.json", report)


def change_demo(folder: Path, task: str, key: str, value) -> None:
    """Put a value at a dotted key of a demo; null removes the key."""
    report = _read(folder / "demos.json")
    place = _demo(report, task)
    *outer, last = key.split(".")
    for name in outer:
        place = place[name]
    place.pop(last, None) if value is None else place.__setitem__(last, value)
    _write(folder / "demos.json", report)


def drop_demo(folder: Path, task: str) -> None:
    """Leave a demo out."""
    report = _read(folder / "demos.json")
    report["demos"].remove(_demo(report, task))
    _write(folder / "demos.json", report)


def reverse_demos(folder: Path) -> None:
    """Put the demos in another order: harmless."""
    report = _read(folder / "demos.json")
    report["demos"].reverse()
    _write(folder / "demos.json", report)


def reverse_seconds(folder: Path) -> None:
    """Exchange the times of the smallest and the largest batch."""
    report = _read(folder / "demos.json")
    _demo(report, "text-classification")["batch"]["seconds"].reverse()
    _write(folder / "demos.json", report)


def change_case(folder: Path, name: str, key: str, value) -> None:
    """Put a value at a key of an edge case."""
    report = _read(folder / "edge_cases.json")
    next(case for case in report["cases"] if case["name"] == name)[key] = value
    _write(folder / "edge_cases.json", report)


# --- common --------------------------------------------------------------------------------------------------


def _each(folder, context, task, change):
    """Change every answer of a task; refusals stay."""
    _everywhere(folder, context, task, lambda _, outputs: [one if _refused(one) else change(one) for one in outputs])


def _everywhere(folder, context, task, change):
    """Change the outputs of a task where they are stated, probed and, for texts, reported as edge cases."""
    report = _read(folder / "demos.json")
    for demo in report["demos"]:
        if demo["task"] == task:
            demo["outputs"] = change(demo["inputs"], demo["outputs"])
    _write(folder / "demos.json", report)
    _probes(context, task, change)
    if task == "text-classification":
        edges = _read(folder / "edge_cases.json")
        for case in edges["cases"]:
            (case["output"],) = change([case["input"]], [case["output"]])
        _write(folder / "edge_cases.json", edges)


def _probes(context, task, change):
    def changed(probe):
        for call in probe["calls"]:
            if call.get("error") is None:
                call["output"] = change(call["inputs"]["inputs"], call["output"])

    wanted = {task.replace("-", "_"), *([EDGES] if task == "text-classification" else [])}
    _change_probes(context, lambda probe: probe["name"] == "run_demo" and probe["inputs"] in wanted, changed)


def _change_probes(context, wanted, change):
    record = _read(context.run / "probes.json")
    for probe in filter(wanted, record["probes"]):
        change(probe)
    _write(context.run / "probes.json", record)


def _demo(report, task):
    return next(demo for demo in report["demos"] if demo["task"] == task)


def _refused(output) -> bool:
    return isinstance(output, dict) and "error" in output


def _rounded(value, digits):
    if isinstance(value, list):
        return [_rounded(entry, digits) for entry in value]
    if isinstance(value, dict):
        return {key: _rounded(entry, digits) for key, entry in value.items()}
    return round(value, digits) if isinstance(value, float) else value


def _read(path):
    return json.loads(path.read_text("utf-8"))


def _write(path, content):
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
