"""The commands as people and scripts call them: as processes, on a small course."""

import hashlib
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from tests.fakes.small_course import answering, small_course, write_notebook

ROOT = Path(__file__).resolve().parents[2]
GRADER = [sys.executable, "-m", "grader"]

pytestmark = pytest.mark.xdist_group("cli")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = small_course(tmp_path_factory.mktemp("cli") / "course")
    assert call(folder, "release").returncode == 0
    return folder


@pytest.fixture(scope="module")
def solved(course):
    """A graded reference solution: its JSON and its run folder."""
    done = call(course, "grade", "solutions/module-0/lab-0.1-addition.ipynb", "--student", "ada", "--json")
    assert done.returncode == 0, done.stderr
    grade = json.loads(done.stdout)
    return grade, course / "runs" / grade["run_id"]


def environment(course):
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_CONFIG") if name in os.environ
    }
    return kept | {"GRADER_CACHE": str(course.parent / "cache"), "GRADER_STUDENT": "tester", "GRADER_WARM": "off"}


def call(course, *arguments, **options):
    return subprocess.run(
        [*GRADER, *map(str, arguments)],
        cwd=course,
        env=environment(course),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


def test_a_solution_earns_everything_and_fits_the_published_schema(solved):
    grade, folder = solved

    assert (grade["schema"], grade["score"], grade["possible"]) == ("grader.grade/1", 10, 10)
    schema = json.loads((ROOT / "grader" / "grade.schema.json").read_text())
    jsonschema.validate(grade, schema)
    assert {file.name for file in folder.iterdir()} >= {
        "submission.json", "submission.ipynb", "run.json", "executed.ipynb", "artifacts", "manifest.json",
        "verdicts.json", "grade.json", "report.html", "report.md",
    }  # fmt: skip
    assert not (folder / "work").exists()


def test_the_parameters_of_the_profile_are_the_ones_in_force(solved):
    grade, _ = solved

    run = grade["run"]
    assert run["parameters"] == run["observed"]
    assert (run["parameters"]["left"], run["parameters"]["student_id"]) == (2, "ada")


def test_a_submission_that_is_not_there_yet_exits_1_with_the_next_step_last(course, tmp_path):
    path = write_notebook(tmp_path / "mine.ipynb", answering("5.5"))

    done = call(course, "grade", path)

    assert done.returncode == 1
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    assert "Sum: you report 5.5, we measure 5." in lines
    assert any(line.startswith("2 / 10 points") for line in lines)
    assert any(line.startswith("Next: fix") for line in lines)
    assert "secret words" not in done.stdout


def test_exit_zero_turns_a_result_into_success_and_a_refusal_not(course, tmp_path):
    wrong = write_notebook(tmp_path / "wrong.ipynb", answering("left - right"))
    broken = tmp_path / "broken.ipynb"
    broken.write_text("<<<<<<< HEAD\n{")

    assert call(course, "grade", wrong, "--exit-zero").returncode == 0
    refused = call(course, "grade", broken, "--exit-zero")
    assert refused.returncode == 3
    assert "GR301" in refused.stderr
    assert "Try:" in refused.stderr


def test_a_server_beside_the_notebook_changes_nothing_and_is_gone_with_the_command(course, solved, tmp_path):
    path = "solutions/module-0/lab-0.1-addition.ipynb"
    own = environment(course) | {"GRADER_WARM": "beside", "TMPDIR": str(tmp_path)}
    command = [*GRADER, "grade", path, "--student", "ada", "--fresh", "--json"]
    done = subprocess.run(command, cwd=course, env=own, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    grade, earlier = json.loads(done.stdout), solved[0]
    assert [(one["check"]["id"], one["status"], one["message"]) for one in grade["verdicts"]] == [
        (one["check"]["id"], one["status"], one["message"]) for one in earlier["verdicts"]
    ]
    assert list(tmp_path.iterdir()) == []  # its folder goes when the process is gone


def test_hidden_text_is_in_the_staff_view_alone(course, tmp_path):
    path = write_notebook(tmp_path / "half.ipynb", answering("float(left + right)"))
    student = call(course, "grade", path, "--json")
    run_id = json.loads(student.stdout)["run_id"]

    staff = call(course, "report", f"runs/{run_id}", "--staff", "--json")

    assert "secret words" not in student.stdout
    for page in ("report.html", "report.md"):
        assert "secret words" not in (course / "runs" / run_id / page).read_text()
    assert "secret words" in staff.stdout
    assert "secret words" in (course / "runs" / run_id / "report-staff.html").read_text()


def test_the_stages_can_be_called_one_by_one(course, tmp_path):
    path = write_notebook(tmp_path / "steps.ipynb", answering("left + right"))

    ran = call(course, "run", path, "--json", "--set", "left=40")
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    assert (result["schema"], result["status"], result["parameters"]["left"]) == ("grader.run/1", "completed", 40)
    folder = course / "runs" / result["run_id"]
    assert not (folder / "grade.json").exists()

    checked = call(course, "check", result["run_id"])
    assert checked.returncode == 0, checked.stdout
    assert "10 / 10 points." in checked.stdout

    reported = call(course, "report", folder, "--format", "md")
    assert reported.returncode == 0
    assert "Add two numbers" in reported.stdout


def test_one_check_can_be_judged_alone(solved, course):
    _, folder = solved

    done = call(course, "check", folder, "--only", "test_answer", "--json")

    assert [verdict["check"]["id"] for verdict in json.loads(done.stdout)["verdicts"]] == ["test_answer"]
    assert call(course, "check", folder, "--only", "test_nothing").returncode == 2
    assert call(course, "check", folder).returncode == 0


def test_a_run_over_its_time_is_stopped_and_told_by_its_cell(course, tmp_path):
    path = write_notebook(tmp_path / "slow.ipynb", "import time\nwhile True:\n    time.sleep(0.1)")

    done = call(course, "grade", path, "--profile", "smoke")

    assert done.returncode == 4
    assert "GR401" in done.stdout
    assert "ell 2" in done.stdout


def test_what_was_finished_before_a_limit_is_kept_and_judged(course, tmp_path):
    bomb = "import os, time\nfor _ in range(200):\n    if os.fork() == 0: time.sleep(60)\ntime.sleep(60)"
    path = write_notebook(tmp_path / "late.ipynb", f"{answering('left + right')}\n{bomb}")

    done = call(course, "grade", path, "--json")

    grade = json.loads(done.stdout)
    run = grade["run"]
    assert (done.returncode, run["status"], run["code"], run["stopped_at"]) == (4, "stopped", "GR404", 2)
    assert "128 processes" in run["message"]
    verdicts = {verdict["check"]["id"]: verdict["status"] for verdict in grade["verdicts"]}
    assert (verdicts["test_answer"], verdicts["test_sum"]) == ("passed", "passed")


def test_a_stub_is_an_exercise_not_attempted(course):
    done = call(course, "grade", "--lab", "0.1")

    assert done.returncode == 1
    assert "GR410" in done.stdout
    assert "0 / 10 points" in done.stdout


def test_without_arguments_every_begun_lab_is_graded(course, tmp_path):
    other = shutil.copytree(course, tmp_path / "course", ignore=shutil.ignore_patterns("runs"))
    starter = other / "labs/module-0/lab-0.1-addition.ipynb"
    nothing = call(other, "grade")
    assert (nothing.returncode, "GR102" in nothing.stderr) == (2, True)

    notebook = json.loads(starter.read_text())
    cell = next(cell for cell in notebook["cells"] if cell["id"] == "exercise-1")
    cell["source"] = answering("left + right")
    starter.write_text(json.dumps(notebook))

    done = call(other, "grade")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 / 10 points." in done.stdout
    refused = call(other, "release")
    assert refused.returncode == 5
    assert "somebody's work" in refused.stderr


def test_a_starter_out_of_date_is_found(course, tmp_path):
    other = shutil.copytree(course, tmp_path / "course", ignore=shutil.ignore_patterns("runs"))
    assert call(other, "release", "--check").returncode == 0

    (other / "labs/module-0/lab-0.1-addition.ipynb").unlink()

    checked = call(other, "release", "--check", "--json")
    assert checked.returncode == 1
    assert json.loads(checked.stdout)["changed"] == ["0.1"]
    assert call(other, "release", "0.1").returncode == 0
    assert call(other, "release", "--check").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (["grade", "missing.ipynb"], 2, "GR102"),
        (["grade", "--lab", "9.9"], 2, "GR101"),
        (["grade", "--lab", "0.1", "--profile", "huge"], 2, "GR104"),
        (["grade", "--lab", "0.1", "--set", "middle=1"], 2, "GR104"),
        (["grade", "--lab", "0.1", "--sandbox", "steel"], 2, "GR104"),
        (["grade", "--lab", "0.1", "--device", "tpu"], 2, "GR104"),
        (["check", "runs/none"], 2, "GR103"),
        (["explain", "GR999"], 2, "GR107"),
        (["labs", "show", "9.9"], 2, "GR101"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_call_that_does_not_fit_is_one_json_error(course, arguments, exit_code, code):
    done = call(course, *arguments, "--json")

    told = json.loads(done.stdout)
    assert (done.returncode, told["schema"], told["code"], told["exit"]) == (
        exit_code,
        "grader.error/1",
        code,
        exit_code,
    )
    assert told["hint"]


@pytest.mark.skipif(any(Path("/dev").glob("nvidia[0-9]*")), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_said_not_silently_replaced(course):
    done = call(course, "grade", "--lab", "0.1", "--device", "cuda")

    assert done.returncode == 6
    assert "! GR601" in done.stderr


def test_labs_are_listed_and_hidden_checks_are_counted_only(course):
    listed = json.loads(call(course, "labs", "--json").stdout)
    shown = call(course, "labs", "show", "0.1")
    data = json.loads(call(course, "labs", "show", "0.1", "--json").stdout)

    assert [lab["id"] for lab in listed["labs"]] == ["0.1"]
    assert "labs/module-0/lab-0.1-addition.ipynb" in call(course, "labs").stdout
    assert "1 hidden check" in shown.stdout
    assert "whole number" not in shown.stdout
    assert (len(data["checks"]), data["hidden"]) == (2, 1)


def test_every_code_can_be_explained(course):
    one = call(course, "explain", "gr301")
    everything = json.loads(call(course, "explain", "--json").stdout)

    assert "merge conflict" in one.stdout
    assert "Exit code: 3" in one.stdout
    assert len(everything["codes"]) > 40
    assert "GR601" in call(course, "explain").stdout


def test_the_doctor_says_what_works_and_ends_with_what_to_do(course):
    done = call(course, "doctor")
    told = json.loads(call(course, "doctor", "--json").stdout)

    assert done.returncode in {0, 6}
    assert "Python" in done.stdout
    assert done.stdout.strip().splitlines()[-1].startswith(("Everything", "Fix this first"))
    assert told["works"] is (done.returncode == 0)


def test_outside_of_a_course_a_command_says_where_to_go(tmp_path):
    done = subprocess.run(
        [*GRADER, "labs"], cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "-C DIR" in done.stderr


def test_another_folder_is_named_with_its_option(course, tmp_path):
    done = subprocess.run(
        [*GRADER, "-C", str(course), "labs"], cwd=tmp_path, env=environment(course), capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0
    assert str(course / "labs") in done.stdout


def test_an_interrupt_ends_quickly_with_130_and_keeps_the_run(course, tmp_path):
    started = tmp_path / "started"
    path = write_notebook(tmp_path / "long.ipynb", f"open({str(started)!r}, 'w').close()\nimport time\ntime.sleep(50)")
    process = subprocess.Popen(
        [*GRADER, "grade", str(path), "--sandbox", "process"], cwd=course, env=environment(course), text=True,
        stderr=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 45
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=45)

    assert process.returncode == 130, out + err
    assert "Interrupted." in err
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    run = json.loads((course / "runs" / f"0.1-{sha256[:6]}" / "run.json").read_text())
    assert (run["status"], run["code"], run["stopped_at"]) == ("interrupted", "GR411", 2)
    assert run["wall_seconds"] < 45


def test_on_a_terminal_the_result_has_colour_and_no_traceback_of_ours(course, solved):
    _, folder = solved
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [*GRADER, "check", str(folder)], cwd=course, env=environment(course) | {"TERM": "xterm-256color"},
        stdout=follower, stderr=follower, stdin=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        os.close(follower)
        shown = bytearray()
        while True:
            try:
                shown += os.read(leader, 4096)
            except OSError:  # the other end is closed
                break
        process.wait(timeout=60)
    os.close(leader)

    text = shown.decode()
    assert process.returncode == 0, text
    assert "\x1b[" in text
    assert "10 / 10 points." in text
    assert "Traceback" not in text
