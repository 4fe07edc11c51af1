"""Reads model cards as a careful person does: what is told, how well, and what only this card tells."""

import re
from collections import Counter
from functools import cache

from licences import UNCLEAR, uses

_FRONT = re.compile(r"\A---\n.*?^---$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_WORD = re.compile(r"[a-z][a-z'-]{2,}|\d+(?:[.,]\d+)*")
_NUMBER = re.compile(r"\d")
LEAST_DESCRIPTION, LEAST_SECTION = 20, 10
#: A term is a card's own when at most this share of all cards has it.
OWN_SHARE = 0.25


def quality(text: str | None, metadata) -> int:
    """How much a card tells, from 1 to 5: one for each of five things, and 1 for a card that tells none of them."""
    if text is None:
        return 1
    sections = _sections(text)
    told = (
        uses(_listed(metadata.get("license"))) != (UNCLEAR,)
        and bool(metadata.get("pipeline_tag") or metadata.get("language")),
        any(_words(body) >= LEAST_DESCRIPTION for _, body in sections),
        _has(sections, "use") and _has(sections, "limit|bias|risk"),
        bool(metadata.get("datasets")) or _has(sections, "data"),
        any(_NUMBER.search(body) for head, body in sections if re.search("eval|result|metric|benchmark", head)),
    )
    return max(1, sum(told))


def body(text: str) -> str:
    """The prose of a card: no metadata, no code, no block quotes."""
    text = _CODE.sub("", _FRONT.sub("", text))
    return "\n".join(line for line in text.splitlines() if not line.startswith(">"))


def terms(text: str) -> frozenset[str]:
    """Words and numbers of a text, in small letters."""
    return frozenset(word.strip("'-") for word in _WORD.findall(text.lower()))


@cache
def own_terms(hub) -> dict[str, frozenset[str]]:
    """What each card of the Hub says and few others do: id -> words and numbers."""
    pushed = {repo.repo_id for repo in hub.changed_repos()}  # whoever pushes cards must not decide what is common
    served = [profile.repo_id for profile in hub.profiles() if profile.repo_id not in pushed]
    found = {name: terms(body(hub.card(name) or "")) for name in served}
    shared = Counter(term for words in found.values() for term in words)
    most = OWN_SHARE * sum(1 for words in found.values() if words)
    return {name: frozenset(term for term in words if shared[term] <= most) for name, words in found.items()}


def _sections(text: str) -> list[tuple[str, str]]:
    """Headings in small letters, with the prose below each."""
    parts = re.split(r"^#+ *(.+)$", "\n" + body(text), flags=re.MULTILINE)
    return [("", parts[0]), *((parts[at].lower(), parts[at + 1]) for at in range(1, len(parts), 2))]


def _has(sections, pattern: str) -> bool:
    return any(re.search(pattern, head) and _words(text) >= LEAST_SECTION for head, text in sections)


def _words(text: str) -> int:
    return len(re.findall(r"[^\W\d_]{2,}", text))


def _listed(value) -> list[str]:
    return [name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)]
