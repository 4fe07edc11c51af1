"""Accepts one notebook: from a path that a person names to `submission.json` in a run folder."""

import difflib
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from grader.errors import InternalFault, SubmissionFault, UsageFault
from grader.intake.document import parse_document
from grader.intake.kernel import check_kernel
from grader.intake.literals import read_parameters, refuse_injected
from grader.intake.notebook import Notebook, describe_cells, first_line, needs_repair, parse_notebook, tags_of
from grader.intake.notices import look_through
from grader.intake.source import plain_name, printable, read_source, too_large
from grader.intake.student import find_student
from grader.model.files import write_json
from grader.model.lab import Lab
from grader.model.submission import PARAMETERS, Notice, Submission

_DEFAULT_LIMIT = 20 * 1024**2
#: What browsers and Jupyter add to the name of a second copy.
_COPY = re.compile(r"(?:[ _-]?\(\d+\)|-Copy\d+|[ _-]copy)+$", re.IGNORECASE)


@dataclass(frozen=True)
class Accepted:
    """A notebook that can be graded, before anything is written."""

    submission: Submission
    lab: Lab
    original: bytes
    """What was handed in."""
    runnable: bytes
    """What is to be run: the same bytes, unless cell ids had to be repaired."""


def read_submission(
    path: Path,
    labs: Sequence[Lab],
    *,
    destination: Path,
    lab_id: str | None = None,
    student_id: str | None = None,
    fallback_student: str | None = None,
) -> Submission:
    """Accept a notebook and write it into a run folder.

    Args:
        path: the file that was handed in.
        labs: the labs that there are.
        destination: an existing folder; gets `submission.ipynb` (what is to be run), `submission.json`, and
            `submission.original.ipynb` with the bytes that were handed in where they had to be repaired.
        lab_id: the lab, when the caller named one; else the notebook's metadata or file name says.
        student_id: whose it is, when the caller named somebody.
        fallback_student: whose it is when nothing else tells; the system's user when left out.

    Returns:
        The submission; `lab_id` says which of the labs it is.

    Raises:
        UsageFault: GR101, there is no such lab; GR102, there is no such file.
        SubmissionFault: GR3xx, the notebook cannot be graded.
        InternalFault: GR507, the run folder cannot be written.
    """
    lab = _named_lab(lab_id, labs)
    name = plain_name(path)
    content = read_source(path, size_limit(lab, labs))
    accepted = inspect_notebook(
        content, name, labs, lab=lab, path=path, student_id=student_id, fallback_student=fallback_student
    )
    store(accepted, destination)
    return accepted.submission


def inspect_notebook(
    content: bytes,
    name: str,
    labs: Sequence[Lab],
    *,
    lab: Lab | None = None,
    path: Path | None = None,
    student_id: str | None = None,
    fallback_student: str | None = None,
) -> Accepted:
    """Judge whether a notebook can be graded; writes nothing and runs nothing.

    Args:
        content: the file's bytes.
        name: the file's name, for messages and for guessing the lab.
        labs: the labs that there are.
        lab: the lab that the caller named.
        path: where the file lay, for guessing the student.
        student_id: whose it is, when the caller named somebody.
        fallback_student: whose it is when nothing else tells.

    Returns:
        The accepted notebook.

    Raises:
        SubmissionFault: GR3xx, whatever the bytes are.
    """
    document, marked = parse_document(content, name)
    notebook = parse_notebook(document, name)
    kernel_notices = check_kernel(notebook.metadata, name)
    _refuse_empty(notebook, name)
    refuse_injected(notebook, name)
    chosen, lab_notices = _lab_of(notebook, name, labs, lab)
    if len(content) > chosen.notebook_bytes:
        raise too_large(name, len(content), chosen.notebook_bytes)
    parameters = read_parameters(notebook, chosen.parameters, name)
    repaired = marked or needs_repair(notebook, document)
    mark_notice = (Notice("GR320", "The file began with a byte-order mark, which was skipped."),) if marked else ()
    submission = Submission(
        lab_id=chosen.id,
        student_id=find_student(path or Path(name), notebook.metadata, student_id, fallback_student),
        file_name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        cells=describe_cells(notebook),
        parameters=parameters,
        received=datetime.now().astimezone().isoformat(timespec="seconds"),
        notices=(
            *mark_notice,
            *notebook.repairs,
            *kernel_notices,
            *lab_notices,
            *look_through(notebook),
        ),
    )
    return Accepted(submission, chosen, content, _serialised(notebook) if repaired else content)


def store(accepted: Accepted, destination: Path) -> None:
    """Write an accepted notebook into a run folder, `submission.json` last.

    Args:
        accepted: what `inspect_notebook` returned.
        destination: an existing folder.

    Raises:
        InternalFault: GR507, the folder cannot be written.
    """
    try:
        (destination / "submission.ipynb").write_bytes(accepted.runnable)
        if accepted.runnable != accepted.original:
            (destination / "submission.original.ipynb").write_bytes(accepted.original)
    except OSError as exc:
        raise InternalFault("GR507", f"The notebook could not be kept in {destination}: {exc.strerror}.") from exc
    write_json(destination / "submission.json", accepted.submission)


def _named_lab(lab_id: str | None, labs: Sequence[Lab]) -> Lab | None:
    if lab_id is None:
        return None
    for lab in labs:
        if lab.id == lab_id:
            return lab
    raise UsageFault("GR101", f"There is no lab {printable(lab_id, 40)}.", _known(lab_id, labs))


def size_limit(lab: Lab | None, labs: Sequence[Lab]) -> int:
    """Return how many bytes a notebook may have before it is known which lab it answers.

    Args:
        lab: the lab that the caller named.
        labs: the labs that there are.
    """
    candidates = [lab] if lab is not None else labs
    return max((candidate.notebook_bytes for candidate in candidates), default=_DEFAULT_LIMIT)


def _refuse_empty(notebook: Notebook, name: str) -> None:
    code = [cell for cell in notebook.code_cells if PARAMETERS not in tags_of(cell) and first_line(cell["source"])]
    if not code:
        beside = " beside its parameters cell" if notebook.code_cells else ""
        raise SubmissionFault("GR309", f"{name} holds no code{beside}.")


def _lab_of(notebook: Notebook, name: str, labs: Sequence[Lab], named: Lab | None) -> tuple[Lab, tuple[Notice, ...]]:
    own = notebook.metadata.get("grader")
    says: Mapping[str, Any] = own if isinstance(own, Mapping) else {}
    claimed, version = says.get("lab"), says.get("version")
    if isinstance(claimed, str) and claimed:
        lab = _claimed_lab(claimed, name, labs, named)
    elif named is not None:
        return named, ()
    else:
        lab = _lab_by_file_name(name, labs)
    if isinstance(version, str) and version != lab.version:
        shown = printable(version, 20)
        message = f"The notebook was made for version {shown} of lab {lab.id}; version {lab.version} grades it."
        return lab, (Notice("GR321", message),)
    return lab, ()


def _claimed_lab(claimed: str, name: str, labs: Sequence[Lab], named: Lab | None) -> Lab:
    shown = printable(claimed, 40)
    if named is not None and claimed != named.id:
        message = f"{name} belongs to lab {shown}, not to lab {named.id}."
        raise SubmissionFault("GR318", message, f"Hand in the notebook of lab {named.id}, or name lab {shown}.")
    for lab in labs:
        if lab.id == claimed:
            return lab
    raise SubmissionFault(
        "GR318", f"{name} says that it belongs to lab {shown}, which is not here.", _known(shown, labs)
    )


def _lab_by_file_name(name: str, labs: Sequence[Lab]) -> Lab:
    stem = _COPY.sub("", name.removesuffix(".ipynb"))
    for lab in labs:
        if stem == lab.slug:
            return lab
    message = f"{name} does not say which lab it belongs to."
    raise SubmissionFault("GR318", message, "Name the lab with `--lab`, or hand in the notebook made from its starter.")


def _known(lab_id: str, labs: Sequence[Lab]) -> str:
    ids = [lab.id for lab in labs]
    near = difflib.get_close_matches(lab_id, ids, n=3, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(near)}? `grader labs` lists all."
    return "List the labs with `grader labs`."


def _serialised(notebook: Notebook) -> bytes:
    return (json.dumps(notebook.document, ensure_ascii=False, indent=1) + "\n").encode("utf-8")
