"""Cleans a large table of labelled texts by stated rules, row group by row group: what an honest pipeline keeps."""

import base64
import hashlib
import html
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from grader.errors import InternalFault
from grader.measuring.cache import cache_key, recall, remember
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.sources import dataset_base, option
from grader.model.lab import MeasurementSpec

if TYPE_CHECKING:
    import numpy as np

#: Why a row is dropped, in the order in which the rules are asked; `duplicate` comes last.
REASONS = ("bad_label", "garbled", "empty", "too_long", "duplicate")
#: A code per row: 0 and 1 are kept rows with that label, and a dropped row has 2 and the place of its reason.
FIRST_REASON = 2
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Rules:
    """What a table of texts is cleaned by."""

    labels: Mapping[str, int]
    """What is written -> 0 or 1; everything else is no label."""
    garbled: tuple[str, ...]
    """Marks of a text that was decoded with the wrong character set."""
    longest: int
    """Most words of a text."""


@dataclass(frozen=True)
class CleanRows:
    """What became of every row of the source."""

    codes: "np.ndarray[Any, Any]"
    """As `FIRST_REASON` says."""
    keys: "np.ndarray[Any, Any]"
    """A number that stands for the words of each cleaned text, without case, punctuation and spacing."""

    @property
    def kept(self) -> "np.ndarray[Any, Any]":
        """Truth values: the rows that are kept."""
        return self.codes < FIRST_REASON

    def dropped(self) -> dict[str, int]:
        """Return the number of rows by reason."""
        return {name: int((self.codes == FIRST_REASON + at).sum()) for at, name in enumerate(REASONS)}


def clean_text(text: str) -> str:
    """Replace tags by blanks, resolve entities, make every run of white space one blank."""
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())


def content_key(text: str) -> int:
    """Return a 64-bit number of the words of a text."""
    words = " ".join(_WORD.findall(text.lower()))
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=8).digest(), "big", signed=True)


def code_of(raw: str, text: str, label: str, rules: Rules) -> int:
    """Return the code of one row, as long as duplicates are not known.

    Args:
        raw: the text as it is in the source.
        text: the cleaned text.
        label: as it is in the source.
        rules: what it is judged by.
    """
    if label not in rules.labels:
        return FIRST_REASON
    if any(mark in raw for mark in rules.garbled):
        return FIRST_REASON + 1
    if not _WORD.search(text):
        return FIRST_REASON + 2
    return FIRST_REASON + 3 if len(text.split()) > rules.longest else rules.labels[label]


def rules_of(spec: MeasurementSpec) -> Rules:
    """Read the rules among the options of a measurement."""
    labels = cast("dict[str, int]", spec.options["labels"])
    return Rules(labels, tuple(option(spec, "garbled", [""])), option(spec, "longest", 0))


def source_files(spec: MeasurementSpec, inputs: MeasuringInputs) -> tuple[Path, ...]:
    """Return the Parquet files of the source, in order.

    Args:
        spec: bases with a data set; options `folder`, below it.
        inputs: where it is.

    Raises:
        InternalFault: GR504, there is no such folder, or nothing in it.
    """
    base = dataset_base(spec, inputs)
    files = sorted((base / option(spec, "folder", "")).glob("*.parquet")) if base else []
    if not files:
        raise InternalFault("GR504", f"[measurements.{spec.name}] finds no Parquet file in its folder.")
    return tuple(files)


def source_batches(files: Sequence[Path], columns: Sequence[str], most: int) -> Iterator[list[list[Any]]]:
    """Read the first rows of the source, a row group at a time.

    Args:
        files: from `source_files`.
        columns: which of them.
        most: rows to read.

    Yields:
        One list of values per column.
    """
    import pyarrow.parquet as pq

    left = most
    for path in files:
        for batch in pq.ParquetFile(path).iter_batches(5_000, columns=list(columns), use_threads=False):
            part = batch.slice(0, left)
            left -= len(part)
            yield [part.column(name).to_pylist() for name in columns]
            if left <= 0:
                return


def clean_rows(spec: MeasurementSpec, inputs: MeasuringInputs) -> CleanRows:
    """Say of every row of the source whether it is kept, and why not; remembered, for it depends on nobody's files.

    Args:
        spec: as for `source_files`, with options `rows`, `labels`, `garbled` and `longest`.
        inputs: where things are.

    Returns:
        One code and one key per row.
    """
    import numpy as np

    own = MeasurementSpec("clean", "clean_rows", (), spec.bases, (), _rules_only(spec))
    key = cache_key(own, __name__, inputs)
    known = recall(inputs.cache_dir, key)
    if known is None:
        codes, keys = _judge(source_files(spec, inputs), option(spec, "rows", 0), rules_of(spec))
        known = {"codes": _packed(codes), "keys": _packed(keys)}
        remember(inputs.cache_dir, key, known)
    return CleanRows(_unpacked(known["codes"], np.int8), _unpacked(known["keys"], np.int64))


def _rules_only(spec: MeasurementSpec) -> dict[str, Any]:
    return {name: spec.options[name] for name in ("folder", "rows", "labels", "garbled", "longest")}


def _judge(files: Sequence[Path], rows: int, rules: Rules) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    import numpy as np

    codes: list[int] = []
    keys: list[int] = []
    for raws, labels in source_batches(files, ("text", "label"), rows):
        texts = [clean_text(raw) for raw in raws]
        codes += [code_of(raw, text, label, rules) for raw, text, label in zip(raws, texts, labels, strict=True)]
        keys += [content_key(text) for text in texts]
    found, hashes = np.array(codes, np.int8), np.array(keys, np.int64)
    valid = np.flatnonzero(found < FIRST_REASON)
    first = valid[np.unique(hashes[valid], return_index=True)[1]]
    found[np.setdiff1d(valid, first)] = FIRST_REASON + REASONS.index("duplicate")
    return found, hashes


def _packed(values: "np.ndarray[Any, Any]") -> str:
    return base64.b64encode(zlib.compress(values.tobytes(), 1)).decode()


def _unpacked(text: str, dtype: Any) -> "np.ndarray[Any, Any]":
    import numpy as np

    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype)
