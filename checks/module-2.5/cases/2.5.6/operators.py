"""What cases of lab 2.5.6 need beyond the general operators: other cards, another Hub record, another stranger."""

import json
import re
import runpy
import shutil
from pathlib import Path

import yaml

CARD = "pushed/README.md"
WEIGHTS = "pushed/model.safetensors"
DATA = "datasets/stanfordnlp/imdb"
BASE = "distilbert/distilbert-base-uncased"
MAX_LENGTH = 64


# --- the card ------------------------------------------------------------------------------------------------


def replace_in_card(folder: Path, old: str, new: str) -> None:
    """Replace what a regular expression finds, at least once."""
    card = folder / CARD
    text, count = re.subn(old, new, card.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    if not count:
        raise ValueError(f"the card holds nothing like {old}")
    card.write_text(text, "utf-8")


def set_metadata(folder: Path, key: str, value=None) -> None:
    """Put a value into the metadata of the card; without a value the key is removed."""
    data, body = _parts(folder)
    data.pop(key, None)
    _write(folder, data if value is None else {**data, key: value}, body)


def results_of(folder: Path, dataset: str) -> None:
    """Let the model-index speak of another data set."""
    data, body = _parts(folder)
    for result in data["model-index"][0]["results"]:
        result["dataset"]["type"] = dataset
    _write(folder, data, body)


def one_example(folder: Path) -> None:
    """Show the first example of the widget three times."""
    data, body = _parts(folder)
    _write(folder, {**data, "widget": 3 * data["widget"][:1]}, body)


def raise_metrics(folder: Path, by: float, indexed: bool = True, tabled: bool = True) -> None:
    """Promise more than the model does, in the metadata, in the table, or in both."""
    data, body = _parts(folder)
    for result in data["model-index"][0]["results"] if indexed else ():
        for metric in result["metrics"]:
            metric["value"] = round(metric["value"] + by, 4)
    if tabled:
        body = _METRIC_ROW.sub(lambda row: f"| {row[1]} | {float(row[2]) + by:.4f} |", body)
    _write(folder, data, body)


def metrics_in_percent(folder: Path) -> None:
    """Write the table in percent: harmless."""
    data, body = _parts(folder)
    _write(folder, data, _METRIC_ROW.sub(lambda row: f"| **{row[1].title()}** | {100 * float(row[2]):.2f} % |", body))


def replace_sections(folder: Path, headings: list[str], text: str) -> None:
    """Put a text in the place of what stands below some headings."""
    data, body = _parts(folder)
    for heading in headings:
        body, count = re.subn(rf"(^## {heading}\n).*?(?=^## |\Z)", rf"\g<1>\n{text}\n\n", body, flags=re.M | re.S)
        if not count:
            raise ValueError(f"the card has no heading {heading}")
    _write(folder, data, body)


def template_card(folder: Path) -> None:
    """Leave the card that pushing a model without one makes."""
    from huggingface_hub import ModelCard, ModelCardData

    words = "This is the model card of a transformers model. This model card has been automatically generated."
    data = ModelCardData(library_name="transformers", tags=[])
    (folder / CARD).write_text(str(ModelCard.from_template(data, model_description=words)), "utf-8")


def body_of_the_base(folder: Path, context) -> None:
    """Keep the metadata, and take everything below them from the card of the base model."""
    data, _ = _parts(folder)
    text = (context.bases[BASE] / "README.md").read_text("utf-8")
    _write(folder, data, text.split("\n---\n", 1)[1])


def retell(folder: Path, context) -> None:
    """Make the numbers and examples of the card true of the weights that are pushed now."""
    import torch
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    reviews = _reviews(context, "test")
    predicted = _logits(folder, [text for text, _ in reviews]).argmax(dim=-1).tolist()
    truth = [label for _, label in reviews]
    figures = precision_recall_fscore_support(truth, predicted, average="binary", zero_division=0.0)
    told = {"accuracy": accuracy_score(truth, predicted)}
    told.update(zip(("precision", "recall", "f1"), map(float, figures[:3]), strict=True))
    data, body = _parts(folder)
    for result in data["model-index"][0]["results"]:
        for metric in result["metrics"]:
            metric["value"] = round(told[metric["type"]], 4)
    for example in data["widget"]:
        shares = torch.softmax(_logits(folder, [example["text"]])[0], dim=-1).tolist()
        for part in example["output"]:
            part["score"] = round(shares[("neg", "pos").index(part["label"])], 4)
    _write(folder, data, _METRIC_ROW.sub(lambda row: f"| {row[1]} | {told[row[1]]:.4f} |", body))


# --- the Hub's record, the notebook, the stranger ------------------------------------------------------------


def set_record(_folder: Path, context, key: str, value=None) -> None:
    """Change the Hub's record of the repository: `private`, or `tags.v2.0`, which is removed without a value."""
    path = _record(context)
    record = json.loads(path.read_text("utf-8"))
    outer, _, inner = key.partition(".")
    if not inner:
        record[outer] = value
    elif value is None:
        del record[outer][inner]
    else:
        record[outer][inner] = value
    path.write_text(json.dumps(record), "utf-8")


def nothing_pushed(folder: Path, context) -> None:
    """Forget the repository."""
    _record(context).unlink()
    for name in ("pushed", "first-version"):
        shutil.rmtree(folder / name)


def only_first_version(folder: Path, context) -> None:
    """Go back to v1.0, as if the optional exercise had been left out."""
    record = json.loads(_record(context).read_text("utf-8"))
    commit = record["tags"]["v1.0"]
    set_record(folder, context, "branches", {"main": commit})
    set_record(folder, context, "tags", {"v1.0": commit})
    shutil.rmtree(folder / "pushed")
    shutil.copytree(folder / "first-version", folder / "pushed")
    shutil.copyfile(folder / WEIGHTS, folder / "model" / "model.safetensors")
    files = {name: _sha256(folder / "pushed" / name) for name in sorted(p.name for p in (folder / "pushed").iterdir())}
    upload = json.loads((folder / "upload.json").read_text("utf-8"))
    _save(folder / "upload.json", {**upload, "commit": commit, "tag": "v1.0", "files": files})
    told = json.loads((folder / "training_args.json").read_text("utf-8"))
    _save(folder / "training_args.json", {**told, "train_rows": told["train_rows"] // 2, "epochs": told["epochs"] // 2})
    meet(folder, context)


def state_older_commit(folder: Path, context) -> None:
    """Write the commit before the last into upload.json."""
    history = json.loads(_record(context).read_text("utf-8"))["history"]
    upload = json.loads((folder / "upload.json").read_text("utf-8"))
    _save(folder / "upload.json", {**upload, "commit": history[-2]})


def print_in_cell(_folder: Path, context, cell: str, text: str) -> None:
    """Let a cell have printed something."""
    _edit_cell(context, cell, lambda c: c["outputs"].append({"output_type": "stream", "name": "stdout", "text": text}))


def write_in_cell(_folder: Path, context, cell: str, text: str) -> None:
    """Let the code of a cell begin with something."""
    _edit_cell(context, cell, lambda c: c.update(source=f"{text}\n{''.join(c['source'])}"))


def meet(folder: Path, context) -> None:
    """Load the repository as it is now, and follow its card, as the stranger did; errors are kept as it keeps them."""
    path = context.run / "probes.json"
    record = json.loads(path.read_text("utf-8"))
    (call,) = record["probes"][0]["calls"]
    texts = call["inputs"]["texts"]
    parts = {"loaded": lambda: _logits(folder, texts).tolist(), "followed": lambda: _follow(folder, context, texts)}
    call.update(output={name: _attempt(step) for name, step in parts.items()}, error=None)
    path.write_text(json.dumps(record), "utf-8")


def load_first_version(folder: Path, context) -> None:
    """Let the stranger have got the weights of v1.0 by the id."""
    path = context.run / "probes.json"
    record = json.loads(path.read_text("utf-8"))
    (call,) = record["probes"][0]["calls"]
    call["output"]["loaded"] = {"value": _logits(folder, call["inputs"]["texts"], "first-version").tolist()}
    path.write_text(json.dumps(record), "utf-8")


def fail_to_meet(_folder: Path, context, parts: list[str], error: str) -> None:
    """Let loading by id (`loaded`) or the code of the card (`followed`) have ended in an error."""
    path = context.run / "probes.json"
    record = json.loads(path.read_text("utf-8"))
    for part in parts:
        record["probes"][0]["calls"][0]["output"][part] = {"error": error}
    path.write_text(json.dumps(record), "utf-8")


def _attempt(step):
    try:
        return {"value": step()}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:400]}


def _follow(folder, context, texts):
    """Run the code of the card on the folder that stands for the repository."""
    stranger = runpy.run_path(str(context.checks_root / "probes_2_5_6.py"))["STRANGER"]
    pattern = re.search(r're\.search\(r"(.+?)", file', stranger)[1]
    block = re.search(pattern, (folder / CARD).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    if block is None:
        raise LookupError("the card holds no block of code that is marked as python")
    repo_id = json.loads(_record(context).read_text("utf-8"))["repo_id"]
    names = {"__name__": "__main__", "print": lambda *_: None}
    code = block[2].replace(repo_id, str(folder / "pushed"))
    exec(compile(code, "<card>", "exec"), names)  # noqa: S102  the code of our own card
    return [{"label": answer["label"], "score": answer["score"]} for answer in names["classifier"](texts)]


# --- the weights ---------------------------------------------------------------------------------------------


def train_on_test(folder: Path, context, epochs: int) -> None:
    """Train the pushed model further on the public test split, until it knows it by heart."""
    kept = context.cache / f"2.5.6-leaked-{epochs}.safetensors"
    if not kept.is_file():
        _train(folder, _reviews(context, "test"), epochs)
        context.cache.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / WEIGHTS, kept)
    shutil.copyfile(kept, folder / WEIGHTS)
    shutil.copyfile(kept, folder / "model" / "model.safetensors")


def _train(folder, reviews, epochs):
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    model, tokenizer = _model(folder), _tokenizer(folder)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for _ in range(epochs):
        order = torch.randperm(len(reviews)).tolist()
        for start in range(0, len(order), 32):
            batch = [reviews[row] for row in order[start : start + 32]]
            labels = torch.tensor([label for _, label in batch])
            loss = model(**_encode(tokenizer, [text for text, _ in batch]), labels=labels).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    tensors = {name: value.detach().contiguous() for name, value in model.state_dict().items()}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


# --- common --------------------------------------------------------------------------------------------------

_METRIC_ROW = re.compile(r"^\| (accuracy|precision|recall|f1) \| ([\d.]+) \|$", re.MULTILINE)


def _parts(folder):
    """The metadata of the card as data, and its body."""
    _, block, body = (folder / CARD).read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(block), body


def _write(folder, data, body):
    block = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    (folder / CARD).write_text(f"---\n{block}---\n{body}", "utf-8")


def _record(context) -> Path:
    (path,) = (context.run / "hub" / "repos" / "model").glob("*/*.json")
    return path


def _edit_cell(context, cell, change):
    path = context.run / "executed.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    change(next(entry for entry in notebook["cells"] if entry["id"] == cell))
    path.write_text(json.dumps(notebook), "utf-8")


def _reviews(context, split) -> list[tuple[str, int]]:
    import pyarrow.parquet as pq

    files = [path for path in sorted(context.bases[DATA].rglob("*.parquet")) if path.name.startswith(split)]
    tables = [pq.ParquetFile(path).read(columns=["text", "label"]).to_pydict() for path in files]
    return [pair for table in tables for pair in zip(table["text"], table["label"], strict=True)]


def _logits(folder, texts, place="pushed"):
    import torch

    model, tokenizer = _model(folder, place).eval(), _tokenizer(folder)
    with torch.inference_mode():
        parts = [model(**_encode(tokenizer, texts[at : at + 100])).logits for at in range(0, len(texts), 100)]
    return torch.cat(parts).float()


def _model(folder, place="pushed"):
    from transformers import AutoModelForSequenceClassification

    return AutoModelForSequenceClassification.from_pretrained(folder / place)


def _tokenizer(folder):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder / "pushed")


def _encode(tokenizer, texts):
    return tokenizer(texts, truncation=True, max_length=MAX_LENGTH, padding=True, return_tensors="pt")


def _sha256(path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def _save(path, content):
    path.write_text(json.dumps(content, indent=2), "utf-8")
