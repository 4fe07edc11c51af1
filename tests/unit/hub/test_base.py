from pathlib import Path

import pytest

from grader.errors import MachineFault
from grader.hub import base as module
from grader.hub.base import base_digest, base_of, base_record, ensure_base, holding, snapshot_dir, split_id, whole_base
from grader.hub.repo import MiniatureRepo, RepoMeta
from tests.fakes.hub_repos import one_repo, write


def test_a_base_is_built_once_and_named_by_its_content(tmp_path: Path):
    folder = write(tmp_path / "src", {"a.txt": "a", ".hidden/x": "x"})
    repo, said = MiniatureRepo("model", "labs/one", folder), []

    first = base_of([repo], tmp_path / "cache", said.append)
    assert base_of([repo], tmp_path / "cache", said.append) == first
    assert said == ["Putting labs/one into the Hub"]
    other = MiniatureRepo("model", "labs/one", folder, RepoMeta(likes=1))
    assert base_of([other], tmp_path / "cache", said.append) != first


def test_the_same_content_has_the_same_digest_everywhere(tmp_path: Path):
    one = one_repo(tmp_path / "one", {"a.txt": "a", "w.bin": b"\0"}, tags=("v1",))
    two = one_repo(tmp_path / "two", {"a.txt": "a", "w.bin": b"\0"}, tags=("v1",))

    assert base_digest(one) == base_digest(two)
    assert base_record(one).repos == ("labs/one",)
    assert not (one / "uploads").exists()


def test_a_snapshot_is_a_plain_folder(tmp_path: Path):
    base = one_repo(tmp_path, {"a.txt": "a", "d/b.txt": "b"}, "labs/data", "dataset", alias="data")
    folder = snapshot_dir(base, "datasets/labs/data")

    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
        "a.txt",
        "d/b.txt",
    ]
    assert snapshot_dir(base, "datasets/labs/data") == folder
    with pytest.raises(MachineFault, match="GR604"):
        snapshot_dir(base, "labs/data")


def test_an_alias_has_the_same_snapshot(tmp_path: Path):
    base = one_repo(tmp_path, {"a.txt": "a"}, alias="one")

    assert snapshot_dir(base, "one") == snapshot_dir(base, "labs/one")


def test_a_file_system_without_links_gets_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def no_links(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(module.os, "link", no_links)
    base = one_repo(tmp_path, {"a.txt": "a"})

    assert (snapshot_dir(base, "labs/one") / "a.txt").read_text() == "a"


def test_a_folder_that_is_no_base_is_said_so(tmp_path: Path):
    with pytest.raises(MachineFault, match="GR604"):
        base_record(tmp_path)


def test_losing_a_race_takes_the_winners_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    repo = MiniatureRepo("model", "labs/one", write(tmp_path / "src", {"a.txt": "a"}))
    real = module.finish_base

    def somebody_is_faster(partial: Path) -> object:
        record = real(partial)
        winner = partial.parent / module._key([repo])
        winner.mkdir()
        (winner / module.MARKER).write_bytes((partial / module.MARKER).read_bytes())
        return record

    monkeypatch.setattr(module, "finish_base", somebody_is_faster)

    base = base_of([repo], tmp_path / "cache", lambda _: None)
    assert [path.name for path in base.parent.iterdir()] == [base.name]


def test_a_base_that_cannot_take_its_place_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    repo = MiniatureRepo("model", "labs/one", write(tmp_path / "src", {"a.txt": "a"}))
    real = module.finish_base

    def in_the_way(partial: Path) -> object:
        (partial.parent / module._key([repo]) / "other").mkdir(parents=True)
        return real(partial)

    monkeypatch.setattr(module, "finish_base", in_the_way)

    with pytest.raises(OSError, match="not empty"):
        base_of([repo], tmp_path / "cache", lambda _: None)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("a/b", ("model", "a/b")),
        ("datasets/a/b", ("dataset", "a/b")),
        ("spaces/a/b", ("space", "a/b")),
        ("datasets/b", ("model", "datasets/b")),
        ("gpt2", ("model", "gpt2")),
    ],
)
def test_an_id_tells_its_kind(asked: str, found: tuple[str, str]):
    assert split_id(asked) == found


def test_the_labs_repositories_come_from_the_miniatures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from grader.hub.miniatures import build

    folder, asked, said = write(tmp_path / "src", {"a.txt": "a"}), [], []

    def ensure(ids, cache_dir, on_progress, workers=1):
        asked.append((list(ids), workers))
        on_progress("thing", 0.5)
        return tuple(MiniatureRepo(*split_id(name), folder) for name in ids[:2])

    monkeypatch.setattr(build, "ensure_repos", ensure)
    base = ensure_base(["a/m"], ["a/d"], tmp_path / "cache", said.append)

    assert base_record(base).repos == ("datasets/a/d", "a/m")
    assert said[0] == "Building thing for the Hub: 50%"
    whole_base(tmp_path / "cache", said.append, workers=2)
    assert asked[0] == (["a/m", "datasets/a/d"], 1)
    assert len(asked[1][0]) > 2
    assert asked[1][1] == 2


def test_a_base_of_ones_own_must_hold_what_a_lab_needs(tmp_path: Path):
    base = one_repo(tmp_path, {"a.txt": "a"}, "labs/data", "dataset")

    assert holding(base, (), ("labs/data:large",)) == base
    with pytest.raises(MachineFault, match=r"GR604 .*does not hold labs/model") as caught:
        holding(base, ("labs/model",), ("labs/data",))
    assert "grader hub pull" in (caught.value.hint or "")
