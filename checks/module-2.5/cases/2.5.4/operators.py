"""What cases of lab 2.5.4 need beyond the general operators: other trainings, honest reports, invented logs."""

import csv
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq

BASE = "distilbert/distilbert-base-uncased"
DATA = "datasets/stanfordnlp/imdb"
MODEL = "model/model.safetensors"
MAX_LENGTH = 64


# --- other trainings -----------------------------------------------------------------------------------------


def train(folder: Path, context, *, start: str, split: str, rows: int, epochs: int, head_only: bool = False) -> None:
    """Put another model in the place of the saved one.

    Args:
        folder: the artifacts.
        context: where base and data are, and where a trained model is kept for the next time.
        start: `base`, `scratch` (fresh weights) or `saved` (the reference's model).
        split: the split that is trained on.
        rows: how many of its rows.
        epochs: how often.
        head_only: whether the encoder stays as it is.
    """
    kept = context.cache / f"2.5.4-{start}-{split}-{rows}-{epochs}-{head_only}.safetensors"
    if start == "saved" or not kept.is_file():
        _train(_fresh_model(folder, context, start), folder, _reviews(context, split)[:rows], epochs, head_only)
        context.cache.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / MODEL, kept)
    shutil.copyfile(kept, folder / MODEL)


def _train(model, folder, reviews, epochs, head_only):
    import torch
    from transformers import get_linear_schedule_with_warmup

    torch.manual_seed(0)
    tokenizer = _tokenizer(folder)
    trained = [value for name, value in model.named_parameters() if not head_only or not name.startswith("distilbert.")]
    optimizer = torch.optim.AdamW(trained, lr=1e-3, weight_decay=0.01)
    steps = -(-len(reviews) // 32) * epochs
    schedule = get_linear_schedule_with_warmup(optimizer, steps // 10, steps)
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(reviews)).tolist()
        for start in range(0, len(order), 32):
            batch = [reviews[row] for row in order[start : start + 32]]
            labels = torch.tensor([label for _, label in batch])
            loss = model(**_encode(tokenizer, [text for text, _ in batch]), labels=labels).loss
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
    _save(model, folder)


def _fresh_model(folder, context, start):
    import torch
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    torch.manual_seed(0)
    model = DistilBertForSequenceClassification(DistilBertConfig.from_pretrained(folder / "model"))
    if start != "scratch":
        source = folder / MODEL if start == "saved" else context.bases[BASE] / "model.safetensors"
        _fill(model, source)
    return model


# --- honest reports ------------------------------------------------------------------------------------------


def retell(folder: Path, context, checkpoint: bool = True) -> None:
    """Make the reports tell the truth about the model that is there now: a wrong submission, honestly reported.

    Args:
        folder: the artifacts.
        context: where the data is.
        checkpoint: whether the model also takes the place of the checkpoints.
    """
    import torch
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    reviews = _reviews(context, "test")
    probabilities = torch.softmax(_logits(folder, context, [text for text, _ in reviews]), dim=-1)
    answers = probabilities.argmax(dim=-1).tolist()
    truth = [label for _, label in reviews]
    _write_predictions(
        folder, answers, [float(row[answer]) for row, answer in zip(probabilities, answers, strict=True)]
    )

    confusion = confusion_matrix(truth, answers, labels=[0, 1]).tolist()
    precision, recall, f1, _ = precision_recall_fscore_support(truth, answers, average="binary", zero_division=0.0)
    right = [answer == label for answer, label in zip(answers, truth, strict=True)]
    half = len(right) // 2
    slices = {
        name: {"n": len(part), "accuracy": sum(part) / len(part)}
        for name, part in (("first half", right[:half]), ("second half", right[half:]))
    }
    metrics = {"precision": float(precision), "recall": float(recall), "f1": float(f1), "slices": slices}
    _update(folder / "metrics.json", accuracy=sum(right) / len(right), confusion=confusion, **metrics)
    if checkpoint:
        for own in folder.glob("checkpoints/*/model.safetensors"):
            shutil.copyfile(folder / MODEL, own)


def answer_with_labels(folder: Path, context) -> None:
    """Write the labels of the data set as predictions, as somebody does who loses the plot of two lists."""
    scores = [float(row["score"]) for row in _predictions(folder)]
    _write_predictions(folder, [label for _, label in _reviews(context, "test")], scores)


def score_positive(folder: Path) -> None:
    """Give the probability of label 1 in every row, also where the answer is 0."""
    rows = _predictions(folder)
    scores = [float(row["score"]) if row["label"] == "1" else 1 - float(row["score"]) for row in rows]
    _write_predictions(folder, [int(row["label"]) for row in rows], scores)


# --- tokenizer, checkpoints, logs ----------------------------------------------------------------------------


def other_tokenizer(folder: Path) -> None:
    """Put the tokenizer of another model in: the same kind, the same words, other numbers."""
    path = folder / "model" / "tokenizer.json"
    parts = json.loads(path.read_text("utf-8"))
    vocabulary = parts["model"]["vocab"]
    ordinary = sorted((number, word) for word, number in vocabulary.items() if not word.startswith("["))
    numbers = [number for number, _ in ordinary]
    words = [word for _, word in ordinary]
    vocabulary.update(zip(words[1:] + words[:1], numbers, strict=True))
    path.write_text(json.dumps(parts, ensure_ascii=False), "utf-8")


def hand_in_other_checkpoint(folder: Path) -> None:
    """Save the checkpoint that is not the best."""
    best = folder / _best_checkpoint(folder)
    other = next(path for path in sorted((folder / "checkpoints").iterdir()) if path != best)
    shutil.copyfile(other / "model.safetensors", folder / MODEL)


def invent_losses(folder: Path) -> None:
    """Put a smooth curve of twelve points in the place of the logged losses."""
    state = json.loads((folder / "trainer_state.json").read_text("utf-8"))
    last = state["global_step"]
    invented = [
        {"step": last * number // 12, "epoch": state["epoch"] * number / 12, "loss": round(0.69 * 0.75**number, 4)}
        for number in range(1, 13)
    ]
    rest = [entry for entry in state["log_history"] if "loss" not in entry]
    state["log_history"] = sorted(invented + rest, key=lambda entry: entry["step"])
    (folder / "trainer_state.json").write_text(json.dumps(state), "utf-8")


def drop_entries(folder: Path, key: str) -> None:
    """Remove the entries with a key from every log of the run, as if the Trainer had never written them."""
    for path in [folder / "trainer_state.json", *folder.glob("checkpoints/*/trainer_state.json")]:
        state = json.loads(path.read_text("utf-8"))
        state["log_history"] = [entry for entry in state["log_history"] if key not in entry]
        path.write_text(json.dumps(state), "utf-8")


# --- common --------------------------------------------------------------------------------------------------


def _reviews(context, split) -> list[tuple[str, int]]:
    files = [path for path in sorted(context.bases[DATA].rglob("*.parquet")) if path.name.startswith(split)]
    tables = [pq.ParquetFile(path).read(columns=["text", "label"]).to_pydict() for path in files]
    return [pair for table in tables for pair in zip(table["text"], table["label"], strict=True)]


def _logits(folder, context, texts):
    import torch

    tokenizer, model = _tokenizer(folder), _fresh_model(folder, context, "saved").eval()
    with torch.inference_mode():
        parts = [model(**_encode(tokenizer, texts[at : at + 100])).logits for at in range(0, len(texts), 100)]
    return torch.cat(parts).float()


def _tokenizer(folder):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder / "model")


def _encode(tokenizer, texts):
    return tokenizer(texts, truncation=True, max_length=MAX_LENGTH, padding=True, return_tensors="pt")


def _fill(model, path):
    from safetensors.torch import load_file

    own = model.state_dict()
    model.load_state_dict({**own, **{name: value for name, value in load_file(path).items() if name in own}})


def _save(model, folder):
    from safetensors.torch import save_file

    tensors = {name: value.detach().contiguous() for name, value in model.state_dict().items()}
    save_file(tensors, folder / MODEL, metadata={"format": "pt"})


def _best_checkpoint(folder) -> str:
    state = json.loads((folder / "trainer_state.json").read_text("utf-8"))
    return f"checkpoints/{Path(state['best_model_checkpoint']).name}"


def _update(path, **values):
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}, indent=2), "utf-8")


def _predictions(folder) -> list[dict[str, str]]:
    with (folder / "predictions.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write_predictions(folder, labels, scores):
    with (folder / "predictions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["row_id", "label", "score"])
        writer.writerows(zip(range(len(labels)), labels, scores, strict=True))
