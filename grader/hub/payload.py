"""The body of a commit: NDJSON, read line by line from disk."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from grader.hub.cards import read_json_bytes, validate_card
from grader.hub.commits import Change
from grader.hub.files import REGULAR_BYTES, collision, path_problem
from grader.hub.reply import Refusal
from grader.hub.repo import FileEntry, RepoType

LINE_BYTES = REGULAR_BYTES * 4 // 3 + 64 * 1024
OPERATIONS = 25_000
_PARENT = re.compile(r"[0-9a-f]{7,40}")


@dataclass
class CommitRequest:
    """What a client wants to commit; the contents of regular files stay in the body until they are asked for."""

    body: Path
    repo_type: RepoType
    author: str
    date: str
    title: str = ""
    message: str = ""
    parent: str | None = None
    regular: dict[str, int] = field(default_factory=dict[str, int])
    """Path -> where its line begins in the body."""
    lfs: dict[str, tuple[str, int | None]] = field(default_factory=dict[str, tuple[str, int | None]])
    """Path -> sha256 and announced size."""
    deleted_files: list[str] = field(default_factory=list[str])
    deleted_folders: list[str] = field(default_factory=list[str])

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Read the regular files, one at a time.

        Raises:
            Refusal: 400, a content is not what its encoding says, or a README.md whose metadata is not valid.
        """
        with self.body.open("rb") as file:
            for path, offset in self.regular.items():
                file.seek(offset)
                content = _content(path, _operation(file)[1])
                if path == "README.md":
                    _check_card(content, self.repo_type)
                yield path, content

    def change(self, before: dict[str, FileEntry], put: dict[str, FileEntry], limit: int) -> Change:
        """Turn the request into a change of the files before it.

        Args:
            before: files of the parent.
            put: every file of the request, stored.
            limit: most files that a commit may hold.

        Returns:
            The change.

        Raises:
            Refusal: a file to delete does not exist, a path would be file and folder at once, or too many files.
        """
        deleted = set(self.deleted_files)
        for folder in self.deleted_folders:
            below = {path for path in before if path.startswith(f"{folder}/")}
            if not below:
                raise Refusal(404, f"The folder {folder[:200]!r} does not exist.", "EntryNotFound")
            deleted |= below
        missing = deleted - before.keys()
        if missing:
            raise Refusal(404, f"{min(missing)[:200]!r} does not exist.", "EntryNotFound")
        after = (before.keys() - deleted) | put.keys()
        if len(after) > limit:
            raise Refusal(413, f"A commit may hold {limit:,} files.")
        clash = collision(after)
        if clash:
            raise Refusal(400, f"{clash[:200]!r} would be a file and a folder at once.")
        return Change(self.title, self.message, self.author, self.date, put, frozenset(deleted))


def read_commit(body: Path, repo_type: RepoType, *, author: str, date: str) -> CommitRequest:
    """Read the lines of a commit.

    Args:
        body: the file that the request body was written to.
        repo_type: says which card class checks a README.md.
        author: who commits.
        date: when.

    Returns:
        The request, every path checked; nothing is stored.

    Raises:
        Refusal: 400 or 413, a line that is not one operation.
    """
    request = CommitRequest(body, repo_type, author, date)
    with body.open("rb") as file:
        for number in range(OPERATIONS + 1):
            offset = file.tell()
            operation = _operation(file)
            if operation is None:
                break
            key, value = operation
            if (key == "header") != (number == 0):
                raise Refusal(400, 'The first line, and only the first, must be the "header".')
            _apply(request, key, value, offset)
        else:
            raise Refusal(413, f"A commit may hold {OPERATIONS:,} operations.")
    if not request.title:
        raise Refusal(400, 'The commit has no "summary".')
    return request


def _operation(file: BinaryIO) -> Any:
    """Read the next line as (key, value); None at the end."""
    line = file.readline(LINE_BYTES + 1)
    while line.strip() == b"" and line:
        line = file.readline(LINE_BYTES + 1)
    if not line:
        return None
    if len(line) > LINE_BYTES:
        raise Refusal(413, f"A regular file may have {REGULAR_BYTES // 1024**2} MiB: larger ones go through LFS.")
    match read_json_bytes(line):
        case {"key": str(key), "value": dict(value)}:
            return key, value
        case _:
            raise Refusal(400, 'Each line of a commit must be an object with "key" and "value".')


def _apply(request: CommitRequest, key: str, value: dict[str, Any], offset: int) -> None:
    if key == "header":
        return _apply_header(request, value)
    path = value.get("path")
    if not isinstance(path, str):
        raise Refusal(400, f'{key[:40]}: "path" is missing.')
    path = path.removesuffix("/") if key == "deletedFolder" else path
    problem = path_problem(path)
    if problem:
        raise Refusal(400, problem)
    if path in request.regular or path in request.lfs:
        raise Refusal(400, f"{path[:200]!r} appears twice in the commit.")
    match key, value:
        case "file", _:
            request.regular[path] = offset
        case "lfsFile", {"oid": str(oid)}:
            size = value.get("size")
            request.lfs[path] = (oid, size if isinstance(size, int) else None)
        case "deletedFile", _:
            request.deleted_files.append(path)
        case "deletedFolder", _:
            request.deleted_folders.append(path)
        case _:
            raise Refusal(400, f"{key[:40]!r} is not an operation that this Hub knows, or lacks an entry.")
    return None


def _apply_header(request: CommitRequest, value: dict[str, Any]) -> None:
    title, message, parent = value.get("summary"), value.get("description", ""), value.get("parentCommit")
    if not isinstance(title, str) or not title.strip() or not isinstance(message, str):
        raise Refusal(400, '"summary" and "description" must be strings, and the summary not empty.')
    if parent is not None and not (isinstance(parent, str) and _PARENT.fullmatch(parent)):
        raise Refusal(400, '"parentCommit" must be a commit id.')
    request.title, request.message, request.parent = title[:500], message[:65_536], parent


def _content(path: str, value: dict[str, Any]) -> bytes:
    content, encoding = value.get("content"), value.get("encoding", "utf-8")
    if not isinstance(content, str) or encoding not in ("base64", "utf-8"):
        raise Refusal(400, f'{path[:200]!r}: "content" must be a string, "encoding" base64 or utf-8.')
    try:
        data = base64.b64decode(content, validate=True) if encoding == "base64" else content.encode()
    except ValueError as exc:
        raise Refusal(400, f"{path[:200]!r} is not base64.") from exc
    if len(data) > REGULAR_BYTES:
        raise Refusal(413, f"{path[:200]!r} is too large for a regular file: it goes through LFS.")
    return data


def _check_card(content: bytes, repo_type: RepoType) -> None:
    errors = validate_card(content.decode("utf-8", "replace"), repo_type).errors
    if errors:
        raise Refusal(400, f"Your push was rejected because the metadata of README.md is not valid: {errors[0]}")
