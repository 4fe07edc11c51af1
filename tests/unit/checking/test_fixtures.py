"""What checks are handed: artifacts, measurements, the notebook."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader.checking.files import Artifacts, Notebook
from grader.checking.measured import Measured, injected
from grader.checking.outcome import CheckFailure, Missing
from grader.errors import InternalFault, SubmissionFault
from grader.hub.requestlog import RequestRecord
from grader.model.lab import ArtifactSpec, MeasurementSpec
from tests.fakes.hub_repos import build_base
from tests.fakes.judged import Workplace

SPECS = (
    MeasurementSpec("hidden", "classifier_accuracy", ("model",)),
    MeasurementSpec("items", "adapter", ("adapter",)),
)
LLAMA = dict.fromkeys(
    (
        "vocab_size",
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "num_key_value_heads",
    ),
    2,
)


@pytest.fixture
def artifacts(place: Workplace) -> Artifacts:
    files = {
        "metrics.json": '{"accuracy": 2, "n": "x"}',
        "list.json": "[]",
        "t.csv": "a\n1\n",
        "model/config.json": "{}",
    }
    lab = place.lab("", artifacts=(ArtifactSpec("metrics.json", "json", "Metrics", "metrics.schema.json"),))
    schema = {"required": ["loss"], "properties": {"accuracy": {"maximum": 1}, "n": {"type": "integer"}}}
    (lab.toml.parent / "metrics.schema.json").write_text(json.dumps(schema))
    return Artifacts(place.collect(files), lab)


def test_artifacts_are_read_by_name(artifacts: Artifacts) -> None:
    assert artifacts.json("metrics.json").integer("accuracy") == 2
    assert artifacts.table("t.csv").rows == 1
    assert artifacts.path("model/config.json").name == "config.json"
    assert artifacts.exists("model")
    assert not artifacts.exists("adapter")
    assert artifacts.names() == ("list.json", "metrics.json", "model/config.json", "t.csv")
    assert artifacts.names("model") == ("config.json",)
    assert artifacts.names("adapter") == ()


def test_a_document_that_holds_no_object_fails(artifacts: Artifacts) -> None:
    with pytest.raises(CheckFailure, match="holds no object"):
        artifacts.json("list.json")


def test_differences_to_a_schema_are_named(artifacts: Artifacts) -> None:
    with pytest.raises(CheckFailure) as caught:
        artifacts.fits_schema("metrics.json")

    assert "accuracy: 2 is greater than the maximum of 1" in caught.value.message
    assert "n: 'x' is not of type 'integer'" in caught.value.message
    assert "'loss' is a required property" in caught.value.message


def test_a_document_that_fits_its_schema_is_returned(artifacts: Artifacts) -> None:
    (artifacts.root / "metrics.json").write_text('{"accuracy": 0.5, "n": 3, "loss": 1}')

    assert artifacts.fits_schema("metrics.json").integer("n") == 3


def test_a_schema_that_lab_toml_does_not_name_is_the_authors_mistake(artifacts: Artifacts) -> None:
    (artifacts.root / "other.json").write_text("no JSON")

    with pytest.raises(KeyError, match="names no schema for other"):
        artifacts.fits_schema("other.json")


def test_a_cell_is_found_by_its_tag(tmp_path: Path) -> None:
    tagged = {"cell_type": "code", "metadata": {"tags": ["exercise-2"]}, "source": "x = 1", "outputs": []}
    plain = {"cell_type": "code", "metadata": {}, "source": "", "outputs": []}
    (tmp_path / "executed.ipynb").write_text(json.dumps({"cells": [plain, tagged]}))
    notebook = Notebook.read(tmp_path)

    assert notebook.cell("exercise-2").source == "x = 1"
    with pytest.raises(Missing, match="no cell tagged `exercise-9`"):
        notebook.cell("exercise-9")


class Counting:
    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer
        self.calls = 0

    def __call__(self, spec: MeasurementSpec) -> dict[str, Any]:
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer | {"spec": spec.name}


def test_a_measurement_is_made_once_and_only_when_asked() -> None:
    counting = Counting({"accuracy": 0.9})
    measured = Measured(SPECS, counting)
    before = counting.calls

    assert before == 0
    assert measured.hidden["accuracy"] == measured["hidden"]["accuracy"] == 0.9
    assert measured.items["spec"] == "items"
    assert counting.calls == 2


@pytest.mark.parametrize("fault", [SubmissionFault("GR314", "No model."), InternalFault("GR504", "It broke.")])
def test_a_measurement_that_fails_fails_for_every_check(fault: Exception) -> None:
    counting = Counting(fault)
    measured = Measured(SPECS, counting)

    for _ in range(2):
        with pytest.raises(type(fault)):
            measured.hidden["accuracy"]
    assert counting.calls == 1


def test_a_measurement_cannot_be_changed_by_a_check() -> None:
    measured = Measured(SPECS, Counting({"accuracy": 0.9}))

    with pytest.raises(TypeError):
        measured.hidden["accuracy"] = 1.0  # type: ignore[index]


def test_a_name_that_lab_toml_does_not_declare_is_the_authors_mistake() -> None:
    with pytest.raises(AttributeError, match=r"declares no \[measurements.other\]"):
        _ = Measured(SPECS, Counting({})).other


def test_a_check_gets_what_the_grader_measures(place: Workplace) -> None:
    place.collect()
    specs = (
        MeasurementSpec("large", "extrapolation", (), options={"configs": {"x": LLAMA}}),
        MeasurementSpec("model", "checkpoint", ("model",)),
    )
    source = '''
@check(points=1)
def test_large(measured, evidence):
    """The prediction is there"""
    evidence.at_least("Parameters", measured.large["x"]["parameters"], 1)

@check(points=1)
def test_model(measured):
    """The model is there"""
    measured.model

@check(points=1)
def test_key(measured):
    """A key of ours that is not there is our fault"""
    measured.large["y"]
'''

    found = place.judge(place.lab(source, measurements=specs))

    assert [str(verdict.status) for verdict in found.values()] == ["passed", "failed", "our fault"]
    assert found["test_model"].message == "The notebook did not write the folder model."
    assert list((place.root / "cache").glob("*.json"))


def test_a_check_asks_the_hub_for_its_facts_and_for_what_the_run_did(place: Workplace, tmp_path: Path) -> None:
    base = build_base(tmp_path / "base", models=False)
    place.collect()
    (place.run_folder / "hub").mkdir()
    record = RequestRecord("", "GET", "/api/models", "search=bert", "search", 200, "ada", 0, 10, 1.0)
    (place.run_folder / "hub" / "requests.jsonl").write_bytes(msgspec.json.encode(record) + b"\n")
    source = '''
@check(points=1)
def test_facts(hub, evidence):
    """The facts are the Hub's"""
    evidence.equals("Likes", hub.profile("labs/french-bert").likes, 7)

@check(points=1)
def test_asked(hub, evidence):
    """The Hub was asked"""
    evidence.equals("Searches", len(hub.searches()), 1)
    evidence.equals("Downloads", len(hub.downloads()), 0)
'''

    found = place.judge(place.lab(source), hub_base=base, bases={"labs/french-bert": base / "snapshots" / "model"})

    assert [str(verdict.status) for verdict in found.values()] == ["passed", "passed"]


def test_an_option_that_names_a_parameter_gets_the_value_of_the_run():
    spec = MeasurementSpec("it", "processed_rows", (), options={"rows": "$rows", "folder": "large", "marks": ["$"]})
    assert injected(spec, {"rows": 70, "seed": 1}).options == {"rows": 70, "folder": "large", "marks": ["$"]}
