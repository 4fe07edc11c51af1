from grader.hub.repo import Commit, FileEntry
from grader.hub.trees import expand_row, is_folder, list_tree, path_rows, touched_by

DATE = "2025-01-01T00:00:00.000Z"


def entry(letter: str, lfs: bool = False) -> FileEntry:
    return FileEntry(letter * 64, 5, letter * 40, lfs=lfs)


FILES = {"a.txt": entry("a"), "d/b.bin": entry("b", lfs=True), "d/e/c.txt": entry("c")}


def commit(oid: str, files: dict[str, FileEntry], *parents: str) -> Commit:
    return Commit(oid, parents, f"title {oid}", "", "ada", DATE, files)


def test_a_folder_is_listed_one_level_deep():
    assert [row["path"] for row in list_tree(FILES, "", recursive=False)] == ["a.txt", "d"]
    assert [row["path"] for row in list_tree(FILES, "d", recursive=False)] == ["d/b.bin", "d/e"]


def test_a_recursive_listing_holds_folders_too():
    rows = list_tree(FILES, "", recursive=True)

    assert [(row["type"], row["path"]) for row in rows] == [
        ("file", "a.txt"),
        ("directory", "d"),
        ("file", "d/b.bin"),
        ("directory", "d/e"),
        ("file", "d/e/c.txt"),
    ]


def test_an_lfs_file_tells_its_pointer():
    row = list_tree(FILES, "d", recursive=False)[0]

    assert row["lfs"] == {"oid": "b" * 64, "size": 5, "pointerSize": 126}
    assert row["oid"] == "b" * 40


def test_the_oid_of_a_folder_follows_from_what_is_below_it():
    other = FILES | {"d/e/c.txt": entry("x")}

    assert list_tree(FILES, "", False)[1]["oid"] != list_tree(other, "", False)[1]["oid"]
    assert list_tree(FILES, "", False)[1]["oid"] == list_tree(FILES, "", True)[1]["oid"]


def test_unknown_paths_are_left_out_and_repeated_ones_told_once():
    rows = path_rows(FILES, ["a.txt", "d/", "none", "", "a.txt"])

    assert [(row["type"], row["path"]) for row in rows] == [("file", "a.txt"), ("directory", "d")]


def test_the_root_is_a_folder_and_a_file_is_not():
    assert is_folder({}, "")
    assert is_folder(FILES, "d/e")
    assert not is_folder(FILES, "a.txt")


def test_the_last_commit_that_touched_a_path_is_found():
    first = commit("1", {"a": entry("a"), "d/x": entry("x")})
    second = commit("2", {"a": entry("a"), "d/x": entry("y")}, "1")
    last = touched_by([second, first])

    assert last("a") == first
    assert last("d/x") == second
    assert last("d") == second
    assert last("none") is None
    assert expand_row({"path": "a"}, last)["lastCommit"] == {"id": "1", "title": "title 1", "date": DATE}
    assert "lastCommit" not in expand_row({"path": "none"}, last)
