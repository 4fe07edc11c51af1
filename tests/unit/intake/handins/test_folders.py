"""Folders of students, trees of nbgrader and clones are read, and nothing of a clone is run."""

import datetime as dt
import os
import subprocess

import pytest

from grader.intake.handins.folders import clones, commit_time, is_nbgrader, nbgrader, plain

WHEN = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SLUGS = ("lab-2.5.4-trainer", "lab-2.5.5-lora")


def write(folder, name, text="{}"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def keys(found):
    return [entry.who.key for entry in found]


def test_the_first_folder_names_the_student(tmp_path):
    write(tmp_path, "submissions/ada/week 1/lab.ipynb")
    write(tmp_path, "submissions/ben/lab.ipynb")
    write(tmp_path, "submissions/ben/.ipynb_checkpoints/lab-checkpoint.ipynb")
    write(tmp_path, "elsewhere/eve/lab.ipynb")

    assert keys(plain(tmp_path, SLUGS, trust_times=False)) == ["ada", "ben"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ada.ipynb", "ada"),
        ("ada_lab-2.5.4-trainer.ipynb", "ada"),
        ("lab-2.5.5-lora_ada.lovelace (1).ipynb", "ada.lovelace"),
        ("lab-2.5.5-lora.ipynb", "lab-2.5.5-lora"),
    ],
)
def test_a_flat_file_is_named_after_its_student(tmp_path, name, key):
    write(tmp_path, name)

    assert keys(plain(tmp_path, SLUGS, trust_times=False)) == [key]


def test_times_of_files_count_only_when_they_are_trusted(tmp_path):
    path = write(tmp_path, "ada/lab.ipynb")
    os.utime(path, (WHEN.timestamp(), WHEN.timestamp()))

    assert [entry.received for entry in plain(tmp_path, SLUGS, trust_times=True)] == [WHEN]
    assert [entry.received for entry in plain(tmp_path, SLUGS, trust_times=False)] == [None]


def test_links_and_foreign_folders_are_passed_over(tmp_path):
    write(tmp_path, "__MACOSX/ada/._lab.ipynb")
    write(tmp_path, "ada/._lab.ipynb")
    (tmp_path / "ada" / "link.ipynb").symlink_to(write(tmp_path, "secret.txt"))

    assert keys(plain(tmp_path, SLUGS, trust_times=False)) == []


@pytest.mark.parametrize(
    ("stamp", "received"),
    [
        ("2026-11-20 12:00:00.5 UTC", WHEN.replace(microsecond=500000)),
        ("2026-11-20 13:00:00 Europe/Berlin", WHEN),
        ("2026-11-20T12:00:00+00:00", WHEN),
        ("2026-11-20 12:00:00", WHEN),
        ("yesterday", None),
        ("2026-11-20 12:00:00 Nowhere/City", None),
        ("", None),
    ],
)
def test_a_tree_of_nbgrader_says_when(tmp_path, stamp, received):
    write(tmp_path, "submitted/ada/ps1/lab.ipynb")
    write(tmp_path, "submitted/ada/ps1/timestamp.txt", stamp + "\n")
    write(tmp_path, "submitted/readme.ipynb")

    assert is_nbgrader(tmp_path)
    assert [(entry.who.key, entry.received) for entry in nbgrader(tmp_path)] == [("ada", received)]


def git(folder, *arguments):
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_DATE": WHEN.isoformat(),
        "GIT_COMMITTER_DATE": WHEN.isoformat(),
    }
    identity = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", *identity, "-C", folder, *arguments], check=True, capture_output=True, env=environment)


@pytest.fixture
def clone(tmp_path):
    folder = tmp_path / "repos" / "ada"
    write(folder, "lab.ipynb")
    git(folder.parent, "init", "--quiet", "ada")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "Done")
    return folder


def test_the_last_commit_of_a_clone_says_when(clone):
    write(clone.parent, "notes/lab.ipynb")

    (found,) = clones(clone.parent)
    assert (found.who.key, found.who.lms, found.received) == ("ada", {"github": "ada"}, WHEN)


def test_packed_references_and_single_commits_are_read(clone):
    git(clone, "pack-refs", "--all")
    git(clone, "gc", "--quiet")
    assert commit_time(clone / ".git") == WHEN
    git(clone, "checkout", "--quiet", "--detach")
    assert commit_time(clone / ".git") == WHEN


def test_settings_of_a_clone_are_never_obeyed(clone, tmp_path):
    trap = write(tmp_path, "trap.sh", f"#!/bin/sh\ntouch {tmp_path}/caught\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.sshCommand", "gpg.program", "core.pager", "core.alternateRefsCommand"):
        git(clone, "config", key, str(trap))

    assert commit_time(clone / ".git") == WHEN
    assert not (tmp_path / "caught").exists()


@pytest.mark.parametrize(
    "head", ["", "ref: ../../etc/passwd", "ref: refs/heads/../../x", "nonsense", "0" * 40, "ref: refs/heads/gone"]
)
def test_a_damaged_clone_has_no_time(clone, head):
    (clone / ".git" / "HEAD").write_text(head)

    assert commit_time(clone / ".git") is None


def test_a_clone_that_is_a_link_elsewhere_has_no_time(clone):
    (clone / ".git" / "HEAD").unlink()
    (clone / ".git" / "HEAD").symlink_to("/etc/hostname")

    assert commit_time(clone / ".git") is None
