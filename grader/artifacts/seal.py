"""Seals a run folder, so that a later edit of any of its files can be proved by whoever holds the key.

Two parts: the run, sealed when its artifacts were collected, and the judgement, sealed when it was graded. The second
binds the grade to the first, to the submission, to the checks and to the environment. Pages are not sealed: they are
made again from grade.json.
"""

import hashlib
import hmac
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from grader.errors import InternalFault
from grader.model.files import read_json, write_json
from grader.model.grade import Grade

NAME = "seal.json"
KEY_NAME = "seal.key"
_KEY_BYTES = 32
_MISSING = "missing"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_JUDGEMENT = ("verdicts.json", "grade.json")
_PAGES = ("report.html", "report.md", "report-staff.html")


@dataclass(frozen=True)
class Part:
    """One sealed part."""

    files: dict[str, str]
    """SHA-256 by path in the run folder."""
    mac: str
    """HMAC-SHA256 over the part, by the grader's key."""
    binds: dict[str, str] = field(default_factory=dict[str, str])
    """What the part belongs to."""


@dataclass(frozen=True)
class Seal:
    """`seal.json`."""

    key: str
    """Which key sealed: the first 16 digits of its SHA-256."""
    run: Part
    """The run with everything that it left."""
    judgement: Part | None = None
    """Verdicts and grade; null until they are there."""
    schema: str = "grader.seal/1"
    """Name and version of this format."""


@dataclass(frozen=True)
class Checked:
    """What a seal proves."""

    run_changed: tuple[str, ...] = ()
    """Files of the run that were edited, removed or added since; `seal.json` when the seal itself was."""
    grade_changed: tuple[str, ...] = ()
    """The same of the judgement."""
    unknown: str = ""
    """Why nothing can be said; empty when something can."""
    judged: bool = False
    """Whether the judgement is sealed as well."""

    @property
    def changed(self) -> tuple[str, ...]:
        """Everything that differs."""
        return self.run_changed + self.grade_changed


def read_key(folder: Path) -> bytes:
    """Return the grader's key; it is made when there is none.

    Args:
        folder: the data folder of the user who grades.

    Raises:
        InternalFault: GR507, the key cannot be made or read, or others could have read or changed it.
    """
    path = folder / KEY_NAME
    try:
        if not path.exists():
            _make_key(path)
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            key = file.read(_KEY_BYTES + 1)
    except OSError as exc:
        raise InternalFault("GR507", f"The sealing key {path} cannot be used: {exc.strerror}.") from exc
    if state.st_uid != os.getuid() or state.st_mode & _OTHERS or len(key) != _KEY_BYTES:
        raise InternalFault("GR507", f"The sealing key {path} is not this user's alone, or is damaged.")
    return key


def seal_run(folder: Path, key: bytes) -> None:
    """Seal a run whose artifacts are collected.

    Args:
        folder: the run folder.
        key: from `read_key`.

    Raises:
        InternalFault: GR507, the seal cannot be written.
    """
    files = _hashes(folder)
    part = Part(files, _mac(key, "run", folder.name, files, {}))
    write_json(folder / NAME, Seal(_key_id(key), part))


def seal_judgement(folder: Path, key: bytes) -> None:
    """Seal the judgement of a run whose own seal holds; a run without a seal gets none afterwards.

    Args:
        folder: the run folder, with grade.json.
        key: from `read_key`.

    Raises:
        InternalFault: GR507, the seal cannot be written; GR510, the seal or the grade is damaged.
    """
    seal = _read_seal(folder)
    if seal is None or seal.key != _key_id(key):
        return
    grade = read_json(folder / "grade.json", Grade)
    binds = {
        "run": seal.run.mac,
        "submission": grade.submission.sha256,
        "checks": grade.lab.checks_sha256,
        "environment": hashlib.sha256(msgspec.json.encode(grade.stamp.versions, order="sorted")).hexdigest(),
        "sandbox": grade.run.sandbox.backend,
    }
    files = {name: _hash(folder / name) for name in _JUDGEMENT}
    part = Part(files, _mac(key, "judgement", folder.name, files, binds), binds)
    write_json(folder / NAME, Seal(seal.key, seal.run, part))


def check_seal(folder: Path, key: bytes) -> Checked:
    """Compare a run folder with its seal.

    Args:
        folder: the run folder, under the name that it had.
        key: from `read_key`.

    Returns:
        What differs.

    Raises:
        InternalFault: GR510, the seal is damaged.
    """
    seal = _read_seal(folder)
    if seal is None:
        return Checked(unknown="it was never sealed, or its seal was removed")
    if seal.key != _key_id(key):
        return Checked(unknown=f"it was sealed by another grader or user (key {seal.key})")
    changed = _differences(seal.run.files, _hashes(folder))
    if not _holds(key, "run", folder.name, seal.run):
        changed.append(NAME)
    return Checked(tuple(changed), _judgement_changes(folder, key, seal), judged=seal.judgement is not None)


def _judgement_changes(folder: Path, key: bytes, seal: Seal) -> tuple[str, ...]:
    found = {name: _hash(folder / name) for name in _JUDGEMENT}
    part = seal.judgement
    if part is None:
        # it is removed from the seal by whoever wants to replace a grade: a grade without its seal is a change
        return tuple(name for name, digest in found.items() if digest != _MISSING)
    changed = _differences(part.files, found)
    if not _holds(key, "judgement", folder.name, part) or part.binds.get("run") != seal.run.mac:
        changed.append(NAME)
    return tuple(changed)


def _make_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(descriptor, os.urandom(_KEY_BYTES))
    finally:
        os.close(descriptor)
    try:
        os.link(partial, path)  # never replaces a key that another process made meanwhile
    except FileExistsError:
        return
    finally:
        partial.unlink()


def _read_seal(folder: Path) -> Seal | None:
    return read_json(folder / NAME, Seal) if (folder / NAME).is_file() else None


def _differences(sealed: dict[str, str], found: dict[str, str]) -> list[str]:
    return [path for path in sorted(sealed.keys() | found.keys()) if sealed.get(path) != found.get(path)]


def _hashes(folder: Path) -> dict[str, str]:
    """Return the hash of every file of the run's own, however deep; links are not followed."""
    found: dict[str, str] = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            relative = path.relative_to(folder).as_posix()
            if relative not in {NAME, *_JUDGEMENT, *_PAGES}:
                found[relative] = _hash(path)
    return found


def _hash(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return "no file"  # a link is not followed, and nothing waits for a pipe
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return _MISSING


def _holds(key: bytes, what: str, run_id: str, part: Part) -> bool:
    return hmac.compare_digest(part.mac, _mac(key, what, run_id, part.files, part.binds))


def _mac(key: bytes, what: str, run_id: str, files: dict[str, str], binds: dict[str, str]) -> str:
    message = msgspec.json.encode(["grader.seal/1", what, run_id, files, binds], order="sorted")
    return hmac.new(key, message, "sha256").hexdigest()


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"grader.seal key id" + key).hexdigest()[:16]
