import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.hub.files import (
    REGULAR_BYTES,
    collision,
    git_oid,
    gitattributes,
    is_lfs,
    lfs_pointer,
    path_problem,
    repo_id_problem,
    user_name,
)


@pytest.mark.parametrize("repo_id", ["ada/model", "a/b", "Ada_1/my-model.v2", "x" * 96 + "/y"])
def test_a_plain_id_is_accepted(repo_id: str):
    assert repo_id_problem(repo_id) is None


@pytest.mark.parametrize(
    "repo_id",
    [
        *(
            "model",
            "a/b/c",
            "/b",
            "a/",
            "a/..",
            "../a",
            "a/b--c",
            "a/.b",
            "a/b.",
            "a/b.git",
            "a/tree",
            "api/x",
            "a/b c",
        ),
        *("a/é", "x" * 97 + "/y", ""),
    ],
)
def test_an_odd_id_is_refused(repo_id: str):
    assert repo_id_problem(repo_id)


@pytest.mark.parametrize("path", ["a", "a/b/c.txt", ".gitattributes", "ünï/cødé.txt", "a b.txt"])
def test_a_plain_path_is_accepted(path: str):
    assert path_problem(path) is None


@pytest.mark.parametrize(
    "path",
    [
        *("", "/a", "a/", "a//b", ".", "..", "a/../b", "a\\b", "a\x00b", "a\nb", ".git/config", "a/.GIT/x"),
        *("é" * 200, "a/" * 40 + "b", "x/" * 600, "\ud800"),
    ],
)
def test_an_odd_path_is_refused(path: str):
    assert path_problem(path)


@given(st.text())
def test_an_accepted_path_stays_inside_the_repository(path: str):
    if path_problem(path) is None:
        assert ".." not in path.split("/")
        assert not path.startswith("/")
        assert path.encode()


@given(st.text())
def test_every_text_becomes_a_name(text: str):
    assert repo_id_problem(f"{user_name(text)}/x") is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ada", "ada"),
        ("Müller, Anna", "Muller-Anna"),
        ("a--b..c", "a-b-c"),
        ("学生", "student"),
        ("models", "models-student"),
    ],
)
def test_a_name_is_kept_as_far_as_it_can_be(text: str, name: str):
    assert user_name(text) == name


def test_a_path_that_is_file_and_folder_is_found():
    assert collision(["a", "a/b", "c"]) == "a"
    assert collision(["a/b", "a/c", "c"]) is None


@pytest.mark.parametrize(
    ("path", "size", "sample", "lfs"),
    [
        ("model.safetensors", 10, b"", True),
        ("DATA.PARQUET", 10, b"", True),
        ("runs/events.out.tfevents.1", 10, b"", True),
        ("a.txt", REGULAR_BYTES + 1, b"", True),
        ("a.dat", 3, b"a\0b", True),
        ("a.txt", 3, b"abc", False),
        ("model.safetensors", 0, b"", False),
    ],
)
def test_lfs_is_chosen_by_suffix_size_and_content(path: str, size: int, sample: bytes, lfs: bool):
    assert is_lfs(path, size, sample) is lfs


def test_git_names_a_blob_as_git_does():
    assert git_oid(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_a_pointer_is_what_git_lfs_writes():
    digest = hashlib.sha256(b"x").hexdigest()

    assert (
        lfs_pointer(digest, 1) == f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 1\n".encode()
    )


def test_the_first_file_of_a_repository_names_the_lfs_suffixes():
    assert b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n" in gitattributes()
