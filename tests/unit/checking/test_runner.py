"""Every check that must answer has a verdict, whatever becomes of the check process."""

import importlib.util
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from grader.checking.job import check_limits
from grader.checking.runner import assemble, select
from grader.checking.worker import main
from grader.errors import InternalFault, UsageFault
from grader.model.files import read_json
from grader.model.lab import Limits
from grader.model.verdict import DeclaredCheck, Verdict, Verdicts, VerdictStatus
from grader.sandbox.base import Command, Contained
from tests.fakes.judged import Workplace

FIRST = '''
@check(points=1)
def test_first():
    """The first holds"""

'''
CRASH = (
    FIRST
    + '''
import os

@check(points=1)
def test_crashes():
    """The process dies here"""
    os._exit(0)

@check(points=1)
def test_after():
    """It never ran"""
'''
)


def statuses(verdicts: dict[str, Verdict]) -> dict[str, str]:
    return {name: str(verdict.status) for name, verdict in verdicts.items()}


def test_verdicts_are_written_beside_the_run(place: Workplace) -> None:
    place.collect()

    result = place.verdicts(place.lab(FIRST))

    assert read_json(place.run_folder / "verdicts.json", Verdicts) == result
    assert (result.run_id, result.lab_id, result.device) == ("0.1-9f3c1a", "0.1", "cpu")
    assert result.versions["pytest"].startswith("9.")
    assert len(result.checks_sha256) == 64


def test_what_answered_before_a_crash_stands_and_the_rest_is_our_fault(place: Workplace) -> None:
    place.collect()

    found = place.judge(place.lab(CRASH))

    assert statuses(found) == {"test_first": "passed", "test_crashes": "our fault", "test_after": "our fault"}
    assert "GR502: 0 verdicts. The check process ended: exit code 0" in found["test_after"].staff


def test_a_time_limit_is_our_fault(place: Workplace) -> None:
    place.collect()
    lab = place.lab(FIRST + '@check(points=1)\ndef test_hangs():\n    """It hangs"""\n    while True: pass\n')

    found = place.judge(lab, limits=Limits(wall_seconds=3.0))

    assert statuses(found) == {"test_first": "passed", "test_hangs": "our fault"}
    assert "stopped at a limit: GR401 time 1 s" in found["test_hangs"].staff


def test_a_module_that_cannot_be_imported_does_not_touch_the_others(place: Workplace) -> None:
    place.collect()
    hidden = 'import no_such_module\n@check(points=1)\ndef test_hidden():\n    """It holds"""\n'

    found = place.judge(place.lab(FIRST, hidden))

    assert statuses(found) == {"test_first": "passed", "test_hidden": "our fault"}
    assert "no_such_module" in found["test_hidden"].staff


def test_a_check_that_pytest_does_not_find_is_our_fault(place: Workplace) -> None:
    place.collect()
    lab = place.lab(FIRST + "del test_first\n")

    assert statuses(place.judge(lab)) == {"test_first": "our fault"}


def test_a_check_that_only_pytest_finds_is_not_run(place: Workplace) -> None:
    place.collect()
    lab = place.lab(FIRST + "test_second = lambda: print(1)\n")

    assert statuses(place.judge(lab)) == {"test_first": "passed"}


def test_a_check_module_may_import_its_helpers(place: Workplace) -> None:
    place.collect()
    lab = place.lab(
        FIRST.replace('holds"""', 'holds"""\n    import helper, json\n    assert helper.OURS and json.dumps')
    )
    (lab.checks_root / "helper.py").write_text("OURS = True\n")
    (lab.checks_root / "json.py").write_text("raise RuntimeError('not the standard library')\n")

    assert statuses(place.judge(lab)) == {"test_first": "passed"}


def test_only_takes_along_what_is_needed(place: Workplace) -> None:
    place.collect()
    source = FIRST + (
        '@check(points=1, needs=[test_first])\ndef test_second():\n    """It holds"""\n'
        '@check(points=1)\ndef test_third():\n    """It holds"""\n'
    )

    assert statuses(place.judge(place.lab(source), only=("test_second",))) == {
        "test_first": "passed",
        "test_second": "passed",
    }


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UsageFault, match="no check test_x") as caught:
        select((), ("test_x",))

    assert caught.value.code == "GR105"


def test_a_run_without_a_manifest_is_refused(place: Workplace) -> None:
    with pytest.raises(UsageFault) as caught:
        place.verdicts(place.lab(FIRST))

    assert caught.value.code == "GR103"


def test_pytest_loads_no_plugins_of_others_and_has_nothing_to_warn_of(place: Workplace) -> None:
    place.collect()
    logs: list[str] = []
    run = place.sandbox.run

    def run_and_read(command: Command, on_tick: Any = None) -> Contained:
        contained = run(command, on_tick)
        logs.append(command.stdout.read_text() if command.stdout else "")
        return contained

    place.sandbox.run = run_and_read  # type: ignore[method-assign]
    lab = place.lab(
        FIRST.replace("test_first()", "test_first(request, lab, run, measured, artifacts, bases)").replace(
            'holds"""', 'holds"""\n    assert not request.config.pluginmanager.hasplugin("xdist"), "loaded"'
        )
    )

    assert statuses(place.judge(lab)) == {"test_first": "passed"}
    assert importlib.util.find_spec("xdist")  # it is installed
    assert "1 passed in" in logs[0]
    assert "warning" not in logs[0].lower()


def test_the_check_process_is_isolated(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    place.collect()

    place.judge(place.lab(FIRST))

    command = place.sandbox.commands[0]
    assert command.argv[1:5] == ("-I", "-B", "-m", "grader.checking.worker")
    assert not {"PYTEST_ADDOPTS", "HF_TOKEN", "PYTHONPATH"} & command.environment.keys()
    assert not command.cwd.is_relative_to(place.run_folder)
    assert place.run_folder not in command.writable
    assert not command.cwd.exists()


CHECK = DeclaredCheck("test_a", "It holds", 1.0, "test_lab.py")
GOOD = Verdict(CHECK, VerdictStatus.PASSED, 1.0)


def lines(*verdicts: Verdict) -> bytes:
    return b"\n".join(map(msgspec.json.encode, verdicts))


@pytest.mark.parametrize(
    "answers",
    [
        b"",
        b"\xff\xfe garbage\n{}\n[]\n",
        lines(GOOD)[:-20],
        lines(GOOD, GOOD),
        lines(replace(GOOD, check=replace(CHECK, points=100.0))),
        lines(replace(GOOD, check=replace(CHECK, id="test_b"))),
        lines(replace(GOOD, fraction=2.0)),
        lines(replace(GOOD, fraction=None)),
        lines(replace(GOOD, status=VerdictStatus.PARTLY)),
        lines(replace(GOOD, status=VerdictStatus.PARTLY, fraction=None)),
        lines(replace(GOOD, status=VerdictStatus.FAILED)),
        lines(replace(GOOD, status=VerdictStatus.NOT_JUDGED)),
        lines(replace(GOOD, status=VerdictStatus.OUR_FAULT)),
    ],
    ids=[
        *("nothing", "garbage", "cut-off", "twice", "other-points", "other-check", "two", "none"),
        *("partly-all", "partly-none", "failed", "waiting", "fault"),
    ],
)
def test_an_answer_that_makes_no_sense_is_never_a_pass(answers: bytes) -> None:
    (verdict,) = assemble((CHECK,), answers, "It ended.")

    assert (verdict.status, verdict.fraction) == (VerdictStatus.OUR_FAULT, None)
    assert verdict.staff.startswith("GR502")
    assert verdict.check == CHECK


@pytest.mark.parametrize(
    ("status", "fraction"),
    [("passed", 1.0), ("partly", 0.5), ("failed", 0.0), ("not judged", 0.0), ("not judged", None), ("our fault", None)],
)
def test_a_sound_answer_stands(status: str, fraction: float | None) -> None:
    verdict = replace(GOOD, status=VerdictStatus(status), fraction=fraction)

    assert assemble((CHECK,), b"\n" + lines(verdict) + b"\n{", "") == (verdict,)


def test_a_job_that_pytest_cannot_start_is_told(place: Workplace, tmp_path) -> None:
    place.collect()
    lab = place.lab(FIRST)
    place.judge(lab)
    from grader.checking.declared import declared_checks
    from grader.checking.job import CheckJob, WorkerJob, write_job

    gone = replace(lab, check_modules=(lab.checks_root / "gone.py",))
    check = replace(declared_checks(lab)[0], module="gone.py")
    job = CheckJob(place.run_folder, gone, {}, tmp_path / "cache")
    write_job(tmp_path / "job.json", WorkerJob(job, (check,), tmp_path / "answers"))

    with pytest.raises(InternalFault, match="USAGE_ERROR"):
        main([str(tmp_path / "job.json")])


def test_a_package_that_is_not_installed_has_no_version(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    from grader.checking import runner

    monkeypatch.setattr(runner, "PACKAGES", ("pytest", "no-such-package"))
    place.collect()

    assert set(place.verdicts(place.lab(FIRST)).versions) == {"python", "pytest"}


def test_an_interruption_of_the_check_process_is_our_fault(place: Workplace) -> None:
    place.collect()
    lab = place.lab(FIRST + '@check(points=1)\ndef test_stops():\n    """It stops"""\n    raise KeyboardInterrupt\n')

    assert statuses(place.judge(lab)) == {"test_first": "passed", "test_stops": "our fault"}


def test_an_assertion_of_a_library_keeps_its_words_from_the_student(place: Workplace) -> None:
    place.collect()
    source = (
        "import numpy.testing\n"
        '@check(points=1)\ndef test_a():\n    """It holds"""\n    numpy.testing.assert_allclose([1.0], [0.123456])\n'
    )

    verdict = place.judge(place.lab(source))["test_a"]

    assert (str(verdict.status), verdict.message) == ("failed", "The result is not what this check expects.")
    assert "0.123456" in verdict.staff


def test_a_label_that_json_cannot_hold_is_our_fault(place: Workplace) -> None:
    place.collect()
    source = '@check(points=1)\ndef test_a(evidence):\n    """It holds"""\n    evidence.note("\\udc80", 3)\n'

    assert statuses(place.judge(place.lab(source))) == {"test_a": "our fault"}


def test_a_check_process_has_no_less_memory_than_the_run_had():
    small, large = Limits(memory_bytes=1024**3), Limits(memory_bytes=48 * 1024**3, gpu_memory_bytes=40 * 1024**3)

    assert (check_limits(small).memory_bytes, check_limits(small).gpu_memory_bytes) == (8 * 1024**3, 16 * 1024**3)
    assert (check_limits(large).memory_bytes, check_limits(large).gpu_memory_bytes) == (48 * 1024**3, 40 * 1024**3)
    assert check_limits(Limits(memory_bytes=None)).memory_bytes is None
