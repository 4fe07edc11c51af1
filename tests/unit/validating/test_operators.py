import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from grader.validating import CaseContext
from grader.validating.operators import OPERATORS, OperatorError, files, json_files, requests, tables, tensors
from grader.validating.operators.targets import target, targets

WEIGHTS = "model/model.safetensors"


def _json(folder: Path) -> dict:
    return json.loads((folder / "metrics.json").read_text("utf-8"))


def _column(folder: Path, name: str) -> list[str]:
    with (folder / "predictions.csv").open(newline="", encoding="utf-8") as file:
        return [row[name] for row in csv.DictReader(file)]


def _tensors(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / WEIGHTS)


# --- which files ---------------------------------------------------------------------------------------------


def test_a_path_may_name_several_files(folder: Path):
    assert len(targets(folder, "**/*.safetensors")) == 2


@pytest.mark.parametrize("path", ["nothing.json", "../base", "/etc/passwd", "checkpoints/*/none"])
def test_a_path_that_names_nothing_of_the_artifacts_is_an_error(folder: Path, path: str):
    with pytest.raises(OperatorError):
        targets(folder, path)


def test_one_file_is_asked_for_and_two_are_found(folder: Path):
    with pytest.raises(OperatorError, match="names 2 files"):
        target(folder, "**/*.safetensors")


def test_every_operator_says_what_it_does():
    assert all(operator.__doc__ for operator in OPERATORS.values())
    assert len(OPERATORS) > 25


# --- files ---------------------------------------------------------------------------------------------------


def test_delete_removes_files_and_folders(folder: Path):
    files.delete(folder, "metrics.json")
    files.delete(folder, "checkpoints")
    assert sorted(path.name for path in folder.iterdir()) == ["model", "predictions.csv"]


def test_truncate_keeps_a_share_of_the_bytes(folder: Path):
    size = (folder / WEIGHTS).stat().st_size
    files.truncate(folder, WEIGHTS, keep=0.25)
    assert (folder / WEIGHTS).stat().st_size == size // 4


def test_copy_file_fills_every_place_or_a_new_one(folder: Path):
    files.copy_file(folder, "metrics.json", "checkpoints/*/model.safetensors")
    files.copy_file(folder, "metrics.json", "model/new.json")
    assert (folder / "checkpoints/checkpoint-2/model.safetensors").read_bytes()[:1] == b"{"
    assert (folder / "model/new.json").read_bytes() == (folder / "metrics.json").read_bytes()


def test_swap_files_exchanges_contents(folder: Path):
    files.swap_files(folder, "metrics.json", "predictions.csv")
    assert (folder / "metrics.json").read_text("utf-8").startswith("row_id")
    assert "accuracy" in (folder / "predictions.csv").read_text("utf-8")


def test_move_renames_and_does_not_overwrite(folder: Path):
    files.move(folder, "model", "weights/final")
    assert (folder / "weights/final/model.safetensors").is_file()
    with pytest.raises(OperatorError, match="there already"):
        files.move(folder, "metrics.json", "predictions.csv")


def test_write_text_makes_a_file_and_its_folders(folder: Path):
    files.write_text(folder, "model/notes/readme.txt", "größer")
    assert (folder / "model/notes/readme.txt").read_text("utf-8") == "größer"


def test_line_endings_change_nothing_that_a_reader_sees(folder: Path):
    before = _column(folder, "score")
    files.line_endings(folder, "predictions.csv")
    assert b"\r\n" in (folder / "predictions.csv").read_bytes()
    assert _column(folder, "score") == before


# --- JSON ----------------------------------------------------------------------------------------------------


def test_replace_json_sets_nested_and_new_values(folder: Path):
    json_files.replace_json(folder, "metrics.json", "confusion.1.0", 9)
    json_files.replace_json(folder, "metrics.json", "note", "new")
    json_files.replace_json(folder, "metrics.json", "accuracy", float("nan"))
    content = _json(folder)
    assert (content["confusion"], content["note"], math.isnan(content["accuracy"])) == ([[1, 0], [9, 2]], "new", True)


def test_scale_and_shift_change_a_number(folder: Path):
    json_files.scale_json(folder, "metrics.json", "n", 1.5)
    json_files.shift_json(folder, "metrics.json", "accuracy", 0.02)
    assert (_json(folder)["n"], _json(folder)["accuracy"]) == (6.0, 0.77)


def test_drop_swap_reorder_and_keep(folder: Path):
    json_files.drop_json(folder, "metrics.json", "n")
    json_files.swap_json(folder, "metrics.json", "confusion.0.0", "confusion.1.1")
    json_files.keep_entries(folder, "metrics.json", "log", every=2)
    json_files.reorder_json(folder, "metrics.json")
    assert _json(folder) == {"accuracy": 0.75, "confusion": [[2, 0], [1, 1]], "log": [1, 3, 5]}
    assert list(_json(folder)) == ["log", "confusion", "accuracy"]


@pytest.mark.parametrize("key", ["nothing", "confusion.7", "nothing.deeper", "n.0"])
def test_a_key_that_is_not_there_is_an_error(folder: Path, key: str):
    with pytest.raises(OperatorError, match="no key"):
        json_files.drop_json(folder, "metrics.json", key)


# --- tables --------------------------------------------------------------------------------------------------


def test_swap_rows_shuffles_columns_together_and_repeatably(folder: Path):
    pairs = list(zip(_column(folder, "label"), _column(folder, "score"), strict=True))
    tables.swap_rows(folder, "predictions.csv", ["label", "score"], seed=3)
    shuffled = list(zip(_column(folder, "label"), _column(folder, "score"), strict=True))
    assert shuffled != pairs
    assert sorted(shuffled) == sorted(pairs)
    assert _column(folder, "row_id") == ["0", "1", "2", "3"]


def test_rows_columns_and_values_can_be_changed(folder: Path):
    tables.drop_rows(folder, "predictions.csv", keep=2)
    tables.map_column(folder, "predictions.csv", "label", {"0": "1", "1": "0"})
    tables.shift_column(folder, "predictions.csv", "row_id", 5)
    tables.shift_column(folder, "predictions.csv", "score", 0.5)
    assert (_column(folder, "row_id"), _column(folder, "label")) == (["5", "6"], ["0", "1"])
    assert _column(folder, "score") == ["1.4", "1.3"]
    tables.swap_columns(folder, "predictions.csv", "row_id", "label")
    assert _column(folder, "label") == ["5", "6"]


def test_a_column_that_is_not_there_is_an_error(folder: Path):
    with pytest.raises(OperatorError, match="no column text"):
        tables.swap_columns(folder, "predictions.csv", "label", "text")


# --- tensors -------------------------------------------------------------------------------------------------


def test_base_weights_replace_what_has_the_same_name_and_shape(folder: Path, context: CaseContext):
    tensors.base_weights(folder, WEIGHTS, "org/base", context)
    found = _tensors(folder)
    assert float(found["encoder.weight"].sum()) == 0
    assert float(found["classifier.weight"].sum()) == 12


def test_base_weights_that_share_nothing_are_an_error(folder: Path, context: CaseContext):
    tensors.rename_tensor(folder, WEIGHTS, "encoder", "roberta")
    with pytest.raises(OperatorError, match="shares no tensor"):
        tensors.base_weights(folder, WEIGHTS, "org/base", context)


def test_tensors_are_negated_zeroed_and_drawn_at_random(folder: Path):
    tensors.negate(folder, WEIGHTS, "classifier.*")
    assert float(_tensors(folder)["classifier.weight"].sum()) == -12
    tensors.zero(folder, WEIGHTS, "encoder.*")
    assert float(_tensors(folder)["encoder.weight"].sum()) == 0
    tensors.noise(folder, WEIGHTS, "*", 0.02, seed=1)
    drawn = _tensors(folder)["encoder.weight"]
    tensors.noise(folder, WEIGHTS, "*", 0.02, seed=1)
    assert torch.equal(_tensors(folder)["encoder.weight"], drawn)
    assert 0 < float(drawn.abs().max()) < 0.2


def test_put_nan_spoils_one_number(folder: Path):
    tensors.put_nan(folder, WEIGHTS, "encoder.weight")
    assert int(_tensors(folder)["encoder.weight"].isnan().sum()) == 1


def test_cast_changes_the_type_and_not_the_names(folder: Path):
    tensors.cast(folder, "**/*.safetensors", "float16")
    assert {tensor.dtype for tensor in _tensors(folder).values()} == {torch.float16}


def test_tensors_are_dropped_and_renamed(folder: Path):
    tensors.rename_tensor(folder, WEIGHTS, "encoder.", "bert.")
    tensors.drop_tensor(folder, WEIGHTS, "classifier.*")
    assert list(_tensors(folder)) == ["bert.weight"]
    with pytest.raises(OperatorError, match="no tensor is named"):
        tensors.drop_tensor(folder, WEIGHTS, "classifier.*")


def test_pickle_weights_leave_no_safetensors(folder: Path):
    tensors.pickle_weights(folder, WEIGHTS, "pytorch_model.bin")
    assert [path.name for path in (folder / "model").iterdir()] == ["pytorch_model.bin"]


# --- what the Hub saw ----------------------------------------------------------------------------------------


@pytest.fixture
def asked(context: CaseContext, tmp_path: Path) -> CaseContext:
    """A run that searched, read two cards and one configuration."""
    (tmp_path / "run" / "hub").mkdir(parents=True)
    rows = [
        ("search", "/api/models", ""),
        ("resolve", "/a/b/resolve/main/README.md", "models/a/b"),
        ("resolve", "/a/c/resolve/main/README.md", "models/a/c"),
        ("resolve", "/a/c/resolve/main/config.json", "models/a/c"),
    ]
    lines = [
        json.dumps({"route": route, "path": path, "notes": {"repo": repo} if repo else {}})
        for route, path, repo in rows
    ]
    (tmp_path / "run" / requests.LOG).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return replace(context, run=tmp_path / "run")


def _asked(context: CaseContext) -> list[str]:
    assert context.run is not None
    return [
        json.loads(line)["path"].rpartition("/")[2]
        for line in (context.run / requests.LOG).read_text("utf-8").splitlines()
    ]


def test_requests_are_dropped_by_route_repository_and_path(folder: Path, asked: CaseContext):
    requests.drop_requests(folder, asked, path="*/README.md", keep=1)
    assert _asked(asked) == ["models", "README.md", "config.json"]
    requests.drop_requests(folder, asked, repo="models/a/*")
    assert _asked(asked) == ["models"]
    requests.drop_requests(folder, asked, route="search")
    assert _asked(asked) == []


def test_requests_are_repeated_in_place(folder: Path, asked: CaseContext):
    requests.repeat_requests(folder, asked, times=3, path="*/config.json")
    assert _asked(asked) == ["models", "README.md", "README.md", *["config.json"] * 3]


def test_a_request_that_was_never_made_cannot_be_changed(folder: Path, asked: CaseContext, context: CaseContext):
    with pytest.raises(OperatorError, match="no request"):
        requests.drop_requests(folder, asked, route="commit")
    with pytest.raises(OperatorError, match="no run folder"):
        requests.drop_requests(folder, context)
