"""Handlers through which files come in: preupload, the LFS steps, the commit, the check of a card."""

import base64
import re
from dataclasses import replace
from typing import Any

from grader.hub.access import header_safe, writable_repo
from grader.hub.blobs import LyingUploadError
from grader.hub.cards import validate_card
from grader.hub.commits import commit_on, resolve_revision
from grader.hub.files import git_oid, is_lfs, lfs_pointer, path_problem
from grader.hub.gitignore import ignored
from grader.hub.http import Call
from grader.hub.payload import read_commit
from grader.hub.reply import Refusal, Reply, json_reply
from grader.hub.repo import REPO_TYPES, Commit, FileEntry, Repo
from grader.hub.state import State, store_regular
from grader.hub.write_repo import repo_url

_SHA256 = re.compile(r"[0-9a-f]{64}")
COMMIT_BYTES = 1024**3
"""Longest body of a commit: its regular files, as base64."""
BATCH_OBJECTS = 10_000


def preupload(call: Call) -> Reply:
    """Tell for each file whether it travels in the commit or through LFS, and what is there already."""
    repo = writable_repo(call)
    commit = resolve_revision(call.state.store, repo, call.params["rev"])
    if commit is None:
        raise Refusal(404, f"Invalid rev id: {header_safe(call.params['rev'])}", "RevisionNotFound")
    gitignore = call.entry("gitIgnore", str, "") or _hosted_gitignore(call, commit)
    rows: list[dict[str, Any]] = []
    for file in call.entry("files", list):
        path, size, sample = _announced(file)
        row: dict[str, Any] = {"path": path, "uploadMode": "lfs" if is_lfs(path, size, sample) else "regular"}
        row["shouldIgnore"] = bool(gitignore) and ignored(path, gitignore)
        known = commit.files.get(path)
        if known is not None:
            row["oid"] = known.etag
        rows.append(row)
    return json_reply({"files": rows, "commitOid": commit.oid})


def _announced(file: Any) -> tuple[str, int, bytes]:
    match file:
        case {"path": str(path), "size": int(size)} if size >= 0:
            sample = file.get("sample")
            text = sample if isinstance(sample, str) else ""
        case _:
            raise Refusal(400, '"files" must be a list of objects with "path", "size" and "sample".')
    problem = path_problem(path)
    if problem:
        raise Refusal(400, problem)
    try:
        return path, size, base64.b64decode(text, validate=True)
    except ValueError as exc:
        raise Refusal(400, f"The sample of {header_safe(path)} is not base64.") from exc


def _hosted_gitignore(call: Call, commit: Commit) -> str:
    entry = commit.files.get(".gitignore")
    if entry is None or entry.size > 64 * 1024:
        return ""
    return call.state.store.blob(entry.sha256).read_text("utf-8", "replace")


def may_reuse(state: State, user: str | None, sha256: str) -> bool:
    """Tell whether a user may put a stored blob into a repository by naming its hash.

    What lies in the session's own overlay is the session's; a blob of the base must be downloadable by the user, or
    knowing a hash would open every gate.
    """
    if state.store.overlay.blobs.has(sha256):
        return True
    return any(
        sha256 in (entry.sha256 for oid in repo.history for entry in state.store.commit(oid).files.values())
        for repo_type in REPO_TYPES
        for repo in state.store.repos(repo_type)
        if user == repo.author or not (repo.private or (repo.gated and repo.access.get(user or "") != "accepted"))
    )


def lfs_batch(call: Call) -> Reply:
    """Give an upload link for each LFS object that is not stored yet."""
    writable_repo(call)
    objects = call.entry("objects", list)
    if call.entry("operation", str, "upload") != "upload" or len(objects) > BATCH_OBJECTS:
        raise Refusal(
            400, f"This Hub knows the operation upload, for {BATCH_OBJECTS:,} objects at most; download by resolve."
        )
    rows = [_object(call, item) for item in objects]
    return json_reply({"transfer": "basic", "objects": rows}, headers={"Content-Type": "application/vnd.git-lfs+json"})


def _object(call: Call, item: Any) -> dict[str, Any]:
    match item:
        case {"oid": str(oid), "size": int(size)} if _SHA256.fullmatch(oid) and size >= 0:
            row: dict[str, Any] = {"oid": oid, "size": size, "authenticated": True}
        case _:
            raise Refusal(400, 'Each object needs "oid", a sha256, and "size".')
    if size > call.state.meter.quota.written_bytes - call.state.meter.written:
        return row | {"error": {"code": 413, "message": "Storage limit of this Hub reached."}}
    if not may_reuse(call.state, call.user, oid):
        signature = call.state.sign(oid, size)
        link = f"{call.state.endpoint}/_lfs/{oid}?size={size}&signature={signature}"
        verify = f"{call.state.endpoint}/_lfs/{oid}/verify"
        row["actions"] = {"upload": {"href": link, "header": {}}, "verify": {"href": verify, "header": {}}}
    return row


def admit_lfs(call: Call) -> int:
    """Check an upload link before its body is read: the PUT carries no token, its signature must do.

    Returns:
        The announced size in bytes.

    Raises:
        Refusal: 403, the link is not one of ours.
    """
    size = call.one("size")
    if not (size.isascii() and size.isdigit()) or not call.state.signed(
        call.one("signature"), call.params["oid"], int(size)
    ):
        raise Refusal(403, "This upload link is not valid.")
    return int(size)


def lfs_put(call: Call) -> Reply:
    """Keep an uploaded object if it is what it was announced as."""
    upload = call.upload
    if upload is None:
        raise Refusal(400, "The upload has no body.")
    try:
        call.state.store.overlay.blobs.adopt(upload, call.params["oid"], int(call.one("size")))
    except LyingUploadError as exc:
        raise Refusal(400, f"The upload is not what it was announced as: {exc}") from exc
    return Reply(200, b"", {"ETag": f'"{call.params["oid"]}"'})


def lfs_verify(call: Call) -> Reply:
    """Confirm that an object is stored with its size."""
    blobs = call.state.store.overlay.blobs
    oid = call.entry("oid")
    if oid != call.params["oid"] or not blobs.has(oid) or blobs.path(oid).stat().st_size != call.entry("size", int):
        raise Refusal(404, "The object is not stored with this size.")
    return json_reply({"ok": True})


def admit_commit(call: Call) -> int:
    """Check the right to commit before the body is read.

    Returns:
        The most bytes that the body may have.
    """
    writable_repo(call)
    return COMMIT_BYTES


def commit(call: Call) -> Reply:
    """Apply a commit, whole or not at all; with `create_pr=1` as a new pull request."""
    repo = writable_repo(call)
    if call.upload is None:
        raise Refusal(400, "The commit has no body.")
    state, revision = call.state, call.params["rev"]
    request = read_commit(call.upload.path, repo.repo_type, author=repo.author, date=state.now())
    regular = {path: store_regular(state, content) for path, content in request.contents()}
    lfs = {path: _stored_lfs(call, path, oid, size) for path, (oid, size) in request.lfs.items()}
    with state.store.lock(repo.repo_type, repo.repo_id):
        repo = writable_repo(call)
        parent = resolve_revision(state.store, repo, revision)
        if parent is None:
            raise Refusal(404, f"Invalid rev id: {header_safe(revision)}", "RevisionNotFound")
        if request.parent and not parent.oid.startswith(request.parent):
            raise Refusal(412, "A commit has happened since. Please refresh and try again.")
        change = request.change(parent.files, regular | lfs, state.meter.quota.files)
        repo, made = commit_on(state.store, repo, parent.oid, change)
        repo, number = _with_ref(repo, revision, made.oid, as_pull=call.flag("create_pr"))
        state.store.save_repo(repo)
    state.store.facts(repo, made)  # derived here, in a thread, so that info and search find them ready
    url = repo_url(call, repo.repo_type, repo.repo_id)
    call.notes |= {"commit": made.oid, "files": sorted(change.put)[:50]}
    answer = {"success": True, "commitOid": made.oid, "commitUrl": f"{url}/commit/{made.oid}", "hookOutput": ""}
    return json_reply(answer | ({"pullRequestUrl": f"{url}/discussions/{number}"} if number else {}))


def _with_ref(repo: Repo, revision: str, oid: str, as_pull: bool) -> tuple[Repo, str | None]:
    """Move the branch or pull request that was committed to."""
    if as_pull:
        number = str(len(repo.pulls) + 1)
        return replace(repo, pulls=repo.pulls | {number: oid}), number
    branch = revision.removeprefix("refs/heads/")
    if branch in repo.branches:
        return replace(repo, branches=repo.branches | {branch: oid}), None
    number = revision.removeprefix("refs/pr/")
    if revision != number and number in repo.pulls:
        return replace(repo, pulls=repo.pulls | {number: oid}), None
    raise Refusal(400, f"{header_safe(revision)} is neither a branch nor a pull request: it cannot be committed to.")


def _stored_lfs(call: Call, path: str, oid: str, size: int | None) -> FileEntry:
    if not _SHA256.fullmatch(oid) or not may_reuse(call.state, call.user, oid):
        raise Refusal(400, f"The LFS object of {header_safe(path)} has not been uploaded.")
    stored = call.state.store.blob(oid).stat().st_size
    if size is not None and size != stored:
        raise Refusal(400, f"{header_safe(path)} has {stored} bytes, not {size}.")
    return FileEntry(oid, stored, git_oid(lfs_pointer(oid, stored)), lfs=True)


def validate_yaml(call: Call) -> Reply:
    """Check the metadata of a card, as every push that holds a README.md asks for."""
    repo_type = call.entry("repoType", str, "model")
    if repo_type not in REPO_TYPES:
        raise Refusal(400, f'"repoType" must be one of {", ".join(REPO_TYPES)}.')
    report = validate_card(call.entry("content"), repo_type)
    rows = {
        "errors": [{"message": text} for text in report.errors],
        "warnings": [{"message": text} for text in report.warnings],
    }
    return json_reply(rows, 400 if report.errors else 200)
