import contextlib
from dataclasses import replace

import pytest

from grader import pipeline
from grader.errors import InternalFault, SubmissionFault, UsageFault
from grader.model.files import read_json, write_json
from grader.model.grade import Grade
from grader.model.run import RunStatus
from grader.pipeline import HubLease, Request
from tests.fakes.course import a_grade, a_lab, a_run, a_submission, a_verdict, some_verdicts


class FakeStages:
    """Stages that write what the real ones write, and remember in which order they were called."""

    def __init__(self, lab, refuse=None, fail_in=None, run=None):
        self._lab = lab
        self._refuse = refuse
        self._fail_in = fail_in
        self._run = run or a_run(lab)
        self.calls = []
        self.earlier = None
        self.judged = False

    def _called(self, name):
        self.calls.append(name)
        if self._fail_in == name:
            raise InternalFault("GR509", f"{name} broke.")

    def read(self, request, destination):
        self._called("read")
        (destination / "submission.ipynb").write_text("{}")
        if self._refuse:
            raise self._refuse
        submission = a_submission(self._lab)
        write_json(destination / "submission.json", submission)
        return submission, self._lab

    def lab(self, lab_id):
        assert lab_id == self._lab.id
        return self._lab

    def earlier_run(self, request, submission, lab, runs):
        return self.earlier

    def expect_checks(self, lab, only):
        self._called("expect checks")

    def keep_run(self, request, submission, lab, folder):
        self._called("keep run")

    def judged_before(self, lab, folder, only):
        return self.judged

    def keep_judgement(self, lab, folder, only):
        self._called("keep judgement")

    @contextlib.contextmanager
    def hub(self, lab, run_folder, student_id):
        self._called("hub opened")
        yield HubLease({"HF_ENDPOINT": "http://127.0.0.1:1"}, dict)
        self.calls.append("hub closed")

    def run(self, request, submission, lab, folder, hub):
        self._called("run")
        write_json(folder / "run.json", self._run)
        return self._run

    def collect(self, result, folder):
        self._called("collect")
        manifest = a_grade(self._lab).manifest
        write_json(folder / "manifest.json", manifest)
        return manifest

    def check(self, lab, folder, only):
        self._called(f"check {','.join(only)}".strip())
        verdicts = some_verdicts(lab, a_verdict("test_one"), a_verdict("test_two", status="failed"))
        write_json(folder / "verdicts.json", verdicts)
        return verdicts

    def score(self, submission, lab, run, manifest, verdicts):
        self._called("score")
        return replace(a_grade(lab), verdicts=verdicts.verdicts)

    def report(self, grade, folder):
        self._called("report")
        (folder / "report.html").write_text("<html>")


@pytest.fixture
def lab(tmp_path):
    return a_lab(tmp_path / "course")


def grade(stages, tmp_path, **request):
    said = []
    result, folder = pipeline.grade_submission(
        Request(tmp_path / "n.ipynb", **request), stages, tmp_path / "runs", lambda *words: said.append(words)
    )
    return result, folder, said


def test_a_submission_goes_through_every_stage_in_order(lab, tmp_path):
    stages = FakeStages(lab)

    result, folder, said = grade(stages, tmp_path)

    assert stages.calls == [
        *("read", "expect checks", "hub opened", "run", "hub closed", "collect", "keep run"),
        *("check", "score", "report", "keep judgement"),
    ]
    assert folder == tmp_path / "runs" / f"{lab.id}-{a_submission(lab).sha256[:6]}"
    assert read_json(folder / "grade.json", Grade) == result
    assert [stage for stage, _ in said] == ["read", "run", "check"]
    assert said[-1] == ("check", "1 of 2 met")


def test_a_refused_submission_leaves_no_folder_behind(lab, tmp_path):
    with pytest.raises(SubmissionFault, match="GR301"):
        grade(FakeStages(lab, refuse=SubmissionFault("GR301", "no notebook")), tmp_path)

    assert list((tmp_path / "runs").iterdir()) == []


def test_nothing_runs_where_the_checks_cannot_judge(lab, tmp_path):
    stages = FakeStages(lab, fail_in="expect checks")

    with pytest.raises(InternalFault):
        grade(stages, tmp_path)

    assert stages.calls == ["read", "expect checks"]
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_run_that_is_not_judged_needs_no_checks(lab, tmp_path):
    stages = FakeStages(lab)

    pipeline.run_submission(Request(tmp_path / "n.ipynb"), stages, tmp_path / "runs", lambda *words: None)

    assert "expect checks" not in stages.calls


def test_the_same_submission_twice_gets_two_folders(lab, tmp_path):
    _, first, _ = grade(FakeStages(lab), tmp_path)
    _, second, _ = grade(FakeStages(lab), tmp_path)

    assert second.name == f"{first.name}-2"


def test_what_was_done_stays_when_a_later_stage_of_ours_breaks(lab, tmp_path):
    with pytest.raises(InternalFault, match="GR509"):
        grade(FakeStages(lab, fail_in="score"), tmp_path)

    (folder,) = (tmp_path / "runs").iterdir()
    assert {file.name for file in folder.iterdir()} >= {"submission.json", "run.json", "manifest.json", "verdicts.json"}


def test_a_run_can_be_judged_again_alone(lab, tmp_path):
    _, folder, _ = grade(FakeStages(lab), tmp_path)
    stages = FakeStages(lab)

    pipeline.judge_run(folder, stages, lambda *words: None, only=("test_one",))

    assert stages.calls == ["check test_one", "score", "report", "keep judgement"]


def test_what_was_run_and_judged_before_is_shown_as_it_was(lab, tmp_path):
    result, folder, _ = grade(FakeStages(lab), tmp_path)
    stages = FakeStages(lab)
    stages.earlier, stages.judged = folder, True

    again, same_folder, said = grade(stages, tmp_path)

    assert (again, same_folder) == (result, folder)
    assert stages.calls == ["read"]
    assert said[-1][0] == "reuse"
    assert "since 2026-11-23 12:00" in said[-1][1]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [folder.name]


def test_what_was_run_before_and_is_judged_by_other_checks_is_judged_again(lab, tmp_path):
    _, folder, _ = grade(FakeStages(lab), tmp_path)
    stages = FakeStages(lab)
    stages.earlier = folder

    grade(stages, tmp_path)

    assert stages.calls == ["read", "check", "score", "report", "keep judgement"]


def test_a_fresh_judgement_is_made_even_where_one_is_known(lab, tmp_path):
    stages = FakeStages(lab)
    stages.judged = True

    grade(stages, tmp_path, fresh=True)

    assert "check" in stages.calls


def test_a_report_can_be_made_again_alone(lab, tmp_path):
    result, folder, _ = grade(FakeStages(lab), tmp_path)
    (folder / "report.html").unlink()

    assert pipeline.report_run(folder, FakeStages(lab)) == result
    assert (folder / "report.html").is_file()


def test_a_folder_without_a_run_is_refused(lab, tmp_path):
    with pytest.raises(UsageFault, match="GR103"):
        pipeline.judge_run(tmp_path, FakeStages(lab), lambda *words: None)


def test_a_place_that_cannot_be_written_is_named(lab, tmp_path):
    (tmp_path / "runs").write_text("a file, not a folder")

    with pytest.raises(UsageFault, match="GR106"):
        grade(FakeStages(lab), tmp_path)


def test_times_and_sizes_are_told_in_units_that_fit(lab, tmp_path):
    run = replace(a_run(lab), wall_seconds=125.4, peak_memory_bytes=3 * 1024**3, status=RunStatus.COMPLETED)

    _, _, said = grade(FakeStages(lab, run=run), tmp_path)

    assert said[1][1].endswith("2 min 5 s · peak 3.0 GiB")
