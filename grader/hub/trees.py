"""Folders of a commit: git has trees, we have paths, and the clients want rows."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from grader.hub.files import lfs_pointer
from grader.hub.repo import Commit, FileEntry

LastCommit = Callable[[str], Commit | None]
"""The last commit that touched a path (a file, or anything below a folder)."""


def file_row(path: str, entry: FileEntry) -> dict[str, Any]:
    """Describe a file as the tree route does."""
    row: dict[str, Any] = {"type": "file", "oid": entry.git_oid, "size": entry.size, "path": path}
    if entry.lfs:
        pointer = len(lfs_pointer(entry.sha256, entry.size))
        row["lfs"] = {"oid": entry.sha256, "size": entry.size, "pointerSize": pointer}
    return row


def folder_row(path: str, entries: Iterable[tuple[str, FileEntry]]) -> dict[str, Any]:
    """Describe a folder; its oid follows from everything below it."""
    digest = hashlib.sha1(usedforsecurity=False)
    for name, entry in entries:
        digest.update(f"{name}\0{entry.git_oid}\n".encode())
    return {"type": "directory", "oid": digest.hexdigest(), "size": 0, "path": path}


def is_folder(files: dict[str, FileEntry], path: str) -> bool:
    """Tell whether anything lies below the path; the root always is a folder."""
    return not path or any(name.startswith(f"{path}/") for name in files)


def list_tree(files: dict[str, FileEntry], folder: str, recursive: bool) -> list[dict[str, Any]]:
    """List a folder.

    Args:
        files: every file of the commit.
        folder: path of the folder, empty for the root.
        recursive: go into its folders as well.

    Returns:
        Rows of folders and files, by path, as git orders them.
    """
    prefix = f"{folder}/" if folder else ""
    below = sorted((path, entry) for path, entry in files.items() if path.startswith(prefix))
    folders: dict[str, list[tuple[str, FileEntry]]] = {}
    rows: list[dict[str, Any]] = []
    for path, entry in below:
        parts = path[len(prefix) :].split("/")
        depth = len(parts) - 1 if recursive else min(1, len(parts) - 1)
        for level in range(1, depth + 1):
            folders.setdefault(prefix + "/".join(parts[:level]), []).append((path, entry))
        if recursive or len(parts) == 1:
            rows.append(file_row(path, entry))
    rows += [folder_row(path, entries) for path, entries in folders.items()]
    return sorted(rows, key=lambda row: row["path"])


def path_rows(files: dict[str, FileEntry], paths: Iterable[str]) -> list[dict[str, Any]]:
    """Describe the paths that exist; the others are left out."""
    rows: list[dict[str, Any]] = []
    for path in dict.fromkeys(name.strip("/") for name in paths):
        if path in files:
            rows.append(file_row(path, files[path]))
        elif path and is_folder(files, path):
            below = sorted((name, entry) for name, entry in files.items() if name.startswith(f"{path}/"))
            rows.append(folder_row(path, below))
    return rows


def expand_row(row: dict[str, Any], last_commit: LastCommit) -> dict[str, Any]:
    """Add who touched a path last."""
    commit = last_commit(row["path"])
    if commit is not None:
        row["lastCommit"] = {"id": commit.oid, "title": commit.title, "date": commit.date}
    return row


def touched_by(commits: list[Commit]) -> LastCommit:
    """Make the answer to "who touched this last" for a history, newest first."""

    def last_commit(path: str) -> Commit | None:
        for commit, before in zip(commits, [*commits[1:], None], strict=True):
            if _below(commit, path) != (_below(before, path) if before else {}):
                return commit
        return None

    return last_commit


def _below(commit: Commit, path: str) -> dict[str, FileEntry]:
    if path in commit.files:
        return {path: commit.files[path]}
    return {name: entry for name, entry in commit.files.items() if name.startswith(f"{path}/")}
