"""Checks of lab 2.5.2: how the demos behave: built once, in batches, in time, on unusual inputs, and in a chain."""

import demos
import edge_cases
from calibration import thresholds

from grader.checking.api import CheckFailure, check, pipelines
from grader.checking.api.pipelines import TASKS

COLOURS = ["red", "green", "blue"]
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@check(points=10, cell="exercise-2", needs=["test_demos"], hint="Put `functools.cache` over `get_pipeline`.")
def test_built_once(artifacts, measured, probes, bases, hub, lab, evidence):  # noqa: PLR0917  fixtures
    """Each pipeline is built once, used again, and left in evaluation mode"""
    limits = thresholds(lab)["builds"]
    for demo in demos.demos_of(artifacts, measured, bases):
        _same_object(demo.task.name, probes.of("get_pipeline"), evidence)
    for model in sorted({demo.model for demo in demos.demos_of(artifacts, measured, bases)}):
        loaded = any(one.path.endswith(".safetensors") for one in hub.downloads(model))
        if not evidence.holds(
            f"{model} was loaded in this run", loaded, f"The Hub was never asked for the weights of {model}."
        ):
            evidence.mistake("never-loaded", "Outputs come from a model: build the pipeline in this notebook.")
        builds = _builds(hub, model)
        if not evidence.at_most(f"Times that {model} was built", builds, limits["goal"]):
            evidence.partial((limits["floor"] - builds) / (limits["floor"] - limits["goal"]))
            hint = "A pipeline is built inside a loop or a function: build it once, keep it, call it again."
            evidence.mistake("pipeline-in-loop", hint)


@check(points=10, cell="exercise-5", needs=["test_demos"], hint="`pipe(texts, batch_size=...)` keeps the order.")
def test_batches(artifacts, measured, probes, bases, lab, run, evidence):  # noqa: PLR0917  fixtures
    """Batches give the answers of single calls, and your times show what they gain"""
    limits = thresholds(lab)
    found = demos.demos_of(artifacts, measured, bases)
    for demo in found:
        _same_alone(demo, probes.of("run_demo", demo.generator), demos.tolerance(run, limits), evidence)
    stated = next((demo for demo in found if demo.task.name == "text-classification"), None)
    if stated is None:
        raise CheckFailure("There is no demo of text-classification that could be timed in batches.")
    report = artifacts.json("demos.json").objects("demos")[stated.number - 1].nested("batch")
    evidence.equals("Texts in batches", report.integer("n"), run.parameters["batch_texts"], hint="Use all of `texts`.")
    sizes, seconds, n = report.numbers("sizes"), report.numbers("seconds"), report.integer("n", 1)
    _times_of_batches(sizes, [one / n for one in seconds], measured.demos["batches"], limits["batches"], evidence)


@check(points=5, cell="exercise-4", needs=["test_demos"], hint="`time.perf_counter()` before and after, times 1,000.")
def test_latency(artifacts, measured, bases, lab, run, evidence):  # noqa: PLR0917  fixtures
    """The latencies you report are possible, and near to what we measure"""
    limits = thresholds(lab)["latency"]
    bars, total = [], 0.0
    for demo in demos.demos_of(artifacts, measured, bases):
        name = demo.task.name
        report = artifacts.json("demos.json").objects("demos")[demo.number - 1].nested("latency_ms")
        p50, p95, n = report.number("p50"), report.number("p95"), report.integer("n")
        total += n * p50 / 2_000
        bars += [{"name": f"{name}, yours", "value": p50}, {"name": f"{name}, ours", "value": demo.p50_ms}]
        evidence.equals(f"Timed calls of {name}", n, run.parameters["latency_rounds"], hint="Use `latency_rounds`.")
        if not evidence.holds(
            f"p50 of {name} is not above p95",
            p50 <= p95,
            f"{name}: p50 is {p50:g} ms and p95 {p95:g} ms.",
            claimed=p95,
            measured=p50,
            required="p50 ≤ p95",
        ):
            evidence.mistake("percentiles-swapped", "Half of the calls are faster than p50, 95 % are faster than p95.")
        if not evidence.holds(
            f"p50 of {name} is near ours",
            _near(p50, demo.p50_ms, limits),
            f"{name}: you report {p50:.3g} ms, we measure {demo.p50_ms:.3g} ms.",
            claimed=p50,
            measured=demo.p50_ms,
            required=_range(limits),
            hint="Milliseconds, of one call with one input, after a first call to warm up.",
        ):
            evidence.mistake(*_unit(p50, demo.p50_ms, limits))
    evidence.at_most("Seconds that these calls take at least", total, run.wall_seconds, unit="s")
    evidence.plot("bars", "Median time of one call", bars=bars, unit="ms")


@check(
    points=5,
    cell="exercise-6",
    needs=["test_demos"],
    hint="Five names, five inputs of their kind, `run_demo` for each.",
)
def test_edge_report(artifacts, measured, bases, lab, run, evidence):  # noqa: PLR0917  fixtures
    """edge_cases.json tells what happens to unusual inputs"""
    report = artifacts.fits_schema("edge_cases.json")
    evidence.equals("Whose edge cases they are", report.text("student_id"), run.student_id, hint="Use `student_id`.")
    evidence.equals("Seed", report.integer("seed"), run.seed, hint="Use the parameter `seed`.")
    found = demos.demos_of(artifacts, measured, bases)
    stated = next((demo for demo in found if demo.task.name == "text-classification"), None)
    if stated is None:
        raise CheckFailure("There is no demo of text-classification whose edge cases could be judged.")
    cases = {case["name"]: case for case in report.plain()["cases"]}
    allowed = demos.tolerance(run, thresholds(lab))
    for name, (fits, words) in edge_cases.KINDS.items():
        if not evidence.holds(f"There is a case {name}", name in cases, f"edge_cases.json has no case `{name}`."):
            continue
        case = cases[name]
        if evidence.holds(
            f"The input of {name} is {words}", fits(case["input"]), f"`{name}`: the input is not {words}."
        ):
            edge_cases.compare(
                name, case["input"], case["output"], stated, evidence, device=run.device, allowed=allowed
            )
            edge_cases.compare_tokens(name, case, stated, run.device, evidence)


@check(points=10, bonus=True, cell="exercise-7", hint="Hear, pick, look, ask: print what each link gives to the next.")
def test_chain(probes, bases, run, evidence):
    """A spoken number picks a picture, which is put into words"""
    for number, call in enumerate(probes.of("describe_order"), 1):
        right = _described(call.inputs["samples"], call.inputs["pictures"], bases, run.device)
        made = demos.returned(call)
        for key, value in right.items():
            found = made.get(key) if isinstance(made, dict) else None
            said = found.strip() if isinstance(found, str) else found if isinstance(found, int) else None
            if not evidence.holds(
                f"`{key}` of order {number}",
                said == value and not isinstance(said, bool),
                f"Order {number}: `{key}` is {said!r}, the chain gives {value!r}.",
                measured=value,
                claimed=said,
                required="that of the chain",
            ):
                evidence.mistake(
                    "link-of-the-chain", "Compare link by link: the first difference is the reason of the rest."
                )


def _same_object(task, calls, evidence):
    """Ask that the two calls for a task gave one and the same pipeline, in evaluation mode."""
    try:
        first, again = (call.pipeline() for call in calls if call.inputs["task"] == task)
    except CheckFailure as failure:
        evidence.holds(f"`get_pipeline` gives the pipeline of {task}", condition=False, sentence=str(failure))
        return
    if not evidence.equals(f"Pipelines made for two calls, {task}", 1 + (first.number != again.number), 1):
        evidence.mistake("pipeline-in-loop", "Each call builds another pipeline: keep the first and return it again.")
    mode = "train" if first.training or again.training else "evaluation"
    if not evidence.equals(f"Mode of the model, {task}", mode, "evaluation"):
        evidence.mistake("train-mode-for-inference", "Leave the model as the pipeline made it, or call `eval()` on it.")


def _builds(hub, model) -> int:
    """How often a pipeline of the model was built: every tokenizer that is loaded asks for chat templates.

    A model without one asks for its revision when it is not pinned; a pinned one that is in the cache asks for nothing.
    """
    start = f"/api/models/{model}/"
    paths = [record.path for record in hub.requests if record.path.startswith(start)]
    templates = sum(path.startswith(f"{start}tree/") and path.endswith("/additional_chat_templates") for path in paths)
    return templates or sum(path.startswith(f"{start}revision/") for path in paths) or 1


def _same_alone(demo, calls, allowed, evidence):
    """Compare what `run_demo` says of an input in company and alone."""
    company, alone, _ = calls
    inputs = company.inputs["inputs"]
    place = inputs.index(alone.inputs["inputs"][0])
    try:
        together = demos.read(demo.task, demos.returned(company), len(inputs))[place]
        single = demos.read(demo.task, demos.returned(alone), 1)[0]
    except CheckFailure as failure:
        evidence.holds(f"{demo.task.name}: alone and in company", condition=False, sentence=str(failure))
        return
    same = (
        single == together
        if None in {single, together}
        else demos.count_right(demo.task, [single], [together], allowed)
    )
    evidence.holds(
        f"{demo.task.name}: the same answer alone and in company",
        same,
        f"{demo.task.name}: an input gets another answer among {len(inputs)} than alone.",
        hint="Keep the order, and let the pipeline pad: it passes the attention mask.",
    )


def _times_of_batches(sizes, each, ours, limits, evidence):
    """Judge seconds for one text at each size of batch."""
    if len(sizes) != len(each):
        raise CheckFailure("`sizes` and `seconds` of `batch` have different lengths.")
    evidence.holds("Single texts were timed", 1 in sizes, "`sizes` has no 1: batches are compared with single texts.")
    evidence.at_least("Largest batch", max(sizes), limits["least_size"])
    evidence.at_least("Shortest time", min(each), 1e-9, unit="s", hint="A time is above zero.")
    mine = dict(zip(ours["sizes"], [one / pipelines.BATCH_TEXTS for one in ours["seconds"]], strict=True))
    theirs = dict(zip(sizes, each, strict=True))
    for size in (1, 8, 32):
        if size in mine and size in theirs:
            evidence.holds(
                f"Time of a text in batches of {size} is near ours",
                _near(theirs[size], mine[size], limits),
                f"Batches of {size}: you report {_milliseconds(theirs[size])} a text, we measure"
                f" {_milliseconds(mine[size])}.",
                claimed=_milliseconds(theirs[size]),
                measured=_milliseconds(mine[size]),
                required=_range(limits),
            )
    gain = mine[1] / mine[32]
    if 1 in theirs and gain >= limits["clear_gain"]:
        evidence.holds(
            "The largest batch is faster than single texts",
            theirs[max(sizes)] < theirs[1],
            f"You report that batches gain nothing; we measure that they are {gain:.1f} times faster.",
            measured=f"{gain:.1f} times",
            claimed=f"{theirs[1] / max(theirs[max(sizes)], 1e-12):.1f} times",
            required="faster",
            hint="Pass `batch_size` on to the pipeline, and give it the whole list.",
        )


def _milliseconds(seconds) -> str:
    return f"{1_000 * seconds:.3g} ms"


def _near(theirs, ours, limits) -> bool:
    """Whether a time is possible: a busy machine makes calls slow, and nothing makes them fast."""
    return ours / limits["faster"] <= theirs <= ours * limits["slower"]


def _range(limits) -> str:
    return f"at most {limits['faster']:g} times faster or {limits['slower']:g} times slower"


def _unit(theirs, ours, limits) -> tuple[str, str]:
    """Name what is wrong with a latency."""
    if _near(1_000 * theirs, ours, limits):
        return "seconds-for-milliseconds", "These are seconds: the report asks for milliseconds."
    if theirs > ours * limits["slower"]:
        return "pipeline-in-loop", "A call that takes so long usually builds its pipeline again: build it once."
    return "latency-invented", "Time the calls themselves, and report what comes out."


def _described(samples, pictures, bases, device) -> dict[str, object]:
    """What the chain gives, link by link."""
    hear, look, ask = (
        TASKS[name]
        for name in ("automatic-speech-recognition", "image-classification", "zero-shot-image-classification")
    )
    speech, shapes, words = (
        bases[model] for model in ("openai/whisper-tiny", "google/vit-base-patch16-224", "openai/clip-vit-base-patch32")
    )
    heard = pipelines.answers(hear, speech, {}, [samples], device=device)[0].texts[0]
    number = DIGITS.index(heard.split()[0]) % len(pictures)
    shape = pipelines.answers(look, shapes, {}, [pictures[number]], device=device)[0].texts[0]
    options = {"candidate_labels": COLOURS, "hypothesis_template": f"a photo of a {{}} {shape}"}
    colour = pipelines.answers(ask, words, options, [pictures[number]], device=device)[0].texts[0]
    return {"heard": heard, "number": number, "shape": shape, "colour": colour}
