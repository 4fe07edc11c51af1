"""Looks for what must not be published: tokens, home folders, addresses; tells where and what, never the thing."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

#: Kind -> pattern. Each is so strict that ordinary words and hashes do not fit.
TOKENS = {
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{20,}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})\b",
    "an API key": r"\bsk-[A-Za-z0-9_-]{20,}\b",
    "an AWS key": r"\bAKIA[0-9A-Z]{16}\b",
    "a Slack token": r"\bxox[abposr]-[A-Za-z0-9-]{10,}",
    "a Google key": r"\bAIza[0-9A-Za-z_-]{30,}",
    "a private key": r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{10,200}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10}",
    "a password": r"(?i)\b(?:password|passwd|secret|api_?key|access_?token)\b[\"']?\s*[:=]\s*[\"'][^\s\"']{8,80}[\"']",
}
FOLDERS = {
    "a home folder": r"(?:/home/[\w.-]{1,64}|/Users/[\w.-]{1,64}|/root)/[^\s\"']|\b[A-Za-z]:\\{1,2}Users\\{1,2}\w",
}
ADDRESSES = {"an e-mail address": r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"}
_EVERYTHING = {name: re.compile(pattern) for name, pattern in (TOKENS | FOLDERS | ADDRESSES).items()}
_NOT_FOLDERS = {name: pattern for name, pattern in _EVERYTHING.items() if name not in FOLDERS}


@dataclass(frozen=True)
class Leak:
    """One thing that must not be published."""

    place: str
    kind: str

    @property
    def words(self) -> str:
        """Where it is and what it looks like."""
        return f"{self.place} holds {self.kind}"


def leaks_in(place: str, text: str, *, folders: bool = True, allowed: Iterable[str] = ()) -> Iterator[Leak]:
    """Look through a text, line by line.

    Args:
        place: what to call it.
        text: its content.
        folders: whether a home folder is a leak: in the outputs of a run it is the grader's own.
        allowed: texts that are no leak, such as an id that looks like an address.
    """
    known = tuple(word for word in allowed if word)
    for number, line in enumerate(text.splitlines(), 1):
        for kind, pattern in (_EVERYTHING if folders else _NOT_FOLDERS).items():
            if any(match[0] not in known for match in pattern.finditer(line)):
                yield Leak(f"{place}, line {number},", kind)
