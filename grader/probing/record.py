"""Puts together what was asked and what came back; what lay where the student's code could write is only read."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from grader.model.files import read_untrusted
from grader.model.probe import Probe, ProbeCall, ProbeError, ProbeRecord
from grader.probing.inputs import PlannedProbe

#: More than the harness ever writes for the probes of one lab; what lies beyond is not read.
_MOST_BYTES = 64 * 1024**2
_LONGEST_TEXT = 500
_KINDS = (
    "missing",
    "not callable",
    "not attempted",
    "raised",
    "timeout",
    "ended",
    "unsuitable",
    "too large",
)


class _Line(msgspec.Struct):
    """One line of the harness."""

    probe: int
    call: int
    output: Any = None
    error: ProbeError | None = None
    after: dict[str, Any] = {}
    seconds: float | None = None


def make_record(nonce: str, planned: Sequence[PlannedProbe], claimed: Path) -> ProbeRecord:
    """Make the record of a run's probes.

    Args:
        nonce: what the inputs were derived from.
        planned: what was asked; inputs are taken from here, never from what came back.
        claimed: the file that the harness wrote; it may be missing, cut off or forged.

    Returns:
        Every call that was planned, with its output or the reason why there is none.
    """
    lines = _first_lines(read_untrusted(claimed, _MOST_BYTES))
    probes: list[Probe] = []
    for number, probe in enumerate(planned):
        calls: list[ProbeCall] = []
        last: ProbeError | None = None
        for index, inputs in enumerate(probe.calls):
            line = lines.get((number, index))
            call = _call(inputs, line, last)
            last = call.error if line is not None else last
            calls.append(call)
        probes.append(Probe(probe.name, probe.inputs, tuple(calls)))
    return ProbeRecord(nonce, tuple(probes))


def _call(inputs: dict[str, Any], line: _Line | None, last: ProbeError | None) -> ProbeCall:
    """One call; where the process ended at an earlier one, that one's reason stands for this one too."""
    if line is None:
        stopped = last is not None and last.kind in {"missing", "not callable", "timeout", "ended", "too large"}
        return ProbeCall(inputs, error=last if stopped else ProbeError("not called"))
    if line.error is not None:
        kind = line.error.kind if line.error.kind in _KINDS else "unsuitable"
        return ProbeCall(inputs, error=ProbeError(kind, line.error.text[:_LONGEST_TEXT]))
    return ProbeCall(inputs, line.output, None, line.after, line.seconds)


def _first_lines(data: bytes) -> dict[tuple[int, int], _Line]:
    found: dict[tuple[int, int], _Line] = {}
    for text in data.splitlines():
        with contextlib.suppress(msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            line = msgspec.json.decode(text, type=_Line)
            found.setdefault((line.probe, line.call), line)
    return found
