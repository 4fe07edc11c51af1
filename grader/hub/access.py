"""Who may see and change what: finds the repository and the commit of a call, or refuses as the Hub does."""

from typing import cast

from grader.hub.commits import resolve_revision
from grader.hub.http import Call
from grader.hub.reply import Refusal
from grader.hub.repo import Commit, Repo, RepoType


def repo_type_of(call: Call) -> RepoType:
    """Return the kind of repository that a path names: `models`, `datasets` or `spaces`, nothing being models."""
    return cast(RepoType, (call.params.get("type") or "models").removesuffix("s"))


def visible(repo: Repo, user: str | None) -> bool:
    """Tell whether a user may know of a repository."""
    return not repo.private or user == repo.author


def not_found(call: Call) -> Refusal:
    """Refuse as the Hub does when a repository is missing or hidden: 401 for strangers, 404 for the signed in."""
    if call.user is None:
        return Refusal(401, "Invalid username or password.", "RepoNotFound")
    return Refusal(404, "Repository not found", "RepoNotFound")


def find_repo(call: Call) -> Repo:
    """Return the repository that the path names.

    Raises:
        Refusal: it is missing or hidden, or is known by another name now (307).
    """
    repo_type, repo_id = repo_type_of(call), call.params["id"]
    call.notes["repo"] = f"{repo_type}s/{repo_id}"
    repo = call.state.store.repo(repo_type, repo_id)
    target = repo.moved_to if repo else call.state.store.aliased(repo_type, repo_id) if "/" not in repo_id else None
    # only the first occurrence is the id: a file below may be called the same
    path = call.raw_path.replace(f"/{repo_id}", f"/{target}", 1)
    if target and path != call.raw_path:
        location = path + (f"?{call.raw_query}" if call.raw_query else "")
        raise Refusal(307, f"{repo_id} is now {target}", headers={"Location": location})
    if target:
        raise not_found(call)
    if repo is None or not visible(repo, call.user):
        raise not_found(call)
    return repo


def writable_repo(call: Call) -> Repo:
    """Return the repository that the path names, if the user may change it.

    Raises:
        Refusal: it is missing or hidden, or belongs to somebody else (403).
    """
    repo = find_repo(call)
    may_write(call, repo.author)
    return repo


def may_write(call: Call, namespace: str) -> str:
    """Check that the user owns a namespace.

    Returns:
        The user.

    Raises:
        Refusal: 401 without a token, 403 for another's namespace.
    """
    if call.user is None:
        raise Refusal(401, "Invalid username or password.")
    if call.user != namespace:
        raise Refusal(
            403, f"You don't have the rights to write under the namespace {namespace!r}: you are {call.user!r}"
        )
    return call.user


def may_download(call: Call, repo: Repo) -> None:
    """Check the gate of a gated repository.

    Raises:
        Refusal: GatedRepo, 401 without a token, 403 without a grant.
    """
    if repo.gated is None or call.user == repo.author or repo.access.get(call.user or "") == "accepted":
        return
    told = f"Access to {repo.repo_type} {repo.repo_id} is restricted"
    if call.user is None:
        raise Refusal(401, f"{told}. You must have access to it and be authenticated to access it.", "GatedRepo")
    page = f"{call.state.endpoint}/{repo.repo_id}"
    raise Refusal(403, f"{told} and you are not in the authorized list. Visit {page} to ask for access.", "GatedRepo")


def find_commit(call: Call, repo: Repo) -> Commit:
    """Return the commit that the path names by a revision, main when it names none.

    Raises:
        Refusal: 404 RevisionNotFound.
    """
    revision = call.params.get("rev") or "main"
    commit = resolve_revision(call.state.store, repo, revision)
    if commit is None:
        raise Refusal(404, f"Invalid rev id: {header_safe(revision)}", "RevisionNotFound")
    return commit


def header_safe(text: str) -> str:
    """Shorten what a client sent before it is said back."""
    return text[:80]
