import io
import tarfile
from pathlib import Path

import pytest

from grader.errors import InternalFault, UsageFault
from grader.hub.archive import export_base, import_base
from grader.hub.base import base_digest, snapshot_dir
from grader.hub.overview import overview
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


def test_a_place_that_cannot_be_written_is_said(base: Path, tmp_path: Path):
    export_base(base, tmp_path / "hub.tar")
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(UsageFault, match="file/copy cannot be written") as caught:
        import_base(tmp_path / "hub.tar", tmp_path / "file" / "copy")
    assert caught.value.code == "GR106"


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
