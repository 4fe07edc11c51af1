"""Search: which repositories a listing shows, in which order, page by page."""

import base64
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from grader.hub.access import visible
from grader.hub.cards import as_list
from grader.hub.http import Call
from grader.hub.info import Subject, subject_of
from grader.hub.reply import Refusal
from grader.hub.repo import RepoType

PAGE = 1000
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_BOUND = re.compile(r"(min|max):(\d{1,12}(?:\.\d{1,6})?)([KMBT]?)", re.IGNORECASE)
_SORTS: dict[str, Callable[[Subject], Any]] = {
    "downloads": lambda s: s.repo.downloads,
    "likes": lambda s: s.repo.likes,
    "lastModified": lambda s: s.commit.date,
    "createdAt": lambda s: s.repo.created_at,
    "trendingScore": lambda s: s.repo.trending_score,
}
Test = Callable[[Subject], bool]


def search(call: Call, repo_type: RepoType) -> list[Subject]:
    """Find what a listing asks for.

    Args:
        call: with the filters in its query.
        repo_type: what to list.

    Returns:
        All matches, in order; the caller shows one page of them.

    Raises:
        Refusal: 400, a filter or sort that cannot be understood.
    """
    tests = _tests(call, repo_type)
    store = call.state.store
    subjects = [
        subject_of(store, repo)
        for repo in store.repos(repo_type)
        if visible(repo, call.user) and "main" in repo.branches
    ]
    found = [subject for subject in subjects if all(test(subject) for test in tests)]
    # two stable passes: what the reader asked for, then downloads, ties in the order of the ids
    found.sort(key=_SORTS["downloads"], reverse=True)
    found.sort(key=_sort_key(call), reverse=True)
    return found


def _sort_key(call: Call) -> Callable[[Subject], Any]:
    name = call.one("sort") or "trendingScore"
    if name not in _SORTS:
        raise Refusal(400, f"sort must be one of {', '.join(_SORTS)}.")
    return _SORTS[name]


def _tests(call: Call, repo_type: RepoType) -> list[Test]:
    tests: list[Test] = []
    words = [word.lower() for text in call.query.get("search", []) for word in text.split()]
    tests += [_in_id(word) for word in words]
    tests += [_has_tag(repo_type, tag) for text in call.query.get("filter", []) for tag in text.split(",") if tag]
    tests += [_has_tag(repo_type, tag) for tag in call.query.get("apps", [])]
    if author := call.one("author"):
        tests.append(lambda s: s.repo.author.lower() == author.lower())
    if task := call.one("pipeline_tag"):
        tests.append(lambda s: s.facts.pipeline_tag == task)
    if call.one("gated"):
        gated = call.flag("gated")
        tests.append(lambda s: bool(s.repo.gated) == gated)
    if call.one("num_parameters"):
        tests.append(_in_range(call.one("num_parameters")))
    if call.one("inference") or call.one("inference_provider"):
        tests.append(lambda _: False)  # nothing is served for inference here
    for name in ("datasets", "models"):
        wanted = set(call.query.get(name, []))
        if wanted:
            tests.append(_names_in_card(name, wanted))
    if call.flag("linked"):
        tests.append(lambda s: any((s.facts.card or {}).get(name) for name in ("datasets", "models")))
    return tests


def _in_id(word: str) -> Test:
    return lambda s: word in s.repo.repo_id.lower()


def _has_tag(repo_type: RepoType, tag: str) -> Test:
    wanted = {tag}
    if repo_type == "model":
        wanted |= {tag.removeprefix("language:"), tag.removeprefix("library:")}
    elif tag.startswith("benchmark:"):
        wanted.add("benchmark")
    return lambda s: not wanted.isdisjoint((*s.facts.tags, s.facts.pipeline_tag, s.facts.library_name))


def _names_in_card(name: str, wanted: set[str]) -> Test:
    return lambda s: not wanted.isdisjoint(as_list((s.facts.card or {}).get(name)))


def _in_range(text: str) -> Test:
    low, high = 0.0, float("inf")
    for part in text.split(","):
        match = _BOUND.fullmatch(part.strip())
        if match is None:
            raise Refusal(400, 'num_parameters is written like "min:6B,max:128B".')
        bound = float(match.group(2)) * _UNITS[match.group(3).upper()]
        low, high = (bound, high) if match.group(1).lower() == "min" else (low, bound)
    return lambda s: s.facts.total_parameters is not None and low <= s.facts.total_parameters <= high


def page_of(call: Call, rows: list[Any], size: int = PAGE, maximum: int = PAGE) -> tuple[list[Any], dict[str, str]]:
    """Cut one page out of a listing.

    Args:
        call: may hold `limit` and `cursor`.
        rows: the whole listing.
        size: rows of a page when the client names no limit.
        maximum: most rows of a page.

    Returns:
        The rows of the page, and the headers, with a Link to the next page when there is one.

    Raises:
        Refusal: 400, a cursor that this Hub did not make.
    """
    size = call.number("limit", size, maximum)
    start = _offset(call.one("cursor"))
    headers = {"X-Total-Count": str(len(rows))}
    if start + size < len(rows):
        cursor = base64.urlsafe_b64encode(str(start + size).encode()).decode()
        query = [(name, value) for name, values in call.query.items() if name != "cursor" for value in values]
        target = f"{call.state.endpoint}{call.raw_path}?{urlencode([*query, ('cursor', cursor)])}"
        headers["Link"] = f'<{target}>; rel="next"'
    return rows[start : start + size], headers


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor.encode()).decode()
        return int(text) if text.isdigit() and len(text) < 10 else _bad_cursor()
    except ValueError:
        return _bad_cursor()


def _bad_cursor() -> int:
    raise Refusal(400, "This cursor does not belong to a listing of this Hub.")
