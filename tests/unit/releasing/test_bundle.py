"""The bundle holds what a student needs and nothing that belongs to teachers, the same bytes every time."""

import hashlib
import shutil
import tomllib
from pathlib import Path

import pytest

from grader.catalog import load_labs
from grader.errors import LabFault, UsageFault
from grader.releasing import write_bundle
from grader.releasing.bundle import student_makefile, student_toml
from grader.releasing.leaks import find_leaks
from tests.fakes.small_course import small_course

ROOT = Path(__file__).parents[3]
SECRETS = ("hidden", "cases", "solutions", "tests", "bench")
STRENGTH = '\n[strength]\nbar = 0.5\n\n[calibration.sum]\ncheck = "test_sum"\nrow = "Sum"\nwrong = ["too-high"]\n'


@pytest.fixture
def course(tmp_path: Path) -> Path:
    root = small_course(tmp_path / "course")
    (root / "grader").mkdir()
    (root / "grader" / "__init__.py").write_text('"""The program."""\n')
    (root / "grader" / "__pycache__").mkdir()
    (root / "grader" / "__pycache__" / "x.pyc").write_bytes(b"x")
    shutil.copyfile(ROOT / "Makefile", root / "Makefile")
    case = root / "checks" / "module-0" / "cases" / "0.1" / "too-high"
    case.mkdir(parents=True)
    (case / "case.toml").write_text('mistake = "One too high"\nfails = ["test_sum"]\n')
    toml = root / "labs" / "module-0" / "lab-0.1.toml"
    toml.write_text(toml.read_text() + STRENGTH)
    (root / "labs" / "module-0" / "calibration-0.1.json").write_text("{}")
    return root


def bundle(root: Path, name: str = "bundle") -> Path:
    write_bundle(root, load_labs(root), root.parent / name)
    return root.parent / name


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_it_holds_notebooks_visible_checks_and_the_program_and_no_more(course: Path):
    assert set(tree(bundle(course))) == {
        "Makefile",
        "README.md",
        "checks/module-0/test_lab_0_1.py",
        "grader/__init__.py",
        "labs/module-0/calibration-0.1.json",
        "labs/module-0/lab-0.1-addition.ipynb",
        "labs/module-0/lab-0.1.toml",
    }


def test_it_is_the_same_every_time(course: Path):
    assert tree(bundle(course, "one")) == tree(bundle(course, "two"))


def test_its_notebook_is_the_starter_whatever_lies_in_the_course(course: Path):
    (course / "labs" / "module-0" / "lab-0.1-addition.ipynb").write_text("somebody's work")
    text = (bundle(course) / "labs" / "module-0" / "lab-0.1-addition.ipynb").read_text()
    assert "NotImplementedError" in text
    assert "left + right" not in text


def test_the_lab_can_be_read_in_it_and_knows_that_checks_are_missing(course: Path):
    lab = load_labs(bundle(course))[0]
    assert lab.hidden_check_modules == ()
    assert lab.hidden_declared
    assert lab.calibration == ()


def test_a_folder_that_holds_something_is_not_touched(course: Path):
    (course.parent / "bundle").mkdir()
    (course.parent / "bundle" / "mine.txt").write_text("mine")
    with pytest.raises(UsageFault) as caught:
        bundle(course)
    assert caught.value.code == "GR106"
    assert tree(course.parent / "bundle").keys() == {"mine.txt"}


def test_a_folder_that_cannot_be_made_is_a_mistake_of_the_call(course: Path):
    (course.parent / "file").write_text("")
    with pytest.raises(UsageFault) as caught:
        write_bundle(course, load_labs(course), course.parent / "file" / "bundle")
    assert caught.value.code == "GR106"


HIDDEN_LINES = (
    "@check(points=3, reveal='title', needs=['test_answer'])\n"
    "def test_whole(artifacts):\n"
    '    """The sum is a whole number"""\n'
    '    assert isinstance(artifacts.json("answer.json")["sum"], int), "secret words of a hidden check"\n'
)


def test_a_course_beside_no_grader_has_no_bundle_and_leaves_nothing(tmp_path: Path):
    root = small_course(tmp_path / "course")

    with pytest.raises(LabFault, match="has no Makefile and no grader") as caught:
        bundle(root)

    assert caught.value.code == "GR204"
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("secret", "place", "words"),
    [
        ("checks/module-0/hidden/test_lab_0_1_hidden.py", "labs/module-0/hidden.py", "has the content of"),
        ("checks/module-0/hidden/test_lab_0_1_hidden.py", "checks/module-0/helper.py", "has the content of"),
        ("checks/module-0/cases/0.1/too-high/case.toml", "checks/module-0/example.toml", "has the content of"),
    ],
)
def test_a_secret_file_under_any_name_stops_the_bundle(course: Path, secret: str, place: str, words: str):
    shutil.copyfile(course / secret, course / place)
    with pytest.raises(LabFault, match=words) as caught:
        bundle(course)
    assert caught.value.code == "GR207"
    assert not (course.parent / "bundle").exists()


def test_a_name_that_only_teachers_have_stops_the_bundle(course: Path):
    (course / "checks/module-0/test_lab_0_1_hidden.py").write_text("x = 1\n")
    (course / "checks/module-0/hidden/reviews.txt").write_text("secret\n")
    (course / "checks/module-0/reviews.txt").write_text("no secret\n")
    found = find_leaks(course / "checks" / "module-0", load_labs(course))
    assert "hidden/reviews.txt has a name that only teachers have" in found


def test_lines_of_a_hidden_check_in_a_visible_file_stop_the_bundle(course: Path):
    hidden = (course / "checks/module-0/hidden/test_lab_0_1_hidden.py").read_text()
    (course / "checks/module-0/helper.py").write_text("x = 1\n" + hidden.replace("\n\n", "\n"))
    with pytest.raises(LabFault, match=r"helper.py holds lines of test_lab_0_1_hidden.py"):
        bundle(course)


def test_lines_of_a_solution_in_a_bundle_are_found(course: Path):
    solution = course / "solutions" / "module-0" / "lab-0.1-addition.ipynb"
    lines = ["first_number_of_two = left + 0", "second_number_of_two = right + 0", "answer = first_number_of_two"]
    solution.write_text(solution.read_text().replace("answer = left + right", "\\n".join(lines)))
    made = bundle(course)
    assert find_leaks(made, load_labs(course)) == []
    (made / "notes.md").write_text("A hint:\n\n" + "\n".join(f"    {line}" for line in lines))
    assert [leak.split(":")[0] for leak in find_leaks(made, load_labs(course))] == [
        "notes.md holds lines of lab-0.1-addition.ipynb"
    ]


def test_a_students_lab_toml_says_nothing_of_wrong_submissions_and_else_the_same():
    text = 'id = "1"\n[strength]\nbar = 0.5\n[calibration.a]\ncheck = "test_a"\n[hub]\nmodels = []\n'
    assert student_toml(text) == 'id = "1"\n[hub]\nmodels = []\n'


def test_a_lab_toml_that_lines_cannot_cut_is_refused():
    with pytest.raises(LabFault):
        student_toml('strength.bar = 0.5\nid = "1"\n')


def test_a_students_makefile_has_a_students_targets():
    made = student_makefile((ROOT / "Makefile").read_text("utf-8"))
    for target in ("help", "setup", "grade", "clean"):
        assert f"\n{target}:" in made
    for word in ("solutions", "pytest -", "validate", "ruff check", "WHEELS", "bench:"):
        assert word not in made
    assert "$(STAMP): requirements.lock" in made
    assert ".PHONY: help setup grade clean\n" in made


def test_the_bundle_of_this_course_gives_nothing_away(tmp_path: Path):
    labs = load_labs(ROOT)
    files = write_bundle(ROOT, labs, tmp_path / "bundle")
    assert find_leaks(tmp_path / "bundle", labs) == []
    assert not [name for name in files if set(name.split("/")) & set(SECRETS)]
    assert {"grader/__main__.py", "Makefile", "README.md", "requirements.lock", "docs/students.md"} <= set(files)
    for lab in labs:
        table = tomllib.loads((tmp_path / "bundle" / "labs" / lab.track / lab.toml.name).read_text("utf-8"))
        assert not {"strength", "calibration"} & set(table)
