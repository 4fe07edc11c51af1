"""Copying artifacts out of a folder that untrusted code has filled."""

import hashlib
import os
import socket
from pathlib import Path

import pytest

from grader.artifacts.collect import collect
from grader.artifacts.discard import discard
from grader.artifacts.manifest import MANIFEST, make_manifest, read_manifest, write_manifest
from grader.errors import InternalFault, UsageFault
from grader.model.artifact import ArtifactFile, ArtifactManifest
from grader.model.lab import Limits

SMALL = Limits(artifact_files=5, artifact_bytes=1000, artifact_depth=3)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "artifacts"
    folder.mkdir(parents=True)
    return folder


def collected(source: Path, limits: Limits = SMALL) -> ArtifactManifest:
    return collect(source, source.parents[1] / "artifacts", limits, "2.5.4-abcdef")


def refusals(manifest: ArtifactManifest) -> dict[str, str]:
    return {refusal.path: refusal.code for refusal in manifest.refused}


def test_plain_files_are_copied_read_only_with_their_hashes(source, tmp_path):
    (source / "model").mkdir()
    (source / "model" / "config.json").write_bytes(b"{}")
    (source / "metrics.json").write_bytes(b"[1]")
    manifest = collected(source)
    assert [(file.path, file.size_bytes) for file in manifest.files] == [("metrics.json", 3), ("model/config.json", 2)]
    assert manifest.files[0].sha256 == hashlib.sha256(b"[1]").hexdigest()
    assert (manifest.total_bytes, manifest.refused, manifest.run_id) == (5, (), "2.5.4-abcdef")
    copy = tmp_path / "artifacts" / "model" / "config.json"
    assert copy.read_bytes() == b"{}"
    assert copy.stat().st_mode & 0o777 == 0o444


def test_equal_artifacts_have_equal_manifests_and_others_do_not(source):
    (source / "a").write_bytes(b"1")
    first = collected(source).sha256
    assert collected(source).sha256 == first
    (source / "a").write_bytes(b"2")
    assert collected(source).sha256 != first


def test_nothing_written_is_an_empty_manifest(tmp_path):
    assert collected(tmp_path / "work" / "artifacts").files == ()
    (tmp_path / "work").mkdir()
    assert collected(tmp_path / "work" / "artifacts").refused == ()


def test_links_to_files_and_folders_are_refused_and_not_followed(source, tmp_path):
    (source / "passwd").symlink_to("/etc/passwd")
    (source / "etc").symlink_to("/etc")
    (source / "dangling").symlink_to("nowhere")
    manifest = collected(source)
    assert refusals(manifest) == {"passwd": "GR313", "etc": "GR313", "dangling": "GR313"}
    assert list((tmp_path / "artifacts").iterdir()) == []


def test_a_file_with_a_second_name_is_refused(source, tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"of somebody else")
    (source / "mine").hardlink_to(tmp_path / "elsewhere")
    assert refusals(collected(source)) == {"mine": "GR313"}


def test_pipes_and_sockets_are_refused_at_once(source, monkeypatch):
    os.mkfifo(source / "pipe")
    monkeypatch.chdir(source)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        manifest = collected(source)
    assert {refusal.path: refusal.reason for refusal in manifest.refused} == {
        "pipe": "is a pipe",
        "socket": "is a socket",
    }


@pytest.mark.skipif(os.geteuid() != 0 or not hasattr(os, "mknod"), reason="only root makes devices")
def test_devices_are_refused_unopened(source):
    try:
        os.mknod(source / "null", 0o600 | 0o020000, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("devices cannot be made here")
    assert collected(source).refused[0].reason == "is a device"


@pytest.mark.parametrize(
    "name",
    [
        "new\nline",
        "\x1b[31mred",
        "-rf",
        "café.json",
        "a\\b",
        "a" * 200,
        " lead",
        b"\xff\xfe".decode("utf-8", "surrogateescape"),
    ],
)
def test_odd_names_are_refused_and_shown_printably(source, name):
    (source / name).write_bytes(b"1")
    (refusal,) = collected(source).refused
    assert refusal.code == "GR313"
    assert refusal.path.isprintable()
    assert len(refusal.path) <= 200


@pytest.mark.parametrize("name", ["conftest.py", "sitecustomize.py", "pytest.ini"])
def test_names_that_steer_python_or_pytest_are_refused(source, name):
    (source / name).write_bytes(b"1")
    assert refusals(collected(source)) == {name: "GR313"}


def test_files_beyond_the_count_are_left_out_always_the_same_ones(source):
    for number in range(9):
        (source / f"file{number}").write_bytes(b"1")
    (source / "zebra").mkdir()
    manifest = collected(source)
    assert [file.path for file in manifest.files] == [f"file{number}" for number in range(5)]
    assert refusals(manifest) == {"file5": "GR408"}


def test_files_come_before_folders_so_that_a_full_folder_starves_no_file_beside_it(source):
    (source / "a").mkdir()
    for number in range(9):
        (source / "a" / f"file{number}").write_bytes(b"1")
    (source / "metrics.json").write_bytes(b"1")
    assert [file.path for file in collected(source).files][-1] == "metrics.json"


def test_ten_thousand_files_are_refused_quickly_with_few_words(source):
    for number in range(10_000):
        (source / f"odd name? {number}").touch()
    manifest = collected(source)
    assert manifest.files == ()
    assert len(manifest.refused) == 51
    assert manifest.refused[-1].reason == "9950 more were refused"


def test_files_above_the_bytes_are_refused_and_smaller_ones_still_taken(source):
    (source / "a").write_bytes(b"1" * 600)
    (source / "b").write_bytes(b"1" * 600)
    (source / "c").write_bytes(b"1" * 400)
    manifest = collected(source)
    assert [file.path for file in manifest.files] == ["a", "c"]
    assert refusals(manifest) == {"b": "GR408"}


def test_a_sparse_terabyte_is_refused_without_being_read(source):
    with (source / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    assert refusals(collected(source)) == {"sparse": "GR408"}


def test_a_deep_tree_is_cut_at_its_level(source):
    (source / "1" / "2" / "3" / "4").mkdir(parents=True)
    (source / "1" / "2" / "kept").write_bytes(b"1")
    manifest = collected(source)
    assert [file.path for file in manifest.files] == ["1/2/kept"]
    assert refusals(manifest) == {"1/2/3/4": "GR408"}


def test_an_output_folder_that_is_a_link_or_a_file_is_refused(source, tmp_path):
    source.rmdir()
    source.symlink_to("/etc")
    (refusal,) = collected(source).refused
    assert refusal.reason == "is a link, but `output_dir` must be a folder"
    source.unlink()
    source.write_bytes(b"1")
    assert collected(source).refused[0].reason == "is a file, but `output_dir` must be a folder"


def test_a_work_folder_that_became_a_link_is_refused(source, tmp_path):
    source.parent.rename(tmp_path / "other")
    (tmp_path / "work").symlink_to(tmp_path / "other")
    assert refusals(collected(source)) == {"work": "GR313"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_refused(source):
    (source / "locked").write_bytes(b"1")
    (source / "locked").chmod(0)
    assert collected(source).refused[0].reason.startswith("cannot be read")


@pytest.mark.skipif(os.geteuid() == 0, reason="root enters everything")
def test_a_folder_that_may_be_listed_and_not_entered_is_refused_file_by_file(source):
    (source / "listed").mkdir()
    (source / "listed" / "a").write_bytes(b"1")
    (source / "listed").chmod(0o400)
    try:
        assert {entry.path: entry.reason for entry in collected(source).refused} == {
            "listed/a": "cannot be read: Permission denied"
        }
    finally:
        (source / "listed").chmod(0o700)


def test_a_file_that_cannot_be_opened_is_refused_and_one_that_vanished_too(source, monkeypatch):
    (source / "a").write_bytes(b"1")
    (source / "b").write_bytes(b"1")
    real = os.open

    def failing(name, *arguments, **keywords):
        if name == "a":
            raise PermissionError(13, "Permission denied")
        if name == "b":
            raise FileNotFoundError
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(os, "open", failing)
    reasons = {refusal.path: refusal.reason for refusal in collected(source).refused}
    assert reasons == {"a": "cannot be read: Permission denied", "b": "went away"}


def test_a_second_collection_replaces_the_first(source, tmp_path):
    (source / "old").write_bytes(b"1")
    collected(source)
    (source / "old").rename(source / "new")
    collected(source)
    assert [path.name for path in (tmp_path / "artifacts").iterdir()] == ["new"]


def test_a_destination_that_cannot_be_made_is_our_fault(source, tmp_path):
    (tmp_path / "plain").touch()
    with pytest.raises(InternalFault) as caught:
        collect(source, tmp_path / "plain" / "artifacts", SMALL, "r")
    assert caught.value.code == "GR507"


def test_a_full_disk_while_copying_is_our_fault(source, monkeypatch):
    (source / "folder").mkdir()
    monkeypatch.setattr(Path, "mkdir", refuse_folder(Path.mkdir))
    with pytest.raises(InternalFault) as caught:
        collected(source)
    assert caught.value.code == "GR507"


def refuse_folder(real):
    def mkdir(path, *arguments, **keywords):
        if path.name == "folder":
            raise OSError(28, "No space left on device")
        real(path, *arguments, **keywords)

    return mkdir


# --- discard


def test_discarding_removes_locked_and_deep_folders_and_no_target_of_a_link(tmp_path):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "kept").touch()
    folder = tmp_path / "folder"
    (folder / "locked").mkdir(parents=True)
    (folder / "locked" / "file").touch()
    (folder / "locked").chmod(0)
    (folder / "link").symlink_to(victim)
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(1500):  # deeper than Python recurses, longer than a path may be
        os.mkdir("deep folder", dir_fd=descriptor)
        below = os.open("deep folder", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    discard(folder)
    assert not folder.exists()
    assert (victim / "kept").exists()


def test_discarding_a_link_a_file_or_nothing_is_simple(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "file").touch()
    for name in ("link", "file", "nothing"):
        discard(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


# --- from the Hub


def blobs(tmp_path: Path, **files: bytes) -> dict[str, Path]:
    """Files of a store, by their names in a repository; the store knows them by other ones."""
    found: dict[str, Path] = {}
    for number, (name, content) in enumerate(files.items()):
        blob = tmp_path / f"blob-{number}"
        blob.write_bytes(content)
        (tmp_path / f"again-{number}").hardlink_to(blob)  # a store may keep a blob under two names
        found[name] = blob
    return found


def pushed(source: Path, files: dict[str, Path], limits: Limits = SMALL) -> ArtifactManifest:
    return collect(source, source.parents[1] / "artifacts", limits, "2.5.6-abcdef", {"pushed": files})


def test_what_was_pushed_is_copied_from_the_store_under_the_repositorys_names(source, tmp_path):
    (source / "upload.json").write_bytes(b"{}")
    files = blobs(tmp_path, **{"README.md": b"# card", "data/rows.csv": b"a"})
    manifest = pushed(source, files)
    assert [file.path for file in manifest.files] == ["pushed/README.md", "pushed/data/rows.csv", "upload.json"]
    assert (tmp_path / "artifacts" / "pushed" / "README.md").read_bytes() == b"# card"
    assert (tmp_path / "artifacts" / "pushed" / "README.md").stat().st_mode & 0o777 == 0o444


def test_a_folder_of_the_notebooks_cannot_stand_in_for_what_was_pushed(source):
    (source / "pushed").mkdir()
    (source / "pushed" / "README.md").write_bytes(b"forged")
    manifest = pushed(source, {})
    assert manifest.files == ()
    assert refusals(manifest) == {"pushed": "GR313"}
    assert "is kept for what you push" in manifest.refused[0].reason


def test_pushed_files_keep_the_limits_and_the_rules_of_names(source, tmp_path):
    files = blobs(
        tmp_path,
        **{"a/b/c/deep.txt": b"1", "conftest.py": b"2", "../up.txt": b"3", "large.bin": b"4" * 2000, "plain.txt": b"5"},
    )
    manifest = pushed(source, files)
    assert [file.path for file in manifest.files] == ["pushed/plain.txt"]
    assert refusals(manifest) == {
        "pushed/../up.txt": "GR313",
        "pushed/a/b/c/deep.txt": "GR408",
        "pushed/conftest.py": "GR313",
        "pushed/large.bin": "GR408",
    }


def test_pushed_files_beyond_the_number_that_is_taken_are_left(source, tmp_path):
    files = blobs(tmp_path, **{f"{number}.txt": b"1" for number in range(7)})
    manifest = pushed(source, files)
    assert len(manifest.files) == SMALL.artifact_files
    assert refusals(manifest) == {"pushed/5.txt": "GR408"}


def test_a_blob_that_is_lost_is_our_fault(source, tmp_path):
    with pytest.raises(InternalFault, match=r"README\.md|pushed") as caught:
        pushed(source, {"README.md": tmp_path / "nowhere"})
    assert caught.value.code == "GR507"


# --- manifest


def test_a_manifest_is_read_as_it_was_written(tmp_path):
    manifest = make_manifest("r", [ArtifactFile("b", 2, "2" * 64), ArtifactFile("a", 1, "1" * 64)], [])
    assert [file.path for file in manifest.files] == ["a", "b"]
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]


def test_a_run_without_a_manifest_is_not_whole(tmp_path):
    with pytest.raises(UsageFault) as caught:
        read_manifest(tmp_path)
    assert caught.value.code == "GR103"
