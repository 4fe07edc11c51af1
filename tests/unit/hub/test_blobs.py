import hashlib
from pathlib import Path

import pytest

from grader.hub.blobs import BlobStore, LyingUploadError


class Full(Exception):
    """The quota of this test is used up."""


class Charge:
    """Counts bytes up to a limit."""

    def __init__(self, limit: int = 10**9) -> None:
        self.total = 0
        self.limit = limit

    def __call__(self, size: int) -> None:
        if self.total + size > self.limit:
            raise Full
        self.total += size


@pytest.fixture
def charge() -> Charge:
    return Charge()


@pytest.fixture
def blobs(tmp_path: Path, charge: Charge) -> BlobStore:
    store = BlobStore(tmp_path, charge)
    store.open_for_writing()
    return store


def uploads(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "uploads").iterdir())


def test_a_content_is_found_by_its_hash(blobs: BlobStore, charge: Charge):
    digest = blobs.add(b"abc")

    assert digest == hashlib.sha256(b"abc").hexdigest()
    assert blobs.path(digest).read_bytes() == b"abc"
    assert blobs.usage() == (1, 3)
    assert charge.total == 3


def test_the_same_content_is_kept_and_charged_once(blobs: BlobStore, charge: Charge):
    blobs.add(b"abc")
    blobs.add(b"abc")

    assert charge.total == 3


def test_a_blob_cannot_be_changed_by_accident(blobs: BlobStore):
    assert blobs.path(blobs.add(b"abc")).stat().st_mode & 0o222 == 0


def test_a_file_is_copied_piece_by_piece(blobs: BlobStore, tmp_path: Path):
    (tmp_path / "big").write_bytes(b"x" * 3_000_000)

    digest, size = blobs.add_file(tmp_path / "big")

    assert size == 3_000_000
    assert blobs.has(digest)


@pytest.mark.parametrize(("digest", "size"), [("0" * 64, 3), (hashlib.sha256(b"abc").hexdigest(), 4)])
def test_an_upload_that_lies_leaves_nothing(blobs: BlobStore, charge: Charge, tmp_path: Path, digest: str, size: int):
    incoming = blobs.incoming()
    incoming.write(b"abc")

    with pytest.raises(LyingUploadError, match="announced"):
        blobs.adopt(incoming, digest, size)

    assert (uploads(tmp_path), blobs.usage(), charge.total) == ([], (0, 0), 0)


def test_an_upload_of_what_is_there_already_gives_its_bytes_back(blobs: BlobStore, charge: Charge, tmp_path: Path):
    digest = blobs.add(b"abc")
    incoming = blobs.incoming()
    incoming.write(b"abc")

    blobs.adopt(incoming, digest, 3)

    assert charge.total == 3
    assert uploads(tmp_path) == []


def test_a_full_quota_leaves_nothing_behind(tmp_path: Path):
    charge = Charge(limit=5)
    blobs = BlobStore(tmp_path, charge)
    blobs.open_for_writing()
    (tmp_path / "file").write_bytes(b"123456")

    with pytest.raises(Full):
        blobs.add(b"123456")
    with pytest.raises(Full):
        blobs.add_file(tmp_path / "file")

    assert (uploads(tmp_path), charge.total) == ([], 0)


def test_what_a_killed_process_left_is_removed_on_opening(blobs: BlobStore, tmp_path: Path):
    incoming = blobs.incoming()
    incoming.write(b"half")
    incoming.finish()

    BlobStore(tmp_path).open_for_writing()

    assert uploads(tmp_path) == []


def test_a_folder_that_does_not_exist_holds_nothing(tmp_path: Path):
    assert BlobStore(tmp_path / "none").usage() == (0, 0)
