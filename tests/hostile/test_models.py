"""Hostile model folders: what they declare is refused with a sentence, in time and memory, and is never our fault."""

import contextlib
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.errors import SubmissionFault
from grader.measuring.registry import measure
from tests.fakes import tiny_models

Parts = dict[str, Any]
TEXT = {"Sequence": {"id": "A", "type_id": 0}}
START = {"SpecialToken": {"id": "[CLS]", "type_id": 0}}


def around(single: list[Any], ids: list[int] | None = None) -> Callable[[Parts], None]:
    """Other tokens around a text."""

    def change(parts: Parts) -> None:
        template = parts["post_processor"]
        template["single"] = single
        template["special_tokens"]["[CLS]"] |= {"ids": ids or [2], "tokens": ["[CLS]"] * len(ids or [2])}

    return change


def repeated(part: str, inside: str) -> Callable[[Parts], None]:
    """One part so often that a text takes hours."""
    return lambda parts: parts.update({part: {"type": "Sequence", inside: [parts[part]] * 10_000}})


def processors(parts: Parts) -> None:
    parts["post_processor"]["single"] = [TEXT, TEXT]
    parts["post_processor"] = {"type": "Sequence", "processors": [parts["post_processor"]] * 4}


def outside(parts: Parts) -> None:
    parts["post_processor"] = {"type": "BertProcessing", "sep": ["[SEP]", 4_000_000_000], "cls": ["[CLS]", 2]}


def model(**fields: Any) -> Callable[[Parts], None]:
    return lambda parts: parts["model"].update(fields)


TOKENIZERS: list[tuple[str, Callable[[Parts], None], str]] = [
    ("a number that the model does not have", around([START, TEXT], [5_000]), "no token of its vocabulary"),
    ("a number of 32 bits", around([START, TEXT], [4_294_967_295]), "no token of its vocabulary"),
    ("the same in another way", outside, "no token of its vocabulary"),
    ("a token that is many", around([START, TEXT], [2] * 100_000), "special tokens around a text"),
    ("many tokens", around([START] * 100_000 + [TEXT]), "special tokens around a text"),
    ("a text many times", around([TEXT] * 50), "more than once"),
    ("a text many times, step by step", processors, "more than once"),
    ("many normalisers", repeated("normalizer", "normalizers"), "normalizer has 10,001 parts"),
    ("many splitters", repeated("pre_tokenizer", "pretokenizers"), "pre_tokenizer has 10,001 parts"),
    ("many processors", repeated("post_processor", "processors"), "post_processor has 10,001 parts"),
    ("a long mark of inner pieces", model(continuing_subword_prefix="#" * 1_000_000), "continuing_subword_prefix"),
    ("words without end", model(max_input_chars_per_word=10**9), "max_input_chars_per_word"),
]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("course")
    base = tiny_models.write_base(root / "base", "bert")
    tiny_models.write_model(root / "artifacts/model", tiny_models.fine_tuned(base, "bert"))
    tiny_models.write_reviews(root / "imdb/plain_text/test-00000-of-00001.parquet", 4)
    return root


@pytest.fixture
def folder(course: Path, tmp_path: Path) -> Path:
    """A copy of a good model folder to damage."""
    return tiny_models.copy_of(course / "artifacts/model", tmp_path / "artifacts/model")


def refusal(course: Path, folder: Path, measured: str) -> str:
    """What a measurement says of a model folder that it refuses."""
    base = tiny_models.SIZES["bert"]
    bases = {base: course / "base", tiny_models.DATASET: course / "imdb"}
    needed = (base,) if measured == "tokenizer_agreement" else (tiny_models.DATASET,)
    with pytest.raises(SubmissionFault) as caught:
        measure(
            tiny_models.spec_of(measured, "model", bases=needed), tiny_models.inputs_for(folder.parent.parent, bases)
        )
    return caught.value.message


@pytest.mark.parametrize("measured", ["tokenizer_agreement", "classifier_accuracy"])
@pytest.mark.parametrize(("change", "told"), [case[1:] for case in TOKENIZERS], ids=[case[0] for case in TOKENIZERS])
def test_a_tokenizer_that_explodes_is_refused(course, folder, change, told, measured):
    path = folder / "tokenizer.json"
    parts = json.loads(path.read_text())
    change(parts)
    path.write_text(json.dumps(parts))

    assert told in refusal(course, folder, measured)


def test_a_model_of_fewer_positions_than_special_tokens_is_refused(course, folder):
    from safetensors.numpy import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    name = "bert.embeddings.position_embeddings.weight"
    save_file(tensors | {name: tensors[name][:1].copy()}, folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 1}))

    assert "leave no room for a text" in refusal(course, folder, "classifier_accuracy")


@pytest.mark.parametrize("dtype", ["F8_E4M3", "F8_E5M2", "BOOL", "U8", "U16", "U32", "U64", "I64"])
@pytest.mark.parametrize("content", [b"\0", b"\x7f"], ids=["zeros", "NaN in eight bits"])
def test_weights_of_any_type_are_measured_or_refused(course, folder, dtype, content):
    """The library cannot ask every type whether it is finite."""
    rewrite(folder / "model.safetensors", dtype, content)
    base = tiny_models.SIZES["bert"]
    bases = {base: course / "base", tiny_models.DATASET: course / "imdb"}
    inputs = tiny_models.inputs_for(folder.parent.parent, bases)

    found = measure(tiny_models.spec_of("checkpoint", "model"), inputs)
    for measured, needed in (("classifier_accuracy", tiny_models.DATASET), ("distance_from_base", base)):
        with contextlib.suppress(SubmissionFault):
            measure(tiny_models.spec_of(measured, "model", bases=(needed,)), inputs)

    assert found["finite"] is (content == b"\0" or not dtype.startswith("F8"))


def rewrite(path: Path, dtype: str, content: bytes) -> None:
    """Give every tensor another type, and the same byte everywhere."""
    from safetensors.numpy import load_file

    from grader.artifacts.safetensors_file import ITEM_BYTES

    header: dict[str, Any] = {}
    end = 0
    for name, tensor in load_file(path).items():
        start, end = end, end + tensor.size * ITEM_BYTES[dtype]
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content * end)
