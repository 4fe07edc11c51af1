"""Checks of lab 2.5.5: the adapter, what it is worth, and whether the comparison with full fine-tuning is true."""

import math
from collections.abc import Mapping

import stamps
import training_log
from calibration import thresholds
from comparison import KEYS, WAYS
from words import some

from grader.checking.api import check

TIMES_FEWER = 100
"""LoRA of rank 2 on queries and values trains 195 times fewer parameters, rank 4 still 103 times."""
LEAST_FALL = 0.9
"""Over ten epochs the loss of the reference falls to a third, and over two to less than this."""
EXACT = 1e-5
"""Relative: the same sum in another order, in float32, stays a hundred times below."""
OWN_FILES = "Leave `student_id` and `seed` as they are injected."


@check(points=2, cell="exercise-8", hint="The table of exercise 8 says which keys `comparison.json` needs.")
def test_comparison_file(artifacts, run, evidence):
    """comparison.json describes both ways of training"""
    report = artifacts.fits_schema("comparison.json")
    stamps.of_this_run(report, "comparison.json", run, evidence, OWN_FILES)
    for way, label in WAYS.items():
        side = report.nested(way)
        for key in (*KEYS.values(), "peak_bytes", "accuracy"):
            side.number(key)
        evidence.note(f"Seconds of training, {label}", side.number("seconds"))


@check(points=9, cell="exercise-2", hint="Save with `lora_model.save_pretrained(...)`, before anything is merged.")
def test_adapter_loads(lab, measured, evidence):
    """The adapter fits its base model"""
    found = measured.adapter
    if not evidence.equals("Base model", found["base_model"], lab.hub_models[0], hint="Train on `base_model`."):
        evidence.mistake("other-base", "Build every model with `fresh_model()`, which loads `base_model`.")
    if not evidence.holds(
        "The target modules are names of the base",
        not found["unknown_targets"],
        f"The base has no module called {_names(found['unknown_targets'])}.",
        measured=_names(found["unknown_targets"]) or _names(found["target_modules"]),
        required="only names of the base",
    ):
        evidence.mistake(
            "target-modules",
            "`target_modules` must match the architecture's own names: `linear_names(fresh_model())` lists them.",
        )
    evidence.holds(
        "Every targeted module has its two matrices",
        found["target_modules"] and not found["missing"],
        f"The file holds no matrices for {_names(found['missing']) or 'any module'}.",
        hint="Save the `peft` model with `save_pretrained` after `get_peft_model(...)` has wrapped it.",
    )
    evidence.holds(
        "Every tensor has the shape that `r` and the base ask for",
        not found["misshaped"],
        f"These tensors do not fit: {_names(found['misshaped'])}.",
        hint="The configuration and the weights must come from the same `save_pretrained` call.",
    )
    evidence.holds(
        "The file holds the adapter and nothing else",
        not found["unexpected"],
        f"These tensors belong to no adapter of this base: {_names(found['unexpected'])}.",
        hint="Save the `peft` model itself, not the model inside it and not the merged one.",
    )


@check(points=9, needs=[test_adapter_loads], cell="exercise-3", hint="Save the adapter after training.")
def test_adapter_trained(measured, evidence):
    """The adapter has learned, and its classification head is saved with it"""
    found = measured.adapter
    evidence.holds(
        "Every weight is a finite number",
        found["finite"],
        "The adapter holds NaN or infinity.",
        hint="Training has diverged: choose a lower `lora_learning_rate`.",
    )
    if not evidence.holds(
        "No B matrix is still zero",
        not found["zero_b"],
        f"B is all zeros, as before the first step, in {_names(found['zero_b'])}.",
        measured=f"{len(found['zero_b'])} of them are" if found["zero_b"] else "none is",
        required="none is",
    ):
        evidence.mistake(
            "lora-untrained",
            "Was the adapter saved before training, or did the Trainer get another model? Save `lora_model`.",
        )
    if not evidence.holds(
        "The trained classification head is in the file",
        "classifier" in found["modules_to_save"],
        "The file holds no classifier: whoever loads the adapter gets an untrained head.",
        measured=_names(found["modules_to_save"]) or "nothing beside the matrices",
        required="classifier",
    ):
        evidence.mistake("classifier-not-saved", 'Give `LoraConfig` the argument `task_type="SEQ_CLS"`.')


@check(
    points=2,
    cell="exercise-3",
    hint="Train for all rows and epochs that the lab gives, and log the loss once per epoch.",
)
def test_training_logs(artifacts, run, evidence):
    """The losses you report are of the trainings that the lab asks for, and fall"""
    for way, label in WAYS.items():
        told, given = artifacts.fits_schema(f"{way}/metrics.json"), run.parameters
        rows, epochs = given["train_rows"], given[f"{way}_epochs"]
        evidence.equals(f"Training rows, {label}", told.integer("train_rows"), rows)
        evidence.equals(f"Epochs, {label}", told.number("epochs"), epochs)
        steps = epochs * math.ceil(rows / given["batch_size"])
        evidence.equals(f"Steps, {label}", told.integer("steps"), steps, hint="Keep the given batch size.")
        losses = [(entry.integer("step"), entry.number("loss")) for entry in told.objects("loss")]
        logged = [step for step, _ in losses]
        evidence.at_least(f"Logged losses, {label}", len(losses), epochs, hint='`logging_strategy="epoch"`.')
        evidence.holds(
            f"The steps of the log rise to the last one, {label}",
            logged == sorted(set(logged)) and logged[-1] == steps,
            "The entries of `loss` are not what the Trainer logged, one after the other.",
            measured=some(logged, 6),
            required=f"rising, the last one {steps}",
            hint="Take them from `trainer.state.log_history`, as `run` does.",
        )
        if len(losses) > 1:
            first, last = training_log.falls(losses)
            evidence.at_most(
                f"Loss at the end, {label}",
                round(last, 4),
                round(LEAST_FALL * first, 4),
                hint="A loss that stays where it began has learned nothing.",
            )


@check(points=5, needs=[test_adapter_loads], cell="exercise-2", hint="A smaller `r`, or fewer `target_modules`.")
def test_hundred_times_fewer(measured, evidence):
    """LoRA trains at least 100 times fewer parameters"""
    found = measured.adapter
    evidence.note("Rank", found["r"])
    evidence.note("Parameters that learn", found["trainable"])
    evidence.at_least("Times fewer than in full fine-tuning", round(found["times_fewer"], 1), TIMES_FEWER)


@check(
    points=10,
    needs=[test_adapter_trained],
    cell="exercise-6",
    hint="Load the adapter from disk onto a fresh base, `merge_and_unload()`, and save the result to `merged/`.",
)
def test_merged_model(artifacts, measured, evidence):
    """The merged model equals base plus adapter"""
    found = measured.merge
    tolerance, flips = _merge_tolerance(artifacts)
    evidence.at_most(
        "Largest relative difference to W + (alpha / r) B A",
        found["relative_error"],
        tolerance,
        hint="Merge what was trained: nothing in `adapter/` may change between training and merging.",
    )
    evidence.holds(
        "The head is that of the adapter",
        tolerance > EXACT or not found["head_differs"],
        "The classification head of `merged/` is not the one that was saved with the adapter.",
        hint="Load the adapter from disk before you merge: its head comes with it.",
    )
    evidence.at_most(f"Labels that differ on {found['n']} reviews", found["label_flips"], flips)
    if mistake := _merge_mistake(found):
        evidence.mistake(*mistake)
    texts = measured.merged_tokenizer
    evidence.holds(
        "The tokenizer beside it is the one of the base model",
        texts["equal"],
        f"The tokenizer in `merged/` differs from the base model's in: {some(list(texts['differing']))}.",
        measured=f"{texts['sample_disagreements']} of {texts['n']} texts differ",
        required=f"0 of {texts['n']} texts differ",
        hint="Save model and tokenizer together, by `save`.",
    )


@check(
    points=5,
    needs=[test_adapter_trained],
    cell="exercise-4",
    hint="Try `lora_learning_rate` at about ten times `full_learning_rate`, with the given epochs.",
)
def test_gap_to_full(lab, measured, evidence):
    """LoRA comes close to a full fine-tuning that had its chance"""
    full, lora = measured.full_public["accuracy"], measured.lora_public["accuracy"]
    if not evidence.holds(
        "Full fine-tuning trained all weights",
        not measured.full_weights["head_only"],
        "The encoder in `full/` is still the base: only its head was trained, or nothing.",
        hint="Train a model from `fresh_model()`, with no adapter and nothing frozen.",
    ):
        evidence.mistake("full-not-trained")
    evidence.at_least(
        "Accuracy of full fine-tuning on the test split",
        full,
        thresholds(lab)["full"]["least"],
        hint="Train a fresh model for `full_epochs` at `full_learning_rate`: a weak opponent proves nothing.",
    )
    evidence.note("Accuracy of LoRA on the test split", lora)
    evidence.at_most("Accuracy that LoRA gives up", round(full - lora, 4), thresholds(lab)["gap"]["most"])


@check(
    points=3,
    needs=[test_comparison_file, test_adapter_trained],
    cell="exercise-8",
    hint="Evaluate the models that you saved, on the whole test split.",
)
def test_reported_accuracies(artifacts, measured, run, evidence):
    """The accuracies you report are those we measure"""
    report = artifacts.json("comparison.json")
    ours = {"full": measured.full_public, "lora": measured.lora_public}
    claims = {way: report.nested(way).number("accuracy", 0, 1) for way in ours}
    metrics = {way: artifacts.fits_schema(f"{way}/metrics.json") for way in ours}
    evidence.plot(
        "curve",
        "Training loss, as you report it",
        x_label="step",
        y_label="loss",
        series=[_curve(way, metrics[way]) for way in ours],
    )
    for way, label in WAYS.items():
        stamps.of_this_run(metrics[way], f"{way}/metrics.json", run, evidence, OWN_FILES)
        tolerance = 0.005 if run.device == "cuda" else 1.0 / ours[way]["n"]
        own = metrics[way].number("accuracy")
        for place, claimed in (("comparison.json", claims[way]), (f"{way}/metrics.json", own)):
            evidence.agrees(f"Accuracy of {label} in {place}", round(claimed, 4), ours[way]["accuracy"], tolerance)
    if claims["lora"] == claims["full"] and ours["lora"]["accuracy"] != ours["full"]["accuracy"]:
        evidence.mistake("accuracy-copied", "Each side has its own accuracy: `lora_metrics` and `full_metrics`.")


def _names(names, most=3):
    """Names in words, the first few of them."""
    shown = ", ".join(f"`{name.removeprefix('base_model.model.')}`" for name in list(names)[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _curve(way, metrics):
    points = [(entry.number("step"), entry.number("loss")) for entry in metrics.objects("loss")]
    return {"name": "LoRA" if way == "lora" else way, "points": points}


def _merge_tolerance(artifacts):
    """The relative difference and the label flips that the coarsest stored type brings with it."""
    files = ("adapter/adapter_model.safetensors", "merged/model.safetensors")
    types = {
        tensor.dtype
        for name in files
        if artifacts.exists(name)
        for tensor in artifacts.safetensors(name).tensors.values()
    }
    if "BF16" in types:
        return 2e-2, 4
    return (2e-3, 2) if "F16" in types else (EXACT, 0)


def _merge_mistake(found: Mapping):
    """The usual mistake that a difference shows, with the next step."""
    if found["is_base"]:
        return "merged-is-base", "No matrix moved: load the adapter with `PeftModel.from_pretrained` before merging."
    if found["residual"] is not None and found["residual"] < 0.01 < abs(found["scale"] - 1):
        times = f"{found['scale']:.3g} times the change that `adapter/` describes"
        return "alpha-edited", f"`merged/` holds {times}: `lora_alpha` or `r` was edited after training."
    if found["residual"] is not None and found["residual"] >= 0.01:
        return (
            "merged-is-another-model",
            "`merged/` holds another model: save the result of `merge_and_unload()` there.",
        )
    return None
