"""A measurement is remembered under everything that it depends on."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import InternalFault
from grader.measuring import cache
from grader.measuring.cache import cache_key, recall, remember, sources_sha256
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.registry import measure
from grader.model.lab import MeasurementSpec
from tests.fakes.tiny_models import inputs_for, spec_of

MODULE = "grader.measuring.lora"
SPEC = MeasurementSpec("m", "adapter", ("model", "one.json"), ("base",), ("data.txt",), {"length": 3})


@pytest.fixture
def inputs(tmp_path: Path) -> MeasuringInputs:
    for name in (
        "artifacts/model/a.txt",
        "artifacts/one.json",
        "artifacts/other.json",
        "base/b.txt",
        "checks/data.txt",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return inputs_for(tmp_path, {"base": tmp_path / "base"})


def test_the_key_is_the_same_for_the_same(inputs: MeasuringInputs) -> None:
    assert cache_key(SPEC, MODULE, inputs) == cache_key(replace(SPEC, name="other"), MODULE, inputs)


@pytest.mark.parametrize(
    "changed",
    [
        lambda i: (replace(SPEC, measure="adapter_accuracy"), MODULE, i),
        lambda i: (replace(SPEC, options={"length": 4}), MODULE, i),
        lambda i: (replace(SPEC, artifacts=("model",)), MODULE, i),
        lambda i: (replace(SPEC, bases=()), MODULE, i),
        lambda i: (replace(SPEC, data=()), MODULE, i),
        lambda i: (SPEC, "grader.measuring.distance", i),
        lambda i: (SPEC, MODULE, replace(i, device="cuda")),
    ],
    ids=["measure", "options", "artifacts", "bases", "data", "module", "device"],
)
def test_the_key_follows_what_is_declared(inputs: MeasuringInputs, changed) -> None:
    assert cache_key(*changed(inputs)) != cache_key(SPEC, MODULE, inputs)


@pytest.mark.parametrize("name", ["artifacts/model/a.txt", "artifacts/one.json", "base/b.txt", "checks/data.txt"])
def test_the_key_follows_the_bytes_that_are_read(inputs: MeasuringInputs, tmp_path: Path, name: str) -> None:
    before = cache_key(SPEC, MODULE, inputs)
    (tmp_path / name).write_text("changed")

    assert cache_key(SPEC, MODULE, inputs_for(tmp_path, {"base": tmp_path / "base"})) != before


def test_the_key_does_not_follow_other_artifacts(inputs: MeasuringInputs, tmp_path: Path) -> None:
    before = cache_key(SPEC, MODULE, inputs)
    (tmp_path / "artifacts/other.json").write_text("changed")

    assert cache_key(SPEC, MODULE, inputs_for(tmp_path, {"base": tmp_path / "base"})) == before


def test_an_artifact_that_is_not_as_the_manifest_says_is_told(inputs: MeasuringInputs, tmp_path: Path) -> None:
    (tmp_path / "artifacts/one.json").write_text("changed after collection")

    with pytest.raises(InternalFault, match=r"The artifact one\.json is not as the manifest says") as caught:
        cache_key(SPEC, MODULE, inputs)

    assert caught.value.code == "GR510"


def test_a_library_that_is_not_there_is_part_of_the_key(inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache_key(SPEC, MODULE, inputs)
    monkeypatch.setattr(cache, "PACKAGES", (*cache.PACKAGES, "no-such-package"))
    cache.library_versions.cache_clear()

    assert cache_key(SPEC, MODULE, inputs) != before
    cache.library_versions.cache_clear()


def test_sources_are_those_of_the_module_and_what_it_imports() -> None:
    assert sources_sha256("grader.measuring.intervals") != sources_sha256("grader.measuring.classifiers")
    assert len(sources_sha256("grader.measuring.lora")) == 64


def test_what_is_remembered_is_recalled(tmp_path: Path) -> None:
    remember(tmp_path / "cache", "key", {"accuracy": 0.1, "names": ["é"]})

    assert recall(tmp_path / "cache", "key") == {"accuracy": 0.1, "names": ["é"]}
    assert recall(tmp_path / "cache", "other") is None
    assert not list((tmp_path / "cache").glob("*.partial"))


@pytest.mark.parametrize(
    "damage", [lambda t: t[:-9], lambda t: t.replace("0.1", "0.9"), lambda t: "[]", lambda t: "{}"]
)
def test_a_damaged_entry_is_forgotten(tmp_path: Path, damage) -> None:
    remember(tmp_path, "key", {"accuracy": 0.1})
    path = tmp_path / "key.json"
    path.write_text(damage(path.read_text()))

    assert recall(tmp_path, "key") is None
    assert not path.exists()


def test_a_damaged_entry_that_cannot_be_removed_is_measured_again(tmp_path: Path, monkeypatch) -> None:
    def read_only(*_arguments: object, **_keywords: object) -> None:
        raise OSError(30, "Read-only file system")

    (tmp_path / "key.json").write_text("{")
    monkeypatch.setattr(Path, "unlink", read_only)

    assert recall(tmp_path, "key") is None


def test_the_oldest_entries_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setattr(cache, "ENTRIES", 2)
    for at, key in enumerate("abc"):
        remember(tmp_path, key, {"at": at})
        if (tmp_path / f"{key}.json").exists():
            os.utime(tmp_path / f"{key}.json", (at, at))

    assert sorted(path.stem for path in tmp_path.glob("*.json")) == ["b", "c"]


def test_a_result_that_is_too_large_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "ENTRY_LIMIT", 10)
    remember(tmp_path, "key", {"text": "x" * 100})

    assert recall(tmp_path, "key") is None


def test_a_cache_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "key.json").mkdir()

    remember(tmp_path, "key", {"accuracy": 0.1})

    assert [path.name for path in tmp_path.iterdir()] == ["key.json"]


def test_a_result_that_json_cannot_hold_is_a_mistake_of_ours(tmp_path: Path) -> None:
    with pytest.raises(InternalFault, match="JSON cannot hold"):
        remember(tmp_path, "key", {"accuracy": float("nan")})


def test_a_remembered_measurement_is_not_made_again(inputs: MeasuringInputs) -> None:
    config = dict.fromkeys(("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers"), 8)
    heads = dict.fromkeys(("num_attention_heads", "num_key_value_heads"), 2)
    spec = spec_of("extrapolation", options={"configs": {"x": config | heads}})
    first = measure(spec, inputs)
    (path,) = inputs.cache_dir.glob("*.json")
    entry = json.loads(path.read_text())
    remember(inputs.cache_dir, path.stem, {"remembered": True})

    assert entry["value"] == first
    assert measure(spec, inputs) == {"remembered": True}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("leave", [os.mkfifo, lambda path: path.symlink_to("/etc/passwd")], ids=["pipe", "link"])
def test_what_lies_in_the_place_of_an_entry_is_neither_followed_nor_waited_for(tmp_path: Path, leave) -> None:
    for name in ("key.json", f"key.{os.getpid()}.partial"):
        leave(tmp_path / name)

    assert recall(tmp_path, "key") is None
    remember(tmp_path, "key", {"a": 1})  # finds the other name taken, and makes room
    remember(tmp_path, "key", {"a": 1})

    assert recall(tmp_path, "key") == {"a": 1}
