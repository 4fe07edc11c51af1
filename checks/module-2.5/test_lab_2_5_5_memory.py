"""Checks of lab 2.5.5: parameters, bytes and memory, and the predictions that follow from them."""

from comparison import KEYS, PARTS, WAYS

from grader.checking.api import check

MEMORY_TOLERANCE = 0.15
"""Two honest ways to count activations (with or without the inputs, storages or views) differ by less."""
PREDICTION_TOLERANCE = 0.10
COUNT_TOLERANCE = 0.001
"""The scales of the normalisations are far less."""
UNIT_TOLERANCE = 0.01
"""A GiB is 7 % more than a GB; rounding to two decimals is far less."""


@check(
    points=5,
    needs=["test_comparison_file", "test_adapter_loads"],
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
    points=7,
    needs=["test_comparison_file", "test_adapter_loads"],
    cell="exercise-1",
    hint="4 bytes of weights, 4 of gradients and 8 of AdamW state for every parameter that learns.",
)
def test_bytes_of_full_fine_tuning(artifacts, measured, evidence):
    """The bytes of full fine-tuning are counted exactly"""
    _compare_bytes(artifacts.json("comparison.json").nested("full"), measured.bytes["full"], evidence)


@check(
    points=8,
    needs=["test_comparison_file", "test_adapter_loads"],
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
    needs=["test_comparison_file", "test_adapter_loads"],
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
    needs=["test_comparison_file"],
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
    points=3,
    needs=["test_comparison_file"],
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


def _ratio(full, lora, *keys):
    return sum(full.number(key) for key in keys) / max(sum(lora.number(key) for key in keys), 1)


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
