"""A base as one file, for rooms without internet."""

import hashlib
import tarfile
import tempfile
from pathlib import Path

from grader.errors import InternalFault, UsageFault
from grader.hub.base import BaseRecord, base_record, finish_base
from grader.hub.blobs import READ_BYTES

FOLDERS = ("blobs", "commits", "facts", "repos")


def export_base(base: Path, target: Path) -> BaseRecord:
    """Write a base into one tar file; the same base gives the same bytes everywhere.

    Args:
        base: a whole base.
        target: the file; replaced in one step.

    Returns:
        The record of the base.

    Raises:
        MachineFault: GR604, the folder is not a whole base.
        UsageFault: GR106, the file cannot be written.
    """
    record = base_record(base)
    partial = target.with_name(f"{target.name}.partial")
    try:
        with tarfile.open(partial, "w", format=tarfile.PAX_FORMAT) as archive:
            for name in FOLDERS:
                for path in sorted((base / name).rglob("*")):
                    if path.is_file():
                        _add(archive, path, path.relative_to(base).as_posix())
        partial.replace(target)
    except OSError as exc:
        partial.unlink(missing_ok=True)
        raise UsageFault("GR106", f"{target} cannot be written: {exc.strerror}.") from exc
    return record


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = path.stat().st_size, 0o444
    with path.open("rb") as file:
        archive.addfile(entry, file)


def import_base(source: Path, base: Path) -> BaseRecord:
    """Unpack an exported base, checking each blob against its name.

    Args:
        source: the file.
        base: the folder to make; must not hold anything yet.

    Returns:
        The record of the base.

    Raises:
        UsageFault: GR102, there is no such file; GR106, the folder exists or cannot be written.
        InternalFault: GR510, the file is damaged or not an export.
    """
    if not source.is_file():
        raise UsageFault("GR102", f"{source} is not a file.")
    if base.exists():
        raise UsageFault("GR106", f"{base} exists already.", "Choose another folder, or remove it.")
    try:
        base.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="partial-", dir=base.parent) as folder:
            partial = Path(folder, "base")
            partial.mkdir()
            _unpack(source, partial)
            partial.chmod(0o755)
            record = finish_base(partial)
            partial.rename(base)
    except (tarfile.TarError, EOFError) as exc:
        raise InternalFault("GR510", f"{source.name} is not an export of a Hub base: {exc}.") from exc
    except OSError as exc:
        raise UsageFault(
            "GR106", f"{base} cannot be written: {exc.strerror}.", "Choose another with `--base`."
        ) from exc
    return record


def _unpack(source: Path, folder: Path) -> None:
    with tarfile.open(source, "r:") as archive:
        for entry in archive:
            content = archive.extractfile(entry) if entry.isfile() else None
            if content is None or entry.name.split("/")[0] not in FOLDERS or ".." in entry.name.split("/"):
                raise InternalFault("GR510", f"{source.name} holds {entry.name!r}, which no export does.")
            target = folder / entry.name
            target.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with target.open("wb") as file:
                while piece := content.read(READ_BYTES):
                    digest.update(piece)
                    file.write(piece)
            target.chmod(0o444)
            if entry.name.startswith("blobs/") and digest.hexdigest() != target.name:
                raise InternalFault("GR510", f"{source.name} is damaged: a blob is not what its name says.")
