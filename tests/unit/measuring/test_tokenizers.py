"""A saved tokenizer against that of the base."""

import json

import pytest

from grader.errors import InternalFault, SubmissionFault
from grader.measuring.registry import measure
from grader.measuring.tokenizers import SavedTokenizer
from tests.fakes.tiny_models import DATASET, WORDS, spec_of, write_tokenizer
from tests.unit.measuring.conftest import Models

BASE = "google-bert/bert-base-uncased"
SPEC = spec_of("tokenizer_agreement", "model", bases=(BASE,))


def test_the_bases_tokenizer_agrees(models: Models) -> None:
    found = measure(spec_of("tokenizer_agreement", "model", bases=(models.base_id,)), models.inputs)

    assert found["equal"] is True
    assert (found["differing"], found["sample_disagreements"], found["n"]) == ([], 0, 200)
    assert (found["vocabulary"], found["max_length"]) == (found["base_vocabulary"], 32)


def test_texts_of_a_data_set_are_used_when_it_names_one(models: Models) -> None:
    spec = spec_of("tokenizer_agreement", "model", bases=(models.base_id, DATASET))

    assert measure(spec, models.inputs)["n"] == 40


def test_stored_truncation_and_padding_do_not_count(own: Models) -> None:
    path = own.root / "artifacts/model/tokenizer.json"
    parts = json.loads(path.read_text())
    parts["truncation"] = {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0}
    parts["padding"] = {
        "strategy": {"Fixed": 9},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "[PAD]",
    }
    path.write_text(json.dumps(parts))

    assert measure(SPEC, own.inputs)["equal"] is True


def test_another_case_differs(own: Models) -> None:
    write_tokenizer(own.root / "artifacts/model", lowercase=False)

    found = measure(SPEC, own.inputs)

    assert found["equal"] is False
    assert found["differing"] == ["normalisation (case, accents)"]
    assert found["sample_disagreements"] > 150


def test_another_vocabulary_differs(own: Models) -> None:
    write_tokenizer(own.root / "artifacts/model", list(reversed(WORDS[:20])))

    assert "vocabulary" in measure(SPEC, own.inputs)["differing"]


@pytest.mark.parametrize(
    ("config", "length"),
    [('{"model_max_length": 1e30}', None), ("[]", None), (None, None), ('{"model_max_length": 64}', 64)],
)
def test_a_length_is_stated_or_not(own: Models, config: str | None, length: int | None) -> None:
    path = own.root / "artifacts/model/tokenizer_config.json"
    path.unlink()
    if config:
        path.write_text(config)

    assert measure(SPEC, own.inputs)["max_length"] == length


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda parts: [], "it holds no object"),
        (lambda parts: parts | {"model": {"type": "BPE"}}, "its model is of the kind 'BPE'"),
        (lambda parts: parts | {"normalizer": {"type": "Sequence", "normalizers": 3}}, "tokenizer.json cannot be used"),
        (lambda parts: parts | {"model": {}}, "its model is of the kind 'none'"),
        (
            lambda parts: parts | {"normalizer": {"type": "Sequence", "normalizers": [{"type": "Replace"}]}},
            "its normalizer is of the kind 'Replace'",
        ),
        (lambda parts: parts | {"model": {"type": "WordPiece", "vocab": 3}}, "tokenizer.json cannot be used"),
    ],
)
def test_a_tokenizer_of_strange_parts_is_refused(own: Models, change, told: str) -> None:
    path = own.root / "artifacts/model/tokenizer.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))

    with pytest.raises(SubmissionFault) as caught:
        measure(SPEC, own.inputs)

    assert caught.value.code == "GR315"
    assert told in caught.value.message


def test_a_missing_tokenizer_is_named(own: Models) -> None:
    (own.root / "artifacts/model/tokenizer.json").unlink()

    with pytest.raises(SubmissionFault, match=r"did not write the file model/tokenizer.json"):
        measure(SPEC, own.inputs)


def test_a_base_without_a_tokenizer_is_ours(own: Models, tmp_path) -> None:
    inputs = own.inputs
    broken = type(inputs)(**{**vars(inputs), "bases": {BASE: tmp_path / "empty"}})

    with pytest.raises(InternalFault) as caught:
        measure(SPEC, broken)

    assert caught.value.code == "GR504"


def test_a_measurement_without_a_base_is_ours(own: Models) -> None:
    with pytest.raises(InternalFault, match="needs a model among its bases"):
        measure(spec_of("tokenizer_agreement", "model"), own.inputs)


def without_unknown(parts: dict) -> None:
    parts["model"]["unk_token"] = "[NONE]"
    del parts["model"]["vocab"]["."]


def without_template(parts: dict) -> None:
    parts["post_processor"]["special_tokens"] = {}  # the library's Rust code panics


@pytest.mark.parametrize("damage", [without_unknown, without_template])
@pytest.mark.parametrize("measured", ["tokenizer_agreement", "classifier_accuracy"])
def test_a_tokenizer_that_fails_on_a_text_is_refused(own: Models, measured: str, damage) -> None:
    path = own.root / "artifacts/model/tokenizer.json"
    parts = json.loads(path.read_text())
    damage(parts)
    path.write_text(json.dumps(parts))

    with pytest.raises(SubmissionFault, match=r"tokenizer\.json cannot be used") as caught:
        measure(spec_of(measured, "model", bases=(BASE,), data=("hidden/data/reviews.parquet",)), own.inputs)

    assert caught.value.code == "GR315"


def test_an_interruption_is_no_fault_of_a_file() -> None:
    class Interrupting:
        def encode_batch(self, texts: list[str]) -> None:
            raise KeyboardInterrupt

    saved = SavedTokenizer(Interrupting(), {}, 0, 0, "", None)

    with pytest.raises(KeyboardInterrupt):
        saved.encode(["text"])
