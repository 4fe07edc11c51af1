"""Finds out whose notebook it is, and makes a name of it that is safe everywhere."""

import getpass
import hashlib
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Folders whose sub-folders are students: `submissions/ada/lab.ipynb`.
_COLLECTIONS = frozenset({"submissions", "submitted", "handed-in", "handins"})
_NOBODY = "student"
_LONGEST = 64
#: Characters of a name that are looked at: metadata can hold megabytes.
_MOST_READ = 1000


def find_student(path: Path, metadata: Mapping[str, Any], named: str | None = None, fallback: str | None = None) -> str:
    """Return the id of the student who handed a notebook in.

    Args:
        path: the file that was handed in.
        metadata: the notebook's metadata.
        named: what the caller said; counts before everything else.
        fallback: what the caller takes when nothing else tells; the name of the system's user when left out.

    Returns:
        The first of: `named`; `grader.student` of the metadata; the file's folder, where that folder lies in one
        called `submissions`; `fallback`. Made safe by `safe_id`.
    """
    own = metadata.get("grader")
    claimed = own.get("student") if isinstance(own, Mapping) else None
    if named and named.strip():
        return safe_id(named)
    if isinstance(claimed, str) and claimed.strip():
        return safe_id(claimed)
    folder = path.absolute().parent
    if folder.parent.name.casefold() in _COLLECTIONS:
        return safe_id(folder.name)
    return safe_id(fallback or _user_name())


def safe_id(text: str) -> str:
    """Return an id of letters, digits, `.`, `_`, `@` and `-` that no file system or page can misread.

    Args:
        text: a name, an e-mail address, a matriculation number.

    Returns:
        At most 64 characters. Accents are dropped; where other characters are lost or the text is cut, six
        hexadecimal digits of its hash keep different names apart.
    """
    normal = unicodedata.normalize("NFKC", text[:_MOST_READ]).strip()
    plain = "".join(c for c in unicodedata.normalize("NFKD", normal) if not unicodedata.combining(c))
    kept = re.sub(r"[^A-Za-z0-9._@-]+", "-", plain).strip("-.")
    lost = any(not c.isascii() for c in plain) or len(kept) > _LONGEST
    if not lost:
        return kept or _NOBODY
    digest = hashlib.sha256(normal.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{kept[: _LONGEST - 7].strip('-.') or _NOBODY}-{digest}"


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no passwd entry and no USER: a bare container
        return _NOBODY
