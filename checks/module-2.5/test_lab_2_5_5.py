"""Checks of lab 2.5.5: the adapter, what it is worth, and whether the comparison with full fine-tuning is true."""

from collections.abc import Mapping

from calibration import thresholds

from grader.checking.api import check

WAYS = {"full": "full fine-tuning", "lora": "LoRA"}
PARTS = ("weights", "gradients", "optimizer", "activations")
KEYS = dict(zip(PARTS, ("weights_bytes", "gradient_bytes", "optimizer_bytes", "activation_bytes"), strict=True))

TIMES_FEWER = 100
"""LoRA of rank 2 on queries and values trains 195 times fewer parameters, rank 4 still 103 times."""
EXACT = 1e-5
"""Relative: the same sum in another order, in float32, stays a hundred times below."""
MEMORY_TOLERANCE = 0.15
"""Two honest ways to count activations (with or without the inputs, storages or views) differ by less."""
PREDICTION_TOLERANCE = 0.10
COUNT_TOLERANCE = 0.001
"""The scales of the normalisations are far less."""
OWN_FILES = "Leave `student_id` and `seed` as they are injected."
UNIT_TOLERANCE = 0.01
"""A GiB is 7 % more than a GB; rounding to two decimals is far less."""


@check(points=2, cell="exercise-8", hint="The table of exercise 8 says which keys `comparison.json` needs.")
def test_comparison_file(artifacts, run, evidence):
    """comparison.json describes both ways of training"""
    report = artifacts.fits_schema("comparison.json")
    evidence.equals("comparison.json is of", _stamp(report), f"{run.student_id}, seed {run.seed}", hint=OWN_FILES)
    for way, label in WAYS.items():
        side = report.nested(way)
        for key in (*KEYS.values(), "peak_bytes", "accuracy"):
            side.number(key)
        evidence.note(f"Seconds of training, {label}", side.number("seconds"))


@check(points=10, cell="exercise-2", hint="Save with `lora_model.save_pretrained(...)`, before anything is merged.")
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


@check(points=10, needs=[test_adapter_loads], cell="exercise-3", hint="Save the adapter after training.")
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


@check(points=5, needs=[test_adapter_loads], cell="exercise-2", hint="A smaller `r`, or fewer `target_modules`.")
def test_hundred_times_fewer(measured, evidence):
    """LoRA trains at least 100 times fewer parameters"""
    found = measured.adapter
    evidence.note("Rank", found["r"])
    evidence.note("Parameters that learn", found["trainable"])
    evidence.at_least("Times fewer than in full fine-tuning", round(found["times_fewer"], 1), TIMES_FEWER)


@check(
    points=5,
    needs=[test_comparison_file, test_adapter_loads],
    cell="exercise-1",
    hint="Count with `count_parameters`: `full_model` on one side, `lora_model` on the other.",
)
def test_parameter_counts(artifacts, measured, evidence):
    """The parameter counts you report are those of the files"""
    report, ours = artifacts.json("comparison.json"), measured.bytes
    for way, label in WAYS.items():
        theirs = report.nested(way)
        evidence.agrees(f"Trainable, {label}", theirs.integer("trainable"), ours[way]["trainable"], 0)
        evidence.agrees(f"Total, {label}", theirs.integer("total"), ours[way]["total"], 0)


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


@check(
    points=7,
    needs=[test_comparison_file, test_adapter_loads],
    cell="exercise-1",
    hint="4 bytes of weights, 4 of gradients and 8 of AdamW state for every parameter that learns.",
)
def test_bytes_of_full_fine_tuning(artifacts, measured, evidence):
    """The bytes of full fine-tuning are counted exactly"""
    _compare_bytes(artifacts.json("comparison.json").nested("full"), measured.bytes["full"], evidence)


@check(
    points=8,
    needs=[test_comparison_file, test_adapter_loads],
    cell="exercise-1",
    hint="4 bytes for every parameter, and 12 more for each one that learns.",
)
def test_bytes_of_lora(artifacts, measured, evidence):
    """The bytes of LoRA are counted exactly"""
    theirs, ours = artifacts.json("comparison.json").nested("lora"), measured.bytes["lora"]
    if theirs.number("gradient_bytes") >= 0.9 * measured.bytes["full"]["gradients"]:
        evidence.mistake(
            "gradients-of-frozen-weights",
            "A frozen weight has no gradient and no optimizer state: count parameters with `requires_grad` only.",
        )
    _compare_bytes(theirs, ours, evidence)


@check(
    points=15,
    needs=[test_comparison_file, test_adapter_loads],
    cell="exercise-5",
    hint="Measure one step of 16 reviews of 64 tokens on a fresh model, as the lab shows.",
)
def test_memory(artifacts, measured, evidence):
    """The memory of a training step is what we measure"""
    report, ours = artifacts.json("comparison.json"), measured.memory
    bars = [
        {
            "name": label,
            "value": ours[way]["parts"],
            "parts": [{"name": part, "value": ours[way][part]} for part in PARTS],
        }
        for way, label in WAYS.items()
    ]
    evidence.plot("bars", "Parts of one training step, as we measure them", unit="bytes", bars=bars)
    theirs = {way: report.nested(way) for way in WAYS}
    for way, label in WAYS.items():
        for what, key, part in (
            ("Activations", "activation_bytes", "activations"),
            ("Peak", "peak_bytes", "peak"),
        ):
            claimed, measured_bytes = theirs[way].number(key), ours[way][part]
            label_of_row = f"{what}, {label}"
            evidence.agrees(label_of_row, claimed, measured_bytes, MEMORY_TOLERANCE, relative=True, unit="bytes")
    ratio = _ratio(theirs["full"], theirs["lora"], "peak_bytes")
    evidence.agrees(
        "Times less memory with LoRA", round(ratio, 3), round(ours["ratio"], 3), MEMORY_TOLERANCE, relative=True
    )
    if mistake := _memory_mistake(theirs, ours):
        evidence.mistake(*mistake)


@check(
    points=2,
    needs=[test_comparison_file],
    cell="exercise-8",
    hint="Compute each ratio from the numbers of the same file: full fine-tuning divided by LoRA.",
)
def test_ratios(artifacts, run, evidence):
    """The ratios follow from your own numbers, and the times fit into the run"""
    report = artifacts.json("comparison.json")
    full, lora, ratios = report.nested("full"), report.nested("lora"), report.nested("ratios")
    expected = {
        "trainable": _ratio(full, lora, "trainable"),
        "state": _ratio(full, lora, "gradient_bytes", "optimizer_bytes"),
        "peak": _ratio(full, lora, "peak_bytes"),
    }
    for name, value in expected.items():
        claimed = ratios.number(name)
        if abs(claimed * value - 1) < 0.01 < abs(value - 1):
            evidence.mistake("ratio-upside-down", "Divide full fine-tuning by LoRA, not the other way round.")
        evidence.agrees(f"Ratio of {name}", round(claimed, 4), round(value, 4), 0.01, relative=True)
    seconds = full.number("seconds") + lora.number("seconds")
    hint = "Take `seconds` from the metrics that `run` returned."
    evidence.at_most("Seconds of both trainings", round(seconds, 2), round(run.wall_seconds, 2), hint=hint)


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
        stamp, required = _stamp(metrics[way]), f"{run.student_id}, seed {run.seed}"
        evidence.equals(f"{way}/metrics.json is of", stamp, required, hint=OWN_FILES)
        tolerance = 0.005 if run.device == "cuda" else 1.0 / ours[way]["n"]
        own = metrics[way].number("accuracy")
        for place, claimed in (("comparison.json", claims[way]), (f"{way}/metrics.json", own)):
            evidence.agrees(f"Accuracy of {label} in {place}", round(claimed, 4), ours[way]["accuracy"], tolerance)
    if claims["lora"] == claims["full"] and ours["lora"]["accuracy"] != ours["full"]["accuracy"]:
        evidence.mistake("accuracy-copied", "Each side has its own accuracy: `lora_metrics` and `full_metrics`.")


@check(
    points=3,
    needs=[test_comparison_file],
    cell="exercise-7",
    hint="Build each model on the meta device and account for it with your functions of exercise 1.",
)
def test_extrapolation(artifacts, measured, evidence):
    """Your predictions for 1 and 8 billion parameters hold, in the right unit"""
    predictions = artifacts.json("comparison.json").nested("extrapolation")
    for name, ours in measured.large.items():
        theirs = predictions.nested(name)
        count = theirs.number("parameters")
        evidence.agrees(f"{name}, parameters", count, ours["parameters"], COUNT_TOLERANCE, relative=True)
        for way, label in WAYS.items():
            claimed, gigabytes = theirs.number(f"{way}_bytes"), theirs.number(f"{way}_gb")
            if abs(claimed - ours["full_without_optimizer"]) < 0.02 * claimed and way == "full":
                evidence.mistake("optimizer-state-forgotten", "AdamW keeps two more numbers for every trained one.")
            if abs(gigabytes * 2**30 / max(claimed, 1) - 1) < UNIT_TOLERANCE:
                evidence.mistake("gib-for-gb", "One GB is 10^9 bytes; dividing by 2^30 gives GiB.")
            evidence.agrees(f"{name}, {label}", claimed, ours[way], PREDICTION_TOLERANCE, relative=True, unit="bytes")
            evidence.agrees(
                f"{name}, {label}, in GB of 10^9 bytes",
                gigabytes,
                round(claimed / 1e9, 2),
                UNIT_TOLERANCE,
                relative=True,
                unit="GB",
            )


def _stamp(report):
    return f"{report.text('student_id')}, seed {report.integer('seed')}"


def _names(names, most=3):
    """Names in words, the first few of them."""
    shown = ", ".join(f"`{name.removeprefix('base_model.model.')}`" for name in list(names)[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _ratio(full, lora, *keys):
    return sum(full.number(key) for key in keys) / max(sum(lora.number(key) for key in keys), 1)


def _curve(way, metrics):
    points = [(entry.number("step"), entry.number("loss")) for entry in metrics.objects("loss")]
    return {"name": "LoRA" if way == "lora" else way, "points": points}


def _compare_bytes(theirs, ours, evidence):
    """Compare three byte counts; AdamW's step counters may count or not."""
    claims = {part: theirs.number(KEYS[part]) for part in PARTS[:3]}
    counted = dict(ours)
    if claims["optimizer"] == ours["optimizer_with_steps"]:
        counted["optimizer"] = ours["optimizer_with_steps"]
    for part, claimed in claims.items():
        evidence.agrees(f"Bytes of {part}", claimed, counted[part], 0, unit="bytes")
    if claims["optimizer"] <= ours["gradients"]:
        evidence.mistake(
            "optimizer-state-forgotten", "AdamW keeps two running averages: 8 bytes for every parameter that learns."
        )


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


def _memory_mistake(theirs, ours):
    """The usual mistake that the claimed peaks show, with the next step."""
    peaks = {way: theirs[way].number("peak_bytes") for way in WAYS}
    if peaks["full"] < peaks["lora"]:
        return "memory-swapped", "LoRA needs less than full fine-tuning: are the two sides exchanged?"
    if min(peaks.values()) > 3 * ours["full"]["parts"]:
        hint = "The process's memory says nothing at this size: count storages, as `measure_step` does."
        return "memory-from-rss", hint
    if not any(theirs[way].number("activation_bytes") for way in WAYS):
        return "activations-forgotten", "What the forward pass saves counts too: it is the largest part of this step."
    parts = {way: sum(theirs[way].number(key) for key in KEYS.values()) for way in WAYS}
    if parts == peaks:
        return "peak-is-sum-of-parts", "The peak is not the sum of the parts: take it from `LiveBytes`."
    return None
