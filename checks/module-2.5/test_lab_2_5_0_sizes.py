"""Checks of lab 2.5.0: how large models are, and the machine that ran the notebook."""

import model_sizes

from grader.checking.api import check

SEVEN_BILLION = 7_000_000_000
BERT_BASE, LLAMA_7B = 109_482_240, 6_738_415_616
#: Less main memory than any machine has that runs the notebook, and more than any has: a figure in bytes lies between.
LEAST_MEMORY, MOST_MEMORY = 64 * 10**6, 64 * 10**12


@check(points=5, cell="exercise-7", hint="Sum `parameter.numel()` over `model.parameters()`.")
def test_count(probes, evidence):
    """Parameters are counted once, the trainable ones apart"""
    kinds = ("all trained", "one layer frozen", "a shared weight")
    for kind, call in zip(kinds, probes.of("count_parameters"), strict=True):
        module = call.inputs["model"]["$module"]
        total, trained = model_sizes.stored_parameters(module["layers"], module.get("tied", []))
        counted = call.number("total")
        if not evidence.equals(f"Parameters, {kind}", counted, total):
            only = counted == trained
            evidence.mistake(
                "only-trainable-counted" if only else "shared-weight-counted-twice",
                "Frozen parameters belong to the model too."
                if only
                else "`model.parameters()` gives each weight once.",
            )
        evidence.equals(f"Trainable parameters, {kind}", call.number("trainable"), trained)


@check(points=6, cell="exercise-8", hint="Write the count down by hand for one layer first, biases and norms included.")
def test_config_count(probes, evidence):
    """The parameters of BERT- and Llama-like models are counted from their configurations"""
    for call in probes.of("config_parameters", "configs"):
        config = call.inputs["config"]
        right = model_sizes.config_parameters(config)
        if not evidence.equals(f"Parameters, {config['model_type']}", call.number(), right) and call.number() in {
            BERT_BASE,
            LLAMA_7B,
        }:
            evidence.mistake("example-typed-in", "This is the example's number: work it out from `config`.")


@check(
    points=6, cell="exercise-9", hint="fp32 has 32 bits, a byte has 8; gradients and AdamW's two numbers come on top."
)
def test_memory(probes, evidence):
    """Memory for weights and for training is counted in bytes"""
    for call in probes.of("weights_memory"):
        count, dtype = call.inputs["parameters"], call.inputs["dtype"]
        right = model_sizes.weights_memory(count, dtype)
        if not evidence.equals(f"Bytes of {count:,} parameters in {dtype}", call.number(), right):
            bits = call.number() == 8 * right
            evidence.mistake("bits-for-bytes", "A byte has 8 bits.") if bits else None
    for call in probes.of("training_memory"):
        weights = model_sizes.weights_memory(call.inputs["parameters"], "fp32")
        for part, times in (("weights", 1), ("gradients", 1), ("optimizer", 2), ("total", 4)):
            evidence.equals(f"Training in fp32 with AdamW: {part}", call.number(part), times * weights)


@check(points=4, cell="exercise-9", hint="Divide by 10⁹, not by 2³⁰.")
def test_answers(artifacts, run, evidence):
    """The worked examples are right, in decimal gigabytes"""
    answers = artifacts.fits_schema("answers.json")
    evidence.equals("answers.json is of", _stamp(answers), f"{run.student_id}, seed {run.seed}")
    evidence.equals("Parameters of BERT base", answers.integer("bert_base_parameters"), BERT_BASE)
    evidence.equals("Parameters of Llama 7B", answers.integer("llama_7b_parameters"), LLAMA_7B)
    for dtype in model_sizes.BITS:
        claimed = answers.nested("seven_billion_gb").number(dtype)
        right = model_sizes.weights_memory(SEVEN_BILLION, dtype) / 1e9
        if (
            not evidence.agrees(
                f"7 billion parameters in {dtype}", claimed=claimed, measured=right, tol=1e-6, unit="GB"
            )
            and abs(claimed - right * 1e9 / 2**30) < 0.01
        ):
            evidence.mistake("gib-for-gb", "This is in GiB (2³⁰ bytes); a GB has 10⁹.")
    training = answers.number("seven_billion_training_gb")
    evidence.agrees("Training 7 billion parameters", claimed=training, measured=112.0, tol=1e-6, unit="GB")


@check(points=10, cell="exercise-10", hint="Ask the machine for each value, and type none of them in.")
def test_environment(artifacts, run, evidence):
    """The environment is described as the grader measures it"""
    told = artifacts.fits_schema("environment.json")
    evidence.equals("environment.json is of", _stamp(told), f"{run.student_id}, seed {run.seed}")
    evidence.equals("Python", told.text("python"), run.versions["python"])
    for name, version in told.nested("packages").items():
        if name in run.versions:
            evidence.equals(name, str(version), run.versions[name])
    evidence.equals("Device", told.text("device"), run.device)
    if run.device == "cpu":
        evidence.equals("bfloat16 on this CPU", told["bf16"], required=True)
    else:
        evidence.holds("The GPU has a name", bool(told["gpu"]), "`gpu` is empty, though the notebook ran on one.")
    evidence.equals("The Hub answers", told["hub_reachable"], run.hub.get("requests", 0) > 0)
    evidence.between(
        "Free memory",
        told.integer("free_memory_bytes"),
        LEAST_MEMORY,
        MOST_MEMORY,
        unit="bytes",
        hint="In bytes, as `psutil` gives it.",
    )


def _stamp(report) -> str:
    return f"{report.text('student_id')}, seed {report.integer('seed')}"
