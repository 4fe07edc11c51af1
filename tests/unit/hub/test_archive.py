import io
import tarfile
from pathlib import Path

import pytest

from grader.errors import InternalFault, MachineFault, UsageFault
from grader.hub.archive import export_base, import_base, merge_bases, restore_overlay, snapshot_overlay
from grader.hub.base import base_digest, base_record, snapshot_dir
from grader.hub.overview import overview
from grader.hub.store import Layer
from tests.fakes.hub_repos import one_repo


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return one_repo(tmp_path / "one", {"a.txt": "a", "w.bin": b"\0weights"}, likes=3)


def test_a_base_travels_as_one_file(base: Path, tmp_path: Path):
    export_base(base, tmp_path / "hub.tar")
    record = import_base(tmp_path / "hub.tar", tmp_path / "copy")

    assert record.digest == base_digest(base) == base_digest(tmp_path / "copy")
    assert (snapshot_dir(tmp_path / "copy", "labs/one") / "w.bin").read_bytes() == b"\0weights"
    assert overview(tmp_path / "copy") == overview(base)


def test_the_same_base_gives_the_same_bytes(base: Path, tmp_path: Path):
    export_base(base, tmp_path / "1.tar")
    export_base(base, tmp_path / "2.tar")

    assert (tmp_path / "1.tar").read_bytes() == (tmp_path / "2.tar").read_bytes()


def test_a_damaged_blob_is_found(base: Path, tmp_path: Path):
    export_base(base, tmp_path / "hub.tar")
    content = (tmp_path / "hub.tar").read_bytes()
    (tmp_path / "hub.tar").write_bytes(content.replace(b"\0weights", b"\0weighty"))

    with pytest.raises(InternalFault, match="damaged"):
        import_base(tmp_path / "hub.tar", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def tar_of(path: Path, name: str, kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.size, entry.linkname = kind, 1 if kind == tarfile.REGTYPE else 0, "/etc/passwd"
        archive.addfile(entry, io.BytesIO(b"x"))
    return path


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../evil", tarfile.REGTYPE),
        ("blobs/../../evil", tarfile.REGTYPE),
        ("/etc/evil", tarfile.REGTYPE),
        ("blobs/x", tarfile.SYMTYPE),
    ],
)
def test_an_archive_that_reaches_out_is_refused(tmp_path: Path, name: str, kind: bytes):
    with pytest.raises(InternalFault, match="no export does"):
        import_base(tar_of(tmp_path / "evil.tar", name, kind), tmp_path / "in" / "copy")
    assert not (tmp_path / "evil").exists()
    assert list((tmp_path / "in").iterdir()) == []


def test_what_is_no_archive_is_said_so(tmp_path: Path):
    (tmp_path / "x.tar").write_text("not a tar")

    with pytest.raises(InternalFault, match="GR510"):
        import_base(tmp_path / "x.tar", tmp_path / "copy")
    with pytest.raises(UsageFault, match="GR102"):
        import_base(tmp_path / "none.tar", tmp_path / "copy")
    with pytest.raises(UsageFault, match="GR106"):
        import_base(tmp_path / "x.tar", tmp_path)


def test_a_file_that_cannot_be_written_is_said_so(base: Path, tmp_path: Path):
    with pytest.raises(UsageFault, match="GR106"):
        export_base(base, tmp_path / "none" / "hub.tar")


def test_the_first_base_wins_a_merge(base: Path, tmp_path: Path):
    other = one_repo(tmp_path / "two", {"b.txt": "b"}, "labs/two")
    same = one_repo(tmp_path / "three", {"c.txt": "c"}, "labs/one", likes=9)

    record = merge_bases([base, other, same], tmp_path / "all")

    assert record.repos == ("labs/one", "labs/two")
    assert {row.id: row.likes for row in overview(tmp_path / "all")} == {"labs/one": 3, "labs/two": 0}
    assert base_record(tmp_path / "all") == record
    with pytest.raises(MachineFault, match="GR604"):
        merge_bases([tmp_path], tmp_path / "x")


def test_an_overlay_is_snapshotted_and_restored(open_hub, connect, tmp_path: Path):
    session = open_hub()
    client = connect(session)
    repo = f"models/{client.create('mine')}"
    first = client.push(repo, a__txt=b"1")
    snapshot_overlay(tmp_path / "overlay", tmp_path / "snapshot")
    client.push(repo, a__txt=b"2")
    session.close()

    restore_overlay(tmp_path / "snapshot", tmp_path / "overlay")

    assert Layer(tmp_path / "overlay").repos["model", "ada/mine"].branches["main"] == first
    again = connect(open_hub())
    assert again.get("/ada/mine/resolve/main/a.txt").text == "1"
    assert again.push(repo, b__txt=b"3") != first
    assert Layer(tmp_path / "snapshot").repos["model", "ada/mine"].branches["main"] == first
