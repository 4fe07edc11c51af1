import hashlib
import json
from pathlib import Path

import pytest

from grader.errors import InternalFault
from grader.hub.miniatures import snapshot
from grader.hub.miniatures.snapshot import LARGEST, SNAPSHOT, pack, read_manifest, unpack


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    (folder / "below").mkdir(parents=True)
    (folder / "config.json").write_bytes(b"{}")
    (folder / "below" / "weights").write_bytes(b"\x00\r\n\x01")
    return folder


def test_what_was_packed_comes_out_again(tmp_path: Path, made: Path):
    root = tmp_path / "snapshot"
    written = pack({"one": ("k" * 64, {"accuracy": 0.5}, made), "two": ("l" * 64, {}, made)}, root)
    assert read_manifest(root) == written
    assert len(list((root / "blobs").iterdir())) == 2
    unpack(written.builds["one"], tmp_path / "out", root)
    assert (tmp_path / "out" / "below" / "weights").read_bytes() == b"\x00\r\n\x01"


def test_blobs_that_nothing_uses_any_more_go(tmp_path: Path, made: Path):
    root = tmp_path / "snapshot"
    pack({"one": ("k" * 64, {}, made)}, root)
    (made / "config.json").write_bytes(b"[]")
    pack({"one": ("k" * 64, {}, made)}, root)
    contents = {blob.read_bytes() for blob in (root / "blobs").iterdir()}
    assert contents == {b"[]", b"\x00\r\n\x01"}


@pytest.mark.parametrize("damage", [b"other", None])
def test_a_damaged_blob_is_refused_with_its_code(tmp_path: Path, made: Path, damage: bytes | None):
    root = tmp_path / "snapshot"
    manifest = pack({"one": ("k" * 64, {}, made)}, root)
    blob = root / "blobs" / hashlib.sha256(b"{}").hexdigest()
    blob.unlink()
    if damage is not None:
        blob.write_bytes(damage)
    with pytest.raises(InternalFault, match=r"config\.json") as caught:
        unpack(manifest.builds["one"], tmp_path / "out", root)
    assert caught.value.code == "GR510"


def test_a_snapshot_that_is_too_large_is_not_written(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(snapshot, "LARGEST", 3)
    with pytest.raises(InternalFault, match="6 bytes") as caught:
        pack({"one": ("k" * 64, {}, made)}, tmp_path / "snapshot")
    assert caught.value.code == "GR507"
    assert not (tmp_path / "snapshot" / "manifest.json").exists()


def test_no_snapshot_holds_nothing(tmp_path: Path):
    assert read_manifest(tmp_path).builds == {}


def test_the_shipped_snapshot_is_whole_and_small_enough():
    files = [file for build in read_manifest().builds.values() for file in build.files]
    wanted = {file.sha256: file.size for file in files}
    assert {blob.name for blob in (SNAPSHOT / "blobs").iterdir()} == set(wanted)
    assert sum(wanted.values()) <= LARGEST
    for digest, size in wanted.items():
        data = (SNAPSHOT / "blobs" / digest).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (digest, size)


def test_no_file_of_the_snapshot_is_a_pickle():
    names = {file.path.rpartition(".")[2] for build in read_manifest().builds.values() for file in build.files}
    assert names <= {"json", "safetensors", "parquet", "txt", "jinja"}
    assert json.loads((SNAPSHOT / "manifest.json").read_text(encoding="utf-8"))["schema"] == "grader.miniatures/1"
