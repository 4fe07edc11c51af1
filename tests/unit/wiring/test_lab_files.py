"""A change of what judges a lab is a change of its keys, for one submission and for a class; nothing else is."""

import pytest

from grader.model.lab import ArtifactSpec, MeasurementSpec, ProbeSpec
from grader.pipeline import Request
from grader.settings import Settings
from grader.wiring.class_keys import lab_facts
from grader.wiring.reusing import Reuse
from tests.fakes.course import a_lab, a_submission

CHECKS = "checks/module-0"


@pytest.fixture
def course(tmp_path):
    for name in ("labs/module-0", f"{CHECKS}/hidden", "run"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / CHECKS / "test_lab_0_1.py").write_text("checks")
    (tmp_path / "labs/module-0/lab-0.1.toml").write_text("id")
    return tmp_path


@pytest.fixture
def lab(course):
    return a_lab(
        course,
        artifacts=(ArtifactSpec("answer.json", "json", "The answer", schema="schemas/answer.json"),),
        measurements=(MeasurementSpec("hidden", "classifier_accuracy", (), data=("hidden/data.csv",)),),
        probes=(ProbeSpec("add", "numbers"),),
    )


@pytest.fixture
def keys(course, lab):
    """What the judgements depend on, of one submission and of a class, and what the run depends on."""
    reuse = Reuse(Settings(root=course, runs=course / "runs", cache=course / "cache"))

    def of_now():
        return (
            reuse.check_key(lab, course / "run", (), "h"),
            lab_facts(lab, course, "h").judging,
            reuse.run_key(Request(lab.starter), a_submission(lab), lab, "h"),
        )

    return of_now


@pytest.mark.parametrize("file", ["calibration-0.1.json", "schemas/answer.json"])
def test_thresholds_and_schemas_belong_to_every_judgement(keys, course, file):
    before = keys()
    (course / "labs/module-0" / file).parent.mkdir(exist_ok=True)
    (course / "labs/module-0" / file).write_text("{}")
    after = keys()

    assert [old != new for old, new in zip(before, after, strict=True)] == [True, True, False]


def test_hidden_data_belong_to_every_judgement(keys, course):
    before = keys()
    (course / CHECKS / "hidden/data.csv").write_text("text,label")
    after = keys()

    assert [old != new for old, new in zip(before, after, strict=True)] == [True, True, False]


@pytest.mark.parametrize("file", ["words.py", "hidden/numbers.py"])
def test_helpers_belong_to_every_judgement_and_to_runs_with_probes(keys, course, file):
    before = keys()
    (course / CHECKS / file).write_text("other")
    after = keys()

    assert all(old != new for old, new in zip(before, after, strict=True))


@pytest.mark.parametrize(
    "file", ["test_lab_0_2.py", "hidden/test_lab_0_2_hidden.py", "../../labs/module-0/calibration-0.2.json"]
)
def test_what_judges_another_lab_changes_nothing(keys, course, file):
    before = keys()
    (course / CHECKS / file).write_text("other")

    assert keys() == before
