"""Files among the artifacts are found, or their absence is explained."""

from pathlib import Path

import pytest

from grader.artifacts.locate import exists, find_file, find_folder, pickles, plain_files
from grader.errors import SubmissionFault


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("metrics.json", "model/config.json", "model/optimizer.pt", "secret/x.json"):
        path = tmp_path / "artifacts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return tmp_path / "artifacts"


def refusal(find, root: Path, name: str) -> SubmissionFault:
    with pytest.raises(SubmissionFault) as caught:
        find(root, name)
    return caught.value


def test_files_and_folders_are_found(root: Path) -> None:
    assert find_file(root, "model/config.json") == root / "model/config.json"
    assert find_folder(root, "model") == root / "model"
    assert exists(root, "model")
    assert exists(root, "metrics.json")
    assert not exists(root, "other")


def test_a_near_name_is_named(root: Path) -> None:
    fault = refusal(find_file, root, "metric.json")

    assert (fault.code, fault.message) == (
        "GR314",
        "The notebook did not write the file metric.json; metrics.json is there.",
    )


def test_a_folder_is_no_file_and_a_file_no_folder(root: Path) -> None:
    assert refusal(find_file, root, "model").code == "GR314"
    assert refusal(find_folder, root, "metrics.json").code == "GR314"


def test_a_file_in_a_folder_that_is_not_there_is_missing(root: Path) -> None:
    assert refusal(find_file, root, "other/x.json").message == "The notebook did not write the file other/x.json."


def test_a_pickle_in_the_place_of_safetensors_is_named(root: Path) -> None:
    fault = refusal(find_file, root, "model/model.safetensors")

    assert (fault.code, fault.message) == (
        "GR316",
        "There is no model/model.safetensors, but optimizer.pt, which is a pickle.",
    )


@pytest.mark.parametrize(
    ("wanted", "written", "what", "how"),
    [
        ("result.json", "result.pkl", "a pickle", "json.dump"),
        ("result.json", "result.npy", "a format that may hold one", "tolist()"),
        ("table.csv", "table.joblib", "a pickle", "to_csv"),
        ("table.parquet", "table.pickle", "a pickle", "to_parquet"),
        ("weights.safetensors", "model.pth", "a pickle", "save_file"),
    ],
)
def test_an_unsafe_format_is_refused_with_the_way_to_save_safely(tmp_path, wanted, written, what, how) -> None:
    (tmp_path / written).write_bytes(b"\x80\x04")

    fault = refusal(find_file, tmp_path, wanted)

    assert (fault.code, fault.message) == ("GR316", f"There is no {wanted}, but {written}, which is {what}.")
    assert how in fault.hint


def test_a_pickle_of_another_name_is_not_blamed_for_missing_json(tmp_path) -> None:
    (tmp_path / "training_args.bin").touch()

    assert refusal(find_file, tmp_path, "metrics.json").code == "GR314"


def test_links_are_not_followed_at_any_level(root: Path) -> None:
    (root / "link.json").symlink_to(root / "metrics.json")
    (root / "linked").symlink_to(root / "secret")

    assert not exists(root, "link.json")
    assert not exists(root, "linked")
    assert refusal(find_file, root, "linked/x.json").code == "GR314"
    assert plain_files(root) == ("metrics.json", "model/config.json", "model/optimizer.pt", "secret/x.json")


def test_pickles_are_known_by_name(root: Path) -> None:
    assert pickles(root) == ("model/optimizer.pt",)


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "model/../../x", "a\\b", "a\0b"])
def test_a_name_that_leaves_the_folder_is_the_authors_mistake(root: Path, name: str) -> None:
    with pytest.raises(ValueError, match="does not name an artifact"):
        find_file(root, name)
