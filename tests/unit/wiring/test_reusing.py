import dataclasses
import shutil

import pytest

from grader.errors import UsageFault
from grader.model.files import write_json
from grader.model.lab import Limits, MeasurementSpec, ProbeSpec
from grader.model.run import RunStatus
from grader.pipeline import Request
from grader.settings import Settings
from grader.wiring import reusing
from grader.wiring.reusing import Reuse
from tests.fakes.course import a_grade, a_lab, a_run, a_submission


@pytest.fixture
def course(tmp_path):
    for name in ("labs/module-0", "checks/module-0/hidden", "reports/templates"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "checks/module-0/test_lab_0_1.py").write_text("checks")
    (tmp_path / "labs/module-0/lab-0.1.toml").write_text("id")
    (tmp_path / "reports/templates/page.j2").write_text("page")
    return tmp_path


@pytest.fixture
def settings(course):
    return Settings(root=course, runs=course / "runs", cache=course / "cache")


@pytest.fixture
def reuse(settings):
    return Reuse(settings)


@pytest.fixture
def lab(course):
    return a_lab(course)


@pytest.fixture
def folder(lab, settings):
    return a_run_folder(settings, lab)


def a_run_folder(settings, lab, **changes):
    folder = settings.runs / "0.1-9f3c1a"
    (folder / "artifacts").mkdir(parents=True)
    write_json(folder / "submission.json", a_submission(lab))
    write_json(folder / "run.json", a_run(lab, **changes))
    write_json(folder / "manifest.json", a_grade(lab).manifest)
    (folder / "artifacts" / "answer.json").write_text('{"sum": 5}')
    write_json(folder / "seal.json", {"run": "sealed"})
    return folder


def judge(folder, lab, **changes):
    write_json(folder / "grade.json", a_grade(lab, **changes))
    for name in ("verdicts.json", "report.html", "report.md"):
        (folder / name).unlink(missing_ok=True)  # every writer of ours replaces files
        (folder / name).write_text(f"{name} {changes}")
    write_json(folder / "seal.json", {"run": "sealed", "judgement": "sealed"})


def run_key(reuse, lab, hub="h", submission=None, **request):
    return reuse.run_key(Request(lab.starter, **request), submission or a_submission(lab), lab, hub)


def test_the_run_key_names_everything_that_a_run_depends_on(reuse, lab, settings, monkeypatch):
    profile = lab.profiles["miniature"]
    slower = dataclasses.replace(profile, limits=Limits(wall_seconds=61))
    weak = Reuse(dataclasses.replace(settings, sandbox="process"))
    keys = [
        run_key(reuse, lab),
        run_key(reuse, lab, hub="other models"),
        run_key(reuse, lab, submission=a_submission(lab, sha256="a" * 64)),
        run_key(reuse, lab, submission=a_submission(lab, student_id="grace")),
        run_key(reuse, lab, seed=1),
        run_key(reuse, lab, profile="smoke"),
        run_key(reuse, lab, overrides={"rows": 11}),
        run_key(reuse, dataclasses.replace(lab, version="1.0.1")),
        run_key(reuse, dataclasses.replace(lab, profiles={"miniature": slower})),
        run_key(reuse, dataclasses.replace(lab, probes=(ProbeSpec("add", "numbers"),))),
        run_key(weak, lab),
    ]
    monkeypatch.setattr(reusing, "installed_sha256", lambda: "other packages")
    keys.append(run_key(reuse, lab))

    assert len(set(keys)) == len(keys)


def test_the_run_key_leaves_out_what_a_run_does_not_depend_on(reuse, lab, course):
    before = run_key(reuse, lab)
    (course / "checks/module-0/test_lab_0_1.py").write_text("other checks")

    assert run_key(reuse, lab, submission=a_submission(lab, file_name="copy.ipynb", received="later")) == before


def test_a_parameter_that_does_not_exist_has_no_key(reuse, lab):
    with pytest.raises(UsageFault, match="GR104"):
        run_key(reuse, lab, overrides={"row": 1})


def test_an_earlier_run_is_found_where_it_lies(reuse, folder, settings):
    reuse.keep_run("k", folder)

    assert reuse.earlier_run("k", settings.runs) == folder
    assert reuse.earlier_run("other", settings.runs) is None


def test_judging_a_run_does_not_make_it_another_run(reuse, folder, settings, lab):
    reuse.keep_run("k", folder)
    judge(folder, lab)

    assert reuse.earlier_run("k", settings.runs) == folder


def test_an_edited_run_is_not_used_again(reuse, folder, settings):
    reuse.keep_run("k", folder)
    (folder / "artifacts" / "answer.json").unlink()
    (folder / "artifacts" / "answer.json").write_text('{"sum": 6}')

    assert reuse.earlier_run("k", settings.runs) is None


def test_a_removed_run_comes_back_under_its_name_with_its_judgement(reuse, folder, settings, lab):
    reuse.keep_run("k", folder)
    judge(folder, lab)
    reuse.keep_judgement("j", folder)
    before = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    shutil.rmtree(folder)

    assert reuse.earlier_run("k", settings.runs) == folder
    assert reuse.judged_before("j", folder)
    assert {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_run_that_cannot_be_brought_back_leaves_nothing(reuse, folder, settings):
    reuse.keep_run("k", folder)
    for path in (settings.cache / "work" / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
    shutil.rmtree(folder)

    assert reuse.earlier_run("k", settings.runs) is None
    assert list(settings.runs.iterdir()) == []


def test_a_run_that_another_grader_brings_back_just_now_is_run_again(reuse, folder, settings):
    reuse.keep_run("key", folder)
    shutil.rmtree(settings.runs)

    assert reuse.earlier_run("key", settings.runs) is None


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        (RunStatus.COMPLETED, True),
        (RunStatus.CELL_FAILED, True),
        (RunStatus.NOT_ATTEMPTED, True),
        (RunStatus.STOPPED, False),
        (RunStatus.KERNEL_DIED, False),
        (RunStatus.OUR_FAULT, False),
        (RunStatus.INTERRUPTED, False),
    ],
)
def test_only_what_would_happen_again_is_remembered(reuse, settings, lab, status, kept):
    folder = a_run_folder(settings, lab, status=status)
    judge(folder, lab, run=a_run(lab, status=status))
    reuse.keep_run("k", folder)
    reuse.keep_asked("a", folder)

    assert (reuse.earlier_run("k", settings.runs) is not None) is kept
    assert (reuse.asked_before("a", settings.runs) is not None) is kept


def test_nothing_is_remembered_where_nothing_may_be(settings, folder, lab):
    reuse = Reuse(dataclasses.replace(settings, cache_gib=0.0))
    judge(folder, lab)
    reuse.keep_run("k", folder)
    reuse.keep_judgement("j", folder)
    reuse.keep_asked("a", folder)

    assert not settings.cache.exists()


def test_the_check_key_names_everything_that_a_judgement_depends_on(reuse, lab, folder, course):
    data = MeasurementSpec("hidden", "classifier_accuracy", ("model",), data=("hidden/reviews.parquet",))
    lab = dataclasses.replace(lab, measurements=(data,))

    def key(only=(), hub="h"):
        return reuse.check_key(lab, folder, only, hub)

    keys = [key(), key(only=("test_one",)), key(hub="other models")]
    for name in (
        "checks/module-0/test_lab_0_1.py",
        "checks/module-0/hidden/probes_0_1.py",
        "checks/module-0/hidden/reviews.parquet",
        "labs/module-0/lab-0.1.toml",
        "reports/templates/page.j2",
        "runs/0.1-9f3c1a/run.json",
        "runs/0.1-9f3c1a/manifest.json",
    ):
        (course / name).write_text("changed")
        keys.append(key())

    assert len(set(keys)) == len(keys)


def test_an_earlier_judgement_is_brought_back_over_a_later_one(reuse, folder, lab):
    judge(folder, lab, score=10)
    reuse.keep_judgement("old checks", folder)
    before = (folder / "grade.json").read_bytes()
    judge(folder, lab, score=5)

    assert not reuse.judged_before("unknown", folder)
    assert reuse.judged_before("old checks", folder)
    assert (folder / "grade.json").read_bytes() == before


def test_what_was_asked_and_answered_before_is_known_without_reading_the_notebook(reuse, folder, lab, settings):
    lab.starter.write_text("a notebook")
    request = Request(lab.starter)
    judge(folder, lab)
    key = reuse.asked_key(request)
    reuse.keep_asked(key, folder)

    assert reuse.asked_before(reuse.asked_key(request), settings.runs) == folder

    (folder / "grade.json").unlink()
    assert reuse.asked_before(key, settings.runs) is None


def test_whatever_is_touched_is_asked_anew(reuse, lab, course):
    lab.starter.write_text("a notebook")
    request = Request(lab.starter)
    keys = [reuse.asked_key(request), reuse.asked_key(dataclasses.replace(request, seed=1))]
    for name in ("labs/module-0/lab-0.1.toml", "checks/module-0/test_lab_0_1.py", "reports/templates/page.j2"):
        (course / name).write_text("changed")
        keys.append(reuse.asked_key(request))
    lab.starter.write_text("another notebook")
    keys.append(reuse.asked_key(request))

    assert len(set(keys)) == len(keys)


def test_a_fault_of_ours_is_not_remembered(reuse, folder, lab, settings):
    judge(folder, lab, counts={"our fault": 1})
    reuse.keep_asked("a", folder)

    assert reuse.asked_before("a", settings.runs) is None
