"""Checks of lab 2.5.2: the demos, their models, and whether their outputs are what these models give."""

import demo_mistakes
import demos
from calibration import thresholds

from grader.checking.api import CheckFailure, check, pipelines
from grader.checking.api.pipelines import ALIASES, Unusable, check_inputs, check_options, known_task

LEAST_INPUTS = 3
NEEDED = "text-classification"


@check(
    points=10, cell="exercise-1", hint="Look at the table of tasks in part 1: five different ones, each with a model."
)
def test_demos(artifacts, run, evidence):
    """Five demos show five different tasks"""
    entries = demos.entries(artifacts)
    report = artifacts.json("demos.json")
    evidence.equals("Whose demos they are", report.text("student_id"), run.student_id, hint="Use `student_id`.")
    evidence.equals("Seed", report.integer("seed"), run.seed, hint="Use the parameter `seed`.")
    problems = [_problem(entry) for entry in entries]
    tasks = {ALIASES.get(entry["task"], entry["task"]) for entry, why in zip(entries, problems, strict=True) if not why}
    share = len(tasks) / demos.WANTED
    for number, (entry, why) in enumerate(zip(entries, problems, strict=True), 1):
        if why:
            evidence.holds(f"Demo {number} can be run", condition=False, sentence=f"Demo {number}: {why}.")
            evidence.partial(share)
            _name_problem(entry, why, evidence)
    if not evidence.at_least("Different tasks", len(tasks), demos.WANTED, claimed=len(entries)):
        evidence.partial(share)
        if len({entry["task"] for entry in entries}) > len(tasks):
            evidence.mistake(
                "same-task", "`sentiment-analysis` and `ner` are other names of two tasks, not more tasks."
            )
    evidence.holds(
        f"{NEEDED} is among them",
        NEEDED in tasks,
        f"No demo shows {NEEDED}; the later exercises need one.",
        hint=f"Add a demo of {NEEDED}.",
    )
    evidence.partial(share)


@check(
    points=10, cell="exercise-2", needs=[test_demos], hint="`HfApi().model_info(model_id)`: `.sha`, `.pipeline_tag`."
)
def test_models(artifacts, hub, evidence):
    """Each model is on the Hub at the stated commit, and its tag is your task"""
    entries = demos.entries(artifacts)
    wrong = [entry for entry in entries if not _rows_of_model(entry, hub, None)]
    for entry in entries:
        _rows_of_model(entry, hub, evidence, share=1 - len(wrong) / len(entries))


@check(points=20, cell="exercise-3", needs=[test_demos], hint="Save what `run_demo` returns for the stated inputs.")
def test_stated_outputs(artifacts, measured, bases, hub, lab, run, evidence):  # noqa: PLR0917  fixtures
    """The outputs you state are what these models give"""
    allowed = demos.tolerance(run, thresholds(lab))
    found = demos.demos_of(artifacts, measured, bases)
    context = (hub, bases, lab, run.device, allowed)
    rows = [_compared(demo, demo.entry["inputs"], demo.entry["outputs"], demo.answers, context) for demo in found]
    _tell("Outputs", found, rows, measured.demos["demos"], evidence)


@check(
    points=20,
    cell="exercise-3",
    needs=[test_demos],
    hint="Call `run_demo` with an input that is in no demo, and compare with the pipeline itself.",
)
def test_fresh_inputs(artifacts, measured, probes, bases, hub, lab, run, evidence):  # noqa: PLR0917  fixtures
    """Fresh inputs get the answers that the models give"""
    allowed = demos.tolerance(run, thresholds(lab))
    found = demos.demos_of(artifacts, measured, bases)
    context = (hub, bases, lab, run.device, allowed)
    rows = [_asked(demo, probes.of("run_demo", demo.generator), context) for demo in found]
    _tell("Fresh inputs", found, rows, measured.demos["demos"], evidence)


def _problem(entry) -> str:
    """Why a demo cannot be run, whatever its model is; nothing when it can."""
    try:
        task = known_task(entry["task"])
        check_options(task, entry["kwargs"])
        inputs = check_inputs(task, entry["inputs"])
    except Unusable as exc:
        return str(exc)
    different = len({str(one) for one in inputs})
    return (
        f"it has {different} different inputs; at least {LEAST_INPUTS} are needed" if different < LEAST_INPUTS else ""
    )


def _name_problem(entry, why, evidence):
    if "no such pipeline" in why:
        evidence.mistake("task-removed", "Choose a task of the table in part 1; for this one, take the Auto classes.")
    elif "aggregation_strategy" in why:
        evidence.mistake(
            "aggregation-missing", "State `aggregation_strategy`, such as `simple`: names, not word pieces."
        )
    elif "do_sample" in why:
        evidence.mistake("sampling", "State `do_sample` as false: sampled text cannot be repeated.")
    elif entry["task"] in ALIASES:
        evidence.mistake("same-task", f"`{entry['task']}` is another name of {ALIASES[entry['task']]}.")


def _rows_of_model(entry, hub, evidence, share=0.0) -> bool:
    """Judge the model of a demo; without a table only say whether it is right."""
    model, revision, task = entry["model_id"], entry["revision"], ALIASES.get(entry["task"], entry["task"])
    profile = hub.profile(model)
    pinned = hub.profile(model, revision) if profile else None
    if evidence is None:
        return pinned is not None and pinned.task == task
    if not evidence.holds(
        f"{model} is on the Hub",
        profile is not None,
        f"The lab's Hub has no model {model}.",
        hint="Copy the id exactly.",
    ):
        evidence.partial(share)
        return False
    if not evidence.holds(
        f"{model} has the commit {revision[:7]}…",
        pinned is not None,
        f"{model} has no commit {revision[:7]}….",
        measured=profile.head[:7],
        claimed=revision[:7],
        hint="Take the commit from `HfApi().model_info(model_id).sha`, of this model.",
    ):
        evidence.partial(share)
    if not evidence.equals(f"Task of {model}", profile.task or "none", task, claimed=entry["task"]):
        evidence.partial(share)
        evidence.mistake("task-of-another-model", "Choose a model whose tag on the Hub is the task.")
    return True


def _compared(demo, inputs, outputs, ours, context):
    """Right answers, wanted ones, a sentence, and the mistake of one demo."""
    try:
        theirs = demos.read(demo.task, outputs, len(inputs))
    except CheckFailure as failure:
        return 0, len(inputs), str(failure), None
    right = demos.count_right(demo.task, theirs, ours, context[-1])
    if right == len(ours):
        return right, right, "", None
    at = next(at for at in range(len(ours)) if not demos.count_right(demo.task, [theirs[at]], [ours[at]], context[-1]))
    said = _words(theirs[at]) if theirs[at] else f"{str(outputs[at])[:80]}, which is no answer of this task"
    sentence = f"{demo.task.name}, input {at + 1}: you have {said}, the model gives {_words(ours[at])}."
    mistake = demo_mistakes.recognise(demo, inputs, outputs, theirs, ours, context=context)
    return right, len(ours), sentence, mistake


def _asked(demo, calls, context):
    """The same for what `run_demo` returned: asked once, asked for one of the inputs alone, asked again."""
    first, _, again = calls
    inputs = first.inputs["inputs"]
    ours = pipelines.answers(demo.task, demo.folder, demo.options, inputs, device=context[3])
    try:
        outputs, repeated = demos.returned(first), demos.returned(again)
        theirs, second = (demos.read(demo.task, one, len(inputs)) for one in (outputs, repeated))
    except CheckFailure as failure:
        return 0, len(inputs), str(failure), None
    right, wanted, sentence, mistake = _compared(demo, inputs, outputs, ours, context)
    if right < wanted and theirs != second:
        mistake = demo_mistakes.unsteady(demo.task)
    elif right < wanted and demo_mistakes.hard_coded(demo, theirs, context[-1]):
        mistake = ("hard-coded", "These are the stated outputs again: ask the pipeline for each input.")
    return right, wanted, sentence, mistake


def _tell(what, found, rows, measured, evidence):
    """Fill the table; the points are the share of right answers, over five demos at least."""
    share = sum(right / wanted for right, wanted, _, _ in rows) / max(demos.WANTED, len(rows))
    for demo, (right, wanted, sentence, mistake) in zip(found, rows, strict=True):
        told = sentence or f"{demo.task.name}: {right} of {wanted} are right."
        label = f"{what} of {demo.task.name} that are right"
        if not evidence.holds(label, right == wanted, told, measured=f"{right} of {wanted}", required="all"):
            evidence.partial(share)
            if mistake:
                evidence.mistake(*mistake)
    problems = [f"Demo {at} is not run: {one['problem']}." for at, one in enumerate(measured, 1) if one["problem"]]
    hint = problems[0] if problems else "Each demo shows another task."
    if not evidence.at_least("Demos of different tasks that could be compared", len(rows), demos.WANTED, hint=hint):
        evidence.partial(share)


def _words(answer) -> str:
    """An answer for a sentence."""
    if not answer.texts:
        return "nothing"
    if not answer.numbers or len(answer.texts) != len(answer.numbers):
        return repr(answer.texts[0][:80])
    return f"{answer.texts[0][:60]} ({answer.numbers[0]:.4f})"
