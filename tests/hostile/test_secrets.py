"""Secrets are planted wherever a course has some and a notebook looks for them; nothing that a student sees has one."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.boxes import needs_boxes
from tests.fakes.small_course import small_course, write_notebook

pytestmark = [needs_boxes, pytest.mark.slow, pytest.mark.xdist_group("hostile-runs")]

#: Where each lies, and the word to look for.
SECRETS = {
    name: f"sesame-{name}-7f3a"
    for name in (
        "source",
        "message",
        "traceback",
        "printed",
        "row",
        "hint",
        "data",
        "solution",
        "case",
        "token",
        "other",
    )
}
HIDDEN = f'''\
"""A hidden check. {SECRETS["source"]}"""

import json
from pathlib import Path

from grader.checking.api import CheckFailure, check

DATA = json.loads(Path(__file__).with_name("expected.json").read_text())


@check(points=1, reveal="title", hint="{SECRETS["hint"]}")
def test_whole(artifacts, evidence):
    """The sum is a whole number"""
    print("{SECRETS["printed"]}", flush=True)
    evidence.equals("{SECRETS["row"]}", 1, DATA["{SECRETS["data"]}"])
    assert False, "{SECRETS["message"]}"


@check(points=1, reveal="hint", hint="Look again.")
def test_told(artifacts):
    """The sum is right"""
    raise CheckFailure("{SECRETS["message"]}")


@check(points=1, reveal="score")
def test_broken(artifacts):
    """{SECRETS["row"]}"""
    raise RuntimeError("{SECRETS["traceback"]}")
'''
#: Prints whatever it finds; knows the layout of a course as everybody does.
THIEF = r"""
import base64, json, os, sys
course = {course!r}
wanted = ["checks/module-0/hidden/test_lab_0_1_hidden.py", "checks/module-0/hidden/expected.json",
          "checks/module-0/test_lab_0_1.py", "checks/module-0/cases/0.1/case.toml",
          "solutions/module-0/lab-0.1-addition.ipynb", "handed-in/eve.ipynb"]
found = [dict(os.environ)]
for path in [os.path.join(course, name) for name in wanted] + ["/proc/1/environ", "/proc/self/mountinfo"]:
    try:
        found.append(open(path, "rb").read().decode("utf-8", "replace"))
    except OSError as exc:
        found.append(str(exc))
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("environ", "cmdline"):
        try:
            found.append(open(f"/proc/{{pid}}/{{name}}", "rb").read().decode("utf-8", "replace"))
        except OSError:
            pass
for top in (course, "/root", "/home", "/tmp", "/work"):
    for folder, _, files in os.walk(top):
        for name in files:
            if name.endswith((".py", ".json", ".ipynb", ".toml")) and "/lib/python" not in folder:
                try:
                    text = open(os.path.join(folder, name), errors="replace").read(100_000)
                except OSError:
                    continue
                if "sesame" + "-" in text:
                    found.append(text)
print(json.dumps(found))
os.makedirs(output_dir, exist_ok=True)
open(os.path.join(output_dir, "answer.json"), "w").write(json.dumps({{"sum": 1.5, "found": found}}))
"""


def plant(root: Path) -> Path:
    course = small_course(root)
    hidden = course / "checks" / "module-0" / "hidden"
    (hidden / "test_lab_0_1_hidden.py").write_text(HIDDEN)
    (hidden / "expected.json").write_text(json.dumps({SECRETS["data"]: 2}))
    cases = course / "checks" / "module-0" / "cases" / "0.1"
    cases.mkdir(parents=True)
    (cases / "case.toml").write_text(f"# {SECRETS['case']}")
    solution = course / "solutions" / "module-0" / "lab-0.1-addition.ipynb"
    solution.write_text(
        solution.read_text().replace("answer = left + right", f"answer = left + right # {SECRETS['solution']}")
    )
    (course / "handed-in").mkdir()
    write_notebook(course / "handed-in" / "eve.ipynb", f"print({SECRETS['other']!r})")
    write_notebook(course / "handed-in" / "mallory.ipynb", THIEF.format(course=str(course)))
    for path in course.rglob("*"):  # as open as a careless instructor may leave it
        path.chmod(path.stat().st_mode | 0o055 if path.is_dir() else 0o666)
    return course


def grade(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return call(course, "grade", "handed-in/mallory.ipynb", "--sandbox", "bubblewrap", *arguments)


def call(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    secret = {
        "HF_TOKEN": SECRETS["token"],
        "GRADER_SECRET": SECRETS["token"],
        "AWS_SECRET_ACCESS_KEY": SECRETS["token"],
    }
    argv = [sys.executable, "-m", "grader", *arguments]
    environment = {**kept, **secret, "GRADER_CACHE": str(course.parent / "cache")}
    return subprocess.run(argv, cwd=course, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """What the terminal showed, what `--json` printed, and the run folder."""
    course = plant(tmp_path_factory.mktemp("secrets") / "course")
    shown, printed = grade(course), grade(course, "--json")
    return shown, printed, course / "runs" / json.loads(printed.stdout)["run_id"]


def student_facing(graded) -> dict[str, str]:
    shown, printed, folder = graded
    names = ("report.html", "report.md", "executed.ipynb", "run.json", "submission.json", "manifest.json")
    found = {name: (folder / name).read_text("utf-8") for name in names}
    found |= {f"artifacts/{path.name}": path.read_text("utf-8") for path in (folder / "artifacts").iterdir()}
    return found | {"terminal": shown.stdout + shown.stderr, "json": printed.stdout, "notices": printed.stderr}


def test_the_thief_ran_and_its_finds_came_out(graded):
    _, printed, folder = graded
    run = json.loads((folder / "run.json").read_text())
    assert (run["status"], run["sandbox"]["backend"]) == ("completed", "bubblewrap")
    found = json.loads((folder / "artifacts" / "answer.json").read_text())["found"]
    assert sum("No such file" in str(one) for one in found) >= 6
    assert len(json.loads(printed.stdout)["verdicts"]) == 5


def test_no_secret_is_in_anything_that_a_student_sees(graded):
    for where, text in student_facing(graded).items():
        for secret in SECRETS.values():
            for spelled in (secret, base64.b64encode(secret.encode()).decode()[:-4], secret[::-1]):
                assert spelled not in text, f"{secret} in {where}"


@pytest.mark.parametrize("to", ["gradescope", "github", "junit", "lti"])
def test_no_secret_is_in_what_other_systems_show_to_students(graded, to):
    folder = graded[2]
    done = call(folder.parents[1], "export", str(folder), "--to", to)

    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 100
    shown = done.stdout
    if to == "gradescope":  # which keeps hidden tests from students; the fault of ours is one, for staff
        results = json.loads(shown)
        shown = json.dumps(results | {"tests": [one for one in results["tests"] if one["visibility"] == "visible"]})
    assert [secret for secret in SECRETS.values() if secret in shown + done.stderr] == []


def test_what_staff_read_still_says_why(graded):
    """Else the search above could find nothing for another reason."""
    folder = graded[2]
    staff = (folder / "verdicts.json").read_text("utf-8")
    assert SECRETS["message"] in staff
    assert SECRETS["traceback"] in staff
