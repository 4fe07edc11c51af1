"""Handlers that give out the bytes of files: whole, in part, or not again."""

import re
from pathlib import PurePosixPath
from urllib.parse import quote

from grader.hub.access import find_commit, find_repo, may_download
from grader.hub.files import lfs_pointer
from grader.hub.http import Call
from grader.hub.reply import FileSlice, Refusal, Reply
from grader.hub.repo import FileEntry

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_TEXT = frozenset(
    (".json", ".md", ".txt", ".csv", ".jsonl", ".py", ".yaml", ".yml", ".jinja", ".html", ".svg", ".xml", "")
)


def resolve(call: Call) -> Reply:
    """Give out a file at a revision; the headers are what the clients decide by.

    LFS files are answered directly: a redirect to the same host would make the client lose X-Repo-Commit.
    """
    repo = find_repo(call)
    may_download(call, repo)
    commit = find_commit(call, repo)
    path = call.params["path"]
    call.notes |= {"revision": commit.oid, "path": path}
    entry = commit.files.get(path)
    if entry is None:
        # the commit id lets the client remember that the file does not exist
        raise Refusal(404, "Entry not found", "EntryNotFound", {"X-Repo-Commit": commit.oid})
    headers = _headers(path, entry) | {"X-Repo-Commit": commit.oid}
    return file_reply(call, FileSlice(call.state.store.blob(entry.sha256), 0, entry.size), headers)


def raw(call: Call) -> Reply:
    """Give out what git would hold: for an LFS file, its pointer."""
    repo = find_repo(call)
    may_download(call, repo)
    commit = find_commit(call, repo)
    entry = commit.files.get(call.params["path"])
    if entry is None:
        raise Refusal(404, "Entry not found", "EntryNotFound", {"X-Repo-Commit": commit.oid})
    if not entry.lfs:
        return resolve(call)
    return Reply(200, lfs_pointer(entry.sha256, entry.size), {"Content-Type": "text/plain; charset=utf-8"})


def _headers(path: str, entry: FileEntry) -> dict[str, str]:
    name = PurePosixPath(path)
    text = name.suffix.lower() in _TEXT and not entry.lfs
    headers = {
        "ETag": f'"{entry.etag}"',
        "Accept-Ranges": "bytes",
        # never text/html: what students push is shown, not run
        "Content-Type": "text/plain; charset=utf-8" if text else "application/octet-stream",
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(name.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }
    if entry.lfs:
        headers |= {"X-Linked-Etag": f'"{entry.etag}"', "X-Linked-Size": str(entry.size)}
    return headers


def file_reply(call: Call, whole: FileSlice, headers: dict[str, str]) -> Reply:
    """Answer with a file, honouring If-None-Match, Range and If-Range.

    Args:
        call: the request.
        whole: all of the file.
        headers: of the answer, with its ETag.

    Returns:
        200, 206 or 304.

    Raises:
        Refusal: 416, the range lies behind the end of the file.
    """
    wanted = call.headers.get("if-none-match", "")
    if wanted == "*" or headers["ETag"] in (tag.strip().removeprefix("W/") for tag in wanted.split(",")):
        return Reply(304, b"", headers)
    span = call.headers.get("range", "")
    condition = call.headers.get("if-range")
    match = _RANGE.fullmatch(span.replace(" ", ""))
    # several ranges, or another unit: the standard allows to send the whole file
    if match is None or match.group() == "bytes=-" or (condition and condition != headers["ETag"]):
        return Reply(200, whole, headers)
    start, stop = _bounds(match.group(1), match.group(2), whole.length)
    if start >= stop:
        size = {"Content-Range": f"bytes */{whole.length}"}
        raise Refusal(416, f"The file has {whole.length} bytes.", headers=size)
    headers |= {"Content-Range": f"bytes {start}-{stop - 1}/{whole.length}"}
    return Reply(206, FileSlice(whole.path, start, stop - start), headers)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1 if last else size)
