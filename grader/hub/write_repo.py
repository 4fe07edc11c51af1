"""Handlers that change repositories as a whole: create, delete, move, settings, branches, tags, access."""

import re
from dataclasses import replace

from grader.hub.access import find_repo, may_write, not_found, visible, writable_repo
from grader.hub.commits import Change, commit_on, log_of, make_commit, resolve_revision
from grader.hub.files import gitattributes, repo_id_problem
from grader.hub.http import Call
from grader.hub.reply import Refusal, Reply, json_reply
from grader.hub.repo import REPO_TYPES, Repo, RepoType
from grader.hub.state import store_regular

_REF_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,99}")
MAX_REFS = 1000


def repo_url(call: Call, repo_type: RepoType, repo_id: str) -> str:
    """Return the address of a repository, from which the clients read its id."""
    prefix = "" if repo_type == "model" else f"{repo_type}s/"
    return f"{call.state.endpoint}/{prefix}{repo_id}"


def _named(call: Call) -> tuple[RepoType, str]:
    """Read `{type, organization, name}`; without an organization the user's own namespace is meant."""
    repo_type = call.entry("type", str, "model")
    if repo_type not in REPO_TYPES:
        raise Refusal(400, f'"type" must be one of {", ".join(REPO_TYPES)}.')
    if call.user is None:
        raise Refusal(401, "Invalid username or password.")
    name = call.entry("name")
    repo_id = name if "/" in name else f"{call.entry('organization', str, call.user)}/{name}"
    call.notes["repo"] = f"{repo_type}s/{repo_id}"[:200]
    return repo_type, repo_id


def _check_id(repo_id: str) -> None:
    problem = repo_id_problem(repo_id)
    if problem:
        raise Refusal(400, problem)


def create_repo(call: Call) -> Reply:
    """Create an empty repository in the user's namespace."""
    repo_type, repo_id = _named(call)
    _check_id(repo_id)
    user = may_write(call, repo_id.partition("/")[0])
    private = call.entry("visibility", str, "") == "private" or call.entry("private", bool, False)
    state = call.state
    url = repo_url(call, repo_type, repo_id)
    with state.store.lock(repo_type, repo_id):
        taken = state.store.repo(repo_type, repo_id)
        if taken is not None and not taken.moved_to:
            # the clients read the address out of the refusal as well
            raise Refusal(409, "You already created this repo", url=url)
        if len(state.store.overlay.repos) >= state.meter.quota.repos:
            raise Refusal(403, f"A run may create {state.meter.quota.repos} repositories.")
        now = state.now()
        repo = Repo(repo_type, repo_id, now, private=private, sdk=call.entry("sdk", str, "") or None)
        entry = store_regular(state, gitattributes())
        change = Change("initial commit", "", user, now, {".gitattributes": entry})
        repo, commit = commit_on(state.store, repo, None, change)
        state.store.save_repo(replace(repo, branches={"main": commit.oid}))
    return json_reply({"url": url, "name": repo_id, "id": repo_id})


def delete_repo(call: Call) -> Reply:
    """Delete a repository; its blobs stay, nobody can reach them."""
    repo_type, repo_id = _named(call)
    repo = call.state.store.repo(repo_type, repo_id)
    if repo is None or repo.moved_to or not visible(repo, call.user):
        raise not_found(call)
    may_write(call, repo.author)
    with call.state.store.lock(repo_type, repo_id):
        call.state.store.save_repo(Repo(repo_type, repo_id, repo.created_at, deleted=True))
    return json_reply({"ok": True})


def move_repo(call: Call) -> Reply:
    """Rename a repository; the old name is answered with a redirect from now on."""
    repo_type, new_id = call.entry("type", str, "model"), call.entry("toRepo")
    if repo_type not in REPO_TYPES:
        raise Refusal(400, f'"type" must be one of {", ".join(REPO_TYPES)}.')
    _check_id(new_id)
    repo = call.state.store.repo(repo_type, call.entry("fromRepo"))
    if repo is None or repo.moved_to or not visible(repo, call.user):
        raise not_found(call)
    may_write(call, repo.author)
    may_write(call, new_id.partition("/")[0])
    # always in the same order, so that two moves cannot wait for each other
    first, second = sorted((repo.repo_id, new_id))
    if first == second:
        raise Refusal(409, "A repository of this name exists already.")
    store = call.state.store
    with store.lock(repo_type, first), store.lock(repo_type, second):
        taken = store.repo(repo_type, new_id)
        if taken is not None and not taken.moved_to:
            raise Refusal(409, "A repository of this name exists already.")
        store.save_repo(replace(repo, repo_id=new_id))
        store.save_repo(Repo(repo_type, repo.repo_id, repo.created_at, moved_to=new_id))
    return json_reply({"url": repo_url(call, repo_type, new_id)})


def settings(call: Call) -> Reply:
    """Change who may see and who may download a repository."""
    repo = writable_repo(call)
    data = call.data if isinstance(call.data, dict) else {}
    with call.state.store.lock(repo.repo_type, repo.repo_id):
        repo = writable_repo(call)
        if "gated" in data:
            if data["gated"] not in ("auto", "manual", False):
                raise Refusal(400, '"gated" must be "auto", "manual" or false.')
            repo = replace(repo, gated=data["gated"] or None)
        if "visibility" in data or "private" in data:
            repo = replace(repo, private=data.get("visibility") == "private" or data.get("private") is True)
        call.state.store.save_repo(repo)
    return json_reply({"private": repo.private, "gated": repo.gated or False})


def _ref_name(name: str) -> str:
    if (
        not _REF_NAME.fullmatch(name)
        or ".." in name
        or "//" in name
        or name.endswith(("/", ".", ".lock"))
        or name.startswith("refs/")
    ):
        raise Refusal(400, f"{name[:80]!r} is not a name for a branch or tag.")
    return name


def create_branch(call: Call) -> Reply:
    """Create a branch at a revision, main by default."""
    repo = writable_repo(call)
    name = _ref_name(call.params["ref"])
    start = call.entry("startingPoint", str, "main")
    with call.state.store.lock(repo.repo_type, repo.repo_id):
        repo = writable_repo(call)
        if name in repo.branches or len(repo.branches) >= MAX_REFS:
            raise Refusal(409, f"Reference refs/heads/{name} already exists, or there are too many.")
        commit = resolve_revision(call.state.store, repo, start)
        if commit is None:
            raise Refusal(404, f"Invalid rev id: {start[:80]}", "RevisionNotFound")
        call.state.store.save_repo(replace(repo, branches=repo.branches | {name: commit.oid}))
    return json_reply({"ref": f"refs/heads/{name}"})


def delete_branch(call: Call) -> Reply:
    """Delete a branch; main stays."""
    repo = writable_repo(call)
    name = call.params["ref"]
    with call.state.store.lock(repo.repo_type, repo.repo_id):
        repo = writable_repo(call)
        if name == "main":
            raise Refusal(403, "The branch main cannot be deleted.")
        if name not in repo.branches:
            raise Refusal(404, f"Branch {name[:80]} does not exist", "RevisionNotFound")
        call.state.store.save_repo(replace(repo, branches={k: v for k, v in repo.branches.items() if k != name}))
    return json_reply({"ok": True})


def create_tag(call: Call) -> Reply:
    """Tag a revision."""
    repo = writable_repo(call)
    name = _ref_name(call.entry("tag"))
    with call.state.store.lock(repo.repo_type, repo.repo_id):
        repo = writable_repo(call)
        if name in repo.tags or len(repo.tags) >= MAX_REFS:
            raise Refusal(409, f"Tag {name} already exists, or there are too many.")
        commit = resolve_revision(call.state.store, repo, call.params["ref"])
        if commit is None:
            raise Refusal(404, f"Invalid rev id: {call.params['ref'][:80]}", "RevisionNotFound")
        call.state.store.save_repo(replace(repo, tags=repo.tags | {name: commit.oid}))
    return json_reply({"ref": f"refs/tags/{name}"})


def delete_tag(call: Call) -> Reply:
    """Delete a tag."""
    repo = writable_repo(call)
    name = call.params["ref"]
    with call.state.store.lock(repo.repo_type, repo.repo_id):
        repo = writable_repo(call)
        if name not in repo.tags:
            raise Refusal(404, f"Tag {name[:80]} does not exist", "RevisionNotFound")
        call.state.store.save_repo(replace(repo, tags={k: v for k, v in repo.tags.items() if k != name}))
    return json_reply({"ok": True})


def super_squash(call: Call) -> Reply:
    """Make one commit of a whole branch; the commits before it are gone unless another ref needs them."""
    repo = writable_repo(call)
    store, name = call.state.store, call.params["ref"]
    with store.lock(repo.repo_type, repo.repo_id):
        repo = writable_repo(call)
        if name not in repo.branches:
            raise Refusal(404, f"Branch {name[:80]} does not exist", "RevisionNotFound")
        change = Change(call.entry("message", str, "Super-squash")[:500], "", repo.author, call.state.now())
        commit = make_commit(repo, (), store.commit(repo.branches[name]).files, change)
        store.overlay.save_commit(commit)
        repo = replace(repo, branches=repo.branches | {name: commit.oid})
        heads = (*repo.branches.values(), *repo.tags.values(), *repo.pulls.values())
        kept = {commit.oid: None for head in heads for commit in log_of(store, store.commit(head))}
        store.save_repo(replace(repo, history=tuple(kept)))
    return json_reply({"ok": True})


def ask_access(call: Call) -> Reply:
    """Ask for access to a gated repository: granted at once by an automatic gate, pending at a manual one."""
    repo = find_repo(call)
    if call.user is None:
        raise Refusal(401, "Invalid username or password.")
    if repo.gated is None:
        raise Refusal(400, "This repository is not gated.")
    _set_access(call, repo, call.user, "accepted" if repo.gated == "auto" else "pending")
    return json_reply({"ok": True})


def _set_access(call: Call, repo: Repo, user: str, status: str) -> None:
    with call.state.store.lock(repo.repo_type, repo.repo_id):
        repo = find_repo(call)
        access = {name: state for name, state in repo.access.items() if name != user}
        if status in ("pending", "accepted", "rejected"):
            access[user] = status
        call.state.store.save_repo(replace(repo, access=access))


def list_access(call: Call) -> Reply:
    """The requests for access in one state."""
    repo = writable_repo(call)
    rows = [
        {"requestId": user, "user": {"user": user, "fullname": user}, "status": status, "timestamp": repo.created_at}
        for user, status in repo.access.items()
        if status == call.params["status"]
    ]
    return json_reply(rows)


def handle_access(call: Call) -> Reply:
    """Accept or reject a request for access, or grant access without one."""
    repo = writable_repo(call)
    user = call.entry("user", str, "") or call.entry("requestId")
    granting = call.params["status"] == "grant"
    status = "accepted" if granting else call.entry("status")
    if repo.gated is None:
        raise Refusal(400, "This repository is not gated.")
    if status not in ("pending", "accepted", "rejected"):
        raise Refusal(400, '"status" must be "pending", "accepted" or "rejected".')
    if user not in call.state.users.values() or (not granting and user not in repo.access):
        raise Refusal(404, "User or access request not found.")
    if repo.access.get(user) == status:
        raise Refusal(400 if granting else 404, f"The request of {user} is {status} already.")
    _set_access(call, repo, user, status)
    return json_reply({"ok": True})
