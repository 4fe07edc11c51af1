"""Finds the files that an operator changes."""

from pathlib import Path


class OperatorError(Exception):
    """An edit does not fit the artifacts: a case that changes nothing would prove nothing."""


def targets(folder: Path, path: str) -> list[Path]:
    """Return the files or folders that a path of a case names.

    Args:
        folder: the artifacts.
        path: relative to the folder; may hold wildcards, such as `checkpoints/*/trainer_state.json`.

    Returns:
        At least one, in order.

    Raises:
        OperatorError: nothing has this path, or it leads out of the folder.
    """
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise OperatorError(f"{path} leads out of the artifacts.")
    found = sorted(folder.glob(path))
    if not found:
        raise OperatorError(f"the artifacts hold nothing at {path}.")
    return found


def target(folder: Path, path: str) -> Path:
    """Return the one file that a path names.

    Raises:
        OperatorError: none has this path, or several have.
    """
    found = targets(folder, path)
    if len(found) > 1:
        raise OperatorError(f"{path} names {len(found)} files.")
    return found[0]
