"""The autograder zip holds what grading needs, and no solution."""

import subprocess
import zipfile

import pytest
import yaml

from grader.errors import InternalFault, UsageFault
from grader.exchange.gradescope_zip import gradescope_zip, script_files, template
from tests.fakes.small_course import small_course


@pytest.fixture
def course(tmp_path):
    root = small_course(tmp_path / "course")
    (root / "grader" / "__pycache__").mkdir(parents=True)
    (root / "grader" / "__init__.py").write_text("")
    (root / "grader" / "__pycache__" / "x.pyc").write_text("")
    for name in ("pyproject.toml", "requirements.lock"):
        (root / name).write_text("")
    (root / "labs" / "link").symlink_to("/etc/hostname")
    return root


def test_the_zip_holds_the_course_without_solutions(course, tmp_path):
    target = tmp_path / "autograder.zip"
    gradescope_zip(course, target)

    with zipfile.ZipFile(target) as archive:
        names = set(archive.namelist())
        modes = {name: archive.getinfo(name).external_attr >> 16 for name in ("setup.sh", "run_autograder")}
    assert names == {
        "setup.sh", "run_autograder", "pyproject.toml", "requirements.lock", "grader/__init__.py",
        "labs/module-0/lab-0.1.toml", "checks/module-0/test_lab_0_1.py",
        "checks/module-0/hidden/test_lab_0_1_hidden.py",
    }  # fmt: skip
    assert all(mode & 0o111 for mode in modes.values())


def test_the_same_course_makes_the_same_zip(course, tmp_path):
    for name in ("one.zip", "two.zip"):
        gradescope_zip(course, tmp_path / name, "0.1")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize("name", ["setup.sh", "run_autograder"])
@pytest.mark.parametrize("lab", [None, "2.5.4"])
def test_the_scripts_are_whole(name, lab):
    script = script_files(lab)[name]
    done = subprocess.run(["bash", "-n"], input=script, check=False, capture_output=True)

    assert done.returncode == 0
    assert b"LAB_OPTION" not in script
    assert (b"--lab 2.5.4" in script) is (lab is not None and name == "run_autograder")


def test_a_folder_without_the_grader_is_refused(tmp_path):
    with pytest.raises(UsageFault) as caught:
        gradescope_zip(small_course(tmp_path / "bare"), tmp_path / "x.zip")
    assert caught.value.code == "GR102"


def test_a_zip_that_cannot_be_written_is_told(course, tmp_path):
    with pytest.raises(InternalFault):
        gradescope_zip(course, tmp_path / "nowhere" / "x.zip")


def test_the_workflow_gives_student_code_no_credentials():
    workflow = yaml.safe_load(template("github-workflow.yml"))
    steps = workflow["jobs"]["grade"]["steps"]
    checkouts = [step["with"] for step in steps if step.get("uses", "").startswith("actions/checkout")]

    assert workflow["permissions"] == {"contents": "read"}
    assert [step["persist-credentials"] for step in checkouts] == [False, False]
    assert not any("secrets." in str(step.get("env", "")) + step.get("run", "") for step in steps)
    for step in steps:
        if "run" in step:
            assert "${{" not in step["run"], "an expression in a script is an injection"
            subprocess.run(["bash", "-n"], input=step["run"].encode(), check=True)
