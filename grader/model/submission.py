"""What a student handed in, after intake has accepted it."""

from dataclasses import dataclass

#: Tags of cells, in papermill's words: the parameters of the notebook, and those that a run puts below them.
PARAMETERS = "parameters"
INJECTED = "injected-parameters"


@dataclass(frozen=True)
class CodeCell:
    """One code cell of the student's notebook, by the number that the student sees."""

    number: int
    """1 for the first code cell: what Jupyter shows as `In [n]` after running from the top."""
    id: str
    """The cell's id in the notebook; survives papermill's insertions."""
    first_line: str
    """The first line that is not blank and not a comment, at most 80 characters."""
    tags: tuple[str, ...] = ()
    """The cell's metadata tags, such as `exercise-3`."""


@dataclass(frozen=True)
class Notice:
    """A remark for the student that stops nothing."""

    code: str
    """The code that `grader explain` knows."""
    message: str
    """What was seen."""
    hint: str = ""
    """What to do; may be empty."""


@dataclass(frozen=True)
class Submission:
    """An accepted notebook: `submission.json`, beside `submission.ipynb`."""

    lab_id: str
    """The lab that it answers."""
    student_id: str
    """Whose it is: letters, digits, `.`, `_`, `@` and `-`."""
    file_name: str
    """The name of the file as it was handed in, without its folder."""
    sha256: str
    """Of the file's bytes."""
    size_bytes: int
    """Size of the file in bytes."""
    cells: tuple[CodeCell, ...]
    """The code cells, in order."""
    parameters: tuple[str, ...]
    """Names that the `parameters` cell assigns, in order."""
    received: str
    """ISO 8601 with zone."""
    notices: tuple[Notice, ...] = ()
    """Remarks that stop nothing."""
    schema: str = "grader.submission/1"
    """Name and version of this format."""
