"""Handlers that tell about repositories: listings, info, tree, refs, history."""

import hashlib
from typing import Any

from grader.hub.access import find_commit, find_repo, may_download, may_write, repo_type_of
from grader.hub.cards import read_json_bytes
from grader.hub.commits import log_of
from grader.hub.http import Call
from grader.hub.info import alone, check_expand, describe, listed, siblings_with_blobs, subject_of
from grader.hub.listing import page_of, search
from grader.hub.reply import Refusal, Reply, json_reply
from grader.hub.repo import Repo
from grader.hub.tensors import safetensors_header
from grader.hub.trees import expand_row, is_folder, list_tree, path_rows, touched_by

TREE_PAGE = 1000
EXPANDED_PAGE = 50


def whoami(call: Call) -> Reply:
    """Who the token belongs to."""
    if call.user is None:
        raise Refusal(401, "Invalid username or password.")
    token = {"displayName": "lab", "role": "write", "createdAt": "2024-01-01T00:00:00.000Z"}
    user_id = hashlib.sha1(call.user.encode(), usedforsecurity=False).hexdigest()[:24]
    return json_reply(
        {
            "type": "user",
            "id": user_id,
            "name": call.user,
            "fullname": call.user,
            "email": f"{call.user}@hub.invalid",
            "emailVerified": True,
            "canPay": False,
            "isPro": False,
            "periodEnd": None,
            "avatarUrl": f"{call.state.endpoint}/avatars/{call.user}.svg",
            "orgs": [],
            "auth": {"type": "access_token", "accessToken": token},
        }
    )


def list_repos(call: Call) -> Reply:
    """One page of a listing."""
    repo_type = repo_type_of(call)
    expand = check_expand(repo_type, call.query.get("expand", []))
    names = expand or listed(repo_type, full=call.flag("full"), card=call.flag("cardData"), config=call.flag("config"))
    found = search(call, repo_type)
    rows, headers = page_of(call, found)
    call.notes["results"] = len(rows)
    return json_reply([describe(subject, names) for subject in rows], headers=headers)


def repo_info(call: Call) -> Reply:
    """Everything about one repository at one revision."""
    repo = find_repo(call)
    subject = subject_of(call.state.store, repo, find_commit(call, repo))
    expand = check_expand(repo.repo_type, call.query.get("expand", []))
    row = describe(subject, expand or alone(repo.repo_type))
    if call.flag("blobs"):
        row["siblings"] = siblings_with_blobs(subject)
    return json_reply(row)


def tree(call: Call) -> Reply:
    """One page of a folder's rows."""
    repo = find_repo(call)
    commit = find_commit(call, repo)
    folder = call.params.get("path", "").strip("/")
    headers = {"X-Repo-Commit": commit.oid}
    if not is_folder(commit.files, folder):
        raise Refusal(404, f"{folder[:200]!r} does not exist on {call.params['rev'][:80]!r}", "EntryNotFound", headers)
    expand = call.flag("expand")
    size = EXPANDED_PAGE if expand else TREE_PAGE
    rows, more = page_of(call, list_tree(commit.files, folder, call.flag("recursive")), size, size)
    return json_reply(_expanded(call, repo, rows) if expand else rows, headers=headers | more)


def paths_info(call: Call) -> Reply:
    """Rows of the paths named, those that exist."""
    repo = find_repo(call)
    commit = find_commit(call, repo)
    paths = call.data.get("paths", [])
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise Refusal(400, '"paths" must be a list of paths.')
    expand = str(call.data.get("expand", [""])).lower().strip("[]'\"") in ("true", "1")
    rows = path_rows(commit.files, paths)
    return json_reply(_expanded(call, repo, rows) if expand else rows)


def _expanded(call: Call, repo: Repo, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    last_commit = touched_by(log_of(call.state.store, find_commit(call, repo)))
    return [expand_row(row, last_commit) for row in rows]


def refs(call: Call) -> Reply:
    """Branches, tags and pull requests."""
    repo = find_repo(call)

    def rows(prefix: str, named: dict[str, str]) -> list[dict[str, str]]:
        return [{"name": name, "ref": f"{prefix}{name}", "targetCommit": oid} for name, oid in named.items()]

    answer: dict[str, Any] = {"branches": rows("refs/heads/", repo.branches), "tags": rows("refs/tags/", repo.tags)}
    answer["converts"] = []
    if call.flag("include_prs"):
        answer["pullRequests"] = [
            {"name": f"refs/pr/{number}", "ref": f"refs/pr/{number}", "targetCommit": oid}
            for number, oid in repo.pulls.items()
        ]
    return json_reply(answer)


def commits(call: Call) -> Reply:
    """One page of a history, newest first."""
    repo = find_repo(call)
    history = log_of(call.state.store, find_commit(call, repo))
    page, headers = page_of(call, history, 50, 1000)
    formatted = any("formatted" in call.query.get(name, []) for name in ("expand", "expand[]"))
    rows: list[dict[str, Any]] = []
    for commit in page:
        row: dict[str, Any] = {"id": commit.oid, "title": commit.title, "message": commit.message}
        row |= {"authors": [{"user": commit.author}], "date": commit.date}
        if formatted:
            row["formatted"] = {"title": commit.title, "message": commit.message}
        rows.append(row)
    return json_reply(rows, headers=headers)


def auth_check(call: Call) -> Reply:
    """May this token download from, or with `/write` push to, the repository?"""
    repo = find_repo(call)
    if call.params.get("write"):
        may_write(call, repo.author)
    else:
        may_download(call, repo)
    return json_reply({"ok": True})


def safetensors_metadata(call: Call) -> Reply:
    """The headers of all shards that an index names, in one answer."""
    repo = find_repo(call)
    may_download(call, repo)
    commit = find_commit(call, repo)
    store = call.state.store
    entry = commit.files.get(call.params["path"])
    index = store.blob(entry.sha256).read_bytes() if entry and entry.size < EXPANDED_PAGE * 1024**2 else b""
    parsed = read_json_bytes(index)
    if not isinstance(parsed, dict) or not isinstance(parsed.get("weight_map"), dict):
        raise Refusal(404, "There is no such safetensors index.", "EntryNotFound", {"X-Repo-Commit": commit.oid})
    shards = {str(shard) for shard in parsed["weight_map"].values()} & commit.files.keys()
    headers = {shard: safetensors_header(store.blob(commit.files[shard].sha256)) for shard in sorted(shards)}
    return json_reply({"index": {"metadata": parsed.get("metadata")}, "headers": headers})


def tags_by_type(call: Call) -> Reply:
    """Every tag in use, by kind."""
    kinds: dict[str, dict[str, Any]] = {}
    for subject in search(call, repo_type_of(call)):
        for tag in subject.facts.tags:
            kind = tag.partition(":")[0] if ":" in tag else "other"
            kinds.setdefault(kind, {})[tag] = {"id": tag, "label": tag.partition(":")[2] or tag, "type": kind}
    return json_reply({kind: list(rows.values()) for kind, rows in sorted(kinds.items())})


def user_overview(call: Call) -> Reply:
    """What a user has published."""
    name = call.params["user"]
    counts = {
        kind: sum(repo.author == name and not repo.private for repo in call.state.store.repos(kind))
        for kind in ("model", "dataset", "space")
    }
    if not any(counts.values()) and name not in call.state.users.values():
        raise Refusal(404, "User not found")
    numbers = {"numModels": counts["model"], "numDatasets": counts["dataset"], "numSpaces": counts["space"]}
    return json_reply({"user": name, "fullname": name, "type": "user", "isPro": False, "avatarUrl": "", **numbers})


def agent_harnesses(_call: Call) -> Reply:
    """What huggingface_hub asks once a day; nothing is known here."""
    return json_reply({"standardEnvVars": [], "harnesses": []})
