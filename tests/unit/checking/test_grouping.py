"""What is measured together is found by the judging after it, and the box can name only what it was asked for."""

import json
from dataclasses import replace

import msgspec
import pytest

from grader.checking import grouping
from grader.checking.grouping import GroupAnswer, GroupJob, Together, measure_together
from grader.checking.measured import injected, inputs_of
from grader.measuring import registry
from grader.measuring.asked import Part
from grader.measuring.cache import remember
from grader.measuring.registry import key_of, measure
from tests.fakes.grouped import ANSWERS, HIDDEN, RunsOfAClass
from tests.fakes.sandbox import ENDED, FakeSandbox, killed
from tests.fakes.subprocess_sandbox import SubprocessSandbox


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return RunsOfAClass(tmp_path_factory.mktemp("class")).prepare(3)


@pytest.fixture
def jobs(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(RunsOfAClass, "cache", tmp_path / "cache")
    return [runs.job(number) for number in range(3)]


def asked(job, spec):
    return injected(spec, {"length": 12}), inputs_of(job)


def keys(jobs):
    return [key_of(*asked(job, spec)) for job in jobs for spec in (HIDDEN, ANSWERS)]


def saying(*answers, contained=ENDED):
    """A sandbox whose process says this; anything but an answer is written as it is."""

    def play(command):
        lines = [answer if isinstance(answer, bytes) else msgspec.json.encode(answer) for answer in answers]
        (command.cwd / "answers.jsonl").write_bytes(b"\n".join(lines))
        return contained

    return FakeSandbox(play)


def test_the_judging_after_it_does_not_measure_again(jobs, monkeypatch):
    alone = [measure(*asked(job, spec)) for job in jobs for spec in (HIDDEN, ANSWERS)]
    for path in jobs[0].cache_dir.glob("*.json"):
        path.unlink()

    made = measure_together(jobs, "always", SubprocessSandbox())

    assert (made.runs, made.measurements, made.models, made.left, made.why) == (3, 6, 3, 0, ())
    assert made.seconds > made.evaluating_seconds > 0
    assert made.speed_up == pytest.approx(made.one_by_one_seconds / made.evaluating_seconds, rel=0.05)
    assert "3 runs measured together on cpu" in made.sentence

    monkeypatch.setattr(registry.importlib, "import_module", lambda name: pytest.fail(f"{name} measured again"))
    found = [measure(*asked(job, spec)) for job in jobs for spec in (HIDDEN, ANSWERS)]
    assert [value["n"] for value in found] == [60] * 6
    for before, now in zip(alone, found, strict=True):
        if "margins" in before:
            assert now["margins"] == pytest.approx(before["margins"], abs=1e-4)
        else:
            assert now["accuracy"] == pytest.approx(before["accuracy"], abs=1 / 60)


def test_what_is_remembered_already_is_not_made_again(jobs):
    for key in keys(jobs[:2]):
        remember(jobs[0].cache_dir, key, {"accuracy": 0.5})

    assert measure_together(jobs, "always", FakeSandbox(lambda _: pytest.fail("nothing to do"))) is None


def test_the_box_reads_artifacts_alone_and_writes_nowhere_but_in_its_own_folder(jobs):
    sandbox = saying()

    measure_together(jobs, "always", sandbox)

    (command,) = sandbox.commands
    lab = jobs[0].lab
    assert command.readable == (*(job.run_folder / "artifacts" for job in jobs), lab.checks_root)
    assert command.writable == (command.cwd,)
    assert not any(job.run_folder.is_relative_to(command.cwd) for job in jobs)
    assert (command.network_ports, command.gpu) == ((), False)


def test_only_keys_that_were_asked_for_are_remembered_and_each_once(jobs):
    first, *_ = keys(jobs)
    foreign = "f" * 64
    good, forged = GroupAnswer(first, {"accuracy": 0.75}), GroupAnswer(first, {"accuracy": 1.0})
    odd = [b'{"key": 1}', b"\xff", b"[]", b"{" * 100, GroupAnswer("../../grade", {"x": 1}), GroupAnswer(first, None)]

    made = measure_together(jobs, "always", saying(*odd, GroupAnswer(foreign, {"accuracy": 1.0}), good, forged))

    (entry,) = jobs[0].cache_dir.iterdir()
    assert (entry.stem, json.loads(entry.read_text())["value"]) == (first, {"accuracy": 0.75})
    assert (made.runs, made.measurements, made.left) == (1, 1, 5)


def test_a_line_that_is_too_long_is_no_answer(jobs, monkeypatch):
    monkeypatch.setattr(grouping, "ENTRY_LIMIT", 200)
    first, second, *_ = keys(jobs)

    made = measure_together(
        jobs, "always", saying(GroupAnswer(first, {"x": "y" * 400}), GroupAnswer(second, {"accuracy": 0.5}))
    )

    assert [path.stem for path in jobs[0].cache_dir.iterdir()] == [second]
    assert made.measurements == 1


def test_a_process_that_is_killed_leaves_the_rest_to_each_runs_own_judging(jobs):
    first, *_ = keys(jobs)
    sandbox = saying(GroupAnswer(first, {"accuracy": 0.5}), b'{"key": "abc', contained=killed("GR401", "time 600 s"))

    made = measure_together(jobs, "always", sandbox)

    assert (made.measurements, made.left) == (1, 5)
    assert "GR401 time 600 s" in made.why[0]
    assert "5 measurements are left to each run's own judging" in made.sentence


def test_a_class_is_measured_in_boxes_of_some_runs(jobs, monkeypatch):
    monkeypatch.setattr(grouping, "BOX_RUNS", 2)
    sandbox = saying(GroupAnswer(part=Part("checkpoints", 0, why="one after the other is faster here")))

    made = measure_together(jobs, "auto", sandbox)

    assert [len(command.readable) for command in sandbox.commands] == [3, 2]
    assert made.sentence == "0.1: nothing was measured together on cpu: one after the other is faster here."
    assert made.speed_up == 0


def test_the_largest_limits_of_the_runs_bound_the_box(jobs):
    many = replace(jobs[1], limits=replace(jobs[1].limits, gpu_memory_bytes=40 * 1024**3))
    seen = []

    def play(command):
        seen.append(msgspec.json.decode((command.cwd / "job.json").read_bytes(), type=GroupJob, dec_hook=_path))
        return ENDED

    measure_together([jobs[0], many, jobs[2]], "auto", FakeSandbox(play))

    assert seen[0].limits.gpu_memory_bytes == 40 * 1024**3
    assert seen[0].when == "auto"


def _path(kind, value):
    return kind(value)


def test_a_run_that_cannot_be_read_is_left_out(runs, jobs):
    tokenizer = runs.model(2) / "tokenizer.json"
    content = tokenizer.read_bytes()
    tokenizer.write_text("changed since the manifest was written")
    try:
        made = measure_together(jobs, "always", saying())
    finally:
        tokenizer.write_bytes(content)

    assert made.left == 4


def test_nothing_alike_is_said_in_a_sentence():
    assert Together("2.5.4", "cuda").sentence == "2.5.4: nothing was measured together on cuda: no models are alike."
