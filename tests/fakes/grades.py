"""Grades of every kind that a report must be able to show, built without running anything."""

import base64
import math
import struct
import zlib
from dataclasses import replace
from typing import Any

from grader.model.artifact import ArtifactFile, ArtifactManifest, Refusal
from grader.model.grade import Adjustment, Flag, Grade, GradedLab, Stamp
from grader.model.lab import Limits
from grader.model.run import CellError, CellRun, RunResult, RunStatus, SandboxStamp
from grader.model.submission import CodeCell, Notice, Submission
from grader.model.verdict import DeclaredCheck, EvidenceRow, Plot, Verdict, VerdictStatus

SHA = "9f3c1a" + "4d7be2" * 9 + "0a1b"
PASSED, PARTLY, FAILED = VerdictStatus.PASSED, VerdictStatus.PARTLY, VerdictStatus.FAILED
NOT_JUDGED, OUR_FAULT = VerdictStatus.NOT_JUDGED, VerdictStatus.OUR_FAULT

SOURCES = (
    ("import json\nfrom pathlib import Path\n\nfrom transformers import AutoTokenizer, Trainer, TrainingArguments", ""),
    ("# parameters\nseed = 0\nbase_model = 'distilbert/distilbert-base-uncased'\nepochs = 8", "parameters"),
    (
        "raw = load_dataset(dataset)\nsplit = raw['train'].train_test_split(test_size=0.1, seed=seed)\nprint(split)",
        "exercise-1",
    ),
    ("tokenized = split.map(tokenize, batched=True)", "exercise-2"),
    (
        "args = TrainingArguments(\n    output_dir=output_dir,\n    learning_rate=1e-4,  # higher diverged\n"
        "    num_train_epochs=epochs,\n    eval_strategy='epoch',\n)",
        "exercise-3",
    ),
    (
        "trainer = Trainer(model=model, args=args, train_dataset=tokenized['train'], "
        "eval_dataset=tokenized['test'])\ntrainer.train()",
        "exercise-4",
    ),
    ("metrics = trainer.evaluate()\nPath(output_dir, 'metrics.json').write_text(json.dumps(metrics))", "exercise-5"),
    ("trainer.save_model(f'{output_dir}/model')\ntokenizer.save_pretrained(f'{output_dir}/model')", "exercise-6"),
)
SECONDS = (3.91, 0.01, 1.24, 2.05, 0.06, 48.2, 4.4, 0.31)


def png(width: int = 120, height: int = 60) -> str:
    """Return a real PNG of a slope as base64."""
    rows = b"".join(
        b"\x00" + bytes(255 if x * height > (height - y) * width else 60 for x in range(width)) for y in range(height)
    )

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return base64.b64encode(data).decode("ascii")


def submission(**changes: Any) -> Submission:
    """Return an accepted notebook of lab 2.5.4."""
    cells = tuple(
        CodeCell(number, f"cell{number:04d}", _first_line(source), (tag,) if tag else ())
        for number, (source, tag) in enumerate(SOURCES, start=1)
    )
    return replace(
        Submission(
            lab_id="2.5.4",
            student_id="s1042",
            file_name="lab-2.5.4-trainer-finetuning.ipynb",
            sha256=SHA,
            size_bytes=31_812,
            cells=cells,
            parameters=("seed", "base_model", "epochs"),
            received="2026-11-23T14:03:10+01:00",
        ),
        **changes,
    )


def _first_line(source: str) -> str:
    return next(line for line in source.split("\n") if line.strip() and not line.startswith("#"))


def run(**changes: Any) -> RunResult:
    """Return a run that went through."""
    cells = tuple(
        CellRun(number, f"cell{number:04d}", _first_line(source), "ok", SECONDS[number - 1])
        for number, (source, _) in enumerate(SOURCES, start=1)
    )
    return replace(
        RunResult(
            run_id="2.5.4-9f3c1a",
            lab_id="2.5.4",
            profile="miniature",
            status=RunStatus.COMPLETED,
            code=None,
            message="",
            cells=cells,
            stopped_at=None,
            error=None,
            parameters={"seed": 713, "epochs": 8},
            observed={"seed": 713, "epochs": 8},
            seed=713,
            student_id="s1042",
            device="cpu",
            wall_seconds=72.4,
            cpu_seconds=68.9,
            peak_memory_bytes=2_254_857_830,
            started="2026-11-23T14:03:12+01:00",
            ended="2026-11-23T14:04:24+01:00",
            limits=Limits(),
            sandbox=SandboxStamp("bubblewrap", official=True),
            versions={"python": "3.11.9", "torch": "2.13.0+cpu", "transformers": "5.23.0", "datasets": "5.2.0"},
        ),
        **changes,
    )


def manifest(**changes: Any) -> ArtifactManifest:
    """Return what such a run leaves behind."""
    files = (
        ArtifactFile("metrics.json", 412, "a" * 64),
        ArtifactFile("model/config.json", 740, "b" * 64),
        ArtifactFile("model/model.safetensors", 1_101_448, "c" * 64),
        ArtifactFile("model/tokenizer.json", 91_220, "d" * 64),
        ArtifactFile("predictions.csv", 30_912, "e" * 64),
        ArtifactFile("trainer_state.json", 18_204, "f" * 64),
    )
    return replace(ArtifactManifest("2.5.4-9f3c1a", files, (), 1_242_936, "0" * 64), **changes)


def declared(name: str, title: str, points: float, **changes: Any) -> DeclaredCheck:
    """Return a check as its module declares it."""
    return replace(DeclaredCheck(name, title, points, "test_lab_2_5_4.py"), **changes)


def grade(verdicts: tuple[Verdict, ...], **changes: Any) -> Grade:
    """Return the grade that these verdicts give."""
    judged = [verdict for verdict in verdicts if verdict.fraction is not None]
    counts: dict[str, int] = {}
    for verdict in verdicts:
        counts[verdict.status.value] = counts.get(verdict.status.value, 0) + 1
    total = sum(verdict.check.points for verdict in verdicts if not verdict.check.bonus)
    base = Grade(
        run_id="2.5.4-9f3c1a",
        score=round(sum(verdict.check.points * (verdict.fraction or 0.0) for verdict in judged), 4),
        possible=sum(verdict.check.points for verdict in judged),
        total=total,
        bonus=0.0,
        submission=submission(),
        lab=GradedLab("2.5.4", "Fine-tune a classifier with Trainer", "1.0.0", "7" * 64, total),
        run=run(),
        manifest=manifest(),
        verdicts=verdicts,
        stamp=Stamp(
            grader_version="0.1.0",
            command="grader grade lab-2.5.4-trainer-finetuning.ipynb --seed 713 --profile miniature",
            appeal="GR-2.5.4-9f3c1a",
            versions={"grader": "0.1.0", "python": "3.11.9"},
            device="CPU, 1 thread",
            hub_snapshot="4be1c9d2a07f",
            sandboxed=True,
        ),
        counts=counts,
        graded="2026-11-23T14:05:02+01:00",
    )
    return replace(base, **changes)


def loss_curve(points: int = 240) -> Plot:
    """Return the loss of a training that levels off."""
    train = [[step * 4, 0.28 + 0.45 * math.exp(-step / 60) + 0.03 * math.sin(step * 1.7)] for step in range(1, points)]
    held = [[step * 120, 0.36 + 0.36 * math.exp(-step / 2.6)] for step in range(1, points // 30 + 1)]
    series = [{"name": "training", "points": train}, {"name": "validation", "points": held}]
    return Plot("curve", "Loss while training", {"x_label": "step", "y_label": "loss", "series": series})


def confusion() -> Plot:
    """Return a confusion matrix of 2,000 reviews."""
    return Plot(
        "confusion",
        "Predictions on 2,000 held-out reviews",
        {"labels": ["negative", "positive"], "counts": [[873, 127], [186, 814]]},
    )


def slices() -> Plot:
    """Return rates per slice."""
    rates = (
        ("all reviews", 0.8435, 2000),
        ("negated", 0.78, 412),
        ("concessive", 0.694, 318),
        ("dissenting", 0.81, 266),
    )
    data = [
        {
            "name": name,
            "value": value,
            "n": n,
            "low": round(value - 1 / n**0.5, 3),
            "high": round(value + 1 / n**0.5, 3),
        }
        for name, value, n in rates
    ]
    return Plot("slices", "Accuracy per kind of review", {"unit": "", "slices": data})


def memory_bars() -> Plot:
    """Return the stacked memory of full fine-tuning and LoRA, with a limit."""
    full = (
        ("weights", 81_080_328),
        ("gradients", 81_078_280),
        ("optimizer", 162_156_980),
        ("activations", 125_932_100),
    )
    lora = (("weights", 81_477_648), ("gradients", 397_320), ("optimizer", 794_744), ("activations", 84_181_060))
    bars = [
        {"name": name, "value": sum(v for _, v in parts), "parts": [{"name": n, "value": v} for n, v in parts]}
        for name, parts in (("full fine-tuning", full), ("LoRA, r = 8", lora))
    ]
    limit = {"name": "limit of the lab", "value": 400_000_000}
    return Plot("bars", "Peak memory of one training step", {"unit": "bytes", "bars": bars, "limit": limit})


def failing() -> Grade:
    """Return a realistic grade of lab 2.5.4: trained too gently, claims too much, no logs."""
    complete = Verdict(
        declared("test_checkpoint", "The saved model is complete and loads", 10, cell="exercise-6"),
        PASSED,
        1.0,
        rows=(
            EvidenceRow("Tensors that do not fit the config", 0, "none", met=True),
            EvidenceRow("Weights that are not finite", 0, "none", met=True),
        ),
    )
    tokenizer = Verdict(
        declared("test_tokenizer", "The tokenizer comes from the base model", 5, cell="exercise-2"), PASSED, 1.0
    )
    real = Verdict(
        declared("test_training_was_real", "The training changed the encoder, not only the head", 10),
        PASSED,
        1.0,
        rows=(EvidenceRow("Distance from the base model", 0.0832, "at least 0.02", met=True),),
        plots=(loss_curve(),),
    )
    accuracy = Verdict(
        declared("test_accuracy", "The saved model reaches 90 % accuracy on held-out reviews", 25, cell="exercise-3"),
        PARTLY,
        0.058,
        message="Accuracy on held-out reviews: 0.8435 measured, at least 0.90 required.",
        hint="Look at the learning rate first: this base wants between 5e-4 and 2e-3.",
        rows=(
            EvidenceRow("Accuracy on held-out reviews", 0.8435, "at least 0.90", met=False),
            EvidenceRow("95 % interval", "0.827 to 0.859"),
        ),
        plots=(confusion(), slices()),
    )
    claim = Verdict(
        declared("test_claim", "The accuracy you report is the accuracy we measure", 10, cell="exercise-5"),
        FAILED,
        0.0,
        message="Accuracy: we measure 0.8435, you report 0.93.",
        hint="Evaluate the model you saved. A later cell may have trained it further.",
        rows=(EvidenceRow("Accuracy", 0.8435, "within 0.005 of your report", 0.93, met=False),),
    )
    predictions = Verdict(
        declared("test_predictions", "The predictions in predictions.csv are those of the saved model", 10), PASSED, 1.0
    )
    leakage = Verdict(
        declared("test_no_leakage", "The model has not seen the test split", 10, hidden=True, reveal="title"),
        PASSED,
        1.0,
    )
    keeps = Verdict(
        declared("test_keeps_best", "The Trainer evaluates while it trains and keeps the best model", 5), PASSED, 1.0
    )
    logs = Verdict(
        declared("test_logs", "The Trainer logs its loss at least ten times", 5, cell="exercise-3"),
        FAILED,
        0.0,
        message="trainer_state.json holds 2 log entries.",
        hint="Set `logging_steps` in TrainingArguments: 504 steps with the default of 500 log once.",
        mistake="trainer-logs-nothing",
        rows=(EvidenceRow("Entries with a loss", 2, "at least 10", met=False),),
    )
    harder = Verdict(
        declared(
            "test_negation",
            "The model copes with negation and concession",
            5,
            hidden=True,
            reveal="hint",
            hint="Read ten wrong predictions aloud. What do the sentences share?",
        ),
        FAILED,
        0.0,
        message="Accuracy on concessive reviews is 0.694, the bar is 0.80.",
        rows=(EvidenceRow("Concessive reviews", 0.694, "at least 0.80", met=False),),
        staff="assert 0.694 > 0.8",
    )
    resume = Verdict(
        declared("test_resumes", "Training resumes from its last checkpoint", 5, needs=("test_accuracy",)),
        NOT_JUDGED,
        None,
        waits_for=("test_accuracy",),
    )
    found = (complete, tokenizer, real, accuracy, claim, predictions, leakage, keeps, logs, harder, resume)
    return grade(found, flags=(Flag("GR315", "The claimed accuracy is 0.087 above the measured one."),))


def perfect() -> Grade:
    """Return a grade with every check met."""
    made = failing()
    met = tuple(
        replace(
            verdict,
            status=PASSED,
            fraction=1.0,
            message="",
            waits_for=(),
            rows=tuple(replace(row, met=True, measured=row.claimed or row.measured) for row in verdict.rows),
            plots=(),
        )
        for verdict in made.verdicts
    )
    return grade(met)


def lora() -> Grade:
    """Return a partly judged grade of lab 2.5.5 with memory bars, a bonus, our fault and a late penalty."""
    adapter = Verdict(declared("test_adapter", "The adapter loads on its base model", 10), PASSED, 1.0)
    share = Verdict(
        declared("test_share", "LoRA trains at least 100 times fewer weights", 10, cell="exercise-3"),
        PASSED,
        1.0,
        rows=(EvidenceRow("Times fewer trainable weights", 164.2, "at least 100", 164.0, met=True),),
    )
    memory = Verdict(
        declared(
            "test_memory", "LoRA needs less memory than full fine-tuning, as you report it", 15, cell="exercise-5"
        ),
        PARTLY,
        0.6,
        message="Peak of full fine-tuning: we measure 450,247,688 bytes, you report 590,000,000.",
        hint="Count gradients and optimizer state for trainable weights only.",
        rows=(
            EvidenceRow("Peak, full fine-tuning", 450_247_688, "within 15 %", 590_000_000, "bytes", False),
            EvidenceRow("Peak, LoRA", 166_850_772, "within 15 %", 171_000_000, "bytes", True),
        ),
        plots=(memory_bars(),),
    )
    merged = Verdict(
        declared("test_merged", "The merged model equals base plus adapter", 10),
        OUR_FAULT,
        None,
        staff="Traceback (most recent call last):\n  File \"checks/test_lab_2_5_5.py\", line 37\nKeyError: 'oops'",
    )
    gpu = Verdict(declared("test_peak_gpu", "The GPU peak falls below 60 %", 15, needs_gpu=True), NOT_JUDGED, None)
    rank = Verdict(declared("test_two_ranks", "Two ranks are compared", 5, bonus=True), PASSED, 1.0)
    secret = Verdict(
        declared("test_alpha_edited", "Alpha was not edited after training", 5, hidden=True, reveal="score"),
        FAILED,
        0.0,
        message="lora_alpha is 64 but the merged model was made with 16.",
    )
    made = grade((adapter, share, memory, merged, gpu, rank, secret), bonus=5.0)
    late = Adjustment("Late by 1 day", -3.5, "the lab's rule", "2026-11-24T09:00:00+00:00", "")
    return replace(
        made,
        run_id="2.5.5-9f3c1a",
        score=made.score - 3.5,
        lab=replace(made.lab, id="2.5.5", title="LoRA: fine-tune with a hundredth of the weights"),
        adjustments=(late,),
        stamp=replace(made.stamp, sandboxed=False, appeal="GR-2.5.5-9f3c1a"),
        flags=(Flag("GR501", "Check test_merged broke: KeyError 'oops'."),),
    )


def stopped() -> Grade:
    """Return a run that was stopped at its time limit in cell 6."""
    cells = run().cells
    ended = (
        *cells[:5],
        replace(cells[5], status="stopped", seconds=586.1),
        *(replace(cell, status="not run", seconds=None) for cell in cells[6:]),
    )
    halted = run(
        status=RunStatus.STOPPED,
        code="GR401",
        message="Cell 6 ran for 586 s when the run reached 600 s, the limit of this lab.",
        cells=ended,
        stopped_at=6,
        wall_seconds=600.0,
        cpu_seconds=597.2,
        peak_memory_bytes=3_900_000_000,
    )
    waiting = declared("test_accuracy", "The saved model reaches 90 % accuracy on held-out reviews", 25)
    missing = Verdict(
        declared("test_checkpoint", "The saved model is complete and loads", 10, cell="exercise-6"),
        FAILED,
        0.0,
        message="There is no folder model/ in what the notebook left.",
        hint="Run the save cell of the lab and look into `output_dir`.",
    )
    return grade(
        (
            Verdict(declared("test_data", "The data are split with the seed of the run", 5), PASSED, 1.0),
            missing,
            Verdict(waiting, NOT_JUDGED, 0.0, waits_for=("test_checkpoint",)),
        ),
        run=halted,
        manifest=manifest(
            files=(),
            refused=(Refusal("model -> /etc", "GR313", "it is a link"),),
        ),
    )


def not_attempted() -> Grade:
    """Return a run that met the stub of exercise 4."""
    cells = run().cells
    ended = (
        *cells[:5],
        replace(cells[5], status="failed", seconds=0.01),
        *(replace(cell, status="not run", seconds=None) for cell in cells[6:]),
    )
    error = CellError("NotImplementedError", "Exercise 4: train the model", "Traceback\nNotImplementedError")
    halted = run(
        status=RunStatus.NOT_ATTEMPTED,
        code="GR410",
        message="Cell 6 is still the stub of exercise 4.",
        cells=ended,
        stopped_at=6,
        error=error,
    )
    return grade(
        (
            Verdict(declared("test_data", "The data are split with the seed of the run", 5), PASSED, 1.0),
            Verdict(declared("test_checkpoint", "The saved model loads", 10, cell="exercise-6"), FAILED, 0.0),
            Verdict(
                declared("test_accuracy", "The model is accurate", 25, cell="exercise-4"),
                NOT_JUDGED,
                0.0,
                waits_for=("test_checkpoint",),
            ),
        ),
        run=halted,
    )


def never_started() -> Grade:
    """Return a run that could not be started, by our fault."""
    cells = tuple(replace(cell, status="not run", seconds=None) for cell in run().cells)
    halted = run(
        status=RunStatus.OUR_FAULT,
        code="GR506",
        message="The kernel did not answer within 60 s.",
        cells=cells,
        wall_seconds=60.2,
        cpu_seconds=0.0,
        peak_memory_bytes=0,
        observed=None,
    )
    checks = tuple(
        replace(verdict, status=NOT_JUDGED, fraction=None, rows=(), plots=(), message="", waits_for=())
        for verdict in failing().verdicts
    )
    return grade(checks, run=halted, manifest=manifest(files=(), total_bytes=0))


def empty() -> Grade:
    """Return a grade of a lab without checks."""
    return grade(())


def named(student: str) -> Grade:
    """Return the failing grade under another name, for names from everywhere and from attackers."""
    made = failing()
    return replace(
        made,
        submission=replace(
            made.submission,
            student_id=student,
            file_name=f"{student}.ipynb",
            notices=(Notice("GR318", f"The notebook was renamed by {student}."),),
        ),
        run=replace(made.run, student_id=student),
    )


def notebook(cells: int = 8, outputs: dict[int, list[dict[str, Any]]] | None = None) -> dict[str, Any]:
    """Return the executed notebook, repeated to a number of code cells, as plain nbformat 4."""
    made: list[dict[str, Any]] = [_markdown("# Fine-tune a classifier\n\nGoal: **90 %** on reviews. Loss: $-\\log p$.")]
    for number in range(1, cells + 1):
        source, tag = SOURCES[(number - 1) % len(SOURCES)]
        if tag.startswith("exercise"):
            made.append(_markdown(f"## Exercise {tag[-1]}\nSee [the docs](https://huggingface.co/docs) for `Trainer`."))
        shown = outputs.get(number, []) if outputs is not None else _outputs(number)
        made.append(_code(f"cell{number:04d}", source, [tag] if tag else [], shown))
        if number == 2:
            made.append(_code("injected", "seed = 713\nepochs = 8", ["injected-parameters"], []))
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _outputs(number: int) -> list[dict[str, Any]]:
    if number == 3:
        return [
            stream("DatasetDict({\n    train: Dataset({ num_rows: 1800 })\n    test: Dataset({ num_rows: 200 })\n})\n")
        ]
    if number == 6:
        table = "<table border=1 class=dataframe><thead><tr><th>Epoch</th><th>Loss</th></tr></thead><tbody>" + "".join(
            f"<tr><td>{epoch}</td><td>{0.7 / epoch:.4f}</td></tr>" for epoch in range(1, 5)
        )
        return [
            stream("\r 10%|█         |\r 50%|█████     |\r100%|██████████| 504/504 [00:47<00:00]\n", "stderr"),
            rich({"text/html": table + "</tbody></table>", "text/plain": "..."}),
            rich({"image/png": png(), "text/plain": "<Figure>"}),
        ]
    return []


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    """Return a stream output."""
    return {"output_type": "stream", "name": name, "text": text}


def rich(data: dict[str, Any]) -> dict[str, Any]:
    """Return a display output."""
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "m", "metadata": {}, "source": text}


def _code(name: str, source: str, tags: list[str], outputs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {"tags": tags},
        "source": source.splitlines(keepends=True),
        "execution_count": 1,
        "outputs": outputs,
    }
