"""Places that are URLs are fetched, whatever the storage is; nothing leads out of the folder or out of the storage."""

import fsspec
import pytest

from grader.errors import MachineFault, SubmissionFault, UsageFault
from grader.intake.archive import ArchiveLimits
from grader.intake.handins import fetch
from grader.intake.handins.fetch import fetch_places


@pytest.fixture
def storage():
    memory = fsspec.filesystem("memory")
    memory.pipe({"/class/ada/lab.ipynb": b"one", "/class/ben/lab.ipynb": b"two", "/class.zip": b"three"})
    yield memory
    memory.rm("/", recursive=True)


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def test_a_folder_of_a_storage_is_fetched_with_its_structure(storage, scratch):
    (folder,) = fetch_places(["memory://class"], scratch).places

    assert {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.ipynb")} == {
        "ada/lab.ipynb": "one",
        "ben/lab.ipynb": "two",
    }


def test_one_file_keeps_its_name_and_what_is_here_stays_here(storage, scratch, tmp_path):
    archive, here = fetch_places(["memory://class.zip", str(tmp_path)], scratch).places

    assert (archive.name, archive.read_text()) == ("class.zip", "three")
    assert here == tmp_path


def test_names_that_lead_out_of_the_folder_are_refused(storage, scratch):
    storage.store["/class/../../escaped.ipynb"] = storage.store["/class/ada/lab.ipynb"]

    fetched = fetch_places(["memory://class"], scratch)
    assert [refusal.reason for refusal in fetched.refused] == ["has a name that leads out of the archive"]
    assert {path.name for path in scratch.rglob("*.ipynb")} == {"lab.ipynb"}
    assert not list(scratch.parent.rglob("escaped.ipynb"))


def test_links_are_not_followed(scratch, tmp_path):
    handed_in = tmp_path / "handed-in"
    handed_in.mkdir()
    (tmp_path / "secret").write_text("key")
    (handed_in / "lab.ipynb").symlink_to(tmp_path / "secret")

    fetched = fetch_places([f"file://{handed_in}"], scratch)
    assert [(refusal.path, refusal.reason) for refusal in fetched.refused] == [("lab.ipynb", "is a link")]
    assert not [path for path in scratch.rglob("*") if path.is_file()]


def test_more_than_a_class_hands_in_is_not_taken(storage, scratch, monkeypatch):
    monkeypatch.setattr(fetch, "ArchiveLimits", lambda: ArchiveLimits(total_bytes=5))

    with pytest.raises(SubmissionFault) as caught:
        fetch_places(["memory://class"], scratch)
    assert caught.value.code == "GR324"


def test_the_times_of_a_storage_say_nothing(storage, scratch):
    with pytest.raises(UsageFault, match="trust-times says nothing") as caught:
        fetch_places(["memory://class"], scratch, trust_times=True)
    assert caught.value.code == "GR104"


@pytest.mark.parametrize(
    ("url", "kind", "code"),
    [
        ("memory://nothing?token=secret", UsageFault, "GR102"),
        ("nonsense://class", UsageFault, "GR102"),
        ("file:///\0", UsageFault, "GR102"),
    ],
)
def test_what_cannot_be_fetched_is_said_without_what_may_be_a_token(storage, scratch, url, kind, code):
    with pytest.raises(kind) as caught:
        fetch_places([url], scratch)
    assert caught.value.code == code
    assert "secret" not in str(caught.value)


def test_a_storage_whose_package_is_missing_says_which(scratch, monkeypatch):
    def missing(url):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fetch.fsspec.core, "url_to_fs", missing)
    with pytest.raises(MachineFault, match="Install s3fs") as caught:
        fetch_places(["s3://class"], scratch)
    assert caught.value.code == "GR606"
