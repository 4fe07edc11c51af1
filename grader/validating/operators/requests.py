"""Operators that change what the Hub saw of a run: what a student's notebook asked for, less often or more often."""

import fnmatch
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.validating.context import CaseContext
from grader.validating.operators.targets import OperatorError

#: The log of what a run asked of the Hub, below its run folder.
LOG = Path("hub", "requests.jsonl")


def drop_requests(
    _folder: Path, context: CaseContext, repo: str = "*", path: str = "*", route: str = "*", keep: int = 0
) -> None:
    """Take requests out of the Hub's log, as if the notebook had not made them.

    Args:
        context: names the run folder that is made.
        repo: pattern of the repository, such as `models/google-bert/*`; requests for none have an empty one.
        path: pattern of the URL's path, such as `*/README.md`.
        route: `search`, `info`, `resolve` or another route.
        keep: how many of those that match stay, from the first.
    """
    rows = _matching(context, repo, path, route)
    dropped = {at for at, _ in rows[keep:]}
    _rewrite(context, lambda lines: [line for at, line in enumerate(lines) if at not in dropped])


def repeat_requests(
    _folder: Path, context: CaseContext, times: int, repo: str = "*", path: str = "*", route: str = "*"
) -> None:
    """Make requests several times, as a notebook does that asks inside a loop.

    Args:
        context: names the run folder that is made.
        times: how often each stands in the log afterwards.
        repo: as for `drop_requests`.
        path: as for `drop_requests`.
        route: as for `drop_requests`.
    """
    repeated = {at for at, _ in _matching(context, repo, path, route)}
    _rewrite(
        context,
        lambda lines: [line for at, line in enumerate(lines) for _ in range(times if at in repeated else 1)],
    )


def _matching(context: CaseContext, repo: str, path: str, route: str) -> list[tuple[int, dict[str, Any]]]:
    records = [(at, json.loads(line)) for at, line in enumerate(_lines(context))]
    found = [
        (at, record)
        for at, record in records
        if fnmatch.fnmatchcase(str(record["notes"].get("repo", "")), repo)
        and fnmatch.fnmatchcase(record["path"], path)
        and fnmatch.fnmatchcase(record["route"], route)
    ]
    if not found:
        raise OperatorError(f"no request is for {route} {repo} {path}.")
    return found


def _log(context: CaseContext) -> Path:
    if context.run is None or not (context.run / LOG).is_file():
        raise OperatorError("there is no run folder with a request log.")
    return context.run / LOG


def _lines(context: CaseContext) -> list[str]:
    return _log(context).read_text("utf-8").splitlines()


def _rewrite(context: CaseContext, change: Callable[[list[str]], list[str]]) -> None:
    lines = change(_lines(context))
    _log(context).write_text("".join(f"{line}\n" for line in lines), "utf-8")
