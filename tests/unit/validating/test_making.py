"""A wrong submission is a run folder like any other, and the reference run stays as it was."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from grader.artifacts.collect import collect
from grader.artifacts.manifest import write_manifest
from grader.model.artifact import ArtifactManifest
from grader.model.files import read_json, write_json
from grader.model.lab import Limits
from grader.validating import Case, Edit
from grader.validating.making import MakeJob, main, make_submission, write_job
from tests.fakes.course import a_lab, a_run


@pytest.fixture
def job(tmp_path: Path, folder: Path) -> MakeJob:
    reference = tmp_path / "reference"
    (reference / "hub").mkdir(parents=True)
    (reference / "hub" / "log.jsonl").write_text("{}\n", "utf-8")
    for name in ("submission.ipynb", "seal.json", "verdicts.json", "grade.json", "report.html"):
        (reference / name).write_text("{}", "utf-8")
    write_json(reference / "run.json", a_run(a_lab(tmp_path)))
    write_manifest(reference, collect(folder, reference / "artifacts", Limits(), "r"))
    edit = Edit("replace_json", {"path": "metrics.json", "key": "accuracy", "value": math.nan})
    case = Case("nan", "Not a number", ("test_one",), (edit,), None, tmp_path / "cases" / "nan")
    return MakeJob(case, reference, tmp_path / "made", {}, tmp_path / "checks", tmp_path / "cache")


def test_it_has_what_the_reference_has_but_for_what_is_made_of_its_own_artifacts(job: MakeJob):
    make_submission(job)
    names = {path.relative_to(job.folder).as_posix() for path in job.folder.glob("*")}
    assert names == {"artifacts", "hub", "manifest.json", "run.json", "submission.ipynb"}
    assert (job.folder / "hub" / "log.jsonl").exists()
    assert math.isnan(json.loads((job.folder / "artifacts" / "metrics.json").read_text())["accuracy"])


def test_its_manifest_is_of_the_changed_artifacts_and_the_reference_is_untouched(job: MakeJob):
    before = (job.reference / "artifacts" / "metrics.json").read_bytes()
    make_submission(job)
    made, reference = (read_json(where / "manifest.json", ArtifactManifest) for where in (job.folder, job.reference))
    assert made.run_id == "0.1-9f3c1a"
    changed = {file.path for file in made.files} ^ {file.path for file in reference.files}
    assert changed == set()
    assert {file.sha256 for file in made.files} != {file.sha256 for file in reference.files}
    assert (job.reference / "artifacts" / "metrics.json").read_bytes() == before


def test_a_job_survives_its_file_even_with_a_number_that_json_does_not_know(job: MakeJob, tmp_path: Path):
    write_job(tmp_path / "job.json", job)
    assert main([str(tmp_path / "job.json"), str(tmp_path / "told")]) == 0
    assert not (tmp_path / "told").exists()
    assert "NaN" in (job.folder / "artifacts" / "metrics.json").read_text()


def test_a_case_that_does_not_fit_says_why_in_one_sentence(job: MakeJob, tmp_path: Path):
    edit = Edit("delete", {"path": "nothing.json"})
    write_job(tmp_path / "job.json", replace(job, case=replace(job.case, edits=(edit,))))
    assert main([str(tmp_path / "job.json"), str(tmp_path / "told")]) == 1
    assert (tmp_path / "told").read_text() == "Case nan: delete: the artifacts hold nothing at nothing.json."
