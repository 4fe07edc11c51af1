"""Finds a file or folder among the collected artifacts, and says helpfully when it is not there."""

import difflib
from pathlib import Path, PurePosixPath

from grader.errors import SubmissionFault

#: Names that torch gives to pickled weights.
PICKLE_SUFFIXES = frozenset({".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib"})

#: The same, and arrays of objects.
UNSAFE_SUFFIXES = PICKLE_SUFFIXES | {".npy", ".npz", ".dill"}
#: What can be read, and how to write it.
SAFE_WAYS = {
    ".safetensors": "Save with `save_pretrained`, or with `safetensors.torch.save_file`.",
    ".json": "Write it with `json.dump`; turn arrays and tensors into lists with `tolist()`.",
    ".csv": "Write it with `DataFrame.to_csv` or the csv module.",
    ".parquet": "Write it with `DataFrame.to_parquet`.",
}


def find_file(root: Path, name: str) -> Path:
    """Return the path of a plain file among the artifacts.

    Args:
        root: the folder of collected artifacts.
        name: POSIX path below it.

    Returns:
        A regular file that is no link, below `root`.

    Raises:
        SubmissionFault: GR314, there is no such file; GR316, there is only a pickle in its place.
    """
    path = _below(root, name)
    if not _is_file(path):
        raise _missing(root, name, "file")
    return path


def find_folder(root: Path, name: str) -> Path:
    """Return the path of a folder among the artifacts.

    Args:
        root: the folder of collected artifacts.
        name: POSIX path below it.

    Returns:
        A folder that is no link, below `root`.

    Raises:
        SubmissionFault: GR314, there is no such folder.
    """
    path = _below(root, name)
    if not _is_folder(path):
        raise _missing(root, name, "folder")
    return path


def exists(root: Path, name: str) -> bool:
    """Tell whether a plain file or a folder of this name is among the artifacts."""
    path = _below(root, name)
    return _is_file(path) or _is_folder(path)


def plain_files(folder: Path) -> tuple[str, ...]:
    """List the plain files below a folder, as sorted POSIX paths; links and devices are left out."""
    found = (path for path in folder.rglob("*") if _is_file(path))
    return tuple(sorted(path.relative_to(folder).as_posix() for path in found))


def pickles(folder: Path) -> tuple[str, ...]:
    """List the files below a folder whose names are those of pickled weights."""
    return tuple(name for name in plain_files(folder) if PurePosixPath(name).suffix in PICKLE_SUFFIXES)


def _below(root: Path, name: str) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
        raise ValueError(f"{name!r} does not name an artifact: a mistake of the lab's author.")
    path = root
    for part in parts:
        path = path / part
        if path.is_symlink():  # collection copies none; one that is here all the same leads nowhere
            return root / "\x01"
    return path


def _is_file(path: Path) -> bool:
    return not path.is_symlink() and path.is_file()


def _is_folder(path: Path) -> bool:
    return not path.is_symlink() and path.is_dir()


def _unsafe(wanted: PurePosixPath, siblings: list[PurePosixPath]) -> str | None:
    """Return what was written instead, in a format that could carry code; weights may have any name."""
    if wanted.suffix not in SAFE_WAYS:
        return None
    any_name = wanted.suffix == ".safetensors"
    found = [
        path.name for path in siblings if path.suffix in UNSAFE_SUFFIXES and (any_name or path.stem == wanted.stem)
    ]
    return found[0] if found else None


def _missing(root: Path, name: str, what: str) -> SubmissionFault:
    beside = (root / name).parent
    there = beside.iterdir() if _is_folder(beside) else ()
    siblings = sorted(path.name for path in there if _is_file(path) or _is_folder(path))
    unsafe = _unsafe(PurePosixPath(name), [PurePosixPath(entry) for entry in siblings])
    if unsafe is not None:
        what = "a pickle" if PurePosixPath(unsafe).suffix in PICKLE_SUFFIXES else "a format that may hold one"
        message = f"There is no {name}, but {unsafe}, which is {what}."
        return SubmissionFault("GR316", message, SAFE_WAYS[PurePosixPath(name).suffix])
    sentence = f"The notebook did not write the {what} {name}."
    near = difflib.get_close_matches(PurePosixPath(name).name, siblings, n=1, cutoff=0.6)
    if near:
        return SubmissionFault("GR314", f"{sentence[:-1]}; {near[0]} is there.", f"Name it exactly {name}.")
    return SubmissionFault("GR314", sentence)
