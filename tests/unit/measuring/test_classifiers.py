"""Accuracy and predictions of a saved classifier, against the real library."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, PreTrainedTokenizerFast

from grader.errors import InternalFault, SubmissionFault
from grader.measuring.classifiers import scores
from grader.measuring.intervals import wilson
from grader.measuring.registry import measure
from grader.measuring.texts import LabelledTexts
from tests.fakes.tiny_models import DATASET, WORDS, spec_of, write_tokenizer
from tests.unit.measuring.conftest import Models

DATA = "hidden/data/reviews.parquet"
HIDDEN = spec_of("classifier_accuracy", "model", data=(DATA,), options={"max_length": 16})
PUBLIC = spec_of("classifier_predictions", "model", bases=(DATASET,), options={"split": "test", "max_length": 16})


def reference_logits(models: Models, texts: list[str]) -> np.ndarray:
    """Logits as transformers computes them, one text at a time."""
    folder = models.root / "artifacts" / "model"
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), pad_token="[PAD]")
    with torch.inference_mode():
        rows = [tokenizer(text, truncation=True, max_length=16, return_tensors="pt") for text in texts]
        return np.concatenate([model(row["input_ids"], row["attention_mask"]).logits.numpy() for row in rows])


def test_accuracy_is_that_of_the_library(models: Models) -> None:
    table = pq.read_table(models.root / "checks" / DATA).to_pydict()
    right = reference_logits(models, table["text"]).argmax(axis=1) == np.array(table["label"])

    found = measure(HIDDEN, models.inputs)

    assert (found["n"], found["correct"]) == (60, int(right.sum()))
    assert found["accuracy"] == pytest.approx(right.mean())
    assert (found["low"], found["high"]) == wilson(found["correct"], 60)
    assert np.trace(found["confusion"]) == found["correct"]
    negated = right[np.array(table["negated"])]
    assert found["slices"]["negated"]["n"] == len(negated)
    assert found["slices"]["negated"]["accuracy"] == pytest.approx(negated.mean())
    assert set(found["slices"]) == {"negated", "length 0", "length 1", "length 2", "length 3"}


def test_predictions_are_those_of_the_library(models: Models) -> None:
    texts = pq.read_table(models.root / "imdb/plain_text/test-00000-of-00001.parquet").to_pydict()["text"]
    logits = reference_logits(models, texts)

    found = measure(PUBLIC, models.inputs)

    assert found["n"] == len(texts)
    assert found["margins"] == pytest.approx(np.abs(logits[:, 0] - logits[:, 1]), abs=1e-5)
    sure = np.array(found["margins"]) > 1e-4
    assert (np.array(found["labels"])[sure] == logits.argmax(axis=1)[sure]).all()


def test_float16_weights_are_measured_in_float32(own: Models) -> None:
    before = measure(HIDDEN, own.inputs)
    path = own.root / "artifacts/model/model.safetensors"
    save_file({name: tensor.half() for name, tensor in load_file(path).items()}, path)

    assert measure(HIDDEN, own.inputs)["correct"] == pytest.approx(before["correct"], abs=2)


def scored(logits: list[list[float]], labels: tuple[int, ...]) -> dict:
    return scores(np.array(logits, dtype=np.float32), LabelledTexts(("",) * len(labels), labels, {}))


def test_scores_follow_their_definitions() -> None:
    found = scored([[1, 0], [0, 1], [0, 1], [1, 0]], (0, 1, 0, 1))

    assert found["confusion"] == [[1, 1], [1, 1]]
    assert (found["accuracy"], found["precision"], found["recall"], found["f1"]) == (0.5, 0.5, 0.5, 0.5)


def test_one_class_only_has_no_precision() -> None:
    found = scored([[1, 0], [1, 0]], (0, 1))

    assert (found["precision"], found["recall"], found["f1"]) == (0.0, 0.0, 0.0)


def test_three_labels_are_averaged() -> None:
    found = scored([[1, 0, 0], [0, 1, 0], [0, 0, 1]], (0, 1, 2))

    assert (found["accuracy"], found["f1"]) == (1.0, 1.0)


def test_another_number_of_outputs_is_the_students_fault() -> None:
    with pytest.raises(SubmissionFault, match="has 3 outputs; the task has 2 labels"):
        scored([[1, 0, 0]], (1,))


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    # R: binom::binom.confint(method = "wilson")
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (1800, 2000, 0.8861, 0.9124), (5, 10, 0.2366, 0.7634)],
)
def test_the_interval_is_wilsons(correct: int, n: int, low: float, high: float) -> None:
    assert wilson(correct, n) == pytest.approx((low, high), abs=1e-4)


def test_nan_weights_are_refused(own: Models) -> None:
    path = own.root / "artifacts/model/model.safetensors"
    tensors = load_file(path)
    tensors["classifier.bias"][0] = float("nan")
    save_file(tensors, path)

    with pytest.raises(SubmissionFault, match=r"NaN or infinity, for example in classifier.bias") as caught:
        measure(HIDDEN, own.inputs)

    assert caught.value.code == "GR317"


def test_outputs_that_overflow_are_refused(own: Models) -> None:
    path = own.root / "artifacts/model/model.safetensors"
    save_file({name: torch.full_like(tensor, 3e38) for name, tensor in load_file(path).items()}, path)

    with pytest.raises(SubmissionFault, match="outputs are NaN or infinite") as caught:
        measure(HIDDEN, own.inputs)

    assert caught.value.code == "GR317"


def test_weights_that_do_not_fit_are_refused(own: Models) -> None:
    path = own.root / "artifacts/model/model.safetensors"
    save_file(load_file(path) | {"classifier.weight": torch.zeros(3, 16)}, path)

    with pytest.raises(
        SubmissionFault, match=r"does not fit model/config.json, for example the tensor classifier.weight"
    ):
        measure(HIDDEN, own.inputs)


def test_a_tokenizer_with_more_tokens_than_the_model_is_refused(own: Models) -> None:
    write_tokenizer(own.root / "artifacts/model", [*WORDS, *(f"word{at}" for at in range(99))])

    with pytest.raises(SubmissionFault, match=r"The tokenizer has .* tokens and the model"):
        measure(HIDDEN, own.inputs)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"data": ()}, "names neither data nor a data set"),
        ({"data": ("none.parquet",)}, "none.parquet cannot be read"),
        ({"data": (), "bases": (DATASET,), "options": {"split": "dev"}}, "no Parquet file of its split 'dev'"),
        ({"data": (), "bases": ("datasets/other",)}, "The data set datasets/other is not on this machine"),
        ({"options": {"max_length": "long"}}, "The option max_length of"),
    ],
)
def test_what_the_author_forgot_is_ours(models: Models, changes: dict, told: str) -> None:
    with pytest.raises(InternalFault) as caught:
        measure(replace(HIDDEN, **changes), models.inputs)

    assert caught.value.code == "GR504"
    assert told in caught.value.message


def test_data_of_ours_without_rows_is_ours(own: Models) -> None:
    pq.write_table(
        pa.table({"text": pa.array([], pa.string()), "label": pa.array([], pa.int64())}), own.root / "checks" / DATA
    )

    with pytest.raises(InternalFault, match="has no rows"):
        measure(HIDDEN, own.inputs)


def test_a_column_of_many_numbers_is_halved_and_one_of_many_words_is_none(own: Models) -> None:
    rows = [{"text": "good", "label": at % 2, "tokens": at, "city": f"c{at}"} for at in range(10)]
    pq.write_table(pa.Table.from_pylist(rows), own.root / "checks" / DATA)

    assert {name: entry["n"] for name, entry in measure(HIDDEN, own.inputs)["slices"].items()} == {
        "tokens 5 or more": 5,
        "tokens below 5": 5,
    }


def test_an_unknown_measurement_is_ours(models: Models) -> None:
    with pytest.raises(InternalFault, match="'speed', which nobody makes"):
        measure(spec_of("speed"), models.inputs)


def test_an_error_in_measuring_code_is_ours(models: Models) -> None:
    with pytest.raises(InternalFault, match="broke: IndexError") as caught:
        measure(spec_of("classifier_accuracy", data=(DATA,)), models.inputs)

    assert caught.value.code == "GR504"


def test_special_tokens_of_a_hostile_tokenizer_run_no_pattern(own: Models) -> None:
    path = own.root / "artifacts/model/tokenizer.json"
    parts = json.loads(path.read_text())
    parts["pre_tokenizer"] = {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Removed", "invert": False}
    path.write_text(json.dumps(parts))

    with pytest.raises(SubmissionFault, match="its pre_tokenizer is of the kind 'Split'"):
        measure(HIDDEN, own.inputs)
