"""Names of files and repositories, and the two ways in which git would store a file."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

#: Regular files travel inside the commit as base64, so they stay small; everything larger goes through LFS.
REGULAR_BYTES = 10 * 1024**2

MAX_DEPTH = 32

#: What the Hub's default .gitattributes hands to LFS.
_LFS_SUFFIXES = frozenset(
    (
        *("7z", "arrow", "avro", "bin", "bz2", "ckpt", "ftz", "gguf", "gz", "h5", "joblib", "lz4", "mds", "mlmodel"),
        *("model", "msgpack", "npy", "npz", "onnx", "ot", "parquet", "pb", "pickle", "pkl", "pt", "pth", "rar"),
        *("safetensors", "spm", "tar", "tflite", "tgz", "wasm", "xz", "zip", "zst"),
        *("aac", "avi", "bmp", "flac", "gif", "jpeg", "jpg", "mov", "mp3", "mp4", "ogg", "pcm", "png", "raw", "sam"),
        *("tiff", "wav", "webm", "webp"),
    )
)
_REPO_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

#: Last words of routes: a repository of such a name could not be told from the route.
RESERVED_NAMES = frozenset(
    (
        *("tree", "revision", "refs", "commits", "commit", "preupload", "paths-info", "settings", "auth-check"),
        *("discussions", "user-access-request", "branch", "tag", "resolve", "raw", "safetensors-metadata"),
        *("lfs-files", "super-squash", "ask-access", "like", "duplicate"),
    )
)
RESERVED_NAMESPACES = frozenset(("api", "datasets", "spaces", "models", "buckets", "_lfs"))


def repo_id_problem(repo_id: str) -> str | None:
    """Say what is wrong with the id of a repository.

    Args:
        repo_id: `ns/name`, as a client sent it.

    Returns:
        One sentence, or None when the id is fine.
    """
    namespace, slash, name = repo_id.partition("/")
    if not slash or "/" in name:
        return f"A repository id is written namespace/name, not {repo_id!r}."
    for part in (namespace, name):
        if not _REPO_NAME.fullmatch(part) or ".." in part or "--" in part:
            return f"{part!r} is not a name: letters, digits, '-', '_' and '.', at most 96 of them."
    if name.endswith(".git") or name in RESERVED_NAMES or namespace in RESERVED_NAMESPACES:
        return f"{repo_id!r} is reserved."
    return None


def user_name(text: str) -> str:
    """Make the name of a user, which is also a namespace, of any text.

    Args:
        text: such as a student's id.

    Returns:
        The text where it is a name already; otherwise what is left of it, with `-` for the rest.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[-.]{2,}", "-", re.sub(r"[^A-Za-z0-9_.-]+", "-", ascii_text)).strip("-.")[:80].rstrip("-.")
    if not name:
        return "student"
    return f"{name}-student" if name.lower() in RESERVED_NAMESPACES else name


def path_problem(path: str) -> str | None:
    """Say what is wrong with the path of a file in a repository.

    Args:
        path: with `/` between its parts, as a client sent it.

    Returns:
        One sentence, or None when the path is fine.
    """
    parts = path.split("/")
    if len(parts) > MAX_DEPTH or any(part in ("", ".", "..") for part in parts):
        return f"{path!r} is not a path inside the repository."
    if _CONTROL.search(path) or "\\" in path:
        return f"{path!r} holds characters that a path cannot hold."
    if any(part.lower() == ".git" for part in parts):
        return "'.git' belongs to git."
    if not _encodable(path) or len(path.encode()) > 1024 or any(len(part.encode()) > 255 for part in parts):
        return "The path is too long or not text."
    return None


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def collision(paths: Iterable[str]) -> str | None:
    """Find a path that would have to be a file and a folder at once.

    Args:
        paths: all files of a commit.

    Returns:
        The path, or None.
    """
    files = set(paths)
    for path in files:
        for parent in PurePosixPath(path).parents:
            if str(parent) in files:
                return str(parent)
    return None


def is_lfs(path: str, size: int, sample: bytes) -> bool:
    """Decide as the Hub does whether a file is kept in LFS.

    Args:
        path: in the repository.
        size: in bytes.
        sample: the first bytes of the content (the clients send 512).

    Returns:
        True for the suffixes of the default .gitattributes, for large files and for binary ones; an empty file never.
    """
    if size == 0:
        return False
    if size > REGULAR_BYTES or "tfevents" in path or PurePosixPath(path).suffix[1:].lower() in _LFS_SUFFIXES:
        return True
    return b"\x00" in sample


def gitattributes() -> bytes:
    """Return the first file of every new repository: what goes to LFS."""
    return b"".join(b"*.%s filter=lfs diff=lfs merge=lfs -text\n" % name.encode() for name in sorted(_LFS_SUFFIXES))


def git_oid(content: bytes) -> str:
    """Return the sha1 by which git names a blob of this content."""
    return hashlib.sha1(b"blob %d\x00" % len(content) + content, usedforsecurity=False).hexdigest()


def lfs_pointer(sha256: str, size: int) -> bytes:
    """Return the text that git stores in the place of an LFS file."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()
