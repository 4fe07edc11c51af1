"""Mutants come from what lab.toml declares, are the same every time, and every one of them can be made."""

import json
import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from grader.errors import LabFault
from grader.model.lab import ArtifactSpec
from grader.validating import CaseContext, apply_case
from grader.validating.mutants import Mutant, plan_mutants
from grader.validating.mutants.json_values import json_mutants
from grader.validating.mutants.table_values import csv_mutants, parquet_mutants
from tests.fakes.labs import make_lab

LAB = make_lab(
    "9.1",
    hub_models=("org/base",),
    artifacts=(
        ArtifactSpec("metrics.json", "json", "numbers"),
        ArtifactSpec("predictions.csv", "csv", "rows"),
        ArtifactSpec("model", "model", "weights"),
        ArtifactSpec("checkpoints", "folder", "weights on the way"),
        ArtifactSpec("data", "folder", "shards"),
        ArtifactSpec("card.md", "text", "words"),
        ArtifactSpec("never-written.json", "json", "nothing"),
    ),
)


@pytest.fixture
def artifacts(folder: Path) -> Path:
    (folder / "model" / "config.json").write_text(json.dumps({"hidden_size": 2}), "utf-8")
    (folder / "card.md").write_text("# A card\n\nwith words\n", "utf-8")
    (folder / "data").mkdir()
    for shard in range(3):
        table = pa.table({"id": [shard, shard + 1], "text": ["a", "b"]})
        pq.write_table(table, folder / "data" / f"part-{shard}.parquet")
    return folder


def names(mutants: Iterable[Mutant]) -> set[str]:
    return {one.name for one in mutants}


def of(content: object) -> list[Mutant]:
    return list(json_mutants("a.json", content, random.Random(0)))


def test_every_mutant_can_be_made_and_changes_something(artifacts: Path, context: CaseContext, tmp_path: Path):
    before = {path: path.read_bytes() for path in artifacts.rglob("*") if path.is_file()}
    planned = plan_mutants(LAB, artifacts)
    assert len(planned) > 60
    for number, one in enumerate(planned):
        made = tmp_path / f"made-{number}"
        apply_case(one.as_case(LAB), artifacts, made, context)
        after = {artifacts / path.relative_to(made): path.read_bytes() for path in made.rglob("*") if path.is_file()}
        assert after != before, one.name


def test_mutants_are_the_same_for_the_same_seed_and_others_for_another(artifacts: Path):
    assert plan_mutants(LAB, artifacts, seed=1) == plan_mutants(LAB, artifacts, seed=1)
    assert plan_mutants(LAB, artifacts, seed=1) != plan_mutants(LAB, artifacts, seed=2)


def test_a_selection_keeps_every_file(artifacts: Path):
    few = plan_mutants(LAB, artifacts, most=25)
    assert len(few) == 25
    assert {one.file.split("/")[0] for one in few} == {one.file.split("/")[0] for one in plan_mutants(LAB, artifacts)}


def test_one_of_several_shards_is_changed_and_loaders_are_only_lost(artifacts: Path):
    planned = plan_mutants(LAB, artifacts)
    assert len({one.file for one in planned if one.file.startswith("data/")}) == 1
    assert {one.kind for one in planned if one.file == "model/config.json"} == {"deleted", "truncated"}


def test_a_mutant_that_does_not_fit_says_so(artifacts: Path, context: CaseContext, tmp_path: Path):
    lost = next(one for one in plan_mutants(LAB, artifacts) if one.kind == "deleted")
    with pytest.raises(LabFault, match="hold nothing at"):
        apply_case(replace(lost, edits=lost.edits * 2).as_case(LAB), artifacts, tmp_path / "twice", context)


def test_numbers_are_forged_a_little_clearly_and_absurdly():
    forged = {
        one.kind: one.edits[0].arguments["value"] for one in of({"accuracy": 0.5}) if ":accuracy:times" in one.name
    }
    assert forged == {"times 1.01": 0.505, "times 1.5": 0.75, "times 10": 5.0}


@pytest.mark.parametrize(("value", "least"), [(3, 4), (0, 1), (0.0, 1.01), (1000, 1010)])
def test_a_forged_number_is_never_the_same_and_a_whole_one_stays_whole(value: float, least: float):
    little = next(one for one in of({"n": value}) if one.kind == "times 1.01").edits[0].arguments["value"]
    assert little == least
    assert isinstance(little, type(value))


def test_of_entries_that_are_alike_one_is_drawn():
    found = of({"log": [{"loss": number} for number in range(50)]})
    assert len([one for one in found if one.kind == "times 10"]) == 1
    assert "a.json:log.*.loss:times 10" in names(found)


def test_harmless_changes_are_marked_as_such():
    assert {one.kind for one in of({"a": 1}) if one.harmless} == {"reordered", "key added"}


def test_words_truth_and_lists_have_changes_of_their_own():
    found = names(of({"text": "a", "yes": True, "list": [1, 2], "same": [1, 1], "one": [1], "a.b": 1, "nothing": None}))
    assert {"a.json:text:other words", "a.json:yes:turned round", "a.json:list:permuted"} <= found
    assert {"a.json:same:half lost", "a.json:same:repeated"} <= found
    assert not found & {"a.json:same:permuted", "a.json:one:half lost", "a.json:a.b:dropped"}


def test_a_list_at_the_top_has_mutants_too():
    assert "a.json:*.id:times 10" in names(of([{"id": 1}, {"id": 2}]))


def test_tables_of_one_row_have_nothing_to_exchange(tmp_path: Path):
    (tmp_path / "t.csv").write_text("a\n1\n")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t.parquet")
    assert [one.kind for one in csv_mutants("t.csv", tmp_path / "t.csv", random.Random(0))] == ["other line endings"]
    assert list(parquet_mutants("t.parquet", tmp_path / "t.parquet", random.Random(0))) == []


def test_only_columns_of_numbers_are_shifted(tmp_path: Path):
    (tmp_path / "t.csv").write_text("a,b\nx,1\ny,2\n")
    shifted = [one.name for one in csv_mutants("t.csv", tmp_path / "t.csv", random.Random(0)) if one.kind == "shifted"]
    assert shifted == ["t.csv:b:shifted"]
