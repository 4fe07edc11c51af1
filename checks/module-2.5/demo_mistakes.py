"""Names the usual mistakes of lab 2.5.2: tries what a student may have done, and compares with their answers."""

import functools

from demos import count_right, read

from grader.checking.api import CheckFailure, pipelines
from grader.checking.api.pipelines import TEXT, Unusable, answer_of, same_scores

_LENGTHS = (8, 16, 32, 64, 128)


def recognise(demo, inputs, outputs, theirs, ours, *, context) -> tuple[str, str] | None:
    """Find out what was done instead.

    Args:
        demo: the demo.
        inputs: what was asked.
        outputs: what was answered, as plain data.
        theirs: the same as answers; None for what is none.
        ours: what the model answers.
        context: (hub, bases, lab, device, tolerance).

    Returns:
        Name of the mistake and the next step; None when it is none of the usual ones.
    """
    *_, allowed = context
    if demo.task.name == "token-classification" and "'entity':" in str(outputs):
        return "aggregation-missing", "Pass the stated `aggregation_strategy` to the call: these are pieces of words."
    if any(one is None for one in theirs):
        return None
    if len(ours) > 1 and _same_in_another_order(demo.task, theirs, ours, allowed):
        return "order-mixed", "Each answer belongs at the place of its input."
    if all(same_scores(one, other, allowed) for one, other in zip(theirs, ours, strict=True)):
        return "labels-swapped", "Use the labels of the model's own config: `model.config.id2label`."
    scores = [round(number, 6) for one in theirs for number in one.numbers]
    if len(scores) > 2 and len(set(scores)) == 1:
        return "scores-typed-in", "Every score is the same: save what the pipeline returns."
    return _tried(demo, inputs, theirs, context)


def _tried(demo, inputs, theirs, context) -> tuple[str, str] | None:
    hub, bases, lab, device, allowed = context

    def gives_theirs(pipe=None, folder=demo.folder) -> bool:
        try:
            made = pipelines.answers(demo.task, folder, demo.options, inputs, device=device, pipe=pipe)
        except Unusable:
            return False
        return count_right(demo.task, theirs, made, allowed) == len(made)

    for other in lab.hub_models:
        if other != demo.model and _task_of(hub, other) == demo.task.name and gives_theirs(folder=bases[other]):
            return "other-model", f"These are the answers of `{other}`, not of the model that the demo states."
    if demo.task.kind == TEXT:
        for other in lab.hub_models:
            if other != demo.model and (bases[other] / "tokenizer.json").is_file():
                changed = with_tokenizer(demo.task.name, demo.folder, bases[other], device)
                if gives_theirs(changed):
                    hint = f"They come out with the tokenizer of `{other}`: load it from the model's own checkpoint."
                    return "tokenizer-mismatch", hint
    if demo.task.name == "text-classification" and _cut_short(demo, inputs, theirs, device, allowed):
        return "texts-cut-short", "Give no `max_length`: `truncation=True` alone cuts at the model's own limit."
    return None


def unsteady(task) -> tuple[str, str]:
    """Name the mistake behind two different answers to one question."""
    if task.name == "text-generation":
        return "sampling", "Pass `do_sample=False`: sampled text is another one each time."
    return "train-mode-for-inference", "Dropout is on: leave the pipeline's model in `eval()` mode."


def _same_in_another_order(task, theirs, ours, allowed) -> bool:
    open_places = list(ours)
    for one in theirs:
        place = next((at for at, other in enumerate(open_places) if count_right(task, [one], [other], allowed)), None)
        if place is None:
            return False
        open_places.pop(place)
    return True


def _cut_short(demo, inputs, theirs, device, allowed) -> bool:
    pipe = pipelines.load(demo.task.name, demo.folder, device)
    for length in _LENGTHS:
        made = [pipe(text, truncation=True, max_length=length, **demo.options) for text in inputs]
        ours = [answer_of(demo.task.name, pipelines.plain(one)) for one in made]
        if count_right(demo.task, theirs, ours, allowed) == len(ours):
            return True
    return False


@functools.cache
def _task_of(hub, model):
    profile = hub.profile(model)
    return profile.task if profile else None


@functools.cache
def with_tokenizer(task, folder, other, device):
    """The pipeline of a model with the tokenizer of another one; both are files of ours."""
    from transformers import AutoTokenizer, pipeline

    model = pipelines.load(task, folder, device).model
    return pipeline(task, model=model, tokenizer=AutoTokenizer.from_pretrained(other), device=device)


def hard_coded(demo, theirs, allowed) -> bool:
    """Whether fresh inputs get the answers that were stated for others."""
    try:
        stated = [one for one in read(demo.task, demo.entry["outputs"], len(demo.entry["inputs"])) if one is not None]
    except CheckFailure:
        return False
    return bool(stated) and all(
        one is not None and any(count_right(demo.task, [one], [other], allowed) for other in stated) for one in theirs
    )
