"""Checks of lab 2.5.4: the files, the training that they tell of, and whether what they claim is so."""

import math

import stamps
import training_log
import weights
from calibration import thresholds
from checkpoint_folders import (
    checkpoint_steps,
    inspect_checkpoint,
    inspect_weights,
    missing_files,
    step_of,
)
from words import some

from grader.checking.api import CheckFailure, check

LABELS = ("neg", "pos")
LEAST_ENTRIES = 10


@check(points=2, cell="exercise-8", hint="Complete the saving function of exercise 8 and run it last.")
def test_training_files(artifacts, run, notebook, evidence):
    """The description and the log of the training are complete and of this run"""
    _recognise_old_names("training_args.json", artifacts, notebook)
    _stamped("training_args.json", artifacts, run, evidence)
    artifacts.fits_schema("trainer_state.json")


@check(points=2, cell="exercise-8", hint="Complete the saving function of exercise 8 and run it last.")
def test_report_file(artifacts, run, notebook, evidence):
    """The report in metrics.json is complete and of this run"""
    _recognise_old_names("metrics.json", artifacts, notebook)
    _stamped("metrics.json", artifacts, run, evidence)


@check(points=4, cell="exercise-3", hint="Save the model with `trainer.model.save_pretrained(...)`.")
def test_model_loads(artifacts, measured, notebook, evidence):
    """The saved model loads, and its weights are whole"""
    _recognise_old_names("model/model.safetensors", artifacts, notebook)
    artifacts.safetensors("model/model.safetensors")
    found = measured.model
    evidence.note("Architecture", found["architecture"])
    evidence.note("Parameters", found["parameters"])
    evidence.equals("Outputs", found["num_labels"], len(LABELS), hint="Pass `num_labels` when you load the model.")
    for what in ("missing", "unexpected", "misshaped"):
        names = list(found[what])
        evidence.holds(
            f"No tensor is {what}",
            not names,
            f"The weights do not fit config.json: {some(names)} {'is' if len(names) == 1 else 'are'} {what}.",
            measured=some(names) or "none",
            required="none",
            hint="Weights and config.json must come from the same `save_pretrained` call.",
        )
    if not evidence.holds(
        "Every weight is a finite number", found["finite"], "Some weights are NaN or infinite: the training diverged."
    ):
        evidence.mistake("not-finite", "Look at the loss curve, then try a learning rate that is ten times smaller.")


@check(points=2, cell="exercise-3", needs=[test_model_loads], hint="Build `id2label` from `label_names`, in its order.")
def test_label_names(measured, evidence):
    """The model names its two labels as the data set does"""
    names = measured.model["id2label"]
    for number, name in enumerate(LABELS):
        evidence.equals(f"Label {number}", names.get(str(number), "nothing"), name)
    if [names.get("1"), names.get("0")] == list(LABELS):
        evidence.mistake("labels-swapped", "0 is a negative review and 1 a positive one: `id2label` has them swapped.")


@check(points=5, cell="exercise-2", hint="Save the tokenizer that you trained with: `tokenizer.save_pretrained(...)`.")
def test_tokenizer(measured, evidence):
    """The tokenizer is the one of the base model"""
    found = measured.tokenizer
    if not evidence.holds(
        "It splits 200 texts as the base model's does",
        found["equal"],
        f"Your tokenizer differs from the base model's in: {some(list(found['differing']))}.",
        measured=f"{found['sample_disagreements']} of 200 texts differ",
        required="0 of 200 texts differ",
    ):
        evidence.mistake(
            "tokenizer-mismatch",
            "The tokenizer must come from the model's own checkpoint: `AutoTokenizer.from_pretrained(base_model)`.",
        )


@check(points=5, cell="exercise-6", needs=[test_model_loads], hint="Save after `trainer.train()` has returned.")
def test_encoder_trained(lab, measured, evidence):
    """The encoder was trained, starting from the base model"""
    limits = thresholds(lab)["encoder_distance"]
    found = measured.distance
    moved = found["relative_l2"]
    if not evidence.holds(
        "The encoder moved away from the base model",
        moved >= limits["least"] and not found["head_only"],
        "The encoder still holds the weights of the base model: only its head was trained, or nothing was.",
        measured=round(moved, 4),
        required=f"at least {limits['least']}",
    ):
        evidence.mistake("encoder-not-trained", "Train all parameters, and save after the training.")
    if not evidence.holds(
        "It started from the base model",
        moved <= limits["most"],
        "The encoder has next to nothing in common with the base model.",
        measured=round(moved, 4),
        required=f"at most {limits['most']}",
    ):
        evidence.mistake("trained-from-scratch", "Load with `from_pretrained(base_model)`, not with `from_config`.")


@check(points=3, cell="exercise-5", needs=[test_training_files], hint="Choose a smaller `logging_steps`.")
def test_logs(artifacts, evidence):
    """The training logs its loss at least ten times"""
    state = artifacts.json("trainer_state.json")
    log = training_log.read_log(state)
    if log.losses:
        curves = [{"name": "training", "points": [list(point) for point in log.losses]}]
        held_out = [[step, entry.number("eval_loss")] for step, entry in log.evaluations]
        curves += [{"name": "validation", "points": held_out}] if held_out else []
        evidence.plot("curve", "Loss", x_label="step", y_label="loss", series=curves)
    if not evidence.at_least("Logged losses", len(log.losses), LEAST_ENTRIES):
        every = artifacts.json("training_args.json").nested("arguments").number("logging_steps")
        evidence.mistake(
            "trainer-logs-nothing",
            f"`logging_steps` is {every:g} and the run has {state.integer('max_steps')} steps: choose a smaller one.",
        )


@check(
    points=5, cell="exercise-1", needs=[test_logs], hint="Train on `train_rows` rows, once, and save that run's state."
)
def test_loss_log(artifacts, run, evidence):
    """The loss log fits the run that you describe, and falls"""
    state, told = artifacts.json("trainer_state.json"), artifacts.json("training_args.json")
    arguments, log = told.nested("arguments"), training_log.read_log(state)
    rows, steps = run.parameters["train_rows"], state.integer("max_steps")
    evidence.equals("Training rows", told.integer("train_rows"), rows, hint="Split with `train_size=train_rows`.")
    evidence.equals(
        f"Steps for {rows} rows",
        steps,
        training_log.expected_steps(rows, arguments),
        hint="The log is of a run with another number of rows, another batch size or other epochs.",
    )
    per_epoch = training_log.expected_steps(rows, arguments) / arguments.number("num_train_epochs")
    evidence.between(
        "Logged losses",
        len(log.losses),
        training_log.expected_entries(state.integer("global_step"), per_epoch, arguments),
        training_log.expected_entries(steps, per_epoch, arguments) + 1,
        hint="Save the log with `trainer.state.save_to_json(...)`, as the Trainer wrote it.",
    )
    evidence.holds(
        "The losses add up to the mean loss of the run",
        training_log.accounts_for(log, state.integer("global_step")),
        "The logged losses and the mean loss that the Trainer reports at the end are not of one run.",
        measured="no mean loss" if log.mean_loss is None else round(log.mean_loss, 4),
        required="the mean of the logged losses",
    )
    first, last = training_log.falls(log.losses)
    evidence.at_most(
        "Loss at the end of the run",
        round(last, 4),
        round(0.8 * first, 4),
        hint="A loss near 0.69 has learned nothing.",
    )


@check(
    points=5,
    cell="exercise-5",
    needs=[test_training_files],
    hint="`eval_strategy`, `save_strategy`, `load_best_model_at_end`.",
)
def test_evaluates(artifacts, evidence):
    """The training is evaluated while it runs, and the best checkpoint is kept"""
    state, arguments = artifacts.json("trainer_state.json"), artifacts.json("training_args.json").nested("arguments")
    log = training_log.read_log(state)
    evidence.at_least(
        "Evaluations", len(log.evaluations), max(1, math.floor(arguments.number("num_train_epochs"))),
        hint='Set `eval_strategy="epoch"`; `evaluation_strategy` is its old name.',
    )  # fmt: skip
    evidence.equals("The best model is loaded at the end", arguments["load_best_model_at_end"], True)
    metric = f"eval_{(arguments.get('metric_for_best_model') or 'loss').removeprefix('eval_')}"
    values = {step: entry.number(metric) for step, entry in log.evaluations if metric in entry}
    if not log.evaluations:
        return
    if not values:
        raise CheckFailure(f"No evaluation holds `{metric}`.", "Return this metric from `compute_metrics`.")
    best = (min if arguments.get("greater_is_better") is False else max)(values.values())
    reached = state.number("best_metric") if state.get("best_metric") is not None else math.nan
    evidence.agrees(f"Best `{metric}` of the run", claimed=reached, measured=best, tol=1e-6)
    kept = step_of(state.get("best_model_checkpoint"))
    evidence.holds(
        "The checkpoint that is called the best has this value",
        values.get(kept) == best,
        f"`best_model_checkpoint` names step {kept or 'none'}, which does not hold the best `{metric}`.",
        measured=f"step {kept or 'none'}",
        required=f"a step with {best:.4g}",
    )


@check(
    points=6, cell="exercise-5", needs=[test_training_files], hint="Save a checkpoint after each epoch, and keep two."
)
def test_checkpoints(artifacts, evidence):
    """The run can be resumed from its checkpoints"""
    state = artifacts.json("trainer_state.json")
    steps = checkpoint_steps(artifacts)
    if not steps:
        raise CheckFailure(
            "There is no folder checkpoint-... in checkpoints/.",
            'Set `save_strategy="epoch"` and leave `output_dir` of the arguments as it is given.',
        )
    evidence.between("Checkpoints kept", len(steps), 1, 2, hint="`save_total_limit=2` keeps the best and the last.")
    evidence.equals("The last one is of step", steps[-1], state.integer("global_step"))
    for step in steps:
        lacking = missing_files(artifacts, step)
        if evidence.holds(
            f"Checkpoint {step} has all that resuming needs",
            not lacking,
            f"Checkpoint {step} lacks {some(lacking)}.",
            measured=some(lacking) or "complete",
            required="weights, optimizer, scheduler, state",
            hint="Leave `save_only_model` off, and move nothing out of the folder.",
        ):
            inspect_checkpoint(artifacts, step, state, evidence)


@check(
    points=3,
    cell="exercise-6",
    needs=[test_model_loads, test_evaluates, test_checkpoints],
    hint="Save `trainer.model` after training.",
)
def test_best_model(artifacts, measured, evidence):
    """The model that you hand in is the best checkpoint of the run"""
    kept = step_of(artifacts.json("trainer_state.json").get("best_model_checkpoint"))
    name = f"checkpoints/checkpoint-{kept}/model.safetensors"
    if not kept or not artifacts.exists(name):
        raise CheckFailure("The best checkpoint is not among the checkpoints.", "Set `load_best_model_at_end=True`.")
    header = artifacts.safetensors("model/model.safetensors")
    artifacts.safetensors(name)
    ours = weights.read_weights(artifacts.path("model/model.safetensors"))
    gap, where = weights.largest_difference(ours, weights.read_weights(artifacts.path(name)))
    exact = all(tensor.dtype == "F32" for tensor in header.tensors.values())
    evidence.holds(
        f"Its weights are those of checkpoint {kept}",
        gap <= (1e-6 if exact else 0.02),
        f"The weights differ from those of checkpoint {kept}, most of all in {where}.",
        measured=f"largest difference {gap:.2g}",
        required="the same weights",
        hint="Was the model saved before the training, or trained further after it?",
    )
    for step in set(checkpoint_steps(artifacts)) - {kept}:
        own = measured.checkpoints[f"checkpoint-{step}"]["relative_l2"]
        inspect_weights(artifacts, step, ours, (own, measured.distance["relative_l2"]), evidence)


def _stamped(name, artifacts, run, evidence):
    """Ask that a report fits its schema and was written by this run."""
    report, hint = artifacts.fits_schema(name), "Hand in what your own run wrote."
    if not stamps.of_this_run(report, name, run, evidence, hint):
        evidence.mistake("files-of-another-run", "Leave `student_id` and `seed` as they are injected.")


def _recognise_old_names(name, artifacts, notebook):
    """Where a file is missing because a cell stopped at a name of an older release, say that instead."""
    old = training_log.old_name(cell.source for cell in notebook.cells if cell.failed)
    if old and not artifacts.exists(name):
        raise CheckFailure(
            f"The notebook stopped before it wrote {name}: transformers 5 does not know `{old}`.",
            f"Write `{training_log.OLD_NAMES[old]}` instead.",
            mistake="old-argument-name",
        )
