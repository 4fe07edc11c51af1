import json
import struct
from pathlib import Path

import pytest

from grader.hub.facts import Facts
from grader.hub.repo import RepoMeta, RepoType
from grader.hub.seed import seed_repo
from grader.hub.store import Layer, Store
from grader.hub.tensors import safetensors_counts, safetensors_header
from tests.fakes.hub_repos import card, write


def tensors(**shapes: tuple[str, int]) -> bytes:
    """A safetensors file of zeros: name -> dtype and bytes."""
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, (dtype, size) in shapes.items():
        header[name] = {"dtype": dtype, "shape": [1], "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(at)


def facts_of(tmp_path: Path, files: dict[str, str | bytes], kind: RepoType = "model") -> Facts:
    layer = Layer(tmp_path / "store")
    layer.open_for_writing()
    repo = seed_repo(Store(layer), kind, "labs/one", write(tmp_path / "src", files), RepoMeta())
    facts = layer.known_facts(repo.branches["main"])
    assert facts is not None
    return facts


def test_a_transformers_model_is_recognised_by_its_files(tmp_path: Path):
    config = json.dumps({"model_type": "bert", "architectures": ["BertForSequenceClassification"]})
    facts = facts_of(
        tmp_path,
        {
            "config.json": config,
            "tokenizer_config.json": json.dumps({"mask_token": "[MASK]", "other": 1}),
            "model.safetensors": tensors(a=("F32", 40), b=("BF16", 20), c=("X9", 3)),
            "events.out.tfevents.1": "x",
        },
    )

    assert (facts.pipeline_tag, facts.library_name) == ("text-classification", "transformers")
    assert facts.tags == ("transformers", "safetensors", "tensorboard", "bert", "text-classification", "region:us")
    assert facts.parameters == {"F32": 10, "BF16": 10, "X9": 3}
    assert facts.total_parameters == 23
    assert (facts.mask_token, facts.auto_model) == ("[MASK]", "AutoModelForSequenceClassification")
    assert facts.config == {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        "tokenizer_config": {"mask_token": "[MASK]"},
    }


def test_a_card_adds_its_tags(tmp_path: Path):
    readme = card(
        license="mit", language=["en", "fr"], tags=["x"], datasets=["a/b"], base_model="g/base", library_name="keras",
        pipeline_tag="fill-mask", base_model_relation="quantized",
    )  # fmt: skip
    facts = facts_of(tmp_path, {"README.md": f"{readme}\nSee https://arxiv.org/abs/1810.04805"})

    assert facts.tags == (
        *("keras", "fill-mask", "x", "en", "fr", "dataset:a/b", "base_model:g/base", "base_model:quantized:g/base"),
        *("arxiv:1810.04805", "license:mit", "region:us"),
    )
    assert facts.base_models == ("g/base",)


def test_an_adapter_is_known_by_its_own_file_and_not_by_its_card(tmp_path: Path):
    adapter = json.dumps({"base_model_name_or_path": "g/base", "peft_type": "LORA", "task_type": "SEQ_CLS"})
    facts = facts_of(
        tmp_path, {"adapter_config.json": adapter, "README.md": card(library_name="transformers", tags=[])}
    )

    assert facts.library_name == "peft"
    assert {"peft", "base_model:adapter:g/base"} <= set(facts.tags)
    assert facts.config == {"peft": {"base_model_name_or_path": "g/base", "task_type": "SEQ_CLS", "peft_type": "LORA"}}


@pytest.mark.parametrize(
    ("files", "task", "auto"),
    [
        ({"modules.json": "[]"}, "sentence-similarity", None),
        ({"config.json": '{"architectures": ["CLIPModel"]}'}, "zero-shot-image-classification", "AutoModel"),
        ({"config.json": '{"architectures": ["BertModel"]}'}, "feature-extraction", "AutoModel"),
        ({"config.json": '{"architectures": ["GPT2LMHeadModel"]}'}, "text-generation", "AutoModel"),
        ({"config.json": "not json"}, None, None),
        ({"config.json": "[1]"}, None, None),
    ],
)
def test_the_task_follows_from_the_architecture(tmp_path: Path, files: dict[str, str | bytes], task: str, auto: str):
    facts = facts_of(tmp_path, files)

    assert (facts.pipeline_tag, facts.auto_model) == (task, auto)


def test_a_broken_or_huge_card_counts_as_none(tmp_path: Path):
    assert facts_of(tmp_path, {"README.md": "---\na: [\n---\n"}).card is None
    assert facts_of(tmp_path, {"README.md": card(a=1) + "x" * 3_000_000}).card is None


def test_a_dataset_tells_its_formats(tmp_path: Path):
    facts = facts_of(
        tmp_path, {"README.md": card(license="mit", task_ids=["a"]), "x/a.parquet": b"1", "b.csv": "1"}, "dataset"
    )

    assert facts.tags == ("license:mit", "task_ids:a", "format:csv", "format:parquet", "library:datasets", "region:us")
    assert facts.library_name == "datasets"


def test_a_space_tells_its_sdk(tmp_path: Path):
    facts = facts_of(tmp_path, {"README.md": card(sdk="gradio", tags=["evaluate"])}, "space")

    assert facts.tags == ("gradio", "evaluate", "region:us")


@pytest.mark.parametrize(
    "content",
    [b"", b"1234567", struct.pack("<Q", 2**60) + b"{}", struct.pack("<Q", 4) + b"nope", struct.pack("<Q", 2) + b"[]"],
)
def test_what_is_not_safetensors_has_no_header(tmp_path: Path, content: bytes):
    path = tmp_path / "file"
    path.write_bytes(content)

    assert safetensors_header(path) is None
    assert safetensors_counts(path) == {}


def test_odd_entries_of_a_header_are_not_counted(tmp_path: Path):
    header = json.dumps({"a": 5, "b": {"dtype": "F32"}, "c": {"dtype": "F32", "data_offsets": [8, 0]}}).encode()
    (tmp_path / "file").write_bytes(struct.pack("<Q", len(header)) + header)

    assert safetensors_counts(tmp_path / "file") == {"F32": 0}
