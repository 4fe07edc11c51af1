"""The ordered table of everything that this Hub answers.

Routes are matched against the raw path, before any decoding: clients put revisions and tree paths into one segment as
`refs%2Fpr%2F1` and `data%2Ftrain`, and a decoded slash would be read as one more segment. The first match wins, so the
rows with a verb come before the row that takes any id.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from grader.hub import read_file, read_repo, write_files, write_repo
from grader.hub.http import BodyKind, Call, Handler

Admit = Callable[[Call], int]
_API = r"/api/(?P<type>models|datasets|spaces)"
_ID = r"(?P<id>[^/]+(?:/[^/]+)?)"
_ACCESS = rf"{_API}/{_ID}/user-access-request"
_PLAIN = rf"/(?:(?P<type>datasets|spaces)/)?{_ID}"
#: hf_hub_url leaves `refs/pr/1` as it is; every other caller encodes it
_REV = r"(?P<rev>refs/(?:pr|convert|heads|tags)/[^/]+|[^/]+)"
_PATH = r"(?P<path>.+)"


@dataclass(frozen=True)
class Route:
    """One row: which requests, which handler, and how the body is to be read."""

    name: str
    methods: tuple[str, ...]
    pattern: re.Pattern[str]
    handler: Handler
    body: BodyKind = "none"
    admit: Admit | None = None
    """For a `file` body: checks the request before the body is read, and says how long it may be."""


#: Answered from memory in well under a millisecond: handing these to a thread would cost more than the answer.
QUICK = frozenset(("whoami", "agent-harnesses", "info", "tree", "refs", "auth-check", "resolve"))


def _route(
    name: str, methods: str, pattern: str, handler: Handler, *, body: BodyKind = "none", admit: Admit | None = None
) -> Route:
    return Route(name, tuple(methods.split()), re.compile(pattern), handler, body, admit)


ROUTES: tuple[Route, ...] = (
    _route("whoami", "GET", r"/api/whoami-v2", read_repo.whoami),
    _route("validate-yaml", "POST", r"/api/validate-yaml", write_files.validate_yaml, body="json"),
    _route("agent-harnesses", "GET", r"/api/agent-harnesses", read_repo.agent_harnesses),
    _route("user-overview", "GET", r"/api/users/(?P<user>[^/]+)/overview", read_repo.user_overview),
    _route("tags-by-type", "GET", r"/api/(?P<type>models|datasets)-tags-by-type", read_repo.tags_by_type),
    _route("create-repo", "POST", r"/api/repos/create", write_repo.create_repo, body="json"),
    _route("delete-repo", "DELETE", r"/api/repos/delete", write_repo.delete_repo, body="json"),
    _route("move-repo", "POST", r"/api/repos/move", write_repo.move_repo, body="json"),
    _route("search", "GET", _API, read_repo.list_repos),
    _route("tree", "GET", rf"{_API}/{_ID}/tree/(?P<rev>[^/]+)(?:/(?P<path>.*))?", read_repo.tree),
    _route("info", "GET", rf"{_API}/{_ID}/revision/(?P<rev>[^/]+)", read_repo.repo_info),
    _route("paths-info", "POST", rf"{_API}/{_ID}/paths-info/(?P<rev>[^/]+)", read_repo.paths_info, body="form"),
    _route("refs", "GET", rf"{_API}/{_ID}/refs", read_repo.refs),
    _route("commits", "GET", rf"{_API}/{_ID}/commits/(?P<rev>[^/]+)", read_repo.commits),
    _route("auth-check", "GET", rf"{_API}/{_ID}/auth-check(?P<write>/write)?", read_repo.auth_check),
    _route("safetensors", "GET", rf"{_API}/{_ID}/safetensors-metadata/{_PATH}", read_repo.safetensors_metadata),
    _route("settings", "PUT", rf"{_API}/{_ID}/settings", write_repo.settings, body="json"),
    _route("create-branch", "POST", rf"{_API}/{_ID}/branch/(?P<ref>.+)", write_repo.create_branch, body="json"),
    _route("delete-branch", "DELETE", rf"{_API}/{_ID}/branch/(?P<ref>.+)", write_repo.delete_branch),
    _route("create-tag", "POST", rf"{_API}/{_ID}/tag/(?P<ref>.+)", write_repo.create_tag, body="json"),
    _route("delete-tag", "DELETE", rf"{_API}/{_ID}/tag/(?P<ref>.+)", write_repo.delete_tag),
    _route("super-squash", "POST", rf"{_API}/{_ID}/super-squash/(?P<ref>[^/]+)", write_repo.super_squash, body="json"),
    _route("ask-access", "POST", rf"{_API}/{_ID}/ask-access", write_repo.ask_access),
    _route("ask-access", "POST", rf"{_PLAIN}/ask-access", write_repo.ask_access),
    _route("list-access", "GET", rf"{_ACCESS}/(?P<status>pending|accepted|rejected)", write_repo.list_access),
    _route("handle-access", "POST", rf"{_ACCESS}/(?P<status>handle|grant)", write_repo.handle_access, body="json"),
    _route("preupload", "POST", rf"{_API}/{_ID}/preupload/(?P<rev>[^/]+)", write_files.preupload, body="json"),
    _route(
        "commit",
        "POST",
        rf"{_API}/{_ID}/commit/(?P<rev>[^/]+)",
        write_files.commit,
        body="file",
        admit=write_files.admit_commit,
    ),
    _route("lfs-batch", "POST", rf"{_PLAIN}\.git/info/lfs/objects/batch", write_files.lfs_batch, body="json"),
    _route(
        "lfs-upload",
        "PUT",
        r"/_lfs/(?P<oid>[0-9a-f]{64})",
        write_files.lfs_put,
        body="file",
        admit=write_files.admit_lfs,
    ),
    _route("lfs-verify", "POST", r"/_lfs/(?P<oid>[0-9a-f]{64})/verify", write_files.lfs_verify, body="json"),
    _route("info", "GET", rf"{_API}/{_ID}", read_repo.repo_info),
    _route("resolve", "GET HEAD", rf"{_PLAIN}/resolve/{_REV}/{_PATH}", read_file.resolve),
    _route("raw", "GET HEAD", rf"{_PLAIN}/raw/{_REV}/{_PATH}", read_file.raw),
)


@dataclass(frozen=True)
class Match:
    """A route and the decoded parts of the path."""

    route: Route
    params: dict[str, str]


def match(method: str, raw_path: str) -> Match | tuple[str, ...]:
    """Find the route of a request.

    Args:
        method: of the request.
        raw_path: as it came, percent signs and all.

    Returns:
        The match; or, when there is none, the methods that the path would be answered for (none: an unknown path).
    """
    allowed: list[str] = []
    for route in ROUTES:
        found = route.pattern.fullmatch(raw_path)
        if found is None:
            continue
        if method in route.methods:
            parts = {name: unquote(value) for name, value in found.groupdict().items() if value is not None}
            return Match(route, parts)
        allowed += route.methods
    return tuple(dict.fromkeys(allowed))
