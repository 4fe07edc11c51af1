"""A small Hub base: real tiny models with random weights, real data files, and entries to search through."""

import json
from pathlib import Path
from typing import Any

from grader.hub.base import base_of
from grader.hub.repo import MiniatureRepo, RepoMeta, RepoType

BERT = "google-bert/bert-base-uncased"
SENTIMENT = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
IMDB = "stanfordnlp/imdb"
CSV = "labs/plain-csv"
GATED = "meta-llama/gated-manual"
GATED_AUTO = "meta-llama/gated-auto"
SECRET = "somebody/secret"
SHARDED = "labs/sharded"
ACCURACY_PY = """import datasets
import evaluate


class Accuracy(evaluate.Metric):
    def _info(self):
        features = datasets.Features({"predictions": datasets.Value("int32"), "references": datasets.Value("int32")})
        return evaluate.MetricInfo(description="Share", citation="", inputs_description="", features=features)

    def _compute(self, predictions, references):
        return {"accuracy": sum(p == r for p, r in zip(predictions, references)) / len(references)}
"""


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write a folder of files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def card(**metadata: Any) -> str:
    """A README with metadata."""
    return f"---\n{json.dumps(metadata)}\n---\n# A card\n"


def entries(root: Path) -> list[MiniatureRepo]:
    """Models that are only a card and a configuration: something to search through."""
    rows = [
        ("labs/french-bert", {"license": "mit", "language": ["fr"], "tags": ["tiny"]}, 500, 7, "fill-mask"),
        ("labs/german-bert", {"license": "apache-2.0", "language": ["de"]}, 900, 3, "fill-mask"),
        (
            "labs/sentiment-large",
            {"license": "mit", "language": ["en"], "datasets": [IMDB]},
            100,
            50,
            "text-classification",
        ),
        ("openlab/sentiment-small", {"license": "cc-by-4.0", "language": "en"}, 2000, 1, "text-classification"),
        ("openlab/no-metadata", {}, 5, 0, None),
    ]
    repos: list[MiniatureRepo] = []
    for number, (repo_id, metadata, downloads, likes, task) in enumerate(rows):
        fields = metadata | ({"pipeline_tag": task} if task else {})
        readme = card(**fields) if fields else "# No metadata here\n"
        folder = write(root / repo_id, {"README.md": readme, "config.json": json.dumps({"model_type": "bert"})})
        dates = {
            "created_at": f"2023-0{number + 1}-01T00:00:00.000Z",
            "last_modified": f"2024-0{9 - number}-01T00:00:00.000Z",
        }
        repos.append(MiniatureRepo("model", repo_id, folder, RepoMeta(downloads=downloads, likes=likes, **dates)))
    return repos


def hidden_entries(root: Path) -> list[MiniatureRepo]:
    """What not everybody may read."""
    files: dict[str, str | bytes] = {
        "README.md": card(license="other"),
        "config.json": "{}",
        "weights.bin": b"\0secret weights",
    }
    return [
        MiniatureRepo("model", GATED, write(root / GATED, files), RepoMeta(gated="manual")),
        MiniatureRepo("model", GATED_AUTO, write(root / GATED_AUTO, files), RepoMeta(gated="auto")),
        MiniatureRepo("model", SECRET, write(root / SECRET, files), RepoMeta(private=True)),
    ]


def data_entries(root: Path) -> list[MiniatureRepo]:
    """Datasets, one Space with a metric."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    imdb = root / IMDB
    (imdb / "plain_text").mkdir(parents=True)
    for split, rows in (("train", 60), ("test", 20)):
        table = pa.table(
            {
                "text": [f"a {'good' if i % 2 else 'bad'} film {i}" for i in range(rows)],
                "label": [i % 2 for i in range(rows)],
            }
        )
        pq.write_table(table, imdb / "plain_text" / f"{split}-00000-of-00001.parquet", row_group_size=10)
    configs = [
        {
            "config_name": "plain_text",
            "data_files": [{"split": s, "path": f"plain_text/{s}-*"} for s in ("train", "test")],
        }
    ]
    about = {"license": "other", "language": ["en"], "task_categories": ["text-classification"]}
    (imdb / "README.md").write_text(card(**about, size_categories=["n<1K"], configs=configs))
    lines = "\n".join(f"{i},word{i}" for i in range(30))
    csv = write(root / CSV, {"train.csv": f"id,word\n{lines}\n", "extra/more.jsonl": '{"id": 1}\n{"id": 2}\n'})
    metric = write(
        root / "accuracy",
        {"accuracy.py": ACCURACY_PY, "README.md": card(sdk="gradio", title="Accuracy", tags=["evaluate"])},
    )
    return [
        MiniatureRepo("dataset", IMDB, imdb, RepoMeta(downloads=1000, likes=300)),
        MiniatureRepo("dataset", CSV, csv, RepoMeta(downloads=10)),
        MiniatureRepo("space", "evaluate-metric/accuracy", metric, RepoMeta(likes=9)),
    ]


def model_entries(root: Path) -> list[MiniatureRepo]:
    """Models that load: a base BERT, a classifier, and one in shards."""
    from tests.fakes import tiny_models

    bert = tiny_models.write_base(root / "bert", "bert")
    (bert / "README.md").write_text(
        card(license="apache-2.0", language="en", pipeline_tag="fill-mask", datasets=["bookcorpus"])
    )
    classifier = root / "classifier"
    tiny_models.write_model(
        classifier, tiny_models.fine_tuned(tiny_models.write_base(root / "distilbert", "distilbert"), "distilbert")
    )
    (classifier / "README.md").write_text(card(license="apache-2.0", language="en", pipeline_tag="text-classification"))
    sharded = root / "sharded"
    model = tiny_models.fine_tuned(bert, "bert")
    model.save_pretrained(sharded, max_shard_size="5KB")
    return [
        MiniatureRepo("model", BERT, bert, RepoMeta(downloads=10_000, likes=200, alias="bert-base-uncased")),
        MiniatureRepo("model", SENTIMENT, classifier, RepoMeta(downloads=5000, likes=100, tags=("714eb0f",))),
        MiniatureRepo("model", SHARDED, sharded, RepoMeta()),
    ]


def build_base(root: Path, *, models: bool) -> Path:
    """Build the base.

    Args:
        root: an empty folder.
        models: with those that load, which takes torch a while.
    """
    repos = [*entries(root / "src"), *hidden_entries(root / "src"), *data_entries(root / "src")]
    repos += model_entries(root / "src") if models else []
    return base_of(repos, root / "cache", lambda _: None)


def one_repo(
    root: Path, files: dict[str, str | bytes], repo_id: str = "labs/one", kind: RepoType = "model", **meta: Any
) -> Path:
    """Build a base of one repository."""
    folder = write(root / "src" / repo_id, files)
    return base_of([MiniatureRepo(kind, repo_id, folder, RepoMeta(**meta))], root / "cache", lambda _: None)
