"""What the Hub derives from the files of a repository: tags, task, library, configuration, parameter counts."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from grader.hub.cards import CardError, as_list, card_data, read_json_bytes
from grader.hub.repo import Commit, FileEntry, Repo, RepoType
from grader.hub.tensors import safetensors_counts

SMALL_BYTES = 2 * 1024**2
"""Cards and configurations larger than this are not looked into."""
ReadBlob = Callable[[str], Path]

_TASK_OF_HEAD = (
    ("ForSequenceClassification", "text-classification"),
    ("ForTokenClassification", "token-classification"),
    ("ForQuestionAnswering", "question-answering"),
    ("ForMaskedLM", "fill-mask"),
    ("ForCausalLM", "text-generation"),
    ("LMHeadModel", "text-generation"),
    ("ForImageTextToText", "image-text-to-text"),
    ("ForVision2Seq", "image-text-to-text"),
    ("ForImageClassification", "image-classification"),
    ("ForObjectDetection", "object-detection"),
    ("ForCTC", "automatic-speech-recognition"),
    ("ForSpeechSeq2Seq", "automatic-speech-recognition"),
    ("ForAudioClassification", "audio-classification"),
    ("CLIPModel", "zero-shot-image-classification"),
    ("ForConditionalGeneration", "text2text-generation"),
)
_NAMESPACED = (
    *("license", "task_categories", "task_ids", "size_categories", "multilinguality", "language_creators"),
    *("annotations_creators", "source_datasets", "language"),
)
_TAG_OF_ENDING = ((".safetensors", "safetensors"), (".bin", "pytorch"), (".onnx", "onnx"), (".gguf", "gguf"))
_SHOWN_OF_ADAPTER = ("base_model_name_or_path", "task_type", "peft_type")
_SHOWN_OF_TOKENIZER = (
    *("bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token"),
    "chat_template",
)
_FORMATS = {".parquet": "parquet", ".csv": "csv", ".jsonl": "json", ".json": "json", ".arrow": "arrow", ".txt": "text"}
_ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5})")


@dataclass(frozen=True)
class Facts:
    """Everything that listings and info need and that follows from the files alone."""

    tags: tuple[str, ...] = ()
    pipeline_tag: str | None = None
    library_name: str | None = None
    card: dict[str, Any] | None = None
    """Metadata of README.md; None when there is none or it cannot be read."""
    config: dict[str, Any] | None = None
    """The few entries of config.json and tokenizer_config.json that the Hub shows."""
    parameters: dict[str, int] | None = None
    """Dtype -> number of parameters, from the headers of the safetensors files."""
    base_models: tuple[str, ...] = ()
    mask_token: str | None = None
    auto_model: str | None = None

    @property
    def total_parameters(self) -> int | None:
        """All dtypes together; None without safetensors."""
        return sum(self.parameters.values()) if self.parameters else None


class _Files:
    """Looks into the small files of one commit."""

    def __init__(self, commit: Commit, read_blob: ReadBlob) -> None:
        self.entries = commit.files
        self._read_blob = read_blob

    def blob(self, entry: FileEntry) -> Path:
        return self._read_blob(entry.sha256)

    def content(self, path: str) -> bytes | None:
        entry = self.entries.get(path)
        if entry is None or entry.size > SMALL_BYTES:
            return None
        return self.blob(entry).read_bytes()

    def text(self, path: str) -> str:
        return (self.content(path) or b"").decode("utf-8", "replace")

    def json(self, path: str) -> dict[str, Any]:
        value = read_json_bytes(self.content(path) or b"")
        return value if isinstance(value, dict) else {}

    def ending(self, suffix: str) -> list[FileEntry]:
        return [entry for path, entry in self.entries.items() if path.endswith(suffix)]


def read_facts(repo: Repo, commit: Commit, read_blob: ReadBlob) -> Facts:
    """Derive the facts of one commit.

    Args:
        repo: says what kind of repository it is.
        commit: the files to look at.
        read_blob: gives the path of a blob.

    Returns:
        The facts; broken cards and configurations count as missing ones.
    """
    files = _Files(commit, read_blob)
    readme = files.text("README.md")
    try:
        card = card_data(readme)
    except CardError:
        card = {}
    arxiv = tuple(dict.fromkeys(_ARXIV.findall(readme)))
    if repo.repo_type != "model":
        return Facts(
            tags=_data_tags(repo.repo_type, card, files, arxiv),
            library_name="datasets" if repo.repo_type == "dataset" else None,
            card=card or None,
        )
    return _model_facts(card, files, arxiv)


@dataclass(frozen=True)
class _Model:
    """The files of a model repository that say what it is."""

    files: _Files
    card: dict[str, Any]
    arxiv: tuple[str, ...]
    config: dict[str, Any]
    adapter: dict[str, Any]
    tokenizer: dict[str, Any]

    @property
    def architectures(self) -> list[str]:
        return as_list(self.config.get("architectures"))

    @property
    def model_type(self) -> str | None:
        return _text(self.config.get("model_type"))

    @property
    def base_models(self) -> list[str]:
        return as_list(self.card.get("base_model")) or as_list(self.adapter.get("base_model_name_or_path"))

    @property
    def library(self) -> str | None:
        # PEFT writes `library_name: transformers` into its cards: the adapter's own file is the better witness
        if self.adapter:
            return "peft"
        if "modules.json" in self.files.entries:
            return "sentence-transformers"
        return _text(self.card.get("library_name")) or ("transformers" if self.model_type else None)

    @property
    def task(self) -> str | None:
        if named := _text(self.card.get("pipeline_tag")):
            return named
        if self.library == "sentence-transformers":
            return "sentence-similarity"
        tasks = (task for name in self.architectures for ending, task in _TASK_OF_HEAD if name.endswith(ending))
        return next(tasks, "feature-extraction" if self.architectures else None)

    @property
    def auto_model(self) -> str | None:
        if not self.architectures:
            return None
        head = re.search(r"For[A-Z]\w+$", self.architectures[0])
        return f"AutoModel{head.group() if head else ''}"


def _model_facts(card: dict[str, Any], files: _Files, arxiv: tuple[str, ...]) -> Facts:
    config, adapter, tokenizer = (files.json(f"{name}config.json") for name in ("", "adapter_", "tokenizer_"))
    model = _Model(files, card, arxiv, config, adapter, tokenizer)
    return Facts(
        tags=_model_tags(model),
        pipeline_tag=model.task,
        library_name=model.library,
        card=card or None,
        config=_shown_config(model) or None,
        parameters=_parameters(files),
        base_models=tuple(model.base_models),
        mask_token=_text(tokenizer.get("mask_token")),
        auto_model=model.auto_model,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _shown_config(model: _Model) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if model.architectures:
        shown["architectures"] = model.architectures
    if model.model_type:
        shown["model_type"] = model.model_type
    if model.adapter:
        shown["peft"] = {name: model.adapter.get(name) for name in _SHOWN_OF_ADAPTER}
    kept = {name: model.tokenizer[name] for name in _SHOWN_OF_TOKENIZER if name in model.tokenizer}
    return shown | ({"tokenizer_config": kept} if kept else {})


def _model_tags(model: _Model) -> tuple[str, ...]:
    card, files = model.card, model.files
    tags: list[str | None] = [model.library]
    tags += ["transformers"] if model.model_type and not model.adapter else []
    tags += [tag for ending, tag in _TAG_OF_ENDING if files.ending(ending)]
    tags += ["tensorboard"] if any("tfevents" in path for path in files.entries) else []
    tags += [model.model_type, model.task, *as_list(card.get("tags")), *as_list(card.get("language"))]
    tags += [f"dataset:{name}" for name in as_list(card.get("datasets"))]
    relation = "adapter" if model.adapter else _text(card.get("base_model_relation")) or "finetune"
    for base in model.base_models:
        tags += [f"base_model:{base}", f"base_model:{relation}:{base}"]
    tags += [f"arxiv:{paper}" for paper in model.arxiv]
    tags += [f"license:{name}" for name in as_list(card.get("license"))]
    return tuple(dict.fromkeys(tag for tag in [*tags, "region:us"] if tag))


def _data_tags(repo_type: RepoType, card: dict[str, Any], files: _Files, arxiv: tuple[str, ...]) -> tuple[str, ...]:
    tags: list[str] = []
    if repo_type == "dataset":
        for name in _NAMESPACED:
            tags += [f"{name}:{value}" for value in as_list(card.get(name))]
        formats = [_FORMATS[suffix] for path in files.entries if (suffix := PurePosixPath(path).suffix) in _FORMATS]
        tags += [f"format:{name}" for name in sorted(set(formats))] + ["library:datasets"]
    else:
        tags += as_list(card.get("sdk"))
    tags += [*as_list(card.get("tags")), *(f"arxiv:{paper}" for paper in arxiv), "region:us"]
    return tuple(dict.fromkeys(tags))


def _parameters(files: _Files) -> dict[str, int] | None:
    counts: dict[str, int] = {}
    for entry in files.ending(".safetensors"):
        for dtype, number in safetensors_counts(files.blob(entry)).items():
            counts[dtype] = counts.get(dtype, 0) + number
    return counts or None
